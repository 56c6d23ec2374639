"""`TighterBounds` as part of a page: views, themes, damage, accessibility and time, in headless Chromium."""

import statistics
from typing import Any

import pytest

from tests.test_tighter_bounds_browser import KNOB, PEAK, changed, draws, guess, measured, middle, paintings, value
from tests.test_widget_loader import LIVE
from tests.widget_pages import DESKTOP, PHONE, Open, assert_accessible, assert_easy_to_touch, settle
from vaekit.widgets import TighterBounds

pytestmark = pytest.mark.browser

MANY = """() => { // as a notebook's model does, take several traits at once
  const one = model.set.bind(model);
  model.set = (...all) => (all[1] === undefined ? Object.entries(all[0]) : [all]).forEach((each) => one(...each));
}"""


def test_a_theme_switch_repaints_every_canvas(open_page: Open) -> None:
    page = open_page(TighterBounds())
    measured(page)
    light = paintings(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert changed(light, paintings(page)) == [True] * 4


def test_the_answer_opens_after_the_question_and_changes_are_told(open_page: Open) -> None:
    page = open_page(TighterBounds())
    assert not page.get_by_text("Once K is large").is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text("Once K is large").is_visible()
    page.locator(".vk-handle").nth(KNOB).press("ArrowRight")
    page.wait_for_function("document.querySelector('.vk-quiet').textContent.startsWith('K = 20, gap 0.019 nats, ')")
    told = page.locator(".vk-quiet").text_content()
    assert "of 20 draws effective. SNR: θ 0.9" in told and "φ, path 0.05" in told


def test_with_reduced_motion_marks_come_all_at_once(open_page: Open) -> None:
    page = open_page(TighterBounds())
    measured(page)
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("""() => {
      const note = document.querySelector(".vk-small");
      window.told = [];
      new MutationObserver(() => told.push(note.textContent.match(/on ([0-9,]+) draws/)[1]))
        .observe(note, { childList: true });
    }""")
    page.get_by_role("button", name="New draws").press("Enter")
    page.wait_for_function("told.includes('1,048,576')")
    assert page.evaluate("told") == ["0", "1,048,576"]


@pytest.mark.clocked
def test_off_screen_nothing_is_measured(open_page: Open) -> None:
    page = open_page(TighterBounds(), between="<div style='height: 4000px'></div>")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(200)
    note = page.locator(".vk-small").text_content()
    page.wait_for_timeout(300)
    assert page.locator(".vk-small").text_content() == note and "1,048,576" not in note
    measured(page)


def test_a_finger_drags_both_handles_and_taps_elsewhere(open_page: Open) -> None:
    page = open_page(TighterBounds(), viewport=PHONE, touch=True)
    client = page.context.new_cdp_session(page)
    for which, dx, dy in ((KNOB, 50, 0), (PEAK, -30, -25)):
        page.locator(".vk-handle").nth(which).scroll_into_view_if_needed()
        x, y = middle(page, which)
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 6):
            at = {"x": x + dx * i / 5, "y": y + dy * i / 5}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert draws(page) > 30
    mean, sd = guess(page)
    assert mean < 0.9 and sd < 0.55
    x, y = middle(page, PEAK)
    page.touchscreen.tap(x + 60, y)
    assert guess(page)[0] > mean + 0.2


def test_it_follows_its_kernel_and_tells_it_what_the_reader_did(open_page: Open) -> None:
    page = open_page(TighterBounds())
    page.evaluate(LIVE)
    page.evaluate(MANY)
    page.wait_for_function("document.querySelectorAll('[data-ready]').length == 2")
    knob, peak = (page.locator(".vk-handle").nth(2 + which) for which in (KNOB, PEAK))
    knob.scroll_into_view_if_needed()
    page.evaluate("() => { model.set('samples', 100); model.set('mean', 0.5); model.set('variance', 0.04); }")
    assert value(page, 2 + KNOB).startswith("K = 100,")
    assert value(page, 2 + PEAK) == "mean 0.50, standard deviation 0.20"
    assert value(page, KNOB).startswith("K = 16,") and value(page, PEAK).startswith("mean 1.02,"), "another widget"
    knob.press("ArrowRight")
    peak.press("ArrowLeft")
    assert page.evaluate("model.get('samples')") == 126 and page.evaluate("model.get('mean')") == pytest.approx(0.4)
    page.wait_for_timeout(200)  # the last change is told a moment later
    page.evaluate("() => { destroy(); calls.length = 0; }")
    knob.press("ArrowRight")
    assert page.evaluate("calls.length") == 0 and page.evaluate("Object.keys(model.heard).length") == 0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"samples": 0}, "“samples” is 0, expected a whole number from 1 to 1000"),
        ({"mean": None}, "“mean” is null, expected a number from -0.5 to 2"),
        ({"variance": 9}, "“variance” is 9, expected a number from 0.02 to 1"),
        ({"parameter": "width"}, '“parameter” is "width", expected mean or log_scale'),
    ],
)
def test_damaged_state_is_reported_and_not_drawn(open_page: Open, damage: dict[str, Any], message: str) -> None:
    def spoil(state: dict[str, Any]) -> None:
        next(each for each in state.values() if "samples" in each["state"])["state"].update(damage)

    page = open_page(TighterBounds(), TighterBounds(), damage=spoil)
    alert = page.get_by_role("alert")
    assert alert.count() == 1 and message in alert.inner_text()
    assert page.locator("canvas").count() == 4 and value(page, 0) == "K = 16, gap 0.024 nats"


@pytest.mark.clocked
def test_a_frame_takes_four_milliseconds_and_the_first_comes_within_three_hundred(open_page: Open) -> None:
    first, frames, slow = [], [], []
    for which in (KNOB, PEAK, PEAK):  # other work on the machine shows in single runs
        page = open_page(TighterBounds())
        first.append(page.evaluate("drawn - performance.getEntriesByType('navigation')[0].domInteractive"))
        page.evaluate("times.length = 0")
        for key in ["ArrowRight", "ArrowLeft"] * 15:
            page.locator(".vk-handle").nth(which).press(key)
        settle(page)
        frames.append(statistics.median(page.evaluate("times.filter((time) => time > 0.05)")))
        slow.append(max(page.evaluate("slow"), default=0.0))
    assert min(frames) <= 4.0 and min(first) <= 300.0 and min(slow) <= 100.0, (frames, first, slow)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, viewport: dict[str, int], theme: str) -> None:
    page = open_page(TighterBounds(samples=1000, mean=-0.5, variance=1.0), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.get_by_text("Predict first.").click()
    page.get_by_role("radio", name="log σ").click()
    settle(page)
    assert_accessible(page)
    assert_easy_to_touch(page, ".vk button, .vk input, .vk summary, .vk-handle")
    for which in (KNOB, PEAK):
        handle = page.locator(".vk-handle").nth(which)
        low, now, high = (float(handle.get_attribute(f"aria-value{end}")) for end in ("min", "now", "max"))
        assert low <= now <= high and handle.get_attribute("aria-label")
