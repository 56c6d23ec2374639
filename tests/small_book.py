"""A book in a folder of its own, built with the real configuration and a stub of the package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bookext.kept import KEPT_TAGS

ROOT = Path(__file__).parents[1]
NAME = "chapters/01_small"
TEXT = """# A small chapter

See [the theorem](#theorem-1-1), [it from outside](01_small.ipynb#theorem-1-1)
and [the notation](../notation.md#a-section).

> **Theorem 1.1 (Title with $x$).** For $q(z)$,
>
> $$\\log p \\ge \\mathcal{L}.$$

> **Proof.** Easy.

> Just a quote.

<details>
<summary>Hint</summary>

Use $\\mu$ and `code`.

</details>
"""
CODE = """import pathlib
import vaekit
with pathlib.Path("executions.txt").open("a") as file:
    file.write("x")
print("answer", vaekit.ANSWER)
{"a": 1.5}"""
EXACT = "print(1 + 1)"
WIDGET = "import ipywidgets\nipywidgets.VBox([ipywidgets.HTML('<b>live</b>')])"
NOTATION = "# Notation\n\nAs in [the proof](chapters/01_small.ipynb#proof).\n\n## A section\n\nText only.\n"
TOC = {"format": "jb-book", "root": "index", "chapters": [{"file": NAME}, {"file": "notation"}]}


class Book:
    """A book in a folder of its own, with a stub of the package in place of the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "chapters").mkdir()
        (folder / "vaekit").mkdir()
        shutil.copy(ROOT / "_config.yml", folder)
        (folder / "_toc.yml").write_text(json.dumps(TOC))
        (folder / "index.md").write_text("# Home\n\nSee [a chapter](chapters/01_small.ipynb).\n")
        (folder / "notation.md").write_text(NOTATION)
        (folder / "references.bib").write_text("")
        (folder / ".pytest_cache").mkdir()  # holds a page of its own, which is none of the book
        (folder / ".pytest_cache" / "README.md").write_text("# Not a page\n")
        self.set_answer(1)
        exact = new_code_cell(EXACT, metadata={"tags": sorted(KEPT_TAGS)})
        self.write([new_markdown_cell(TEXT), new_code_cell(CODE), exact, new_code_cell(WIDGET)])

    def write(self, cells: list[nbformat.NotebookNode]) -> None:
        """Write the notebook."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.folder / f"{NAME}.ipynb")

    def read(self) -> list[nbformat.NotebookNode]:
        """Return the cells of the notebook."""
        return nbformat.read(self.folder / f"{NAME}.ipynb", as_version=4).cells

    def set_answer(self, value: int) -> None:
        """Edit the package that the notebook imports."""
        (self.folder / "vaekit" / "__init__.py").write_text(f"ANSWER = {value}\n")

    def run(self, *arguments: str) -> str:
        """Run Python in the book's folder; return what it printed."""
        # No compiled files: two edits within a second would look alike to Python.
        environment = dict(os.environ, PYTHONPATH=str(self.folder), PYTHONDONTWRITEBYTECODE="1")
        result = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def fill(self) -> str:
        """Execute what is not stored."""
        return self.run("-m", "bookext.execution")

    def build(self) -> None:
        """Build the pages as anybody would who knows Jupyter Book but not our tasks."""
        code = "from jupyter_book.cli.main import main; main()"
        self.run("-c", code, "build", "-W", "-n", "--keep-going", ".")

    def page(self, name: str = NAME) -> str:
        """Return a built page."""
        return (self.folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf8")

    @property
    def executions(self) -> int:
        """How often the notebook was executed."""
        return len((self.folder / "chapters" / "executions.txt").read_text())

    def text_outputs(self) -> list:
        """Return what the stored execution printed."""
        (stored,) = (self.folder / "_build" / ".jupyter_cache").rglob("base.ipynb")
        cells = nbformat.read(stored, as_version=4).cells
        return [out.get("text") or out["data"]["text/plain"] for out in cells[0].outputs]
