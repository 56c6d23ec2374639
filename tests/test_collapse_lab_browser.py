"""`CollapseLab` on a static page: each control changes what it says, by real mouse and keyboard events."""

import math

import pytest

from tests.collapse_pages import SPECTRUM, beta, check_theory, lab, press, slide, steps, table
from tests.widget_pages import Open, middle, pixels, settle

pytestmark = pytest.mark.browser


def test_it_opens_paused_with_every_unit_asleep_and_theory_known(open_page: Open) -> None:
    page = open_page(lab())
    check_theory(page, 0.75, 1.0, 4)
    shown = table(page)
    assert shown["active units"] == [0, 3] and shown["rate"][0] == 0.0 and steps(page) == 0
    asleep = 0.5 * (6 * math.log(2 * math.pi * 0.75) + sum(SPECTRUM) / 0.75)
    assert shown["distortion"][0] == pytest.approx(asleep, abs=5e-3)
    before = pixels(page, ".vk-chart canvas")
    page.wait_for_timeout(300)
    assert pixels(page, ".vk-chart canvas") == before and steps(page) == 0


def test_dragging_the_threshold_moves_beta_and_the_weights_stay(open_page: Open) -> None:
    page = open_page(lab())
    press(page, "Step")
    now = [each[0] for each in table(page).values()]
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 40, steps=5)
    settle(page)
    raised = beta(page)
    page.mouse.move(x, y + 900, steps=5)
    page.mouse.up()
    assert beta(page) == 0.1 and 1.2 < raised < 5
    page.mouse.click(x - 100, y - 40)
    assert beta(page) == pytest.approx(raised, abs=0.02)
    assert middle(page)[1] == pytest.approx(y - 40, abs=1.5)
    assert [each[0] for each in table(page).values()][:4] == now[:4] and steps(page) == 10
    check_theory(page, 0.75, beta(page), 4)


def test_keys_move_and_reset_the_threshold(open_page: Open) -> None:
    page = open_page(lab(beta=1.5))
    handle = page.locator(".vk-handle")
    handle.focus()
    for key, there in (("ArrowUp", 1.6), ("Shift+ArrowDown", 1.1), ("ArrowRight", 1.2), ("Home", 1.5)):
        page.keyboard.press(key)
        assert beta(page) == there
    assert handle.get_attribute("aria-valuetext") == "β 1.50, threshold 1.13"
    for _ in range(9):
        page.keyboard.press("Shift+ArrowUp")
    assert beta(page) == 5.0 == float(handle.get_attribute("aria-valuemax"))


def test_each_slider_sets_what_it_names(open_page: Open) -> None:
    page = open_page(lab())
    press(page, "Step")
    for name, value, setting in (("noise σ²", 1.5, (1.5, 1.0, 4)), ("weight β", 0.2, (1.5, 0.2, 4))):
        before = pixels(page, ".vk-chart canvas")
        slide(page, name, value)
        check_theory(page, *setting)
        assert pixels(page, ".vk-chart canvas") != before and steps(page) == 10
    slide(page, "units L", 2)
    check_theory(page, 1.5, 0.2, 2)
    assert steps(page) == 0, "other units start again"
    page.get_by_label("noise σ²").press("ArrowRight")
    check_theory(page, 1.51, 0.2, 2)


def test_step_goes_ten_steps_on_and_restart_begins_elsewhere(open_page: Open) -> None:
    page = open_page(lab(seed=3), lab(seed=4))
    for expected in (10, 20, 30):
        press(page, "Step")
        assert steps(page) == expected
    ran = pixels(page, ".vk-chart canvas", 1)
    page.get_by_role("button", name="Restart").first.press("Enter")
    assert steps(page) == 0
    for index in (0, 1):
        for _ in range(3):
            press(page, "Step", index)
    assert table(page, 0) == table(page, 1)
    assert pixels(page, ".vk-chart canvas", 1) == pixels(page, ".vk-chart canvas", 4) != ran
