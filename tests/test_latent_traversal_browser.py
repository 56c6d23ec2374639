"""`LatentTraversal` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page

from tests.latent_widgets import traversal, wide_codes, wide_decoder
from tests.widget_pages import PHONE, Open, facts, pixels, settle

pytestmark = pytest.mark.browser
PLANE, PICTURE = ".vk-plane canvas", ".vk-look .vk-picture"
ORDER = [1, 3, 2, 0, 4]  # by rate
NAMES = ["z₁", "z₂", "z₃", "z₄", "z₅"]


def coordinates(page: Page) -> list[float]:
    """All of z, as the rows tell it."""
    settle(page)
    heads = page.locator(".vk-walk-head span:first-child").all_inner_texts()
    values = dict(head.replace("−", "-").split(" = ") for head in heads)
    return [float(values[name]) for name in NAMES]


def row(page: Page, dimension: int) -> list[list[int]]:
    """The seven images of a dimension, once all rows are drawn."""
    page.wait_for_function("!document.querySelector('.vk-walk:not([aria-busy=false])')")
    return [pixels(page, ".vk-walk canvas", 7 * ORDER.index(dimension) + k) for k in range(7)]


def grey(z: torch.Tensor) -> torch.Tensor:
    return 255 + torch.sigmoid(wide_decoder()(z)).detach() * (27 - 255)


def slider(page: Page, dimension: int):
    return page.get_by_role("slider", name=f"{NAMES[dimension]}, traversed")


def test_rows_come_by_rate_and_show_the_decoders_images(open_page: Open) -> None:
    z = wide_codes()[3]
    page = open_page(traversal(z=z))
    heads = page.locator(".vk-walk-head").all_inner_texts()
    assert [head.split(" = ")[0] for head in heads] == [NAMES[k] for k in ORDER]
    assert [head.split("rate ")[1] for head in heads] == [f"{nats:.2f} nats" for nats in (2, 1.5, 1, 0.5, 0)]
    for k in (1, 4):
        moved = z.repeat(7, 1)
        moved[:, k] = torch.arange(-3.0, 4.0)
        assert (torch.tensor(row(page, k)) - grey(moved)).abs().max() <= 0.01 * 228 + 0.51
    assert all(image == row(page, 4)[0] for image in row(page, 4))  # the decoder ignores it
    assert row(page, 1)[0] != row(page, 1)[6]


def test_the_plane_moves_its_two_dimensions_and_no_other(open_page: Open) -> None:
    page = open_page(traversal())
    before = [row(page, 1), row(page, 2), pixels(page, PICTURE), pixels(page, PLANE)]
    side = page.locator(".vk-plane").bounding_box()["width"]
    page.locator(".vk-plane").click(position={"x": 0.7 * side, "y": 0.4 * side})
    z = coordinates(page)
    assert (z[1], z[3]) == pytest.approx((1.4, 0.7), abs=0.03) and (z[0], z[2], z[4]) == (0, 0, 0)
    after = [row(page, 1), row(page, 2), pixels(page, PICTURE), pixels(page, PLANE)]
    assert all(old != new for old, new in zip(before, after, strict=True))
    page.locator(".vk-handle").press("ArrowLeft")
    page.locator(".vk-handle").press("Shift+ArrowUp")
    assert coordinates(page)[1] == pytest.approx(z[1] - 0.1, abs=0.011)
    assert coordinates(page)[3] == pytest.approx(z[3] + 0.5, abs=0.011)
    page.locator(".vk-handle").press("Home")
    assert coordinates(page) == [0, 0, 0, 0, 0]


def test_a_row_moves_its_dimension_and_leaves_its_own_images(open_page: Open) -> None:
    page = open_page(traversal())
    own, other = row(page, 2), row(page, 0)
    for key, value in (("ArrowRight", 0.1), ("Shift+ArrowUp", 0.6), ("ArrowLeft", 0.5), ("End", 3.5), ("Home", -3.5)):
        slider(page, 2).press(key)
        assert coordinates(page) == [0, 0, value, 0, 0]
    assert slider(page, 2).get_attribute("aria-valuetext") == "−3.50"
    assert row(page, 2) == own and row(page, 0) != other
    box = slider(page, 2).bounding_box()
    page.mouse.click(box["x"] + box["width"] * 5.5 / 7, box["y"] + 20)
    assert coordinates(page)[2] == pytest.approx(2, abs=0.01)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 1.5 / 7, box["y"] + 60, steps=5)
    page.mouse.up()
    assert coordinates(page)[2] == pytest.approx(-2, abs=0.01)


def test_the_lists_choose_the_plane_and_never_one_dimension_twice(open_page: Open) -> None:
    page = open_page(traversal(z=[0.5, 1.0, 1.5, 2.0, 2.5]))
    across, up = page.get_by_label("across"), page.get_by_label("up")
    assert (across.input_value(), up.input_value()) == ("1", "3") and facts(page)["plane"] == "(1.00, 2.00)"
    plane = pixels(page, PLANE)
    across.select_option("4")
    assert facts(page)["plane"] == "(2.50, 2.00)" and pixels(page, PLANE) != plane
    up.select_option("4")
    assert (across.input_value(), up.input_value()) == ("3", "4") and facts(page)["plane"] == "(2.00, 2.50)"
    page.locator(".vk-handle").press("ArrowDown")
    assert coordinates(page) == [0.5, 1.0, 1.5, 2.0, 2.4]


def test_the_start_is_a_code_of_a_class_the_next_one_or_the_origin(open_page: Open) -> None:
    page = open_page(traversal(z=[0.5, 0.0, 0.0, 0.0, 0.0]))
    start, codes = page.get_by_label("start from"), wide_codes()
    start.select_option(label="a 2")
    assert coordinates(page) == pytest.approx(codes[2].tolist(), abs=0.006)
    assert facts(page)["nearest code"] == "2, 0.00 away"
    page.get_by_role("button", name="another one").click()
    assert coordinates(page) == pytest.approx(codes[5].tolist(), abs=0.006)
    slider(page, 0).press("End")
    page.locator(".vk-handle").press("ArrowLeft")
    page.locator(".vk-handle").press("Home")
    assert coordinates(page)[1:] == pytest.approx(codes[5, 1:].tolist(), abs=0.006)
    start.select_option(label="the origin")
    assert coordinates(page) == [0, 0, 0, 0, 0]
    start.select_option(label="as it opened")
    assert coordinates(page) == [0.5, 0, 0, 0, 0]


def test_the_readout_counts_all_dimensions(open_page: Open) -> None:
    z = wide_codes()[8] + 0.05
    shown = facts(open_page(traversal(z=z)))
    assert float(shown["radius |z|"]) == pytest.approx(float(z.norm()), abs=0.006)
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum()
    assert float(shown["log p(z)"].replace("−", "-")[:-5]) == pytest.approx(float(log_prior), abs=0.006)
    distance, nearest = torch.cdist(z[None], wide_codes())[0].min(0)
    assert shown["nearest code"] == f"{nearest % 3}, {distance:.2f} away"


def test_a_finger_walks_a_row_taps_it_and_else_scrolls(open_page: Open) -> None:
    page = open_page(traversal(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    slider(page, 2).scroll_into_view_if_needed()
    before, box = page.evaluate("scrollY"), slider(page, 2).bounding_box()
    swipe(box["x"] + box["width"] / 2, box["y"] + 15, 0, -200)
    page.wait_for_function(f"scrollY > {before + 50}")
    page.wait_for_timeout(300)  # until it has come to rest
    assert coordinates(page) == [0, 0, 0, 0, 0]
    slider(page, 2).scroll_into_view_if_needed()
    box = slider(page, 2).bounding_box()
    swipe(box["x"] + box["width"] / 2, box["y"] + 15, box["width"] / 7, 0)
    assert coordinates(page) == pytest.approx([0, 0, 1, 0, 0], abs=0.02)
    page.touchscreen.tap(box["x"] + box["width"] * 1.5 / 7, box["y"] + 15)
    assert coordinates(page) == pytest.approx([0, 0, -2, 0, 0], abs=0.02)
