"""`PipelinePlayer` on a static page, driven by real mouse and keyboard events in headless Chromium."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

import vaekit
from tests.pipeline import digits, evidence, player, trained
from tests.widget_pages import Open, facts, settle
from vaekit.widgets import PipelinePlayer
from vaekit.widgets.pipeline_model import CAPTIONS

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def choose(page: Page, group: str, name: str) -> None:
    page.get_by_role("group", name=group, exact=True).get_by_role("radio", name=name, exact=True).click()
    settle(page)


def caption(page: Page) -> tuple[float, str]:
    """The time shown and what happens then."""
    settle(page)
    time, text = page.locator(".vk-caption").inner_text().removeprefix("t = ").split(" s · ", 1)
    return float(time), text


def opacity(page: Page, stage: int) -> float:
    return float(page.locator(".vk-diagram svg").evaluate(f"(svg) => svg.style.getPropertyValue('--r{stage}')"))


def drawing(page: Page) -> str:
    settle(page)
    return page.locator(".vk-diagram").inner_html()


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))]


def written(page: Page, start: str) -> list[float]:
    """The numbers in the drawing's text that begins like this."""
    settle(page)
    texts = page.locator(".vk-diagram text").all_text_contents()
    return numbers(next(text for text in texts if text.startswith(start)).removeprefix(start))


def terms(widget: PipelinePlayer, digit: int, draw: int) -> dict[str, torch.Tensor]:
    """Distortion, rate and gradients of one pass, by torch."""
    eps = torch.from_numpy(np.frombuffer(widget.eps, "<f4").reshape(-1, 2)[draw].copy())
    x, q = digits()[digit], trained().encoder(digits()[digit : digit + 1])
    mu, sigma = (each[0].detach().requires_grad_() for each in (q.loc, q.scale))
    z = mu + sigma * eps
    distortion = -trained().decoder(z[None]).log_prob(x[None]).sum()
    rate = vaekit.kl_standard_normal(mu[None], 2 * sigma[None].log()).sum()
    dz, dmu, dsigma = torch.autograd.grad(distortion + rate, [z, mu, sigma])
    made = {
        "z": z,
        "distortion": distortion,
        "rate": rate,
        "∂/∂z": dz,
        "∂/∂μ": dmu,
        "∂/∂σ": dsigma,
        "μ": mu,
        "σ": sigma,
    }
    return {name: each.detach() for name, each in made.items()}


def test_it_opens_with_the_numbers_of_the_model_at_the_end_of_the_forward_pass(open_page: Open) -> None:
    widget = player()
    page, want = open_page(widget), terms(widget, 0, 0)
    assert caption(page) == (10.5, CAPTIONS[7])
    shown = {name: numbers(text)[0] for name, text in facts(page).items()}
    elbo = -float(want["distortion"] + want["rate"])
    expected = {"distortion": float(want["distortion"]), "rate": float(want["rate"]), "ELBO, this draw": elbo}
    expected |= {"log p(x)": float(evidence()[0]), "gap, this draw": float(evidence()[0]) - elbo}
    for name, value in expected.items():
        assert shown[name] == pytest.approx(value, abs=0.03), name
    assert shown["log p(x)"] - shown["ELBO, mean of 100"] == pytest.approx(shown["gap, mean of 100"], abs=0.011)


def test_the_buttons_go_from_stage_to_stage(open_page: Open) -> None:
    page = open_page(player())
    press(page, "First")
    assert caption(page) == (0.0, CAPTIONS[0]) and [opacity(page, k) for k in range(8)] == [1] + [0] * 7
    for k in (1, 2, 3):
        press(page, "Forward")
        assert caption(page) == (1.5 * k, CAPTIONS[k]) and (opacity(page, k), opacity(page, k + 1)) == (1, 0)
    press(page, "Back")
    assert caption(page) == (3.0, CAPTIONS[2])
    press(page, "Last")
    assert caption(page) == (10.5, CAPTIONS[7]) and opacity(page, 7) == 1 and opacity(page, 8) == 0


@pytest.mark.clocked
def test_play_runs_to_the_end_and_pause_stops_it(open_page: Open) -> None:
    page = open_page(player())
    choose(page, "Speed", "2×")
    press(page, "Play")
    assert caption(page)[0] < 3
    page.wait_for_timeout(500)
    press(page, "Pause")
    stopped = caption(page)
    page.wait_for_timeout(300)
    assert caption(page) == stopped and 0 < stopped[0] < 10.5
    page.get_by_label("time t").fill("10")
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert caption(page) == (10.5, CAPTIONS[7])


