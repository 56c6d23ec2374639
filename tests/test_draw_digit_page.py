"""`DrawDigit` as a part of its page: themes, damage, accessibility and time, in headless Chromium."""

import statistics
from typing import Any

import pytest

from tests.draw_digit_pages import PAD, STROKE, drawing_pad, numbers, spot, stroke
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

pytestmark = pytest.mark.browser


def test_the_answer_opens_after_the_question(open_page: Open) -> None:
    page = open_page(drawing_pad())
    assert not page.get_by_text("Not by its picture").is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text("Not by its picture").is_visible()


def test_a_theme_switch_repaints_every_canvas(open_page: Open) -> None:
    page = open_page(drawing_pad(drawing=[{"sample": "3"}, STROKE]))
    canvases = [f"canvas >> nth={k}" for k in range(page.locator("canvas").count())]
    light, before = [pixels(page, canvas) for canvas in canvases], facts(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert all(pixels(page, canvas) != was for canvas, was in zip(canvases, light, strict=True))
    assert facts(page) == before


def test_a_widget_out_of_sight_waits_until_it_is_seen(open_page: Open) -> None:
    widget = drawing_pad()
    page = open_page(widget, widget, between='<div style="height: 3000px"></div>')
    page.locator(PAD).nth(1).scroll_into_view_if_needed()
    settle(page)
    page.locator(PAD).nth(0).scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    stroke(page, (6, 6), (20, 8), (12, 24))
    assert numbers(page, 0) and set(facts(page, 1).values()) == {"–"}
    page.locator(PAD).nth(1).scroll_into_view_if_needed()
    page.wait_for_function("!document.querySelectorAll('.vk')[1].querySelector('dd').textContent.includes('–')")
    assert facts(page, 0) == facts(page, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drawing": [{"sample": "?"}]}, "“drawing” holds what is neither a stroke nor a given image"),
        ({"drawing": [STROKE | {"points": [1, None]}]}, "“drawing” holds what is neither a stroke nor a given image"),
        ({"score_count": 3}, "the buffer “scores” holds 800 bytes, expected 12"),
        ({"marks": ["0"]}, "the buffer “samples” holds 7840 bytes, expected 784"),
        ({"image_shape": [28, 27]}, "the decoder makes 784 pixels, not 28 × 27"),
        ({"encoder": "lost"}, "“encoder” refers to no weights"),
    ],
)
def test_damage_shows_in_its_own_box(open_page: Open, change: dict[str, Any], message: str) -> None:
    def damage(state: dict[str, Any]) -> None:
        next(each["state"] for each in state.values() if "score_count" in each["state"]).update(change)

    page = open_page(drawing_pad(), drawing_pad(drawing=[STROKE]), damage=damage)
    alert = page.get_by_role("alert")
    assert alert.count() == 1 and message in alert.inner_text()
    assert page.locator(PAD).count() == 1


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, viewport: dict[str, int], theme: str) -> None:
    page = open_page(drawing_pad(drawing=[STROKE] if theme == "dark" else []), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.get_by_text("Predict first.").click()
    settle(page)
    assert_accessible(page)
    assert_easy_to_touch(page, ".vk button, .vk input, .vk summary, .vk-pad")


@pytest.mark.clocked
def test_a_frame_takes_four_milliseconds_and_the_first_comes_within_three_hundred(open_page: Open) -> None:
    first, frames, slow = [], [], []
    for _ in range(3):  # other work on the machine shows in single runs
        page = open_page(drawing_pad())
        first.append(page.evaluate("drawn - performance.getEntriesByType('navigation')[0].domInteractive"))
        page.evaluate("times.length = 0")
        page.mouse.move(*spot(page, 6, 6))
        page.mouse.down()
        for i in range(30):
            page.mouse.move(*spot(page, 6 + i / 2, 6 + (i * i) / 60))
        page.mouse.up()
        settle(page)
        frames.append(statistics.median(page.evaluate("times.filter((time) => time > 0.05)")))
        slow.append(max(page.evaluate("slow"), default=0.0))
    assert min(frames) <= 4.0 and min(first) <= 300.0 and min(slow) <= 100.0, (frames, first, slow)
