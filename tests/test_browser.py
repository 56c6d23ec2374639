"""Every page of the built book, in a real browser, served and opened as a file: nothing fails and nothing leaves."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Route
from sphinx_external_toc.parsing import parse_toc_yaml

from tests.widget_pages import HOLLOW

pytestmark = pytest.mark.browser

TOC = Path(__file__).parents[1] / "_toc.yml"
PAGES = [f"{name}.html" for name in (*parse_toc_yaml(TOC), "genindex", "py-modindex", "search")]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
IMAGES = (
    "Array.from(document.images, i => ({alt: i.getAttribute('alt'), width: i.naturalWidth, src: i.src.slice(-80)}))"
)
ALIKE = ("mjx-container", "pre")

each_page = pytest.mark.parametrize("name", PAGES)
both_ways = pytest.mark.parametrize("scheme", ["http", "file"])


class Visit:
    """A page together with all that it asked for and all that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page, self.problems, self.requests = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        page.on("response", lambda response: response.ok or self.problems.append(f"{response.status}: {response.url}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("console", self._on_console)
        page.route(_is_outside, self._refuse)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _refuse(self, route: Route) -> None:
        self.problems.append(f"leaves the site: {route.request.url}")
        route.abort()

    def open(self, url: str) -> Page:
        """Open a page and wait until it is drawn, maths included."""
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(
            "async () => { if (window.MathJax) await MathJax.startup.promise; await document.fonts.ready; }"
        )
        return self.page


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("file", "blob", "data") and parts.hostname != "127.0.0.1"


@pytest.fixture(scope="module")
def address(site: str, site_dir: Path) -> Callable[[str, str], str]:
    """Return the address of a page over http or as a file."""
    return lambda scheme, name: (site if scheme == "http" else site_dir.as_uri() + "/") + name


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh browser on a desktop."""
    with browser.new_context(viewport=DESKTOP) as context:
        yield Visit(context.new_page())


@pytest.fixture(scope="module")
def facts(browser: Browser, address: Callable) -> Callable[[str, str], dict[str, Any]]:
    """Visit a page once, on a desktop and then at the width of a phone, and return what there is to say about it."""

    @functools.cache
    def look(scheme: str, name: str) -> dict[str, Any]:
        with browser.new_context(viewport=DESKTOP) as context:
            visit = Visit(context.new_page())
            page = visit.open(address(scheme, name))
            counts = {"maths": ".math", "typeset": "mjx-container", "rejected": "mjx-merror"}
            facts = {key: page.locator(selector).count() for key, selector in counts.items()}
            facts["images"] = page.evaluate(IMAGES)
            page.set_viewport_size(PHONE)
            facts["phone_width"] = page.evaluate("document.documentElement.scrollWidth")
            return facts | {"problems": visit.problems, "requests": visit.requests}

    return look


@both_ways
@each_page
def test_page_loads_without_a_failure_or_a_request_that_leaves_the_site(
    facts: Callable, scheme: str, name: str
) -> None:
    assert facts(scheme, name)["problems"] == []


@both_ways
@each_page
def test_maths_is_typeset_by_one_mathjax_loaded_only_where_needed(facts: Callable, scheme: str, name: str) -> None:
    page = facts(scheme, name)
    assert page["typeset"] >= page["maths"] and page["rejected"] == 0
    assert sum("mathjax/startup.js" in url for url in page["requests"]) == (page["maths"] > 0)
    assert not any("tex-chtml" in url or "tex-mml-chtml" in url for url in page["requests"])


@each_page
def test_page_fits_a_phone(facts: Callable, name: str) -> None:
    assert facts("http", name)["phone_width"] <= PHONE["width"]


@each_page
def test_every_image_is_loaded_and_says_what_it_shows(facts: Callable, name: str) -> None:
    for image in facts("http", name)["images"]:
        assert image["alt"] and "_images/" not in image["alt"], image
        assert image["width"] > 0, image


@each_page
def test_no_page_fetches_an_icon_font_or_scripts_of_the_theme_that_it_does_not_use(facts: Callable, name: str) -> None:
    assert [url for url in facts("http", name)["requests"] if "fontawesome" in url or "bootstrap" in url] == []


@each_page
@pytest.mark.parametrize(("viewport", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_axe_finds_nothing_inaccessible(browser: Browser, site: str, name: str, viewport: dict, theme: str) -> None:
    """Formulas and code are left out: their thousands of parts are made alike, by MathJax and a style for contrast."""
    with browser.new_context(viewport=viewport, color_scheme=theme) as context:
        page = Visit(context.new_page()).open(site + name)
        page.evaluate(HOLLOW, ",".join(ALIKE))
        result = Axe().run(page, context={"exclude": [[selector] for selector in ALIKE]})
    assert result.violations_count == 0, result.generate_report()


@both_ways
@pytest.mark.parametrize("system", ["light", "dark"])
def test_theme_follows_the_system_and_the_switch(browser: Browser, address: Callable, scheme: str, system: str) -> None:
    with browser.new_context(viewport=DESKTOP, color_scheme=system) as context:
        page = Visit(context.new_page()).open(address(scheme, "index.html"))
        ground = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        assert page.evaluate("document.documentElement.dataset.theme") == system
        for _ in range(2):  # from the system's theme over the same theme to the other one
            page.locator(".theme-switch-button:visible").first.click()
            if page.evaluate("document.documentElement.dataset.theme") != system:
                break
        assert page.evaluate("document.documentElement.dataset.theme") != system
        assert page.evaluate(ground) != before


@both_ways
def test_search_finds_the_elbo(visit: Visit, address: Callable, scheme: str) -> None:
    page = visit.open(address(scheme, "index.html"))
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input[name=q]").fill("ELBO")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html*")
    page.locator("#search-results li a[href*='05_building_a_vae']").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert (page.locator("#search-results p.context").count() > 0) == (scheme == "http")
    assert visit.problems == []


def test_a_formula_that_does_not_fit_a_phone_can_be_scrolled_with_the_keyboard(browser: Browser, site: str) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = Visit(context.new_page()).open(site + "chapters/05_building_a_vae.html")
        wide = page.locator(".wide-formula[tabindex='0']")
        assert wide.count() > 0
        wide.first.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_a_page_is_printed_in_the_light_theme(browser: Browser, site: str) -> None:
    with browser.new_context(viewport=DESKTOP, color_scheme="dark") as context:
        page = Visit(context.new_page()).open(site + "index.html")
        theme = "document.documentElement.dataset.theme"
        page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {theme}; }})")
        page.pdf()
        assert (page.evaluate("window.printed"), page.evaluate(theme)) == ("light", "dark")


def test_a_box_and_a_details_block_are_styled(visit: Visit, site: str) -> None:
    page = visit.open(site + "chapters/05_building_a_vae.html")
    rule = "e => getComputedStyle(e).borderLeftWidth"
    assert page.locator(".box").first.evaluate(rule) != "0px"
    details = page.locator(".bd-article details:not(.hide)").first
    details.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert details.evaluate("e => e.open")
