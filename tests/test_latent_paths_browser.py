"""`LatentPaths` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page

from tests.latent_widgets import mixture, paths, posteriors
from tests.widget_pages import PHONE, Open, decoder, facts, pixels, settle

pytestmark = pytest.mark.browser
PLANE, CHART, ROW = ".vk-plane canvas", ".vk-chart canvas", ".vk-walk canvas"


def end(page: Page, name: str) -> tuple[float, float]:
    """Where a handle says that it is."""
    settle(page)
    text = page.get_by_role("slider", name=f"{name}, ").get_attribute("aria-valuetext").replace("−", "-")
    first, second = text.removeprefix("z1 ").split(", z2 ")
    return float(first), float(second)


def row(page: Page) -> list[list[int]]:
    """The images of the row, once all are drawn."""
    page.wait_for_selector(".vk-walk[aria-busy=false]")
    return [pixels(page, ROW, k) for k in range(9)]


def drag(page: Page, name: str, dx: float, dy: float) -> None:
    box = page.get_by_role("slider", name=f"{name}, ").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()


def grey(z: torch.Tensor) -> torch.Tensor:
    """What the decoder's mean looks like as ink on paper, red channel."""
    return 255 + torch.sigmoid(decoder()(z.float())).detach() * (27 - 255)


def test_the_row_and_the_picture_are_the_decoders(open_page: Open) -> None:
    page = open_page(paths(t=0.25))
    a, b = torch.tensor([-1.5, -1.0]), torch.tensor([2.0, 0.5])
    ts = torch.linspace(0, 1, 9)[:, None]
    assert (torch.tensor(row(page)) - grey((1 - ts) * a + ts * b)).abs().max() <= 0.01 * 228 + 0.51
    here = torch.tensor(pixels(page, ".vk-look .vk-picture"))
    assert (here - grey(0.75 * a + 0.25 * b)).abs().max() <= 0.01 * 228 + 0.51


def test_the_readout_is_that_of_the_point_on_the_path(open_page: Open) -> None:
    shown = facts(open_page(paths(t=0.75)))
    z = torch.tensor([1.125, 0.125], dtype=torch.float64)
    assert shown["t"] == "0.75" and shown["z(t)"] in ("(1.13, 0.13)", "(1.13, 0.12)", "(1.12, 0.13)", "(1.12, 0.12)")
    assert float(shown["log q(z)"].replace("−", "-")[:-5]) == pytest.approx(
        float(mixture(posteriors()).log_prob(z)), abs=0.15
    )
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum()
    assert float(shown["log p(z)"].replace("−", "-")[:-5]) == pytest.approx(float(log_prior), abs=0.005)
    assert float(shown["length of path"]) == pytest.approx((3.5**2 + 1.5**2) ** 0.5, abs=0.005)


def test_each_handle_moves_its_own_end_and_all_that_hangs_on_it(open_page: Open) -> None:
    page = open_page(paths())
    side = page.locator(PLANE).bounding_box()["width"]
    for name, start in (("A", (-1.5, -1.0)), ("B", (2.0, 0.5))):
        other = end(page, "BA"["AB".index(name)])
        before = [row(page), pixels(page, PLANE), pixels(page, CHART), facts(page)]
        drag(page, name, 30, -40)
        assert end(page, name) == pytest.approx((start[0] + 30 * 7 / side, start[1] + 40 * 7 / side), abs=0.02)
        assert end(page, "BA"["AB".index(name)]) == other
        after = [row(page), pixels(page, PLANE), pixels(page, CHART), facts(page)]
        assert all(old != new for old, new in zip(before, after, strict=True))
    drag(page, "A", -900, 900)
    assert end(page, "A") == (-3.5, -3.5)


def test_a_click_on_the_plane_brings_the_nearer_end(open_page: Open) -> None:
    page = open_page(paths())
    side = page.locator(".vk-plane").bounding_box()["width"]
    page.locator(".vk-plane").click(position={"x": 0.8 * side, "y": 0.2 * side})
    assert end(page, "B") == pytest.approx((2.1, 2.1), abs=0.03) and end(page, "A") == (-1.5, -1.0)


def test_keys_move_the_ends_and_walk_the_path(open_page: Open) -> None:
    page = open_page(paths())
    handle = page.get_by_role("slider", name="B, ")
    for key in ("ArrowRight", "Shift+ArrowDown"):
        handle.press(key)
    assert end(page, "B") == (2.1, 0.0)
    handle.press("Home")
    assert end(page, "B") == (2.0, 0.5)
    walk = page.get_by_role("slider", name="t, how far")
    for key, t in (("ArrowRight", "0.52"), ("Shift+ArrowLeft", "0.42"), ("End", "1.00"), ("Home", "0.00")):
        walk.press(key)
        assert facts(page)["t"] == t and walk.get_attribute("aria-valuetext").startswith(t)
    assert facts(page)["z(t)"] == "(−1.50, −1.00)"


def test_the_row_is_walked_by_mouse_and_keeps_its_images(open_page: Open) -> None:
    page = open_page(paths())
    before, picture = row(page), pixels(page, ".vk-look .vk-picture")
    box = page.locator(".vk-walk").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2.5 / 9, box["y"] + 20, steps=6)
    page.mouse.up()
    assert facts(page)["t"] == "0.25" and pixels(page, ".vk-look .vk-picture") != picture
    assert row(page) == before
    page.mouse.move(box["x"] + 5, box["y"] + 20)
    assert facts(page)["t"] == "0.25"


def test_the_spherical_path_keeps_the_radius_of_equal_ends(open_page: Open) -> None:
    page = open_page(paths(start=(-2.0, 0.0), end=(0.0, 2.0)))
    straight = row(page)
    assert facts(page)["radius |z|"] == "1.41"
    page.get_by_role("radio", name="spherical").check()
    assert facts(page)["radius |z|"] == "2.00" and facts(page)["length of path"] == "3.14"
    spherical = row(page)
    assert spherical[0] == straight[0] and spherical[8] == straight[8] and spherical[4] != straight[4]


def test_the_button_puts_both_ends_on_codes(open_page: Open) -> None:
    page = open_page(paths(t=0.0))
    assert not facts(page)["nearest code"].endswith(" 0.00 away")
    page.get_by_role("button", name="A and B to their nearest codes").click()
    assert facts(page)["nearest code"].endswith(" 0.00 away")
    page.get_by_role("slider", name="t, how far").press("End")
    assert facts(page)["nearest code"].endswith(" 0.00 away")


def test_a_finger_drags_an_end_and_walks_but_else_scrolls(open_page: Open) -> None:
    page = open_page(paths(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    box = page.get_by_role("slider", name="A, ").bounding_box()
    swipe(box["x"] + 22, box["y"] + 22, 40, 30)
    there = end(page, "A")
    assert there[0] > -1.0 and there[1] < -1.2 and page.evaluate("scrollY") == 0
    page.locator(".vk-walk").scroll_into_view_if_needed()
    before, box = page.evaluate("scrollY"), page.locator(".vk-walk").bounding_box()
    swipe(box["x"] + 100, box["y"] + 15, 0, -150)
    page.wait_for_function(f"scrollY > {before + 50}")
    page.wait_for_timeout(300)  # until it has come to rest
    assert facts(page)["t"] == "0.50"
    box = page.locator(".vk-walk").bounding_box()
    swipe(box["x"] + box["width"] / 2, box["y"] + 15, box["width"] / 4.5, 0)
    assert facts(page)["t"] == "0.75" and end(page, "A") == there
