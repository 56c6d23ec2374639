"""Write the outputs that notebooks are committed with: `python -m bookext.kept`, after a build.

Cells tagged both `nbval-check-output` and `keep_output` hold exact values, which nbval compares with those of every
later run; all other cells are committed without outputs.
"""

from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from bookext.execution import cache_path, notebooks, stored

KEPT_TAGS = {"nbval-check-output", "keep_output"}


def keep_outputs(path: Path, executed: nbformat.NotebookNode) -> None:
    """Give each tagged cell of the notebook at `path` its output of the execution, and strip all others."""
    notebook = nbformat.read(path, as_version=4)
    for cell, run in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = run.outputs if set(cell.metadata.get("tags", [])) >= KEPT_TAGS else []
            for counted in (cell, *(out for out in cell.outputs if out.output_type == "execute_result")):
                counted.execution_count = None
    nbformat.write(notebook, path)


def main(root: Path) -> None:
    """Do so for every notebook that was executed in its present state."""
    cache = get_cache(cache_path(root))
    for path in (path for path in notebooks(root) if path.suffix == ".ipynb"):
        if (executed := stored(cache, path)) is None:
            print(f"{path.name}: not executed in its present state; run python3 tasks.py book first")
        else:
            keep_outputs(path, executed)


if __name__ == "__main__":
    main(Path.cwd())
