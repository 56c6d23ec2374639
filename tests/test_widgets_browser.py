"""`LatentExplorer` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import statistics

import pytest
import torch
from playwright.sync_api import Page

from tests.widget_pages import (
    DESKTOP,
    PHONE,
    Open,
    assert_accessible,
    decoder,
    explorer,
    facts,
    middle,
    pixels,
    point,
    settle,
)

pytestmark = pytest.mark.browser
PLANE = ".vk-plane canvas"


def drag(page: Page, dx: float, dy: float, steps: int = 8) -> None:
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=steps)
    page.mouse.up()


def test_dragging_moves_the_point_and_redraws_the_image(open_page: Open) -> None:
    page = open_page(explorer())
    before, side = pixels(page), page.locator(PLANE).bounding_box()["width"]
    drag(page, 60, -30)
    assert point(page) == pytest.approx((60 * 7 / side, 30 * 7 / side), abs=0.02)
    assert page.locator("input").nth(0).input_value() == pytest.approx(f"{round(60 * 7 / side / 0.05) * 0.05:g}")
    assert pixels(page) != before


def test_a_press_on_the_plane_brings_the_point_there_and_no_further_than_its_edge(open_page: Open) -> None:
    page = open_page(explorer())
    page.locator(".vk-plane").click(position={"x": 2, "y": 2})
    assert point(page) == pytest.approx((-3.5, 3.5), abs=0.06)
    drag(page, -500, -500)
    assert point(page) == (-3.5, 3.5)


def test_keys_move_the_point(open_page: Open) -> None:
    page = open_page(explorer(z=(1.0, 1.0)))
    before = pixels(page)
    page.locator(".vk-handle").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert point(page) == (0.6, 1.4)
    assert pixels(page) != before
    page.keyboard.press("Home")
    assert point(page) == (0.0, 0.0)


def test_each_slider_sets_its_own_coordinate(open_page: Open) -> None:
    page = open_page(explorer())
    for name, expected in (("z₁", (0.05, 0.0)), ("z₂", (0.05, 0.05))):
        before = pixels(page)
        page.get_by_label(name, exact=True).press("ArrowRight")
        assert point(page) == expected
        assert pixels(page) != before


def test_a_finger_drags_by_the_handle_taps_to_jump_and_else_scrolls(open_page: Open) -> None:
    page = open_page(explorer(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(*middle(page), 40, 60)
    first, second = point(page)
    assert first > 0.5 and second < -0.9 and page.evaluate("scrollY") == 0
    box = page.locator(".vk-plane").bounding_box()
    page.touchscreen.tap(box["x"] + 30, box["y"] + 30)
    jumped = point(page)
    assert jumped[0] < -2.5 and jumped[1] > 2.5
    swipe(box["x"] + 200, box["y"] + 250, 0, -200)
    page.wait_for_function("scrollY > 50")
    assert point(page) == jumped


def test_readout_and_image_are_those_of_the_model(open_page: Open) -> None:
    page = open_page(explorer(z=(1.2, -0.8)))
    shown, z = facts(page), torch.tensor([[1.2, -0.8]])
    assert float(shown["radius |z|"]) == pytest.approx(float(z.norm()), abs=0.005)
    density = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum()
    assert float(shown["log p(z)"].replace("−", "-").removesuffix(" nats")) == pytest.approx(float(density), abs=0.005)
    mean = torch.sigmoid(decoder()(z))[0].detach()
    expected = 255 + mean * (27 - 255)  # ink on paper, red channel
    assert (torch.tensor(pixels(page)) - expected).abs().max() <= 0.01 * 228 + 0.51


def test_legend_filters_the_codes_and_the_nearest_among_them(open_page: Open) -> None:
    page = open_page(explorer(z=(2.0, 0.3)))
    assert facts(page)["nearest code"].startswith("0, ")
    everything = pixels(page, PLANE)
    button = page.get_by_role("button", name="Show class 5")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert facts(page)["nearest code"].startswith("5, ")
    assert pixels(page, PLANE) != everything
    page.get_by_role("button", name="Show all classes").click()
    assert pixels(page, PLANE) == everything


def test_the_answer_opens_after_the_question(open_page: Open) -> None:
    page = open_page(explorer())
    assert not page.get_by_text("Still an image.").is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text("Still an image.").is_visible()


@pytest.mark.parametrize("switch", ["html.dataset.theme = 'dark'", "body.dataset.jpThemeLight = 'false'"])
def test_a_theme_switch_repaints_every_canvas(open_page: Open, switch: str) -> None:
    page = open_page(explorer())
    light = [pixels(page), pixels(page, PLANE)]
    page.evaluate(f"() => {{ const html = document.documentElement, body = document.body; {switch}; }}")
    dark = [pixels(page), pixels(page, PLANE)]
    assert statistics.mean(light[0]) > 128 > statistics.mean(dark[0])
    assert light[1] != dark[1]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, viewport: dict[str, int], theme: str) -> None:
    page = open_page(explorer(), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    settle(page)
    assert_accessible(page)
    for control in page.locator(".vk button, .vk input, .vk summary, .vk-handle").all():
        assert control.bounding_box()["height"] >= 44
    for control in page.locator(".vk button, .vk input, .vk-handle").all():
        assert control.bounding_box()["width"] >= 44
