"""What every widget of a latent space owes its page: views, themes, damage, accessibility and time."""

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.latent_widgets import overlaid, paths, traversal
from tests.widget_pages import DESKTOP, PHONE, Open, assert_accessible, facts, pixels, settle

pytestmark = pytest.mark.browser
KINDS = {"explorer": lambda **o: overlaid(view="holes", **o), "paths": paths, "traversal": traversal}
FAR = '<div style="height: 3000px"></div>'


def canvases(page: Page) -> list[list[int]]:
    """Every canvas of the page, once all are drawn."""
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    return [pixels(page, "canvas", k) for k in range(page.locator("canvas").count())]


@pytest.mark.parametrize("kind", KINDS)
def test_views_of_one_widget_move_together_and_another_widget_stays(open_page: Open, kind: str) -> None:
    widget = KINDS[kind]()
    page = open_page(widget, widget, KINDS[kind](), viewport={"width": 1100, "height": 4000})
    page.locator(".vk").first.locator(".vk-handle").first.press("Shift+ArrowRight")
    assert facts(page, 0) == facts(page, 1) != facts(page, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_theme_switch_repaints_every_canvas(open_page: Open, kind: str) -> None:
    page = open_page(KINDS[kind]())
    light = canvases(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(page)
    assert all(before != after for before, after in zip(light, canvases(page), strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.clocked
def test_off_screen_it_rests_until_it_is_seen(open_page: Open, kind: str) -> None:
    page = open_page(overlaid(), KINDS[kind](), between=FAR)
    page.wait_for_function("document.querySelectorAll('[data-ready]').length == 2")
    settle(page)
    plane = ".vk >> nth=1 >> .vk-plane canvas"
    before = pixels(page, plane)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    settle(page)
    assert pixels(page, plane) == before
    page.evaluate("times.length = 0")
    page.wait_for_timeout(200)
    assert page.evaluate("times.length") <= 2
    page.locator(".vk-plane").nth(1).scroll_into_view_if_needed()
    page.wait_for_function("scrollY > 1000")
    settle(page)
    assert pixels(page, plane) != before


def owner(state: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in state.values() if "codes" in [b["path"][0] for b in each.get("buffers", [])])


def lose(name: str) -> Callable[[dict[str, Any]], None]:
    def damage(state: dict[str, Any]) -> None:
        model = owner(state)
        model["buffers"] = [buffer for buffer in model["buffers"] if buffer["path"] != [name]]

    return damage


def put(**traits: object) -> Callable[[dict[str, Any]], None]:
    return lambda state: owner(state)["state"].update(traits)


@pytest.mark.parametrize(
    ("kind", "damage", "message"),
    [
        ("explorer", lose("aggregate"), "the buffer “aggregate” holds 0 bytes, expected 33282"),
        ("explorer", put(view="map"), "there is no view “map”"),
        ("explorer", put(resolution=0), "there is no view “holes”"),
        ("explorer", put(z=[0.0, 9.0]), "“z” is [0,9], expected 2 numbers from -3.5 to 3.5"),
        ("paths", lose("codes"), "the buffer “codes” holds 0 bytes, expected 3200"),
        ("paths", put(start=[0.0]), "“start” is [0], expected 2 numbers"),
        ("paths", put(t=2), "“t” is 2, expected a number from 0 to 1"),
        ("paths", put(path="curved"), "“path” is curved, expected straight or spherical"),
        ("traversal", lose("labels"), "the buffer “labels” holds 0 bytes, expected 300"),
        ("traversal", put(order=[0, 7]), "“order” names a dimension that is not there"),
        ("traversal", put(rates=[1.0]), "“rates” holds 1 numbers, expected 5"),
        ("traversal", put(pair=[1, 1]), "“pair” names no two dimensions"),
        ("traversal", put(z=[0.0, 0.0]), "“z” is [0,0], expected 5 numbers"),
    ],
)
def test_damage_shows_in_its_own_box(open_page: Open, kind: str, damage: Callable, message: str) -> None:
    page = open_page(KINDS[kind](), KINDS[kind](), damage=damage)
    alert = page.get_by_role("alert")
    assert alert.count() == 1 and message in alert.inner_text()
    assert page.locator(".vk canvas:visible").count() == page.locator(".vk >> nth=1 >> canvas").count() > 0


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_accessible_and_fits(open_page: Open, kind: str, viewport: dict[str, int], theme: str) -> None:
    page = open_page(KINDS[kind](), viewport=viewport)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.get_by_text("Predict first.").click()
    settle(page)
    assert_accessible(page)
    for control in page.locator(".vk button, .vk input, .vk select, .vk summary, .vk [role=slider]").all():
        box = control.bounding_box()
        assert round(min(box["width"], box["height"]), 2) >= 44


@pytest.mark.parametrize("kind", KINDS)
def test_focus_can_be_seen_on_every_control(open_page: Open, kind: str) -> None:
    page = open_page(KINDS[kind]())
    count = page.locator(".vk button, .vk input[type=range], .vk select, .vk summary, .vk [role=slider]").count()
    rings = set()
    for _ in range(count):
        page.keyboard.press("Tab")
        ring = "(el) => getComputedStyle(el.matches('input[type=radio]') ? el.nextSibling : el).outlineWidth"
        rings.add(page.evaluate(f"({ring})(document.activeElement)"))
    assert rings == {"3px"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.clocked
def test_a_frame_takes_four_milliseconds_and_the_first_comes_within_three_hundred(open_page: Open, kind: str) -> None:
    first, frames, slow = [], [], []
    for _ in range(3):  # other work on the machine shows in single runs
        page = open_page(KINDS[kind]())
        first.append(page.evaluate("drawn - performance.getEntriesByType('navigation')[0].domInteractive"))
        canvases(page)
        page.evaluate("times.length = 0")
        for _ in range(30):
            page.locator(".vk-handle").first.press("ArrowRight")
        settle(page)
        frames.append(statistics.median(page.evaluate("times.filter((time) => time > 0.05)")))
        slow.append(max(page.evaluate("slow"), default=0.0))
    assert min(frames) <= 4.0 and min(first) <= 300.0 and min(slow) <= 100.0, (frames, first, slow)
