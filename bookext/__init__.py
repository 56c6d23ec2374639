"""The book's Sphinx extension: offline assets, styled boxes, the execution cache and widgets on the static page."""

import zlib
from pathlib import Path

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, int | bool]:
    """Register every part of the extension; an edit in any of them makes Sphinx read all pages anew."""
    # Imported here, so that each part can also run by itself.
    from bookext import accessibility, assets, boxes, execution, widgets

    for part in (execution, boxes, accessibility, assets, widgets):
        part.setup(app)
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return {"env_version": zlib.crc32(sources), "parallel_read_safe": True, "parallel_write_safe": True}
