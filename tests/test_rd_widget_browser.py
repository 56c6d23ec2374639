"""`RateDistortion` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.rd_widget import BETAS, SHAPE, greys, means, measured
from tests.widget_pages import PHONE, Open, facts, pixels, settle

pytestmark = pytest.mark.browser
CHART, GIVEN, BACK, DRAWN = ".vk-chart canvas", *(f".vk-curve-images canvas >> nth={k}" for k in range(3))
INK, PAPER = 27, 255  # red channels of the light theme
ACCENT, ROSE = (9, 88, 165), (203, 60, 113)


def place(page: Page) -> tuple[float, float]:
    """The middle of the ring, in the page's pixels."""
    settle(page)
    box = page.locator(".vk-handle").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def places(page: Page) -> list[tuple[float, float]]:
    """Where each model lies, by stepping through all of them."""
    page.locator(".vk-handle").focus()
    for _ in BETAS:
        page.keyboard.press("ArrowRight")
    found = [place(page)]
    for _ in BETAS[1:]:
        page.keyboard.press("ArrowLeft")
        found.append(place(page))
    return found


def shown(page: Page) -> float:
    """The beta of the model shown, as slider, handle and headings tell it; they agree."""
    settle(page)
    texts = {page.get_by_label("β", exact=True).get_attribute("aria-valuetext")}
    texts.add(page.locator(".vk-handle").get_attribute("aria-valuetext").removeprefix("β = ").split(",")[0])
    texts |= {text.split("β = ")[1] for text in page.locator(".vk-curve-images p").all_inner_texts()[1:]}
    assert len(texts) == 1
    return float(texts.pop())


def sheet(images: np.ndarray, across: int) -> np.ndarray:
    """The red channel of a canvas that shows these greys in rows."""
    (rows, columns), missing = SHAPE, -len(images) % across
    blocks = np.concatenate([images, np.zeros((missing, rows * columns))]).reshape(-1, across, rows, columns)
    return (PAPER + blocks.transpose(0, 2, 1, 3) / 255 * (INK - PAPER)).ravel()


def check(page: Page, index: int) -> None:
    """Numbers and images are those of model `index`."""
    (rate, distortion), beta = means(measured()), BETAS[index]
    r, d = rate[index], distortion[index]
    best = BETAS[int((rate + distortion).argmin())]
    assert shown(page) == beta
    units = [20, 19, 15.5, 9, 3, 0][index]
    assert [text.replace("−", "-") for text in facts(page).values()] == [
        f"{r:.2f}", f"{d:.2f}", f"{d + beta * r:.2f}", f"{d + r:.2f}", f"at β = {best:g}", f"{units:.1f}"
    ]  # fmt: skip
    first, back, drawn = greys()
    for canvas, images in ((GIVEN, first), (BACK, back[index]), (DRAWN, drawn[index])):
        assert np.abs(np.array(pixels(page, canvas)) - sheet(images, 4)).max() <= 0.51


def test_it_opens_at_beta_one_and_every_model_shows_its_own_numbers_and_images(open_page: Open) -> None:
    page = open_page(measured())
    check(page, 2)
    for index in range(6):
        page.get_by_label("β", exact=True).fill(str(index))
        check(page, index)


def test_a_drag_snaps_to_the_nearest_model(open_page: Open) -> None:
    page = open_page(measured())
    where = places(page)
    x, y = place(page)
    page.mouse.move(x, y)
    page.mouse.down()
    seen = []
    for index in (4, 2, 0, 1):
        (u, v), chart = where[index], pixels(page, CHART)
        page.mouse.move(u + 7, v - 6, steps=4)
        assert place(page) == pytest.approx((u, v), abs=0.5)
        assert pixels(page, CHART) != chart
        seen.append(shown(page))
    page.mouse.up()
    assert seen == [4.0, 1.0, 0.25, 0.5]
    page.mouse.click(where[3][0] - 5, where[3][1] + 8)
    check(page, 3)


def test_keys_step_along_the_curve_and_stop_at_its_ends(open_page: Open) -> None:
    page = open_page(measured(beta=2.0))
    page.locator(".vk-handle").focus()
    steps = ("ArrowLeft", 4), ("ArrowUp", 8), ("Shift+ArrowUp", 8), ("ArrowRight", 4), ("ArrowDown", 2), ("Home", 2)
    for key, beta in steps:
        page.keyboard.press(key)
        assert shown(page) == beta
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    check(page, 0)
    page.keyboard.press("Home")
    check(page, 3)
    page.get_by_label("β", exact=True).press("ArrowRight")
    check(page, 4)


