"""Shared by all tests: shapes checked at run time, one thread, a browser and the built book."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from jaxtyping import install_import_hook
from playwright.sync_api import Browser, Page, sync_playwright

from tests import type_checks

ROOT = Path(__file__).parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Nothing that Chromium does on its own account may look like a request of a page.
CHROMIUM_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

install_import_hook("vaekit", f"{type_checks.__name__}.checked")
torch.set_num_threads(1)


def _skip_unless_required(reason: str) -> None:
    """Skip the browser tests with a reason, or fail where they are required to run."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        _skip_unless_required("no Chromium is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open static pages with widgets; see `widget_pages.pages`."""
    from tests.widget_pages import pages  # only here: vaekit is imported after the hook that checks its types

    with pages(browser, tmp_path) as open_:
        yield open_


@pytest.fixture(scope="session")
def site_dir() -> Path:
    """The folder of the built book."""
    path = ROOT / "_build" / "html"
    if not (path / "index.html").is_file():
        _skip_unless_required("the book is not built: python3 tasks.py book")
    return path


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def site(site_dir: Path) -> Iterator[str]:
    """The address of the built book, served on this machine alone."""
    handler = functools.partial(_QuietHandler, directory=str(site_dir))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
