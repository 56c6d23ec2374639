"""`GumbelDial` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
from playwright.sync_api import Page

from tests.widget_pages import PHONE, Open, pixels, settle
from vaekit.widgets import GumbelDial

pytestmark = pytest.mark.browser
LABELS = {"linear": "v·z", "square": "(v·z)²", "hill": "1 − |z|²"}
RING, KNOB = 0, 1


def table(page: Page, name: str, index: int = 0) -> dict[str, list[float]]:
    """The numbers of a table, by row."""
    settle(page)
    rows = page.get_by_role("table", name=name).nth(index).locator("tbody tr").all()
    number = lambda text: float(text.replace("−", "-"))  # noqa: E731
    return {
        row.locator("th").inner_text(): [number(each) for each in row.locator("td").all_inner_texts()] for row in rows
    }


def value(page: Page, which: int) -> str:
    settle(page)
    return page.locator(".vk-handle").nth(which).get_attribute("aria-valuetext")


def chances(page: Page) -> list[float]:
    return [float(each.split()[1]) for each in value(page, RING).split(", ")]


def temperature(page: Page) -> float:
    """τ, as slider and handle tell it; they agree."""
    told = value(page, KNOB).split(",")[0].removeprefix("τ = ")
    assert page.get_by_label("τ", exact=True).first.get_attribute("aria-valuetext") == told
    return float(told)


def paintings(page: Page) -> list[list[int]]:
    return [pixels(page, ".vk-chart canvas", i) for i in range(3)]


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


def test_it_opens_at_its_settings_and_rests(open_page: Open) -> None:
    page = open_page(GumbelDial())
    assert temperature(page) == 1.0 and chances(page) == [0.51, 0.31, 0.19]
    before = paintings(page)
    page.wait_for_timeout(200)
    assert paintings(page) == before
    bias, sd, one, hundred = table(page, "Estimators")["Gumbel-Softmax"]
    assert one == pytest.approx((bias**2 + sd**2) ** 0.5, abs=2e-3)
    assert hundred == pytest.approx((bias**2 + sd**2 / 100) ** 0.5, abs=2e-3)
    gradient = table(page, "Gradient")
    off = [mean - exact for exact, mean in gradient.values()]
    assert sum(each**2 for each in off) ** 0.5 == pytest.approx(bias, abs=3e-3)
    assert table(page, "Estimators")["leave-one-out"][0] == 0.0


def test_turning_the_temperature_down_lowers_the_bias_and_raises_the_spread(open_page: Open) -> None:
    page = open_page(GumbelDial())
    slider, before = page.get_by_label("τ", exact=True), table(page, "Estimators")
    shown = paintings(page)
    for _ in range(8):
        slider.press("ArrowLeft")
    assert 0.35 < temperature(page) < 0.45
    after = table(page, "Estimators")
    assert after["Gumbel-Softmax"][0] < before["Gumbel-Softmax"][0]
    assert after["Gumbel-Softmax"][1] > before["Gumbel-Softmax"][1]
    assert after["straight-through"] == before["straight-through"]
    assert changed(shown, paintings(page)) == [True] * 3
    slider.press("Home")
    assert temperature(page) == 0.05
    slider.press("End")
    assert temperature(page) == 5.0


def test_the_knob_turns_by_mouse_and_keys_and_goes_home(open_page: Open) -> None:
    page = open_page(GumbelDial(tau=0.5))
    drag(page, KNOB, 60, 0)
    assert temperature(page) > 0.8
    drag(page, KNOB, -2000, 0)
    assert temperature(page) == 0.05
    knob = page.locator(".vk-handle").nth(KNOB)
    knob.press("Home")
    assert temperature(page) == 0.5
    for key, tau in (("ArrowRight", 0.63), ("ArrowUp", 0.79), ("Shift+ArrowDown", 0.25), ("ArrowLeft", 0.2)):
        knob.press(key)
        assert temperature(page) == tau


def test_the_ring_moves_the_probabilities_by_mouse_and_keys(open_page: Open) -> None:
    page = open_page(GumbelDial(logits=(0.0, 0.0, 0.0)))
    before, gradient = paintings(page), table(page, "Gradient")
    drag(page, RING, -40, 0)
    a, b, c = chances(page)
    assert a > 0.4 and b < 0.3 and c == pytest.approx(1 / 3, abs=0.01)
    assert changed(before, paintings(page)) == [True] * 3 and table(page, "Gradient") != gradient
    drag(page, RING, 0, -2000)
    assert chances(page)[2] > 0.9 and min(chances(page)) >= 0.02
    ring = page.locator(".vk-handle").nth(RING)
    ring.press("Home")
    assert chances(page) == [0.33, 0.33, 0.33]
    ring.press("ArrowRight")
    a, b, c = chances(page)
    assert a < 0.33 < b and c == 0.33
    ring.press("Shift+ArrowUp")
    assert chances(page)[2] == pytest.approx(0.333 + 0.2 * 0.5 / 0.866, abs=0.01)


def test_each_function_has_its_own_numbers(open_page: Open) -> None:
    page, seen = open_page(GumbelDial()), []
    for label in LABELS.values():
        page.get_by_role("radio", name=label, exact=True).click()
        seen.append((table(page, "Gradient"), table(page, "Estimators"), pixels(page, ".vk-chart canvas", 0)))
    assert seen[0] != seen[1] != seen[2]
    assert seen[0][1]["straight-through"] == [0.0] * 4, "exact on every draw of a linear f"
    assert [each[1]["the same, hard"] == each[1]["Gumbel-Softmax"] for each in seen] == [True, False, False]
    assert [row[0] for row in seen[2][0].values()] == [0.0] * 3 and seen[2][1]["leave-one-out"] == [0.0] * 4
    page.get_by_role("radio", name="1 − |z|²").press("ArrowLeft")
    assert page.get_by_role("radio", name="(v·z)²").is_checked() and table(page, "Estimators") == seen[1][1]


def test_new_draws_change_the_cloud_and_nothing_that_is_integrated(open_page: Open) -> None:
    page = open_page(GumbelDial())
    before, numbers = paintings(page), table(page, "Estimators")
    page.get_by_role("button", name="New draws").press("Enter")
    assert changed(before, paintings(page)) == [True, False, False] and table(page, "Estimators") == numbers


def test_a_finger_drags_the_ring_and_taps_elsewhere(open_page: Open) -> None:
    page = open_page(GumbelDial(logits=(0.0, 0.0, 0.0)), viewport=PHONE, touch=True)
    page.locator(".vk-handle").nth(RING).scroll_into_view_if_needed()
    x, y = middle(page, RING)
    client = page.context.new_cdp_session(page)
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 6):
        client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 10 * i, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert chances(page)[1] > 0.45
    page.touchscreen.tap(x - 40, y)
    assert chances(page)[0] > 0.4
