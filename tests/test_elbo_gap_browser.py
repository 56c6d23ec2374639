"""`ElboGap` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page
from torch.distributions import Normal, kl_divergence

from tests.widget_pages import PHONE, Open, facts, middle, pixels, settle
from vaekit.widgets import ElboGap

pytestmark = pytest.mark.browser
PLANE, BARS = ".vk-chart canvas >> nth=0", ".vk-chart canvas >> nth=1"
NAMES = ["log p(x)", "ELBO", "gap", "KL(q ‖ p(z|x))", "KL(p(z|x) ‖ q)", "distortion", "rate"]


def numbers(page: Page, index: int = 0) -> dict[str, float]:
    """The readout: every term in nats."""
    return {name: float(text.replace("−", "-")) for name, text in facts(page, index).items()}


def q(page: Page, index: int = 0) -> tuple[float, float]:
    """Mean and standard deviation of q, as the handle tells them."""
    settle(page)
    text = page.locator(".vk-handle").nth(index).get_attribute("aria-valuetext").replace("−", "-")
    mean, width = text.removeprefix("mean ").split(", standard deviation ")
    return float(mean), float(width)


def drag(page: Page, dx: float, dy: float) -> None:
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()


def slide(page: Page, name: str, value: float) -> None:
    page.get_by_label(name).fill(str(value))


def check(page: Page, mean: float, width: float, x: float = 1.2) -> None:
    """The readout is that of the chapter's model, q and x, to what is written."""
    mine, posterior = Normal(mean, width), Normal(0.6 * x, 0.1**0.5)
    evidence = Normal(0.0, 2.5**0.5).log_prob(torch.tensor(x)).item()
    gap, forward = kl_divergence(mine, posterior).item(), kl_divergence(posterior, mine).item()
    rate = kl_divergence(mine, Normal(0.0, 1.0)).item()
    expected = [evidence, evidence - gap, gap, gap, forward, gap - evidence - rate, rate]
    shown = numbers(page)
    assert list(shown) == NAMES
    for name, value in zip(NAMES, expected, strict=True):
        assert shown[name] == pytest.approx(value, abs=2e-4, rel=1e-5), name


def test_it_opens_with_the_chapters_numbers(open_page: Open) -> None:
    page = open_page(ElboGap())
    check(page, 1.02, 0.4**0.5)
    assert facts(page)["log p(x)"] == "−1.6651" and facts(page)["gap"] == "1.2569"


def test_dragging_the_top_of_q_moves_its_mean_and_its_width_but_not_the_evidence(open_page: Open) -> None:
    page = open_page(ElboGap())
    before, bars = numbers(page), pixels(page, BARS)
    drag(page, 0, -60)
    assert q(page)[0] == 1.02 and q(page)[1] < 0.5
    after = numbers(page)
    assert after["log p(x)"] == before["log p(x)"] and after["gap"] != before["gap"]
    drag(page, -60, 0)
    assert q(page)[0] < 0.6 and numbers(page)["log p(x)"] == before["log p(x)"]
    assert pixels(page, BARS) != bars
    drag(page, 900, 900)
    assert q(page) == (3.0, 2.0)
    check(page, 3.0, 2.0)


def test_a_press_on_the_plot_brings_the_top_of_q_there(open_page: Open) -> None:
    page = open_page(ElboGap())
    box = page.locator(PLANE).bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    x, y = middle(page)
    assert (x - box["x"], y - box["y"]) == pytest.approx((0.3 * box["width"], 0.3 * box["height"]), abs=1.5)
    assert q(page)[0] < -1 and 0.25 < q(page)[1] < 0.4


def test_keys_move_and_reset_q(open_page: Open) -> None:
    page = open_page(ElboGap(mean=0.0, variance=1.0))
    page.locator(".vk-handle").focus()
    for key, there in (("ArrowRight", (0.1, 1.0)), ("Shift+ArrowLeft", (-0.4, 1.0)), ("ArrowUp", (-0.4, 0.9))):
        page.keyboard.press(key)
        assert q(page) == there
    check(page, -0.4, 0.9)
    page.keyboard.press("Shift+ArrowDown")
    assert q(page) == (-0.4, 1.4)
    page.keyboard.press("Home")
    assert q(page) == (0.0, 1.0)


def test_each_slider_sets_what_it_names(open_page: Open) -> None:
    page = open_page(ElboGap())
    evidence, plane = facts(page)["log p(x)"], pixels(page, PLANE)
    slide(page, "mean of q", 0.5)
    check(page, 0.5, 0.4**0.5)
    slide(page, "width σ of q", 0.8)
    check(page, 0.5, 0.8)
    assert facts(page)["log p(x)"] == evidence and pixels(page, PLANE) != plane
    slide(page, "observed x", -2)
    check(page, 0.5, 0.8, x=-2.0)
    assert facts(page)["log p(x)"] != evidence
    page.get_by_label("mean of q").press("ArrowRight")
    assert q(page) == (0.51, 0.8)


def test_raising_the_elbo_closes_the_gap_of_the_gaussian_model_and_leaves_log_two_in_the_other(open_page: Open) -> None:
    page = open_page(ElboGap(x=-2.4))
    rise = page.get_by_role("button", name="Raise the ELBO from here")
    rise.click()
    assert numbers(page)["gap"] == 0.0 and q(page) == (-1.44, 0.32)
    page.get_by_role("radio", name="N(1.5 |z|, 0.25)").click()
    settle(page)
    assert page.get_by_label("observed x").input_value() == "2.4"
    assert page.get_by_role("radio", name="N(1.5 |z|, 0.25)").is_checked()
    slide(page, "mean of q", 0.9)
    rise.click()
    assert numbers(page)["gap"] == pytest.approx(0.6931, abs=2e-4) and q(page)[0] == 1.44
    slide(page, "observed x", -1)
    settle(page)
    assert page.get_by_label("observed x").input_value() == "0"


def test_the_line_of_the_evidence_stands_still_while_q_moves(open_page: Open) -> None:
    page = open_page(ElboGap())
    read = "(c) => Array.from(c.getContext('2d').getImageData(c.width - 138, 0, 20, c.height).data)"

    def dashes() -> set[int]:
        """Rows in which a strip right of the bars holds ink: the dashed line, neither grid nor ELBO."""
        settle(page)
        data, row = page.locator(BARS).evaluate(read), 4 * 20
        return {i // row for i in range(0, len(data), 4) if max(data[i : i + 3]) < 90 and data[i + 3] > 200}

    start = dashes()
    assert 2 <= len(start) <= 8
    for mean, width in ((0.5, 0.5), (1.0, 0.4), (1.2, 0.5)):
        slide(page, "mean of q", mean)
        slide(page, "width σ of q", width)
        assert dashes() == start
    slide(page, "observed x", 2)
    assert dashes() != start


def test_the_arrow_keys_choose_the_model(open_page: Open) -> None:
    page = open_page(ElboGap(x=2.4))
    plane = pixels(page, PLANE)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio").nth(1).is_checked()
    assert pixels(page, PLANE) != plane and numbers(page)["log p(x)"] == pytest.approx(-1.8359, abs=1e-4)


def test_a_finger_drags_by_the_handle_and_else_scrolls(open_page: Open) -> None:
    page = open_page(ElboGap(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(*middle(page), -50, -40)
    mean, width = q(page)
    assert mean < 0.4 and width < 0.5 and page.evaluate("scrollY") == 0
    box = page.locator(PLANE).bounding_box()
    swipe(box["x"] + 60, box["y"] + 150, 0, -150)
    page.wait_for_function("scrollY > 40")
    assert q(page) == (mean, width)
