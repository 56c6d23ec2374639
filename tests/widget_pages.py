"""Widgets on pages of their own: what the browser tests look at, drawn by the loader of the book."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from axe_playwright_python.sync_playwright import Axe
from ipywidgets import Widget
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import Browser, Page
from torch import nn

from vaekit.widgets import DecoderWeights, LatentExplorer

DESKTOP, PHONE = {"width": 1100, "height": 900}, {"width": 390, "height": 844}
Open = Callable[..., Page]
LOADER = Path(__file__).parents[1] / "bookext" / "static" / "widget_loader.js"
FRAME = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>body { margin: 1rem auto; max-width: 46rem; }
html[data-theme="dark"] { background: #121212; color: #ddd; }</style></head><body><main><h1>Widgets</h1>%s</main>
<script>%s</script></body></html>"""
# Puts one part as large as all of them in the place of an element's parts, so that what scrolls still does.
HOLLOW = """left => {
  const measure = (el) => {
    const box = el.getBoundingClientRect(), scrolls = el.matches("pre, .wide-formula");
    return [el, scrolls ? el.scrollWidth : box.width, box.height];
  };
  for (const [el, width, height] of Array.from(document.querySelectorAll(left), measure)) {
    const part = document.createElement("span");
    part.style = `display: inline-block; width: ${width}px; height: ${height}px`;
    el.replaceChildren(part);
  }
}"""
# Time of every animation frame's scripts, of the first that finds a widget drawn, and of tasks over 50 ms.
CLOCK = """
window.times = [];
window.slow = [];
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => ask((now) => {
  const start = performance.now();
  draw(now);
  times.push(performance.now() - start);
  if (!window.drawn && document.querySelector("[data-ready]")) window.drawn = performance.now();
});
const note = (list) => slow.push(...list.getEntries().map((task) => task.duration));
new PerformanceObserver(note).observe({ type: "longtask" });
"""
SCRIPT = '<script type="application/vnd.jupyter.widget-%s+json">%s</script>'


def decoder() -> nn.Sequential:
    """A decoder with weights as large as trained ones, so that its pixels use the whole range."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 200), nn.Tanh(), nn.Linear(200, 784))
        with torch.no_grad():
            net[0].weight.mul_(2.0)
            net[2].weight.mul_(4.0)
    return net


def explorer(weights: DecoderWeights | None = None, **options: Any) -> LatentExplorer:
    """An explorer of `decoder()` with 400 codes of ten classes, the k-th class on the k-th ray."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(400) % 10
    radius = 0.5 + 2.5 * torch.rand(400, generator=generator)
    angle = labels * (2 * torch.pi / 10) + 0.2 * torch.rand(400, generator=generator)
    codes = torch.stack([radius * angle.cos(), radius * angle.sin()], 1)
    return LatentExplorer(weights or DecoderWeights(decoder()), codes, labels, extent=3.5, **options)


def static_page(
    path: Path, *widgets: Widget, between: str = "", damage: Callable[[dict[str, Any]], None] | None = None
) -> str:
    """Write a page as myst-nb does, with `between` after each view and the state changed by `damage`; its address."""
    data = embed_data(views=widgets, state=dependency_state(widgets, drop_defaults=False))
    if damage is not None:
        damage(data["manager_state"]["state"])
    views = "".join(SCRIPT % ("view", json.dumps(view)) + between for view in data["view_specs"])
    state = SCRIPT % ("state", json.dumps(data["manager_state"]).replace("</script>", r"<\/script>"))
    path.write_text(FRAME % (views + state, LOADER.read_text(encoding="utf-8")), encoding="utf-8")
    return path.as_uri()


@contextmanager
def pages(browser: Browser, folder: Path) -> Iterator[Open]:
    """Open static pages with widgets, each until one is drawn; an error or a request on a page fails the test."""
    contexts, errors = [], []

    def open_(*widgets: Widget, viewport: dict[str, int] = DESKTOP, touch: bool = False, **options: Any) -> Page:
        address = static_page(folder / "page.html", *widgets, **options)
        contexts.append(browser.new_context(viewport=viewport, has_touch=touch, device_scale_factor=2))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.append(request.url) if request.url.startswith("http") else None)
        page.add_init_script(CLOCK)
        page.goto(address)
        page.wait_for_selector("[data-ready], .widget-panel")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def settle(page: Page) -> None:
    """Wait until what was asked for is painted."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def middle(page: Page, selector: str = ".vk-handle") -> tuple[float, float]:
    """Where the middle of the first such element is, once all is painted."""
    settle(page)
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def facts(page: Page, index: int = 0) -> dict[str, str]:
    """The readout of a widget."""
    settle(page)
    box = page.locator(".vk").nth(index)
    return dict(zip(box.locator("dt").all_inner_texts(), box.locator("dd").all_inner_texts(), strict=True))


def point(page: Page, index: int = 0) -> tuple[float, float]:
    first, second = facts(page, index)["z"].strip("()").replace("−", "-").split(", ")
    return float(first), float(second)


def pixels(page: Page, canvas: str = ".vk-picture", index: int = 0) -> list[int]:
    """The red channel of a canvas; of a large one every seventh pixel."""
    settle(page)
    script = """(c) => {
      const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height), step = data.length > 1e5 ? 28 : 4;
      return Array.from({ length: Math.ceil(data.length / step) }, (_, i) => data[step * i]);
    }"""
    return page.locator(canvas).nth(index).evaluate(script)


def assert_accessible(page: Page) -> None:
    """Assert that axe finds nothing, and that the page is no wider than its window."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def assert_easy_to_touch(page: Page, controls: str) -> None:
    """Assert that every control is at least 44 pixels wide and high."""
    for control in page.locator(controls).all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44, control.evaluate("(el) => el.outerHTML")
