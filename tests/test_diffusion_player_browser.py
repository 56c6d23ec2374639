"""`DiffusionPlayer` on a static page, driven by real mouse, keyboard and touch events in headless Chromium."""

import pytest
import torch
from playwright.sync_api import Page

from tests.diffusion_widgets import STEPS, mixture, plane_model, plane_player
from tests.widget_pages import PHONE, Open, facts, middle, pixels, settle

pytestmark = pytest.mark.browser
PLANE, TERMS, SUM = 0, 1, 2
ROWS = ("noise ε̂", "score", "x̂₀", "mean of step back")


def at_rest(page: Page) -> None:
    """Wait until all that is to be made is made, and painted."""
    page.wait_for_function("[...document.querySelectorAll('[data-busy]')].every((el) => el.dataset.busy === 'false')")
    settle(page)


def moment(page: Page) -> int:
    """t, as the slider tells it."""
    settle(page)
    return int(page.get_by_label("t", exact=True).get_attribute("aria-valuetext"))


def canvas(page: Page, which: int) -> list[int]:
    return pixels(page, ".vk-diffusion canvas", which)


def table(page: Page) -> dict[str, list[torch.Tensor | str]]:
    """The predictions at the point: pairs, or what stands in their place."""
    settle(page)
    rows = page.get_by_role("table", name="At the point").locator("tbody tr").all()

    def read(text: str) -> torch.Tensor | str:
        if not text.startswith("("):
            return text
        return torch.tensor([float(v) for v in text.strip("()").replace("−", "-").split(", ")], dtype=torch.float64)

    return {row.locator("th").inner_text(): [read(v) for v in row.locator("td").all_inner_texts()] for row in rows}


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def place(page: Page) -> list[float]:
    """Where the point is, as its handle tells it."""
    settle(page)
    text = page.locator(".vk-handle").get_attribute("aria-valuetext").replace("−", "-")
    return [float(part.split(" ")[1]) for part in text.split(", ")]


@torch.no_grad()
def wanted(point: list[float], t: int) -> dict[str, list[torch.Tensor]]:
    """What the table should say, by torch."""
    model, x = plane_model(), torch.tensor([point], dtype=torch.float64)
    noises = [model.noise(x, t - 1), mixture()(x, torch.tensor([t - 1]))]
    signal, share = model.alpha_bar[t - 1], model.noise_var[t - 1]
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in ROWS}
    for noise in noises:
        x0 = (x - share.sqrt() * noise) / signal.sqrt()
        made = (noise, -noise / share.sqrt(), x0, model.posterior_mean(x0, x, t - 1))
        for name, value in zip(ROWS, made, strict=True):
            rows[name].append(value[0])
    return rows


def check_table(page: Page, t: int) -> None:
    shown, want = table(page), wanted(place(page), t)
    for name in ROWS:
        for column in (0, 1):
            tolerance = 0.012 + 0.01 * float(want[name][column].abs().max())  # the point is told to 0.01
            torch.testing.assert_close(shown[name][column], want[name][column], rtol=0.02, atol=3 * tolerance)


def test_it_opens_at_the_noise_and_comes_to_rest(open_page: Open) -> None:
    page, widget = open_page(plane_player()), plane_player()
    at_rest(page)
    assert moment(page) == STEPS
    shown = facts(page)
    assert shown["last paid"].startswith("prior") and shown["sum so far"] == f"{widget.terms[-1]:.2f}"
    assert shown["−ELBO"] == f"{sum(widget.terms):.2f} ± {widget.error:.2f}".replace("-", "−")
    assert shown["true −log p"] == f"{widget.reference[0]:.2f}"
    before = canvas(page, PLANE)
    page.wait_for_timeout(200)
    assert canvas(page, PLANE) == before


def test_the_slider_moves_points_terms_and_sum(open_page: Open) -> None:
    page, widget = open_page(plane_player()), plane_player()
    at_rest(page)
    seen = [[canvas(page, which) for which in (PLANE, TERMS, SUM)]]
    for t in (14, 3, 1, 0):
        page.get_by_label("t", exact=True).fill(str(t))
        assert moment(page) == t
        assert facts(page)["sum so far"].replace("−", "-") == f"{sum(widget.terms[t:]):.2f}"
        seen.append([canvas(page, which) for which in (PLANE, TERMS, SUM)])
    for before, after in zip(seen, seen[1:], strict=False):
        assert all(a != b for a, b in zip(before, after, strict=True))
    assert facts(page)["last paid"] == f"reconstruction {widget.terms[0]:.2f}".replace("-", "−")


@pytest.mark.parametrize("t", [1, 8, STEPS])
def test_the_table_holds_the_predictions_of_torch(open_page: Open, t: int) -> None:
    page = open_page(plane_player(t=t))
    check_table(page, t)
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y + 40, steps=4)
    page.mouse.up()
    assert place(page) != [0.5, 0.5]
    check_table(page, t)


def test_without_noise_nothing_is_predicted(open_page: Open) -> None:
    page = open_page(plane_player(t=0))
    assert {value for row in table(page).values() for value in row} == {"none"}
    assert "nothing to predict" in page.locator(".vk-diffusion-says").inner_text()
    before = canvas(page, PLANE)
    page.locator(".vk-handle").press("ArrowLeft")
    assert place(page) == [0.4, 0.5] and canvas(page, PLANE) == before  # no field, no rings


def test_the_point_moves_by_keys_and_stays_in_the_plane(open_page: Open) -> None:
    page = open_page(plane_player(t=5))
    steps = ("ArrowRight", [0.6, 0.5]), ("Shift+ArrowUp", [0.6, 1.0]), ("ArrowDown", [0.6, 0.9]), ("Home", [0.0, 0.0])
    for key, where in steps:
        page.locator(".vk-handle").press(key)
        assert place(page) == where
    for _ in range(8):
        page.locator(".vk-handle").press("Shift+ArrowLeft")
    assert place(page) == [-3.0, 0.0]


def test_a_finger_drags_the_point(open_page: Open) -> None:
    page = open_page(plane_player(t=5), viewport=PHONE, touch=True)
    settle(page)
    box = page.locator(".vk-plane").bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    assert place(page) == pytest.approx([-1.5, 1.5], abs=0.05)


def test_the_views_and_the_exact_field_are_drawn(open_page: Open) -> None:
    page = open_page(plane_player(t=8))
    at_rest(page)
    seen, words = [canvas(page, PLANE)], [page.locator(".vk-diffusion-says").inner_text()]
    for name in ("score", "x̂₀", "noise ε̂"):
        choose(page, name)
        seen.append(canvas(page, PLANE))
        words.append(page.locator(".vk-diffusion-says").inner_text())
    assert seen[3] == seen[0] and words[3] == words[0] and len(set(words)) == 3
    assert seen[0] != seen[1] != seen[2] != seen[0]
    choose(page, "and the exact one")
    assert canvas(page, PLANE) != seen[0]
    choose(page, "denoiser")
    assert canvas(page, PLANE) == seen[0]


def test_without_a_mixture_there_is_no_exact_field(open_page: Open) -> None:
    page = open_page(plane_player(exact=None))
    assert page.get_by_role("radio", name="and the exact one").count() == 0
    assert all(len(row) == 1 for row in table(page).values())
    assert "true −log p" not in facts(page)
