"""`GradientRace` on a static page, driven by real mouse and keyboard events in headless Chromium."""

from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.test_gradient_race import FUNCTION, leave_one_out_variance, rule, slope
from tests.widget_pages import Open, facts, pixels, settle
from vaekit.widgets import GradientRace
from vaekit.widgets.gradient_race import FUNCTIONS

pytestmark = pytest.mark.browser
SETTING = {"mean": 1.0, "scale": 1.0, "omega": 2.0, "samples": 4}
NAMES = ["pathwise", "score", "leave-one-out"]
LABELS = dict(zip(FUNCTIONS, ("z²", "sin ωz", "step at 0"), strict=True))


def table(page: Page, index: int = 0) -> dict[str, list[str]]:
    """Mean ± standard error, variance and exact variance of each estimator."""
    settle(page)
    rows = page.locator(".vk-table").nth(index).locator("tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def draws(page: Page, index: int = 0) -> int:
    return int(facts(page, index)["draws"].replace(",", ""))


def exact(page: Page) -> list[str]:
    return [row[2] for row in table(page).values()]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def oracle(function: str, setting: dict[str, Any]) -> list[float]:
    """The gradient and the three variances per draw by quadrature."""
    z, p = rule(setting["mean"], setting["scale"], 200)
    score = FUNCTION[function](z, setting["omega"]) * (z - setting["mean"]) / setting["scale"] ** 2
    gradient, both = float((p * score).sum()), (slope(function, z, setting["omega"]), score)
    variances = [float((p * each.square()).sum() - (p * each).sum() ** 2) for each in both]
    return [gradient, *variances, leave_one_out_variance(function, setting, {4: 24, 5: 14}[setting["samples"]])]


def press(page: Page, name: str, index: int = 0) -> None:
    page.get_by_role("button", name=name, exact=True).nth(index).click()


def choose(page: Page, name: str) -> None:
    page.locator(".vk-option", has_text=name).click()


def paintings(page: Page) -> list[list[int]]:
    return [pixels(page, ".vk-chart canvas", i) for i in range(3)]


def all_change(before: list[list[int]], after: list[list[int]]) -> bool:
    return all(old != new for old, new in zip(before, after, strict=True))


def test_it_opens_paused_with_the_numbers_of_the_chapter(open_page: Open) -> None:
    page = open_page(GradientRace())
    assert exact(page) == ["4.00", "30.0", "21.3"] and list(table(page)) == NAMES
    assert facts(page) == {"draws": "100", "exact gradient": "2.00", "lowest variance": "pathwise"}
    before = paintings(page)
    page.wait_for_timeout(300)
    assert paintings(page) == before and draws(page) == 100


def test_each_function_has_its_own_race(open_page: Open) -> None:
    page = open_page(GradientRace())
    before = paintings(page)
    choose(page, "sin ωz")
    after = paintings(page)
    assert all_change(before, after)
    assert facts(page)["lowest variance"] == "score" and exact(page) == ["1.99", "0.486", "0.758"]
    choose(page, "step at 0")
    assert all_change(after, paintings(page))
    assert table(page)["pathwise"] == ["0 on every draw", "none", "none"]
    assert facts(page)["lowest variance"] == "leave-one-out" and facts(page)["exact gradient"] == "0.242"
    struck = page.locator(".vk-table tbody th").evaluate_all(
        "all => all.map((th) => getComputedStyle(th).textDecoration)"
    )
    assert [text.startswith("line-through") for text in struck] == [True, False, False]
    page.get_by_role("radio", name="step at 0").press("ArrowLeft")
    assert page.get_by_role("radio", name="sin ωz").is_checked() and facts(page)["lowest variance"] == "score"


@pytest.mark.parametrize(
    ("label", "name", "value"), [("μ", "mean", 1.05), ("σ", "scale", 1.05), ("K", "samples", 5), ("ω", "omega", 2.1)]
)
def test_each_slider_changes_its_setting(open_page: Open, label: str, name: str, value: float) -> None:
    function = "sine" if name == "omega" else "square"
    page = open_page(GradientRace(function))
    measured, shown = [row[1] for row in table(page).values()], paintings(page)
    page.get_by_label(label, exact=True).press("ArrowRight")
    gradient, *law = oracle(function, SETTING | {name: value})
    assert number(facts(page)["exact gradient"]) == pytest.approx(gradient, rel=6e-3)
    assert list(map(number, exact(page))) == pytest.approx(law, rel=6e-3)
    assert [row[1] for row in table(page).values()] != measured and paintings(page) != shown
    note = page.locator(".vk-small").inner_text()
    assert ("K = 5 draws and counts 5 times" in note) == (label == "K")


def test_the_slider_of_omega_is_there_for_the_sine_alone(open_page: Open) -> None:
    page = open_page(GradientRace())
    for function, label in LABELS.items():
        choose(page, label)
        settle(page)
        assert page.get_by_label("ω", exact=True).is_visible() == (function == "sine")


@pytest.mark.clocked
def test_play_runs_until_it_is_paused_and_faster_when_told_so(open_page: Open) -> None:
    page = open_page(GradientRace(draws=10))
    gained = {}
    for speed in ("slow", "fast"):
        choose(page, speed)
        press(page, "Play")
        page.wait_for_timeout(800)
        press(page, "Pause")
        gained[speed] = draws(page)
        page.wait_for_timeout(200)
        assert draws(page) == gained[speed], "paused"
        press(page, "Reset")
        assert draws(page) == 10
    assert 10 < gained["slow"] < 20 < gained["fast"]


def test_the_race_ends_and_starts_again(open_page: Open) -> None:
    page = open_page(GradientRace(draws=5000))
    choose(page, "fast")
    page.get_by_role("button", name="Play", exact=True).press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=8000)
    assert draws(page) == 10_000
    press(page, "Play")
    press(page, "Pause")
    assert draws(page) < 10_000


def test_step_goes_on_in_round_numbers_and_new_draws_change_only_what_is_measured(open_page: Open) -> None:
    page = open_page(GradientRace())
    for expected in (200, 500, 1000):
        press(page, "Step")
        assert draws(page) == expected
    before, law = table(page), exact(page)
    press(page, "New draws")
    assert exact(page) == law and all(row[:2] != before[name][:2] for name, row in table(page).items())
    page.get_by_role("button", name="Reset").press("Enter")
    assert draws(page) == 10


@pytest.mark.parametrize("function", FUNCTIONS)
def test_after_all_draws_the_measured_variances_are_the_exact_ones_within_their_errors(
    open_page: Open, function: str
) -> None:
    shown = table(open_page(GradientRace(function, draws=10_000)))
    eps = torch.randn(250_000, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    f, s = FUNCTION[function](1 + eps, 2.0), eps
    average = ((f - f.mean(1, keepdim=True)) * s).sum(1) / 3
    samples = [(slope(function, 1 + eps, 2.0).flatten(), 1), ((f * s).flatten(), 1), (average, 4)]
    for name, (draws, size) in zip(NAMES, samples, strict=True):
        if (function, name) == ("step", "pathwise"):
            continue
        square = size * (draws - draws.mean()).square()
        error = float(square.std()) / (10_000 / size) ** 0.5
        measured, law = map(number, shown[name][1:])
        assert abs(measured - law) < 4.5 * error + 0.01 * law
