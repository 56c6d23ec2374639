"""`PipelinePlayer` as a part of its page: at rest unless played and seen, quick, accessible, honest when damaged."""

import statistics
from typing import Any

import pytest

from tests.pipeline import player
from tests.test_pipeline_player_browser import caption, choose, drawing, opacity, press
from tests.test_widget_loader import FAR
from tests.widget_pages import DESKTOP, PHONE, Open, assert_accessible, assert_easy_to_touch, facts, settle
from vaekit.widgets.pipeline_model import ANSWER

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_zoom_enlarges_the_drawing_within_its_box(open_page: Open, viewport: dict[str, int] | None) -> None:
    page = open_page(player(), **({"viewport": viewport} if viewport else {}))
    width = page.locator(".vk-diagram svg").bounding_box()["width"]
    for name, factor in (("1.5×", 1.5), ("2×", 2.0), ("1×", 1.0)):
        choose(page, "Zoom", name)
        assert page.locator(".vk-diagram svg").bounding_box()["width"] == pytest.approx(factor * width, abs=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_views_of_one_widget_move_together_and_another_widget_stays(open_page: Open) -> None:
    widget = player()
    page = open_page(widget, widget, player())
    page.wait_for_function("document.querySelectorAll('[data-ready]').length == 3")
    page.get_by_role("group", name="Digit", exact=True).first.get_by_role("radio", name="3").click()
    page.get_by_role("button", name="First").first.click()
    page.locator(".vk-diagram").nth(1).scroll_into_view_if_needed()
    settle(page)
    assert facts(page, 0) == facts(page, 1) != facts(page, 2)
    assert [text[:7] for text in page.locator(".vk-caption").all_inner_texts()] == ["t = 0.0"] * 2 + ["t = 10."]


@pytest.mark.clocked
def test_nothing_plays_by_itself_and_with_reduced_motion_play_goes_from_stop_to_stop(open_page: Open) -> None:
    page = open_page(player(time=0.0))
    page.wait_for_timeout(300)
    assert caption(page)[0] == 0.0
    page.emulate_media(reduced_motion="reduce")
    choose(page, "Speed", "2×")
    press(page, "Play")
    seen = set()
    for _ in range(40):
        page.wait_for_timeout(40)
        seen |= {caption(page)[0], *(opacity(page, k) for k in range(8))}
    assert {0.0, 1.0, 1.5} <= seen <= {1.0, *(1.5 * k for k in range(8))}


@pytest.mark.clocked
def test_a_player_off_screen_rests_and_goes_on_when_it_is_seen(open_page: Open) -> None:
    page = open_page(player(time=0.0), between=FAR)
    choose(page, "Speed", "0.25×")
    press(page, "Play")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("scrollY > 2000")
    page.wait_for_timeout(200)
    page.evaluate("times.length = 0")
    page.wait_for_timeout(500)
    assert len(page.evaluate("times")) == 0
    before = caption(page)[0]
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function(f"parseFloat(document.querySelector('.vk-caption').textContent.slice(4)) > {before}")


def test_a_theme_switch_repaints_the_images(open_page: Open) -> None:
    page = open_page(player())
    light = drawing(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert drawing(page) != light


def test_the_answer_opens_after_the_question(open_page: Open) -> None:
    page = open_page(player())
    assert not page.get_by_text(ANSWER).is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text(ANSWER).is_visible()


def test_without_evidence_no_gap_is_claimed(open_page: Open) -> None:
    page = open_page(player(log_evidence=None))
    assert [facts(page)[name] for name in ("log p(x)", "gap, this draw", "gap, mean of 100")] == ["unknown"] * 3
    texts = " ".join(page.locator(".vk-diagram text").all_text_contents())
    assert "log p(x)" not in texts and "gap" not in texts and "ELBO" in texts


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digit": 9}, "“digit” is 9, expected a number from 0 to 4"),
        ({"time": None}, "“time” is null, expected a number from 0 to 15"),
        ({"backward": "both"}, "“backward” is both, expected off, trick, sampled"),
        ({"image_shape": [8, 9]}, "the networks have the widths 64,4,2,64, expected 72,4,2,72"),
        ({"draws": 7}, "the buffer “eps” holds 800 bytes, expected 56"),
        ({"encoder": "nothing"}, "“encoder” refers to no weights"),
    ],
)
def test_damage_shows_in_its_own_box(open_page: Open, change: dict[str, Any], message: str) -> None:
    def damage(state: dict[str, Any]) -> None:
        next(each["state"] for each in state.values() if "captions" in each["state"]).update(change)

    page = open_page(player(), player(), damage=damage)
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").count() == 1 and message in page.get_by_role("alert").inner_text()
    assert page.locator(".vk-diagram svg").count() == 1


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, viewport: dict[str, int], theme: str) -> None:
    page = open_page(player(backward="sampled", time=15.0), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    choose(page, "Play", "step by step, with tensors")
    for zoom in ("1×", "2×"):
        choose(page, "Zoom", zoom)
        assert_accessible(page)
    assert_easy_to_touch(page, ".vk button, .vk input, .vk summary")


@pytest.mark.clocked
def test_a_frame_takes_four_milliseconds_and_the_first_comes_within_three_hundred(open_page: Open) -> None:
    first, frames, slow = [], [], []
    for _ in range(3):  # other work on the machine shows in single runs
        page = open_page(player(time=0.0))
        first.append(page.evaluate("drawn - performance.getEntriesByType('navigation')[0].domInteractive"))
        page.evaluate("times.length = 0")
        press(page, "Play")
        page.wait_for_timeout(1000)
        press(page, "Pause")
        frames.append(statistics.median(page.evaluate("times.filter((time) => time > 0.05)")))
        slow.append(max(page.evaluate("slow"), default=0.0))
    assert min(frames) <= 4.0 and min(first) <= 300.0 and min(slow) <= 100.0, (frames, first, slow)
