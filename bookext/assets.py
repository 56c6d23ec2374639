"""What a page loads: nothing from outside the site, and nothing that the page does not use.

Jupyter Book takes MathJax from a content delivery network and adds the scripts and styles of every extension to every
page. Here MathJax comes from an installed package, and a page drops what finds nothing on it to work on. Templates of
the theme that load more than is used are replaced in `templates/`.
"""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

HERE = Path(__file__).parent

# The parts of MathJax that typeset TeX and describe it to screen readers. Its ready-made bundle of 1.2 MB adds a menu.
MATHJAX_PARTS = ["input/tex", "output/chtml", "a11y/assistive-mml"]
MATHJAX_FILES = [
    *("startup.js", "core.js", "input/tex.js", "output/chtml.js", "a11y/assistive-mml.js"),
    *("input/tex/extensions", "output/chtml/fonts"),
]

STATIC_FILES = ("book.css", "book.js")  # the widget loader is added by widgets.py

# Part of an asset's file name or of an inline script -> what a page must contain for it to be of use.
NEEDED_BY = {
    "mathjax/": 'class="math',
    "window.MathJax": 'class="math',
    "sphinx-design": 'class="sd-',
    "design-tabs": 'class="sd-tab',
    "copybutton": "<pre",
    "clipboard": "<pre",
    "mystnb": 'class="cell',
}


def configure(app: Sphinx, config: Config) -> None:
    """Add our templates and styles, and take MathJax from the site itself."""
    config.templates_path.insert(0, str(HERE / "templates"))
    config.html_static_path.extend(str(HERE / "static" / name) for name in STATIC_FILES)
    config.html_favicon = str(HERE / "static" / "favicon.svg")
    config.mathjax_path = "mathjax/startup.js"
    config.mathjax3_config = {"loader": {"load": MATHJAX_PARTS}}


def _mathjax_folder() -> Path:
    """Return where MathJax is installed; the package's name is no identifier, so it cannot be imported by one."""
    name = "sphinx-mathjax-offline"
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: run `python3 tasks.py setup`")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Sphinx) -> None:
    """Copy the parts of MathJax that pages may load, before pages are written, so that links carry their checksum."""
    if app.builder.format != "html":
        return
    source = _mathjax_folder()
    for name in MATHJAX_FILES:
        target = Path(app.outdir) / "_static" / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / name, target)


def let_search_work_from_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Switch off the summaries of search results where the browser may not fetch the pages that they come from."""
    if page == "search":
        switch = "if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;"
        app.add_js_file(None, body=switch)


def _is_needed(asset: Any, body: str) -> bool:
    """Say whether a page with this body has a use for a script or style sheet."""
    name = str(asset.filename or asset.attributes.get("body", "")[:100])
    return all(mark in body for part, mark in NEEDED_BY.items() if part in name)


def drop_unused(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Remove from a page the assets that it has no use for."""
    body = context.get("body", "")
    for key in ("script_files", "css_files"):
        context[key][:] = [asset for asset in context[key] if _is_needed(asset, body)]


def setup(app: Sphinx) -> None:
    """Register the handlers; the last one runs after all extensions have added their assets."""
    app.connect("config-inited", configure)
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", let_search_work_from_files)
    app.connect("html-page-context", drop_unused, priority=950)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", loading_method="defer", priority=900)
