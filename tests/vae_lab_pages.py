"""What the browser tests of `VaeLab` do to its pages: train, press, slide, and look."""

from typing import Any

from playwright.sync_api import Page

from tests.widget_pages import Open, facts, settle
from vaekit.widgets import VaeLab

DATA, LATENT, TERMS, RATES = range(4)
CHECKSUMS = """(all) => all.slice(0, 4).map((c) => {
  const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
  return new Uint32Array(data.buffer).reduce((sum, v) => (Math.imul(sum, 31) + v) | 0, 0);
})"""
UPDATES = "(n) => Number(document.querySelector('.vk dd').textContent.replace(',', '')) >= n"


def warm(open_page: Open, *widgets: VaeLab, **options: Any) -> Page:
    """A page whose first lab has come to its first 400 updates."""
    page = open_page(*widgets, **options)
    until(page, 400)
    return page


def until(page: Page, updates: int) -> None:
    page.wait_for_function(UPDATES, arg=updates, timeout=30_000)


def updates(page: Page, index: int = 0) -> int:
    return int(facts(page, index)["updates"].replace(",", ""))


def number(page: Page, name: str) -> float:
    return float(facts(page)[name].split()[0].replace("−", "-"))


def press(page: Page, name: str, index: int = 0) -> None:
    page.get_by_role("button", name=name, exact=True).nth(index).click()


def choose(page: Page, name: str) -> None:
    page.locator(".vk-option").filter(has=page.get_by_text(name, exact=True)).first.click()


def slide(page: Page, name: str, key: str, times: int = 1) -> str:
    """Press a key on a slider; what it then tells."""
    for _ in range(times):
        page.get_by_label(name, exact=True).press(key)
    settle(page)
    return page.get_by_label(name, exact=True).get_attribute("aria-valuetext")


def paintings(page: Page) -> list[int]:
    """A checksum of each canvas."""
    settle(page)
    return page.locator(".vk-lab canvas").evaluate_all(CHECKSUMS)


def train(page: Page, to: int) -> None:
    """Train at full speed to at least `to` updates."""
    choose(page, "fast")
    press(page, "Train")
    until(page, to)
    press(page, "Pause")
