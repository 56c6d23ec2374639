"""A small book, built with the real configuration, shows that outputs are never stale and pages never go astray."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

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
WIDGET = "import ipywidgets\nipywidgets.VBox([ipywidgets.HTML('<b>live</b>')])"
NOTATION = "# Notation\n\nAs in [the proof](chapters/01_small.ipynb#proof).\n\n## A section\n\nText only.\n"
TOC = {"format": "jb-book", "root": "index", "chapters": [{"file": NAME}, {"file": "notation"}]}

pytestmark = pytest.mark.slow


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
        cells = [new_markdown_cell(TEXT), new_code_cell(CODE), new_code_cell(WIDGET)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / f"{NAME}.ipynb")

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


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The small book, executed ahead and built."""
    book = Book(tmp_path_factory.mktemp("book"))
    assert "[1/1] chapters/01_small" in book.fill()
    book.build()
    return book


def test_the_build_uses_outputs_executed_ahead_and_a_second_build_executes_nothing(book: Book) -> None:
    assert "answer 1" in book.page()
    assert "of which 0 to execute" in book.fill()
    book.build()
    assert book.executions == 1


def test_links_to_headings_and_boxes_of_this_and_other_pages_resolve(book: Book) -> None:
    page = book.page()
    assert '<div class="box box-statement" id="theorem-1-1" role="note">' in page
    assert page.count('href="#theorem-1-1"') == 2
    assert 'href="../notation.html#a-section"' in page
    assert 'id="proof"' in page and page.count("<blockquote>") == 1
    assert 'href="chapters/01_small.html#proof"' in book.page("notation")


def test_details_hold_typeset_maths_and_code(book: Book) -> None:
    details = book.page().split("<details>")[1].split("</details>")[0]
    assert '<span class="math' in details and "<code" in details


def test_widget_state_survives_the_cache_and_no_widget_manager_is_loaded(book: Book) -> None:
    page = book.page()
    assert "application/vnd.jupyter.widget-state+json" in page and "live" in page
    assert "require.js" not in page and "//cdn" not in page and "unpkg" not in page


def test_a_page_loads_maths_code_and_widget_scripts_only_if_it_shows_such_things(book: Book) -> None:
    chapter, notation = book.page(), book.page("notation")
    for name in ("mathjax/startup.js", "copybutton.js", "mystnb.", "widget_loader.js"):
        assert name in chapter and name not in notation, name
    assert "searchindex.js" not in chapter and "fontawesome.js" not in chapter


def test_the_same_commit_executed_twice_prints_the_same(book: Book) -> None:
    first, before = book.text_outputs(), book.executions
    shutil.rmtree(book.folder / "_build")
    book.fill()
    assert book.executions == before + 1
    assert book.text_outputs() == first == ["answer 1\n", "{'a': 1.5}"]


def test_an_edit_of_the_package_is_executed_again_even_by_a_plain_build(book: Book) -> None:
    before = book.executions
    book.set_answer(2)
    book.build()
    assert "answer 2" in book.page() and "answer 1" not in book.page()
    assert book.executions == before + 1
    assert len(list((book.folder / "_build" / ".jupyter_cache").iterdir())) == 1


def test_a_failing_cell_ends_the_run_with_its_source_and_traceback(tmp_path: Path) -> None:
    book = Book(tmp_path)
    notebook = nbformat.read(book.folder / f"{NAME}.ipynb", as_version=4)
    notebook.cells[1].source = "left = 1\nleft / 0"
    nbformat.write(notebook, book.folder / f"{NAME}.ipynb")
    with pytest.raises(AssertionError) as failure:
        book.fill()
    for part in ("01_small", "left / 0", "ZeroDivisionError"):
        assert part in str(failure.value)
