"""The view of `KlPrice` with two modes: what its sliders and its fits say, against torch, in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page

from tests.test_kl_price import forward, reverse, target
from tests.test_kl_price_browser import LOOK, PLANE, number, where
from tests.widget_pages import Open, facts, middle, pixels, settle
from vaekit.widgets import KlPrice

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    """Press a button and wait until q has come to rest."""
    page.get_by_role("button", name=name).click()
    before = None
    while before != (before := where(page)):
        page.wait_for_timeout(50)


def kls(page: Page) -> tuple[float, float]:
    shown = facts(page)
    return number(shown["reverse, KL(q ‖ p)"]), number(shown["forward, KL(p ‖ q)"])


def exact(mean: float, logvar: float, separation: float, weight: float) -> tuple[float, float]:
    q, p = torch.tensor([mean, logvar], dtype=torch.float64), target(separation, weight)
    return float(reverse(q, p)), float(forward(q, p))


def test_each_slider_changes_its_own_part_of_the_target(open_page: Open) -> None:
    page = open_page(KlPrice(1.0, -0.5, "modes"))
    assert kls(page) == pytest.approx(exact(1.0, -0.5, 4.0, 0.7), abs=1e-4)
    for name, key, separation, weight in (("separation", "ArrowLeft", 3.9, 0.7), ("weight", "ArrowRight", 3.9, 0.8)):
        before = pixels(page, PLANE), pixels(page, LOOK)
        page.get_by_label(name).press(key)
        page.get_by_label(name).press(key)
        assert kls(page) == pytest.approx(exact(1.0, -0.5, separation, weight), abs=1e-4)
        assert pixels(page, PLANE) != before[0] and pixels(page, LOOK) != before[1]


@pytest.mark.clocked
def test_reverse_fit_slides_into_the_mode_on_its_side_and_forward_fit_covers_both(open_page: Open) -> None:
    page = open_page(KlPrice(view="modes"))
    press(page, "fit reverse")
    light, (mean, logvar) = kls(page), where(page)
    assert mean == 2.0 and light[0] == pytest.approx(exact(mean, logvar, 4.0, 0.7)[0], abs=1e-3)
    surface = pixels(page, PLANE)
    press(page, "fit forward")
    assert where(page) == (-0.8, 1.31) and pixels(page, PLANE) != surface
    assert kls(page)[1] < light[1]
    page.locator(".vk-handle").press("Home")
    for _ in range(4):
        page.locator(".vk-handle").press("Shift+ArrowLeft")
    press(page, "fit reverse")
    assert where(page)[0] == -2.0 and kls(page)[0] < light[0]


def test_a_broad_third_valley_holds_q_between_equal_modes(open_page: Open) -> None:
    page = open_page(KlPrice(view="modes", weight=0.5))
    press(page, "fit forward")
    press(page, "fit reverse")
    mean, logvar = where(page)
    assert mean == 0.0 and 1.0 < logvar < 1.3


@pytest.mark.clocked
def test_q_slides_over_many_frames_but_jumps_for_who_asked_for_less_motion(open_page: Open) -> None:
    page = open_page(KlPrice(-3.5, 2.5, "modes"))
    page.get_by_role("button", name="fit forward").click()
    assert where(page) != (-0.8, 1.31)
    page.wait_for_timeout(1500)
    assert where(page) == (-0.8, 1.31)
    page = open_page(KlPrice(-3.5, 2.5, "modes"))
    page.emulate_media(reduced_motion="reduce")
    for name, end in (("fit forward", (-0.8, 1.31)), ("fit reverse", (-2.0, -1.01))):
        page.get_by_role("button", name=name).click()
        settle(page)
        assert where(page) == end


def test_taking_hold_of_q_stops_its_slide_and_wipes_its_trail(open_page: Open) -> None:
    page = open_page(KlPrice(-3.5, 2.5, "modes", separation=6.0))
    clean = pixels(page, PLANE)
    page.get_by_role("button", name="fit reverse").click()
    settle(page)
    assert pixels(page, PLANE) != clean
    page.locator(".vk-handle").press("Home")
    page.wait_for_timeout(500)
    assert where(page) == (0.0, 0.0) and pixels(page, PLANE) == clean
    x, y = middle(page)
    page.mouse.click(x + 50, y)
    assert where(page)[0] > 0.5
