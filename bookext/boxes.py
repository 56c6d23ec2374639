"""Turn block quotes that begin with a bold label into styled boxes with an anchor.

`> **Theorem 2.1 (Title).** …` is a plain quote on GitHub and in JupyterLab; on the built page it becomes a box with the
id `theorem-2-1`, which links reach from every page: `[that theorem](02_elbo.ipynb#theorem-2-1)`.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

KINDS = {
    "theorem": "statement",
    "lemma": "statement",
    "proposition": "statement",
    "corollary": "statement",
    "definition": "statement",
    "proof": "proof",
    "example": "example",
    "worked example": "example",
    "exercise": "exercise",
    "predict": "predict",
    "predict first": "predict",
    "key idea": "idea",
    "common mistake": "mistake",
}
_LABEL = re.compile(
    rf"(?P<kind>{'|'.join(sorted(KINDS, key=len, reverse=True))})(?: (?P<number>\d+(?:\.\d+)*))?(?: \(.*\))?\.?",
    re.IGNORECASE | re.DOTALL,
)


class box(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes in lower case
    """A block with a label, a kind that decides its look, and an anchor."""


def parse_label(text: str) -> tuple[str, str] | None:
    """Return the style and the anchor of a label such as "Theorem 2.1 (Title).", or None if it is not one."""
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        return None
    kind = match["kind"].lower()
    return KINDS[kind], nodes.make_id(f"{kind} {match['number'] or ''}".replace(".", "-"))


def _label_node(quote: nodes.block_quote) -> nodes.strong | None:
    """Return the bold text with which a quote begins, if it does."""
    if not len(quote) or not isinstance(quote[0], nodes.paragraph):
        return None
    first = next((child for child in quote[0] if child.astext()), None)
    return first if isinstance(first, nodes.strong) else None


class BoxTransform(SphinxTransform):
    """Replace labelled block quotes by boxes, early enough for links to find their anchors."""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        """Replace the quotes of one document and publish the anchors beside those of its headings."""
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        self.document.myst_slugs = slugs
        for quote in list(self.document.findall(nodes.block_quote)):
            label = _label_node(quote)
            if label is not None and (parsed := parse_label(label.astext())) is not None:
                style, anchor = parsed[0], self._unused(parsed[1])
                label["classes"].append("box-label")
                new = box("", *quote.children, ids=[anchor], classes=["box", f"box-{style}"])
                new.source, new.line = quote.source, quote.line
                quote.replace_self(new)
                self.document.ids[anchor] = new
                slugs[anchor] = (quote.line or 0, anchor, label.astext().rstrip("."))

    def _unused(self, anchor: str) -> str:
        """Return `anchor`, numbered if the page already has it."""
        candidate, count = anchor, 1
        while candidate in self.document.ids:
            count += 1
            candidate = f"{anchor}-{count}"
        return candidate


def _visit_box(self: HTML5Translator, node: box) -> None:
    self.body.append(self.starttag(node, "div", role="note"))


def _depart_box(self: HTML5Translator, node: box) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Register the box and its transform; other builders show the content alone."""
    passthrough = (lambda self, node: None, lambda self, node: None)
    app.add_node(box, html=(_visit_box, _depart_box), latex=passthrough, text=passthrough)
    app.add_transform(BoxTransform)
