"""`DiffusionPlayer` played: directions, steps, seeds and traits, by real events in headless Chromium."""

import pytest

from tests.diffusion_widgets import STEPS, plane_player
from tests.test_diffusion_player_browser import PLANE, at_rest, canvas, choose, moment, press
from tests.widget_pages import Open, facts, settle

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("direction", "t"), [("forward", 10), ("reverse", STEPS)])
def test_new_noise_makes_other_points_and_a_seed_the_same(open_page: Open, direction: str, t: int) -> None:
    page = open_page(plane_player(t=t, direction=direction))
    at_rest(page)
    first = canvas(page, PLANE)
    press(page, "New noise")
    at_rest(page)
    second = canvas(page, PLANE)
    page = open_page(plane_player(t=t, direction=direction, seed=1))
    at_rest(page)
    assert second != first
    assert canvas(page, PLANE) == second


def test_forwards_the_same_terms_add_up_from_the_other_end(open_page: Open) -> None:
    page, widget = open_page(plane_player(t=0, direction="forward")), plane_player()
    assert facts(page)["last paid"] == "nothing yet 0.00" and facts(page)["sum so far"] == "0.00"
    press(page, "Forward")
    assert moment(page) == 1
    assert facts(page)["sum so far"].replace("−", "-") == f"{widget.terms[0]:.2f}"
    press(page, "Last")
    assert moment(page) == STEPS and facts(page)["last paid"].startswith("last KL + prior")
    assert facts(page)["sum so far"] == facts(page)["−ELBO"].split(" ")[0]
    choose(page, "noise → data")
    assert moment(page) == STEPS and facts(page)["last paid"].startswith("prior")


@pytest.mark.clocked
def test_play_walks_from_noise_to_data_and_stops(open_page: Open) -> None:
    page = open_page(plane_player())
    at_rest(page)
    press(page, "Forward")
    assert moment(page) == STEPS - 1
    press(page, "Back")
    assert moment(page) == STEPS
    choose(page, "2×")
    press(page, "Play")
    page.wait_for_timeout(600)
    press(page, "Pause")
    paused = moment(page)
    assert 0 < paused < STEPS
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for(timeout=20_000)
    assert moment(page) == 0
    press(page, "First")
    assert moment(page) == STEPS


def test_views_of_one_widget_move_together(open_page: Open) -> None:
    widget = plane_player()
    page = open_page(widget, widget)
    page.wait_for_function("document.querySelectorAll('[data-ready]').length == 2")
    page.get_by_label("t", exact=True).first.fill("6")
    page.get_by_role("radio", name="score").first.check()
    page.wait_for_timeout(300)
    page.locator(".vk").nth(1).scroll_into_view_if_needed()
    settle(page)
    assert facts(page, 0) == facts(page, 1)
    assert page.get_by_role("radio", name="score").nth(1).is_checked()
