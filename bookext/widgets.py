"""Widgets on the static page: our loader instead of the widget manager, on just the pages that hold widget state.

myst-nb embeds the state of a notebook's widgets and a script element for each view. It would fetch a widget manager
from the network to draw them; `static/widget_loader.js` draws them from what the page already holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.fileutil import copy_asset_file

STATE_TYPE = "application/vnd.jupyter.widget-state+json"
VIEW_TYPE = "application/vnd.jupyter.widget-view+json"
LOADER = Path(__file__).parent / "static" / "widget_loader.js"
# Jupyter Book loads every script of a `_static` source folder on every page, so the loader goes straight to the output.
FOLDER = "vaekit"
FALLBACK = (
    '<noscript><p class="widget-fallback">This figure is interactive and needs JavaScript; '
    "the text and the other figures of this page do not.</p></noscript>"
)


def drop_widget_manager(app: Sphinx, config: Config) -> None:
    """Keep myst-nb from loading require.js and the widget manager from the network."""
    config["nb_ipywidgets_js"] = {}


def copy_loader(app: Sphinx) -> None:
    """Put the loader into the output before pages are written, so that their links carry its checksum."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        copy_asset_file(str(LOADER), str(folder))


def add_loader(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.Node) -> None:
    """Load `widget_loader.js` on a page that holds widget state."""
    scripts = context.get("script_files", [])
    if any(getattr(script, "attributes", {}).get("type") == STATE_TYPE for script in scripts):
        # Deferred: the page is parsed by then; and before MathJax, whose typesetting it holds back for a moment.
        app.add_js_file(f"{FOLDER}/{LOADER.name}", loading_method="defer", priority=200)


class WidgetFallback(SphinxPostTransform):
    """Say, after every widget view, what a reader without JavaScript is missing."""

    default_priority = 400  # after myst-nb has chosen the view among a cell's outputs
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Append the fallback to each raw view."""
        for node in list(self.document.findall(nodes.raw)):
            if VIEW_TYPE in node.astext():
                node.parent.insert(node.parent.index(node) + 1, nodes.raw("", FALLBACK, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the loader with Sphinx."""
    app.connect("config-inited", drop_widget_manager)
    app.connect("builder-inited", copy_loader)
    app.connect("html-page-context", add_loader, priority=900)  # after myst-nb has added the state
    app.add_post_transform(WidgetFallback)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
