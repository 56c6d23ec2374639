"""What readers who use a keyboard or a screen reader need beyond what Sphinx and the theme give them."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# docutils gives entries of a bibliography a role that browsers have dropped, and that a list must not contain.
ROLES = ((' role="doc-biblioentry"', ' role="listitem"'),)


def correct_roles(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Replace roles in the body of a page."""
    for wrong, right in ROLES:
        context["body"] = context.get("body", "").replace(wrong, right)


def setup(app: Sphinx) -> None:
    """Register the correction; `static/book.js` lets wide formulas be scrolled with the keyboard."""
    app.connect("html-page-context", correct_roles)
