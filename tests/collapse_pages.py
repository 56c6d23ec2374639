"""`CollapseLab` on a page: what its browser tests read from it, do to it, and expect of its column of theory."""

import pytest
import torch
from playwright.sync_api import Page

from tests.widget_pages import facts, settle
from vaekit.metrics import linear_rate_distortion
from vaekit.widgets import CollapseLab

SPECTRUM = [4.0, 2.0, 1.0, 0.5, 0.25, 0.1]
ROWS = ["active units", "rate", "distortion", "−ELBO: distortion + rate", "loss: distortion + β rate"]


def lab(**options: object) -> CollapseLab:
    return CollapseLab(SPECTRUM, **{"latent_dim": 4, "noise_var": 0.75} | options)


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").removesuffix(" nats").removesuffix(" steps"))


def table(page: Page, index: int = 0) -> dict[str, list[float]]:
    """Every quantity now and in theory."""
    settle(page)
    rows = page.locator(".vk-table").nth(index).locator("tbody tr").all()
    return {row.locator("th").inner_text(): list(map(number, row.locator("td").all_inner_texts())) for row in rows}


def steps(page: Page, index: int = 0) -> int:
    return int(number(facts(page, index)["steps"]))


def press(page: Page, name: str, index: int = 0) -> None:
    page.get_by_role("button", name=name, exact=True).nth(index).click()


def slide(page: Page, name: str, value: float, index: int = 0) -> None:
    page.get_by_label(name, exact=True).nth(index).fill(str(value))


def arrive(page: Page) -> None:
    """Wait until loss and active units are theory's."""
    settle(page)
    page.wait_for_function(
        """() => {
          const [now, theory] = document.querySelectorAll(".vk-table td");
          const gap = document.querySelectorAll(".vk-facts dd")[1].textContent;
          return gap === "0.0000 nats" && now.textContent === theory.textContent;
        }""",
        timeout=60_000,
    )


def train(page: Page) -> None:
    """Play fast until loss and active units are theory's."""
    page.locator(".vk-option", has_text="fast").click()
    press(page, "Play")
    arrive(page)


def beta(page: Page, index: int = 0) -> float:
    settle(page)
    return float(page.locator(".vk-handle").nth(index).get_attribute("aria-valuenow"))


def check_theory(page: Page, noise: float, weight: float, units: int) -> None:
    """The column of theory is the package's, to what is written."""
    exact = linear_rate_distortion(torch.tensor(SPECTRUM, dtype=torch.float64), noise, weight, units)
    active = sum(value > weight * noise for value in SPECTRUM[:units])
    expected = [active, exact.rate, exact.distortion, exact.rate + exact.distortion]
    expected.append(exact.distortion + weight * exact.rate)
    shown = table(page)
    assert list(shown) == ROWS
    assert [theory for _, theory in shown.values()] == pytest.approx(expected, abs=6e-4)
