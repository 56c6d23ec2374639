"""`VaeLab` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest

from tests.vae_lab_pages import DATA, TERMS, choose, number, paintings, press, slide, train, until, updates, warm
from tests.widget_pages import Open, facts, settle
from vaekit.widgets import VaeLab

pytestmark = pytest.mark.browser


def test_it_opens_paused_after_four_hundred_updates_and_stays_there(open_page: Open) -> None:
    page = warm(open_page, VaeLab())
    before = paintings(page)
    assert facts(page)["active units"] == "2 of 2" and 2 < number(page, "−ELBO") < 3.5
    assert number(page, "distortion") + number(page, "rate") == pytest.approx(number(page, "−ELBO"), abs=0.011)
    assert number(page, "−log p(x), estimate") < number(page, "−ELBO")
    page.wait_for_timeout(300)
    assert updates(page) == 400 and paintings(page) == before


@pytest.mark.clocked
def test_it_trains_when_told_to_with_more_than_thirty_updates_a_second(open_page: Open) -> None:
    page = warm(open_page, VaeLab())
    gained = {}
    for speed in ("slow", "normal", "fast"):
        choose(page, speed)
        start = updates(page)
        press(page, "Train")
        page.wait_for_timeout(1000)
        press(page, "Pause")
        gained[speed] = updates(page) - start
        page.wait_for_timeout(100)
        assert updates(page) == start + gained[speed], "paused"
    assert 0 < gained["slow"] < gained["normal"] < gained["fast"] and gained["fast"] >= 30


def test_one_update_is_one_and_a_restart_begins_at_none_with_other_weights(open_page: Open) -> None:
    page = warm(open_page, VaeLab(beta=2.0))
    before = paintings(page)
    press(page, "One update")
    assert updates(page) == 401 and paintings(page)[:2] != before[:2]
    page.get_by_role("button", name="Restart").press("Enter")
    assert updates(page) == 0
    first = paintings(page)
    press(page, "Restart")
    assert updates(page) == 0 and paintings(page)[DATA] != first[DATA]
    assert page.get_by_label("weight β").get_attribute("aria-valuetext") == "2"
    press(page, "One update")
    assert updates(page) == 1


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("weight β", DATA),
        ("decoder s.d.", DATA),
        ("learning rate", None),
        ("draws K", None),
        ("width", DATA),
    ],
)
def test_each_slider_changes_what_it_names_by_the_keyboard(open_page: Open, name: str, changed: int | None) -> None:
    page = warm(open_page, VaeLab())
    told = page.get_by_label(name, exact=True).get_attribute("aria-valuetext")
    once, back = slide(page, name, "ArrowRight"), slide(page, name, "ArrowLeft")
    assert float(back) <= float(told) < float(once)
    assert float(slide(page, name, "ArrowRight", 4)) > float(once), "it does not stick"
    low, high = float(slide(page, name, "Home")), float(slide(page, name, "End"))
    kind = {"weight β": (0, 100), "decoder s.d.": (0.02, 2), "learning rate": (1e-4, 0.1), "draws K": (1, 16)}
    assert (low, high) == kind.get(name, (4, 64))
    if name == "width":
        until(page, 400)
    assert updates(page) == 400


def test_beta_zero_lets_the_rate_grow_and_a_large_one_ends_it(open_page: Open) -> None:
    page = warm(open_page, VaeLab())
    sound = number(page, "rate")
    slide(page, "weight β", "Home")
    train(page, 800)
    assert number(page, "rate") > sound + 2
    slide(page, "weight β", "End")
    train(page, updates(page) + 600)
    assert number(page, "rate") < 0.1 and facts(page)["active units"] == "0 of 2"


@pytest.mark.parametrize("choice", ["spiral", "IWAE", "score function", "none: z = μ"])
def test_data_and_gradient_change_while_it_trains_on(open_page: Open, choice: str) -> None:
    page = warm(open_page, VaeLab())
    before = paintings(page)
    choose(page, choice)
    assert updates(page) == 400 and page.get_by_role("radio", name=choice).is_checked()
    press(page, "One update")
    after = paintings(page)
    assert updates(page) == 401 and after[DATA] != before[DATA] and after[TERMS] != before[TERMS]


def test_another_number_of_latents_starts_anew_and_has_views_of_its_own(open_page: Open) -> None:
    page = warm(open_page, VaeLab())
    press(page, "One update")
    page.wait_for_function("document.querySelector('.vk dd').textContent == '401'")
    page.get_by_role("radio", name="2", exact=True).press("ArrowLeft")
    page.wait_for_function("document.querySelector('.vk dd').textContent == '400'")
    assert facts(page)["active units"] == "1 of 1"


def test_without_sampling_there_is_neither_a_rate_nor_a_bound(open_page: Open) -> None:
    page = warm(open_page, VaeLab("plain autoencoder"))
    shown = facts(page)
    none = {"−ELBO", "−log p(x), estimate", "KL(q(z) ‖ p(z))", "rate"}
    assert {name for name, text in shown.items() if text == "–"} == none


@pytest.mark.parametrize("name", ["# decoder", "○ reconstructions", "× samples"])
def test_each_layer_of_the_data_space_comes_and_goes(open_page: Open, name: str) -> None:
    page = warm(open_page, VaeLab())
    before, button = paintings(page), page.get_by_role("button", name=name)
    was = button.get_attribute("aria-pressed")
    button.press("Space")
    after = paintings(page)
    assert after[DATA] != before[DATA] and after[1:] == before[1:] and button.get_attribute("aria-pressed") != was
    button.click()
    assert paintings(page)[DATA] == before[DATA]


def test_a_learned_noise_is_told_and_forgotten(open_page: Open) -> None:
    page = warm(open_page, VaeLab(noise_sd=0.8))
    learn = page.get_by_role("button", name="learn the s.d.")
    learn.click()
    settle(page)
    assert learn.inner_text() == "learn the s.d.: now 0.80"
    before = number(page, "−ELBO")
    train(page, 1000)
    assert float(learn.inner_text().split("now ")[1]) < 0.6 and number(page, "−ELBO") < before
    learn.click()
    settle(page)
    assert learn.inner_text() == "learn the s.d." and float(
        page.get_by_label("decoder s.d.").input_value()
    ) == pytest.approx(-0.0969, abs=0.026)
