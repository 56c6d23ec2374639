"""The players of diffusion models as parts of their page: at rest unless played and seen, quick, accessible, honest."""

import statistics
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.diffusion_widgets import STEPS, latent_model, latent_player, plane_data, plane_model, plane_player
from tests.test_diffusion_player_browser import at_rest, canvas, choose, moment, press
from tests.test_widget_loader import FAR
from tests.widget_pages import (
    DESKTOP,
    PHONE,
    Open,
    assert_accessible,
    assert_easy_to_touch,
    facts,
    pixels,
    settle,
)
from vaekit.widgets import DiffusionPlayer

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("make", [plane_player, latent_player])
Make = Callable[..., Any]


def test_digits_change_with_t_with_the_view_and_with_the_direction(open_page: Open) -> None:
    page, widget = open_page(latent_player()), latent_player()
    seen = [pixels(page, ".vk-picture")]
    assert facts(page)["−ELBO of z"] == f"{sum(widget.terms):.2f} ± {widget.error:.2f}".replace("-", "−")
    for t in (11, 0):
        page.get_by_label("t", exact=True).fill(str(t))
        assert moment(page) == t and facts(page)["sum so far"].replace("−", "-") == f"{sum(widget.terms[t:]):.2f}"
        seen.append(pixels(page, ".vk-picture"))
    choose(page, "the guess ẑ₀ decoded")
    assert pixels(page, ".vk-picture") == seen[2]  # at t = 0 both are the same code
    page.get_by_label("t", exact=True).fill("11")
    assert pixels(page, ".vk-picture") not in seen
    choose(page, "data → noise")
    assert pixels(page, ".vk-picture") not in seen and moment(page) == 11


def test_the_digits_shown_are_the_decoders(open_page: Open) -> None:
    page, widget = open_page(latent_player(t=0, digits=4)), latent_player(t=0, digits=4)
    code = torch.frombuffer(bytearray(widget.reverse), dtype=torch.float16).reshape(2, STEPS + 1, 4, 3)[0, 0]
    with torch.no_grad():
        images = latent_model().vae.decoder(code.float()).mean.reshape(2, 2, 8, 8).transpose(1, 2).flatten()
    want = 255 + images * (27 - 255)  # red channels of paper and ink
    assert (torch.tensor(pixels(page, ".vk-picture")) - want).abs().max() <= 0.01 * 228 + 0.51


@BOTH
@pytest.mark.clocked
def test_nothing_plays_by_itself_and_with_reduced_motion_play_goes_from_step_to_step(
    open_page: Open, make: Make
) -> None:
    page = open_page(make())
    at_rest(page)
    assert moment(page) == STEPS
    page.emulate_media(reduced_motion="reduce")
    choose(page, "2×")
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for(timeout=20_000)
    assert moment(page) == 0


@BOTH
@pytest.mark.clocked
def test_a_player_off_screen_rests_and_goes_on_when_it_is_seen(open_page: Open, make: Make) -> None:
    page = open_page(make(), between=FAR)
    at_rest(page)
    choose(page, "0.25×")
    press(page, "Play")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("scrollY > 2000")
    page.wait_for_timeout(300)
    page.evaluate("times.length = 0")
    page.wait_for_timeout(400)
    assert len(page.evaluate("times")) == 0
    before = moment(page)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function(f"Number(document.querySelector('.vk-slider input').value) < {before}")


@BOTH
def test_another_widget_stays_and_a_theme_switch_repaints(open_page: Open, make: Make) -> None:
    page = open_page(make(), make())
    page.wait_for_function("document.querySelectorAll('[data-ready]').length == 2")
    page.get_by_label("t", exact=True).first.fill("4")
    assert [each.input_value() for each in page.get_by_label("t", exact=True).all()] == ["4", str(STEPS)]
    page.wait_for_timeout(500)
    light = canvas(page, 0)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert canvas(page, 0) != light


@BOTH
def test_the_answer_opens_after_the_question(open_page: Open, make: Make) -> None:
    page, answer = open_page(make()), make().answer
    assert not page.get_by_text(answer).is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text(answer).is_visible()


PLANE = [
    ({"t": 21}, "“t” is 21, expected 0 to 20"),
    ({"direction": "up"}, "“direction” is up, expected reverse or forward"),
    ({"view": "v"}, "“view” is v, expected noise, score, x0"),
    ({"point": [0.0]}, "“point” is 0, expected two numbers from -3 to 3"),
    ({"seed": None}, "“seed” is null, expected a whole number"),
    ({"betas": [0.1]}, "“betas” does not hold 20 positive numbers"),
    ({"mixture": [[1.0, 2.0]]}, "“mixture” holds no components"),
    ({"frequencies": [1.0]}, "the network has the widths 14,2, expected 4,2"),
    ({"count": 7}, "the buffer “data” holds 320 bytes, expected 56"),
    ({"terms": [1.0, None, 2.0]}, "“terms” does not hold a number for every step"),
    ({"reference": [None]}, "“reference” holds no number"),
    ({"network": "nothing"}, "“network” refers to no weights"),
]
LATENT = [
    ({"count": 7}, "the buffer “forward” holds 1512 bytes, expected 1764"),
    ({"image_shape": [8, 9]}, "the decoder makes 64 pixels, not 8 × 9"),
    ({"view": "noise"}, "“view” is noise, expected state, x0"),
    ({"weights": "nothing"}, "“weights” refers to no weights"),
]
DAMAGE = [(plane_player, *case) for case in PLANE] + [(latent_player, *case) for case in LATENT]


@pytest.mark.parametrize(("make", "change", "message"), DAMAGE)
def test_damage_shows_in_its_own_box(open_page: Open, make: Make, change: dict[str, Any], message: str) -> None:
    def damage(state: dict[str, Any]) -> None:
        next(each["state"] for each in state.values() if "terms" in each["state"]).update(change)

    page = open_page(make(), make(), damage=damage)
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").count() == 1 and message in page.get_by_role("alert").inner_text()
    assert page.locator(".vk-diffusion").count() == 1


@BOTH
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, make: Make, viewport: dict[str, int], theme: str) -> None:
    page = open_page(make(t=5), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.get_by_text("Predict first.").click()
    settle(page)
    assert_accessible(page)
    assert_easy_to_touch(page, ".vk button, .vk input, .vk summary, .vk-handle")


def full_size() -> DiffusionPlayer:
    """As large as the documentation allows for: 64 units in each of three layers, 150 points."""
    return DiffusionPlayer(plane_model(hidden=64), plane_data(), num_samples=1)


@pytest.mark.parametrize("make", [full_size, latent_player])
@pytest.mark.clocked
def test_a_frame_takes_four_milliseconds_and_the_first_comes_within_three_hundred(
    open_page: Open, make: Callable[[], Any]
) -> None:
    first, frames, slow = [], [], []
    for _ in range(3):  # other work on the machine shows in single runs
        page = open_page(make())
        first.append(page.evaluate("drawn - performance.getEntriesByType('navigation')[0].domInteractive"))
        page.evaluate("times.length = 0")
        press(page, "Play")
        page.wait_for_timeout(1500)
        press(page, "Pause")
        frames.append(statistics.median(page.evaluate("times.filter((time) => time > 0.05)")))
        slow.append(max(page.evaluate("slow"), default=0.0))
    assert min(frames) <= 4.0 and min(first) <= 300.0 and min(slow) <= 100.0, (frames, first, slow)