def rows_of(page: Page, column: float, colour: tuple[int, int, int]) -> list[float]:
    """Rows of the chart that hold a colour at a column, both in the page's pixels."""
    box = page.locator(CHART).bounding_box()
    read = "(c, x) => Array.from(c.getContext('2d').getImageData(x, 0, 1, c.height).data)"
    data = page.locator(CHART).evaluate(read, round(2 * (column - box["x"])))
    near = np.abs(np.array(data).reshape(-1, 4) - (*colour, 255)).max(1) < 12  # the wash is transparent
    return [box["y"] + (row + 0.5) / 2 for row in np.flatnonzero(near)]


def test_the_line_has_slope_minus_beta_and_the_other_slope_minus_one(open_page: Open) -> None:
    page = open_page(measured())
    (rate, distortion), where = means(measured()), np.array(places(page))
    (a, b), (c, d) = np.polyfit(rate, where[:, 0], 1), np.polyfit(distortion, where[:, 1], 1)
    assert a > 0 > c  # more rate is further right, more distortion further up
    assert np.abs(a * rate + b - where[:, 0]).max() < 0.1 and np.abs(c * distortion + d - where[:, 1]).max() < 0.1
    for index in (1, 3):
        page.get_by_label("β", exact=True).fill(str(index))
        settle(page)
        for r in (rate[index] + 3.7, rate[index] - 3.1):
            for slope, colour in ((BETAS[index], ACCENT), (1.0, ROSE)):
                expected = c * (distortion[index] - slope * (r - rate[index])) + d
                rows = [row for column in (-1, 0, 1) for row in rows_of(page, a * r + b + column, colour)]
                line = [row for row in rows if abs(row - expected) < 20]
                gap = colour == ROSE and not line  # it is dashed
                assert gap or np.mean(line) == pytest.approx(expected, abs=1.5)
    for slope, colour in ((BETAS[3], ACCENT), (1.0, ROSE)):  # both lines meet the axis in a dot, at their loss
        expected = c * (distortion[3] + slope * rate[3]) + d
        dot = [row for row in rows_of(page, b + 3.5, colour) if abs(row - expected) < 12]
        assert np.mean(dot) == pytest.approx(expected, abs=3)


def test_a_model_below_the_line_is_told(open_page: Open) -> None:
    page = open_page(measured(worse={3: 6.0}, beta=2.0), measured(beta=2.0))
    says = page.locator(".vk-verdict")
    settle(page)
    assert "does better" in says.nth(0).inner_text() and "(lower in 3 of 3 seeds)" in says.nth(0).inner_text()
    assert "no large dot lies below its line" in says.nth(1).inner_text()
    page.locator(".vk-handle").nth(0).press("ArrowLeft")
    page.wait_for_function("document.querySelector('.vk-quiet').textContent.startsWith('β = 4, rate 3.')")
    assert "At the price β = 4 this model" in page.locator(".vk-quiet").nth(0).inner_text()


def test_a_reference_curve_is_drawn_and_named(open_page: Open) -> None:
    rate, distortion = means(measured())
    plain = pixels(open_page(measured()), CHART)
    drawn, named = (
        pixels(open_page(measured(reference=(rate, distortion), reference_name=name)), CHART)
        for name in ("", "reverse water-filling")
    )
    assert plain != drawn and drawn != named and named != plain


def test_a_finger_drags_by_the_ring_taps_a_model_and_else_scrolls(open_page: Open) -> None:
    page = open_page(measured(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client, where = page.context.new_cdp_session(page), places(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    x, y = place(page)
    before = page.evaluate("scrollY")
    swipe(x, y, where[1][0] - x, where[1][1] - y)
    assert shown(page) == BETAS[1] and page.evaluate("scrollY") == before
    page.touchscreen.tap(*where[3])
    assert shown(page) == BETAS[3]
    box = page.locator(CHART).bounding_box()
    swipe(box["x"] + 0.7 * box["width"], box["y"] + 60, 0, -50)
    page.wait_for_function(f"scrollY > {before + 20}")
    assert shown(page) == BETAS[3]