def test_the_speed_is_what_it_says(open_page: Open) -> None:
    page, times = open_page(player()), {}
    for speed in ("0.25×", "2×"):
        choose(page, "Speed", speed)
        press(page, "First")
        press(page, "Play")
        start = page.evaluate("performance.now()")
        page.wait_for_timeout(1000)
        press(page, "Pause")
        times[speed] = caption(page)[0] / (page.evaluate("performance.now()") - start)
    assert 4 < times["2×"] / times["0.25×"] < 12  # 8, and a loaded machine drops frames


def test_step_by_step_plays_one_stage_and_shows_its_tensors(open_page: Open) -> None:
    page = open_page(player(time=0.0))
    assert not page.get_by_role("table").is_visible()
    choose(page, "Play", "step by step, with tensors")
    rows = page.get_by_role("table").locator("tbody tr")
    assert rows.all_inner_texts()[0].split("\t")[:2] == ["x", "(64,)"] and rows.count() == 1
    choose(page, "Speed", "2×")
    press(page, "Play")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert caption(page) == (1.5, CAPTIONS[1]) and rows.count() == 3
    press(page, "Last")
    mean = rows.filter(has_text="μ").inner_text().split("\t")
    assert mean[1] == "(2,)" and numbers(mean[2]) == pytest.approx(terms(player(), 0, 0)["μ"].tolist(), abs=0.011)
    choose(page, "Play", "through")
    assert not page.get_by_role("table").is_visible()


def test_another_digit_and_another_draw_change_the_pass(open_page: Open) -> None:
    widget = player()
    page = open_page(widget)
    first = drawing(page)
    press(page, "New draw of ε")
    second, want = drawing(page), terms(widget, 0, 1)
    assert second != first and written(page, "z₁")[-1] == pytest.approx(float(want["z"][0]), abs=0.011)
    choose(page, "Digit", "3")
    want = terms(widget, 3, 1)
    shown = numbers(facts(page)["distortion"])[0]
    assert drawing(page) != second and shown == pytest.approx(float(want["distortion"]), abs=0.03)


def test_the_backward_pass_shows_autograds_gradients_and_without_the_trick_the_rates_alone(open_page: Open) -> None:
    widget = player()
    page, want = open_page(widget), terms(widget, 0, 0)
    choose(page, "Backward pass", "with the trick")
    assert caption(page) == (15.0, CAPTIONS[10]) and opacity(page, 10) == 1
    for name in ("∂/∂z", "∂/∂μ", "∂/∂σ"):
        assert written(page, name) == pytest.approx(want[name].tolist(), abs=0.03), name
    assert "✕" not in drawing(page)
    choose(page, "Backward pass", "without")
    assert caption(page) == (15.0, CAPTIONS[13]) and "✕" in drawing(page)
    assert written(page, "∂/∂z") == pytest.approx(want["∂/∂z"].tolist(), abs=0.03)
    assert written(page, "∂/∂μ") == pytest.approx(want["μ"].tolist(), abs=0.011)
    assert written(page, "∂/∂σ") == pytest.approx((want["σ"] - 1 / want["σ"]).tolist(), abs=0.03)
    choose(page, "Backward pass", "off")
    assert caption(page) == (10.5, CAPTIONS[7]) and page.get_by_label("time t").get_attribute("max") == "10.5"


def test_time_and_keys(open_page: Open) -> None:
    page = open_page(player())
    page.get_by_label("time t").fill("5.25")
    assert caption(page) in ((5.2, CAPTIONS[4]), (5.3, CAPTIONS[4])) and 0 < opacity(page, 4) < 1
    flight = page.locator(".flight").get_attribute("transform")
    page.get_by_label("time t").press("ArrowRight")
    settle(page)
    assert page.locator(".flight").get_attribute("transform") != flight
    page.get_by_role("button", name="Forward", exact=True).press("Enter")
    assert caption(page) == (6.0, CAPTIONS[4])
    page.keyboard.press("Space")
    assert caption(page) == (7.5, CAPTIONS[5])
