"""`CollapseLab` on a static page: training that is watched, in headless Chromium."""

import pytest

from tests.collapse_pages import arrive, beta, check_theory, lab, press, slide, steps, table, train
from tests.widget_pages import PHONE, Open, middle

pytestmark = pytest.mark.browser


@pytest.mark.clocked
def test_play_trains_until_the_loss_is_theorys_and_rests_there(open_page: Open) -> None:
    page = open_page(lab())
    train(page)
    for now, theory in table(page).values():
        assert now == pytest.approx(theory, abs=2e-3)
    page.wait_for_timeout(3000)
    rested = steps(page)
    page.wait_for_timeout(300)
    assert steps(page) == rested > 50, "at rest"
    slide(page, "weight β", 2)
    page.wait_for_timeout(500)
    assert steps(page) > rested, "a new goal wakes it"
    check_theory(page, 0.75, 2.0, 4)


def test_raising_beta_kills_units_and_lowering_it_wakes_them(open_page: Open) -> None:
    page = open_page(lab())
    train(page)
    for value, count in ((3.0, 1), (0.5, 4), (1.0, 3)):
        slide(page, "weight β", value)
        arrive(page)
        assert table(page)["active units"] == [count, count]
        check_theory(page, 0.75, value, 4)


@pytest.mark.clocked
def test_play_runs_until_it_is_paused_and_faster_when_told_so(open_page: Open) -> None:
    page = open_page(lab())
    gained = {}
    for speed in ("slow", "fast"):
        page.locator(".vk-option", has_text=speed).click()
        press(page, "Play")
        page.wait_for_timeout(700)
        press(page, "Pause")
        gained[speed] = steps(page)
        page.wait_for_timeout(200)
        assert steps(page) == gained[speed], "paused"
        press(page, "Restart")
    assert 3 <= gained["slow"] <= 30 < gained["fast"] <= 300


def test_a_finger_drags_by_the_handle_and_else_scrolls(open_page: Open) -> None:
    page = open_page(lab(), viewport=PHONE, touch=True, between='<div style="height: 2000px"></div>')
    client = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 9):
            touch = {"x": x + dx * i / 8, "y": y + dy * i / 8}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(*middle(page), 0, -50)
    raised = beta(page)
    assert raised > 1.3 and page.evaluate("scrollY") == 0
    box = page.locator(".vk-chart").first.bounding_box()
    swipe(box["x"] + 100, box["y"] + 180, 0, -150)
    page.wait_for_function("scrollY > 40")
    assert beta(page) == raised


def test_the_lines_of_units_end_at_the_dashed_lines_of_theory(open_page: Open) -> None:
    """Where a coloured line ends, the ink of a dashed one begins, at the same height."""
    page = open_page(lab(latent_dim=1, noise_var=2.0))
    train(page)
    page.wait_for_timeout(1500)
    read = """(c) => {
      const { data, width, height } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
      const rows = { unit: [], theory: [] };
      for (let y = 60; y < height - 100; y++) for (let x = 100; x < width; x++) {
        const [r, g, b, a] = data.subarray(4 * (y * width + x));
        if (a > 250 && r > 100 && g < 40 && b < 30) rows.unit.push(y);
        if (a > 250 && r < 60 && g < 60 && b < 60 && x < width - 30) rows.theory.push(y);
      }
      return [rows.unit, rows.theory].map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
    }"""
    unit, theory = page.locator(".vk-chart canvas").nth(1).evaluate(read)
    assert abs(unit - theory) <= 2
