"""`TighterBounds` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
from playwright.sync_api import Page

from tests.widget_pages import Open, facts, pixels, settle
from vaekit.widgets import TighterBounds

pytestmark = pytest.mark.browser
KNOB, PEAK = 0, 1
BOUND, RATIOS, DENSITIES, WEIGHTS = range(4)
ROWS = ("θ", "φ, path", "φ, doubly")


def number(text: str) -> float:
    return float(text.replace("−", "-").split()[0].rstrip("%"))


def gradients(page: Page) -> dict[str, list[float]]:
    """Mean, s.d. and SNR of each gradient, as the table says."""
    settle(page)
    rows = page.get_by_role("table", name="Gradients").locator("tbody tr").all()
    return {
        row.locator("th").inner_text(): [number(each) for each in row.locator("td").all_inner_texts()] for row in rows
    }


def value(page: Page, which: int) -> str:
    settle(page)
    return page.locator(".vk-handle").nth(which).get_attribute("aria-valuetext")


def draws(page: Page) -> int:
    """K, as handle, slider and readout tell it; they agree."""
    told = value(page, KNOB).split(",")[0].removeprefix("K = ")
    assert page.get_by_label("draws K", exact=True).get_attribute("aria-valuetext") == told
    assert facts(page)["effective draws"].endswith(f" of {told}")
    return int(told)


def guess(page: Page) -> tuple[float, float]:
    """Mean and standard deviation of q, as handle and sliders tell them."""
    mean, sd = (number(part.split()[-1]) for part in value(page, PEAK).split(", "))
    for label, shown in (("mean of q", mean), ("width σ of q", sd)):
        assert number(page.get_by_label(label).get_attribute("aria-valuetext")) == pytest.approx(shown)
    return mean, sd


def measured(page: Page) -> None:
    """Wait until all is measured, and the marks rest."""
    page.locator(".vk-small").scroll_into_view_if_needed()
    page.get_by_text("measured on 1,048,576 draws").wait_for()
    settle(page)


def paintings(page: Page) -> list[list[int]]:
    return [pixels(page, ".vk-chart canvas", i) for i in range(4)]


def changed(before: list[list[int]], after: list[list[int]]) -> list[bool]:
    return [old != new for old, new in zip(before, after, strict=True)]


def middle(page: Page, which: int) -> tuple[float, float]:
    settle(page)
    box = page.locator(".vk-handle").nth(which).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, which: int, dx: float, dy: float) -> None:
    x, y = middle(page, which)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def test_it_opens_with_the_numbers_of_the_chapter_measures_and_rests(open_page: Open) -> None:
    page = open_page(TighterBounds())
    told = {name: number(text) for name, text in facts(page).items()}
    assert draws(page) == 16 and guess(page) == (1.02, 0.63)
    assert told["log p(x)"] == -1.6651 and told["gap"] == 0.0239 and told["their share, K → ∞"] == 58.2
    assert told["bound"] == pytest.approx(told["log p(x)"] - told["gap"], abs=2e-4)
    assert list(gradients(page)) == list(ROWS)
    for mean, sd, ratio in gradients(page).values():
        assert ratio == pytest.approx(abs(mean) / sd, rel=0.01)
    assert gradients(page)["φ, path"][0] == gradients(page)["φ, doubly"][0], "one mean, two deviations"
    before = paintings(page)
    measured(page)
    assert changed(before, paintings(page))[RATIOS:] == [True, False, False], "marks have come"
    before = paintings(page)
    page.evaluate("times.length = 0")
    page.wait_for_timeout(300)
    assert page.evaluate("times") == [] and paintings(page) == before


def test_more_draws_raise_the_bound_and_theta_but_not_the_path(open_page: Open) -> None:
    page = open_page(TighterBounds())
    measured(page)
    slider, before, shown, first = (
        page.get_by_label("draws K", exact=True),
        gradients(page),
        paintings(page),
        facts(page),
    )
    slider.press("End")
    assert draws(page) == 1000
    after = gradients(page)
    assert number(facts(page)["bound"]) > number(first["bound"])
    assert after["θ"][2] > 5 * before["θ"][2] and after["φ, doubly"][2] > 5 * before["φ, doubly"][2]
    assert after["φ, path"][2] < before["φ, path"][2] / 5
    assert changed(shown, paintings(page)) == [True] * 4
    assert "1,048,576" in page.locator(".vk-small").inner_text(), "what was measured stays"
    slider.press("Home")
    assert draws(page) == 1 and facts(page)["effective draws"] == "1.0 of 1"
    slider.press("ArrowRight")
    assert draws(page) == 2, "no step is lost where K is small"


def test_the_knob_moves_k_by_mouse_and_keys_and_goes_home(open_page: Open) -> None:
    page = open_page(TighterBounds(samples=20))
    drag(page, KNOB, 60, 0)
    assert 60 < draws(page) < 140
    drag(page, KNOB, 3000, 0)
    assert draws(page) == 1000
    drag(page, KNOB, -3000, 0)
    assert draws(page) == 1
    knob = page.locator(".vk-handle").nth(KNOB)
    for key, K in (("ArrowRight", 2), ("ArrowUp", 3), ("Shift+ArrowRight", 9), ("ArrowDown", 7), ("Home", 20)):
        knob.press(key)
        assert draws(page) == K, key


def test_the_peak_moves_q_by_mouse_and_keys_and_goes_home(open_page: Open) -> None:
    page = open_page(TighterBounds())
    shown, before = paintings(page), facts(page)
    drag(page, PEAK, -40, -30)
    mean, sd = guess(page)
    assert mean < 0.8 and sd < 0.5
    assert changed(shown, paintings(page)) == [True] * 4 and facts(page)["gap"] != before["gap"]
    drag(page, PEAK, 0, -2000)
    assert guess(page)[1] == 0.14 and number(facts(page)["their share, K → ∞"]) == 0.0
    drag(page, PEAK, 0, 2000)
    assert guess(page)[1] == 1.0
    peak = page.locator(".vk-handle").nth(PEAK)
    for key, place in (("Home", (1.02, 0.63)), ("ArrowRight", (1.12, 0.63)), ("Shift+ArrowUp", (1.12, 0.14))):
        peak.press(key)
        assert guess(page) == place, key
    assert draws(page) == 16, "K stays"


def test_sliders_move_mean_and_width(open_page: Open) -> None:
    page = open_page(TighterBounds())
    page.get_by_label("mean of q").fill("0.72")
    page.get_by_label("width σ of q").fill("0.32")
    assert guess(page) == (0.72, 0.32)
    assert number(facts(page)["gap"]) < 1e-3, "q is nearly the posterior"
    assert number(facts(page)["effective draws"]) > 15.9
    assert gradients(page)["φ, path"][0] == 0.0, "by symmetry"


def test_a_parameter_changes_its_own_gradients_and_nothing_else(open_page: Open) -> None:
    page = open_page(TighterBounds())
    before, told = gradients(page), facts(page)
    page.get_by_role("radio", name="log σ").click()
    after = gradients(page)
    assert [after[row] == before[row] for row in ROWS] == [True, False, False] and facts(page) == told
    page.get_by_role("radio", name="log σ").press("ArrowLeft")
    assert page.get_by_role("radio", name="mean").is_checked() and gradients(page) == before


def test_new_draws_change_the_batch_and_nothing_that_is_exact(open_page: Open) -> None:
    page = open_page(TighterBounds())
    before, told, shown = gradients(page), facts(page), paintings(page)
    page.get_by_role("button", name="New draws").press("Enter")
    after = facts(page)
    exact = ("log p(x)", "bound", "gap", "their share, K → ∞")
    assert [after[name] for name in exact] == [told[name] for name in exact] and gradients(page) == before
    assert after["L of the batch"] != told["L of the batch"] and after["effective draws"] != told["effective draws"]
    assert changed(shown, paintings(page))[DENSITIES:] == [True, True]
