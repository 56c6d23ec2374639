"""`KlPrice` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import math

import pytest
from playwright.sync_api import Page

from tests.widget_pages import DESKTOP, PHONE, Open, assert_accessible, facts, middle, pixels, settle
from vaekit.widgets import KlPrice

pytestmark = pytest.mark.browser
PLANE, LOOK = ".vk-chart >> nth=0 >> canvas", ".vk-low canvas"


def number(text: str) -> float:
    return float(text.replace("−", "-").split()[0])


def where(page: Page, index: int = 0) -> tuple[float, float]:
    """Mean and log-variance of q, as a screen reader hears them."""
    settle(page)
    heard = page.locator(".vk-handle").nth(index).get_attribute("aria-valuetext").split(", ")
    return tuple(number(part.split()[-1]) for part in heard)


def price(mean: float, logvar: float) -> float:
    return (mean**2 + math.exp(logvar) - logvar - 1) / 2


def test_dragging_moves_q_and_its_price(open_page: Open) -> None:
    page = open_page(KlPrice())
    before, (x, y) = (pixels(page, PLANE), pixels(page, LOOK)), middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 70, y + 40, steps=8)
    page.mouse.up()
    mean, logvar = where(page)
    wide = page.locator(PLANE).bounding_box()["width"] - 34  # without the margins
    assert mean == pytest.approx(2 - 70 * 8 / wide, abs=0.03) and -3.2 < logvar < -2.8
    shown = facts(page)
    assert number(shown["KL(q ‖ prior)"]) == pytest.approx(price(mean, logvar), abs=0.02)
    assert number(shown["mean part"]) + number(shown["variance part"]) == pytest.approx(
        number(shown["KL(q ‖ prior)"]), abs=2e-4
    )
    assert pixels(page, PLANE) == before[0] and pixels(page, LOOK) != before[1]  # the surface is not drawn again


def test_a_press_brings_q_there_and_no_further_than_the_edge(open_page: Open) -> None:
    page = open_page(KlPrice())
    page.locator(".vk-chart").first.click(position={"x": 3, "y": 3})
    assert where(page) == (-4.0, 3.0)
    page.locator(".vk-handle").press("ArrowLeft")
    page.locator(".vk-handle").press("Shift+ArrowUp")
    assert where(page) == (-4.0, 3.0)


def test_keys_move_q_and_home_is_the_prior_that_costs_nothing(open_page: Open) -> None:
    page = open_page(KlPrice(1.0, 0.5))
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowUp", "Shift+ArrowLeft"):
        page.locator(".vk-handle").press(key)
    assert where(page) == (0.6, 0.9)
    assert facts(page)["KL(q ‖ prior)"] == f"{price(0.6, 0.9):.4f} nats"
    page.locator(".vk-handle").press("Home")
    assert where(page) == (0.0, 0.0)
    assert {facts(page)[name] for name in ("KL(q ‖ prior)", "slope: μ", "slope: log σ²")} == {"0.0000 nats"}


def test_each_dimension_shows_its_price(open_page: Open) -> None:
    page = open_page(KlPrice(0.0, 0.0))
    for name, mean, variance, slopes in (("1", 2.0, 0.25, (2.0, -0.375)), ("2", 0.0, 4.0, (0.0, 1.5))):
        button = page.get_by_role("button", name=f"dimension {name}")
        button.click()
        shown, nats = facts(page), price(mean, math.log(variance))
        assert button.inner_text() == f"dimension {name}: {nats:.4f} nats"
        assert shown["KL(q ‖ prior)"] == f"{nats:.4f} nats" and shown["in bits"] == f"{nats / math.log(2):.4f} bits"
        assert shown["mean part"] == f"{mean**2 / 2:.4f} nats"
        assert tuple(number(shown[f"slope: {name}"]) for name in ("μ", "log σ²")) == slopes
    assert page.get_by_text("together 3.1250 nats").is_visible()


def test_the_choice_of_the_surface_works_by_mouse_and_keyboard(open_page: Open) -> None:
    page = open_page(KlPrice())
    before = pixels(page, PLANE), pixels(page, LOOK)
    page.get_by_label("two modes").click()
    assert pixels(page, PLANE) != before[0] and pixels(page, LOOK) != before[1]
    assert page.get_by_label("separation").is_visible() and not page.get_by_text("in bits").is_visible()
    page.get_by_label("two modes").press("ArrowLeft")
    assert (pixels(page, PLANE), pixels(page, LOOK)) == before
    assert page.get_by_text("in bits").is_visible()


def test_a_finger_drags_q_by_the_handle(open_page: Open) -> None:
    page = open_page(KlPrice(), viewport=PHONE, touch=True)
    client, (x, y) = page.context.new_cdp_session(page), middle(page)
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 9):
        touch = {"x": x - 10 * i, "y": y - 5 * i}
        client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    mean, logvar = where(page)
    assert -0.3 < mean < 0.3 and 0.3 < logvar < 1.0 and page.evaluate("scrollY") == 0


def test_the_answer_opens_after_the_question(open_page: Open) -> None:
    page = open_page(KlPrice())
    assert not page.get_by_text("almost three times as much").is_visible()
    page.get_by_text("Predict first.").click()
    assert page.get_by_text("almost three times as much").is_visible()


@pytest.mark.parametrize("view", ["price", "modes"])
def test_a_theme_switch_repaints_both_plots(open_page: Open, view: str) -> None:
    page = open_page(KlPrice(view=view))
    light = [pixels(page, PLANE), pixels(page, LOOK)]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = [pixels(page, PLANE), pixels(page, LOOK)]
    assert all(before != after for before, after in zip(light, dark, strict=True))


@pytest.mark.parametrize("view", ["price", "modes"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(open_page: Open, viewport: dict[str, int], theme: str, view: str) -> None:
    page = open_page(KlPrice(view=view), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    settle(page)
    assert_accessible(page)
    box = page.locator(".vk").bounding_box()
    for control in page.locator(".vk :is(button, input, summary, .vk-handle):visible").all():
        size = control.bounding_box()
        assert size["height"] >= 44 and size["width"] >= 44
        assert size["x"] >= box["x"] and size["x"] + size["width"] <= box["x"] + box["width"]
    for text in page.locator(".vk dd:visible").all():
        assert text.evaluate("(el) => el.scrollWidth <= el.clientWidth")
