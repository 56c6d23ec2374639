"""How nbval compares notebooks: with their committed outputs, else with those of the book's own execution."""

import functools
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache

from bookext.execution import cache_path, limit_threads, stored

ROOT = Path(__file__).parent
# Drawings and widget states hold random identifiers, progress bars hold times; what they show is also printed.
NOT_COMPARED = ("stderr", "image/png", "image/svg+xml", "application/vnd.jupyter.widget-view+json")

limit_threads()


@functools.cache
def executed(path: Path) -> nbformat.NotebookNode | None:
    """Return a notebook as the book executed it, if the outputs are stored for exactly its present state."""
    folder = cache_path(ROOT)
    return stored(get_cache(folder), path) if folder.is_dir() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every cell of a notebook something to be compared with: equal commits print equal text."""
    for item in items:
        if type(item).__name__ == "IPyNbCell":
            _set_reference(item)


def _set_reference(item: pytest.Item) -> None:
    """Take as reference what the cell was committed with or, where that is nothing, what it printed in the book."""
    tags = set(item.cell.metadata.get("tags", []))
    item.parent.skip_compare = tuple({*item.parent.skip_compare, *NOT_COMPARED})
    if item.cell.outputs:
        item.cell.execution_count = 1  # not committed; without a count nbval takes a cell for one that was never run
    elif "nbval-ignore-output" not in tags and (notebook := executed(Path(item.path))) is not None:
        reference = [cell for cell in notebook.cells if cell.cell_type == "code"][item.cell_num]
        item.cell.outputs, item.cell.execution_count = reference.outputs, 1
        item.options["check"] = True
