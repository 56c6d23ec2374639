"""A small book shows that outputs are never stale, that links and boxes work, and that pages load what they need."""

import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from tests.small_book import ROOT, Book

pytestmark = pytest.mark.slow


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


def test_only_tagged_cells_are_given_the_outputs_they_are_committed_with(book: Book) -> None:
    book.fill()
    book.run("-m", "bookext.kept")
    _, code, exact, widget = book.read()
    assert [output.text for output in exact.outputs] == ["2\n"] and exact.execution_count is None
    assert code.outputs == widget.outputs == []
    assert "of which 0 to execute" in book.fill()


@pytest.mark.parametrize(("code", "passes"), [("print(1)", True), ("import random\nprint(random.random())", False)])
def test_nbval_refuses_a_notebook_that_prints_something_else_than_in_the_book(
    tmp_path: Path, code: str, passes: bool
) -> None:
    book = Book(tmp_path)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    book.write([new_code_cell(code)])
    book.fill()
    nbval = ("-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env", "chapters")
    if passes:
        assert "1 passed" in book.run(*nbval)
    else:
        with pytest.raises(AssertionError, match="Cell outputs differ"):
            book.run(*nbval)


def test_a_failing_cell_ends_the_run_with_its_source_and_traceback(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.write([new_code_cell("left = 1\nleft / 0")])
    with pytest.raises(AssertionError) as failure:
        book.fill()
    for part in ("01_small", "left / 0", "ZeroDivisionError"):
        assert part in str(failure.value)
