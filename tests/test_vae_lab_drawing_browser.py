"""Data that the reader draws in `VaeLab`, and links that hold them and the settings, in headless Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.vae_lab_pages import choose, paintings, press, train, until, updates, warm
from tests.widget_pages import PHONE, Open, facts, settle
from vaekit.widgets import VaeLab

pytestmark = pytest.mark.browser
FIELD = ".vk-lab-field"
RING = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [1.4, 0.0], [0.0, 1.4], [-1.4, 0.0], [0.0, -1.4]]


def stroke(page: Page, *stations: tuple[float, float]) -> None:
    """A mouse stroke through places given as shares of the plane."""
    page.locator(FIELD).scroll_into_view_if_needed()
    box = page.locator(FIELD).bounding_box()
    places = [(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in stations]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    settle(page)


def status(page: Page, index: int = 0) -> str:
    settle(page)
    return page.locator(".vk-lab-bar + .vk-small").nth(index).text_content()


def test_strokes_spray_points_and_the_lab_trains_on_them(open_page: Open) -> None:
    page = open_page(VaeLab(data="drawn"))
    assert status(page) == "Draw at least 8 points: there are 0." and updates(page) == 0
    press(page, "Train")
    page.wait_for_timeout(200)
    assert updates(page) == 0
    before = paintings(page)
    stroke(page, (0.2, 0.5))
    assert status(page) == "Draw at least 8 points: there are 3." and paintings(page) != before
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    until(page, 100)
    assert status(page) == ""
    press(page, "Pause")
    press(page, "Clear the drawing")
    assert status(page) == "Draw at least 8 points: there are 0."
    assert facts(page)["−ELBO"] == "–" and facts(page)["samples off the data"] == "–"


def test_a_full_plane_says_so_and_takes_no_more(open_page: Open) -> None:
    page = warm(open_page, VaeLab(points=RING))
    zigzag = [(0.05 + 0.9 * (i % 2), 0.1 + 0.1 * i) for i in range(8)]
    stroke(page, *zigzag)
    assert status(page) == "The drawing is full: 400 points."


def test_the_keyboard_draws_too(open_page: Open) -> None:
    page = open_page(VaeLab(data="drawn"))
    pad = page.get_by_role("application", name="Drawing pad")
    pad.focus()
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    until(page, 400)
    assert facts(page)["active units"] in ("1 of 2", "2 of 2")


def test_other_data_sets_are_pictures_on_which_nothing_is_drawn(open_page: Open) -> None:
    page = warm(open_page, VaeLab())
    before = paintings(page)
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    assert paintings(page) == before
    assert page.get_by_role("application").count() == 0 and page.locator(FIELD).get_attribute("tabindex") is None
    assert not page.get_by_role("button", name="Clear the drawing").is_visible()
    choose(page, "draw your own")
    settle(page)
    assert page.get_by_role("application").count() == 1


def test_a_finger_draws_on_the_pad_and_scrolls_elsewhere(open_page: Open) -> None:
    tall = '<div style="height: 2000px"></div>'
    page = warm(open_page, VaeLab(points=RING), viewport=PHONE, touch=True, between=tall)
    client = page.context.new_cdp_session(page)

    def swipe(dx: float, dy: float) -> None:
        page.locator(FIELD).scroll_into_view_if_needed()
        box = page.locator(FIELD).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        settle(page)

    page.locator(FIELD).scroll_into_view_if_needed()
    top, before = page.evaluate("scrollY"), paintings(page)
    swipe(0, -100)
    assert page.evaluate("scrollY") == top and paintings(page)[0] != before[0]
    choose(page, "ring")
    page.locator(FIELD).scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    swipe(0, -100)
    page.wait_for_function(f"scrollY > {top} + 40")


def test_a_copied_link_opens_the_same_lab_elsewhere(open_page: Open) -> None:
    page = warm(open_page, VaeLab(points=RING), VaeLab())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("weight β").first.press("End")
    page.get_by_label("width").first.press("Home")
    page.get_by_role("radio", name="IWAE").first.check(force=True)
    settle(page)
    press(page, "Copy link")
    expect(page.locator(".vk-lab-bar + .vk-small").first).to_contain_text("settings.")
    link = page.evaluate("location.href")
    assert "#vaelab1&preset=sound&data=drawn&estimator=iwae" in link and "points=" in link
    page.reload()
    until(page, 400)
    assert status(page) == "These settings come from the link." and status(page, 1) == ""
    told = [page.get_by_label(name).first.get_attribute("aria-valuetext") for name in ("weight β", "width")]
    assert told == ["100", "4"] and page.get_by_role("radio", name="IWAE").first.is_checked()
    assert page.get_by_label("weight β").nth(1).get_attribute("aria-valuetext") == "1"


def test_labs_of_one_page_have_links_of_their_own_and_follow_the_address(open_page: Open) -> None:
    page = warm(open_page, VaeLab(), VaeLab())
    page.evaluate("location.hash = '#vaelab2&preset=collapse&seed=5'")
    expect(page.locator(".vk-lab-story").nth(1)).to_contain_text("noise explains everything")
    assert page.locator(".vk-lab-story").first.inner_text().startswith("A working VAE")
    page.get_by_role("button", name="Copy link").nth(1).click()
    page.wait_for_function("location.hash.includes('noise_sd')")
    assert "#vaelab2&" in page.url and "seed=5" in page.url and "noise_sd=1.5" in page.url


@pytest.mark.parametrize("end", ["beta=far", "data=cube", "points=zz", "who=me"])
def test_a_damaged_link_is_reported_and_changes_nothing(open_page: Open, end: str) -> None:
    page = warm(open_page, VaeLab(), VaeLab())
    page.evaluate("(end) => (location.hash = `#vaelab1&width=8&${end}`)", end)
    expect(page.locator(".vk-lab-bar + .vk-small").first).to_contain_text("The link is damaged and changed nothing: ")
    assert page.get_by_label("width").first.input_value() == "32" and updates(page) == 400
    train(page, 420)
