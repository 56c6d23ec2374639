"""`DrawDigit` on a static page, drawn on with a real mouse, a finger and keys in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page

from tests.draw_digit_pages import PAD, STROKE, check, digits, drawing_pad, numbers, seen, spot, stroke
from tests.widget_pages import PHONE, Open, facts, pixels, settle

pytestmark = pytest.mark.browser
SEVEN = ((6, 6), (20, 8), (12, 24))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def test_a_blank_pad_invites_and_has_no_numbers(open_page: Open) -> None:
    page = open_page(drawing_pad())
    assert set(facts(page).values()) == {"–"} and seen(page).sum() == 0
    assert page.get_by_text("Draw a digit here").is_visible()


def test_a_stroke_of_the_mouse_is_encoded_decoded_and_priced(open_page: Open) -> None:
    page = open_page(drawing_pad())
    canvases = [f"canvas >> nth={k}" for k in range(page.locator("canvas").count())]
    before = [pixels(page, canvas) for canvas in canvases]
    stroke(page, *SEVEN)
    check(page)
    assert not page.get_by_text("Draw a digit here").is_visible()
    for canvas, was in zip(canvases[:-1], before[:-1], strict=True):  # the last stands still behind its marker
        assert pixels(page, canvas) != was, canvas
    first, marker = numbers(page), page.locator(".vk-marker")
    place = marker.bounding_box()["x"]
    stroke(page, (8, 15), (20, 15))
    check(page)
    assert numbers(page) != first and marker.bounding_box()["x"] != place
    press(page, "Undo")
    assert numbers(page) == first and marker.bounding_box()["x"] == place
    press(page, "Undo")
    assert set(facts(page).values()) == {"–"} and not marker.is_visible()


def test_a_press_leaves_a_dot(open_page: Open) -> None:
    page = open_page(drawing_pad())
    page.mouse.click(*spot(page, 14, 14))
    assert seen(page).sum() > 200  # a dot's longer side, too, becomes 20 pixels


def test_the_eraser_takes_ink_away_and_a_wider_brush_brings_more(open_page: Open) -> None:
    page = open_page(drawing_pad(centre=False))
    stroke(page, *SEVEN)
    thin = seen(page)
    page.get_by_role("radio", name="eraser").click()
    stroke(page, (2, 6), (25, 8))
    left = seen(page)
    assert (left <= thin).all() and left[:6].sum() == 0 and 0 < left.sum() < 0.8 * thin.sum()
    check(page)
    press(page, "Clear")
    assert seen(page).sum() == 0
    page.get_by_role("radio", name="pen").click()
    page.get_by_label("brush").fill("5")
    stroke(page, *SEVEN)
    assert seen(page).sum() > 1.5 * thin.sum()
    check(page)
    press(page, "Undo")
    press(page, "Undo")
    assert torch.equal(seen(page), left)


def test_a_test_digit_is_loaded_as_it_is_and_may_be_drawn_on(open_page: Open) -> None:
    page = open_page(drawing_pad())
    for mark in (3, 7):
        press(page, str(mark))
        digit = digits().x[digits().y == mark][0].view(28, 28)
        assert torch.equal(seen(page), (digit >= 0.5).float())
        check(page)
    stroke(page, (5, 14), (23, 14))
    assert seen(page).sum() > (digit >= 0.5).sum()


def test_the_switch_scales_and_centres_or_lets_the_encoder_see_the_corner(open_page: Open) -> None:
    page = open_page(drawing_pad())
    stroke(page, (2, 2), (9, 3), (5, 10))
    centred, switch = seen(page), page.get_by_role("button", name="Centre as in training")
    rows, columns = centred.sum(1).nonzero(), centred.sum(0).nonzero()
    assert max(rows.max() - rows.min(), columns.max() - columns.min()) in (18, 19)
    middle = (centred.sum(1) @ (torch.arange(28.0) + 0.5)) / centred.sum()
    assert abs(middle - 14.5) < 1 and switch.get_attribute("aria-pressed") == "true"
    switch.click()
    corner = seen(page)
    assert switch.get_attribute("aria-pressed") == "false"
    assert corner[12:].sum() == corner[:, 12:].sum() == 0 < corner.sum() < centred.sum()
    check(page)
    switch.click()
    assert torch.equal(seen(page), centred)


def test_keys_draw_too(open_page: Open) -> None:
    page = open_page(drawing_pad(centre=False))
    page.locator(PAD).focus()
    keys = page.keyboard
    for key in (
        "Shift+ArrowLeft",
        "ArrowUp",
        "Space",
        "Shift+ArrowRight",
        "Shift+ArrowRight",
        "Space",
        "Shift+ArrowDown",
    ):
        keys.press(key)
    line = seen(page)
    rows, columns = (line.sum(axis).nonzero().flatten() for axis in (1, 0))
    assert rows.tolist() in ([12, 13], [11, 12, 13], [12, 13, 14]) and (columns.min(), columns.max()) == (9, 18)
    check(page)
    keys.press("Space")
    keys.press("ArrowLeft")
    assert seen(page).sum() > line.sum()
    keys.press("Tab")
    keys.press("Shift+Tab")
    now = seen(page)
    keys.press("ArrowDown")  # the pen is up again
    assert torch.equal(seen(page), now)
    page.wait_for_function(
        "[...document.querySelectorAll('[aria-live]')].some((el) => el.textContent.includes('pen up'))"
    )


def test_a_finger_draws_on_the_pad_and_scrolls_elsewhere(open_page: Open) -> None:
    page = open_page(drawing_pad(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(start: tuple[float, float], dx: float, dy: float) -> None:
        x, y = start
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(spot(page, 8, 24), 60, -150)
    assert page.evaluate("scrollY") == 0
    drawn = seen(page)
    assert drawn.sum() > 20
    check(page)
    swipe((195, 700), 0, -200)
    page.wait_for_function("scrollY > 50")
    assert torch.equal(seen(page), drawn)


def test_views_of_one_widget_draw_together_and_another_widget_stays(open_page: Open) -> None:
    widget = drawing_pad(drawing=[STROKE])
    page = open_page(widget, widget, drawing_pad())
    start = seen(page, 0)
    assert start.sum() > 0 and torch.equal(start, seen(page, 1))
    stroke(page, (8, 15), (20, 15))
    assert not torch.equal(seen(page, 0), start)
    page.locator(PAD).nth(1).scroll_into_view_if_needed()
    assert torch.equal(seen(page, 0), seen(page, 1)) and facts(page, 0) == facts(page, 1)
    page.locator(PAD).nth(2).scroll_into_view_if_needed()
    assert set(facts(page, 2).values()) == {"–"}
