"""The notebooks and the configuration keep the form that every reader's tool relies on."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache
from sphinx_external_toc.parsing import parse_toc_yaml

from bookext.boxes import parse_label
from bookext.execution import cache_path, source_hash, stored
from bookext.kept import KEPT_TAGS

ROOT = Path(__file__).parents[1]
CODE = ("vaekit", "bookext", "tests", "experiments", "benchmarks")
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    """Return the cells of one kind."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def without_code(markdown: str) -> str:
    """Return Markdown without fenced blocks and code spans, which may show any syntax."""
    markdown = re.sub(r"^(```+|~~~+).*?^\1\s*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+).+?\1", "", markdown, flags=re.DOTALL)


def test_every_page_of_the_table_of_contents_exists_and_every_notebook_is_in_it() -> None:
    pages = set(parse_toc_yaml(ROOT / "_toc.yml"))
    assert {f"chapters/{path.stem}" for path in NOTEBOOKS} <= pages
    assert [page for page in pages if not any((ROOT / f"{page}{end}").is_file() for end in (".ipynb", ".md"))] == []


@each_notebook
def test_notebook_is_valid_and_names_the_default_kernel(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


@each_notebook
def test_only_checked_cells_are_committed_with_outputs(path: Path) -> None:
    for cell in cells(path, "code"):
        tags = set(cell.metadata.get("tags", []))
        assert len(tags & KEPT_TAGS) != 1, f"tag with both of {KEPT_TAGS} or neither: {cell.source}"
        assert bool(cell.outputs) == (tags >= KEPT_TAGS) and cell.execution_count is None, cell.source


@each_notebook
def test_notebook_has_no_myst_directive_or_role(path: Path) -> None:
    for cell in cells(path, "markdown"):
        assert not re.search(r"^\s*(```+|~~~+|:::+)\s*\{", cell.source, re.MULTILINE), cell.source
        assert not re.search(r"^\s*:::", without_code(cell.source), re.MULTILINE), cell.source
        assert not re.search(r"\{[\w:+-]+\}`", cell.source), cell.source
        assert not re.search(r"^\(.+\)=\s*$", without_code(cell.source), re.MULTILINE), cell.source


@each_notebook
def test_no_table_holds_a_bar_that_markdown_would_take_for_its_own(path: Path) -> None:
    for cell in cells(path, "markdown"):
        assert not re.search(r"^>? ?\|.*\\\|", cell.source, re.MULTILINE), r"write \Vert: " + cell.source


@each_notebook
def test_every_fence_and_every_details_block_is_closed_in_its_cell(path: Path) -> None:
    for cell in cells(path, "markdown"):
        assert len(re.findall(r"^\s*(?:```|~~~)", cell.source, re.MULTILINE)) % 2 == 0, cell.source
        text = without_code(cell.source)
        assert text.count("<details") == text.count("</details>") == text.count("</summary>"), cell.source


@each_notebook
def test_what_details_hide_is_parsed_as_markdown(path: Path) -> None:
    """CommonMark reads on as HTML until an empty line, so maths without one before it would stay dollars."""
    for cell in cells(path, "markdown"):
        assert not re.search(r"</summary>[ \t]*\S", cell.source), cell.source
        assert not re.search(r"</summary>[ \t]*\n(?!\s*\n)", cell.source), cell.source
        assert not re.search(r"\S[ \t]*\n</details>", cell.source), cell.source


@each_notebook
def test_no_executed_cell_printed_a_warning(path: Path) -> None:
    """The pages leave out stderr, where progress bars go; so nothing else may hide there."""
    notebook = stored(get_cache(cache_path(ROOT)), path) if cache_path(ROOT).is_dir() else None
    if notebook is None:
        pytest.skip("not executed in its present state: python3 tasks.py book")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                assert "Warning" not in output.text, output.text


def test_every_requirement_is_pinned_and_the_project_itself_comes_last() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines[:-1] if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", line)] == []
    assert lines[-1] == "-e ."


def imported_modules() -> set[str]:
    """Return the top-level names that the project's Python files and notebooks import."""
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")] + [ROOT / "conftest.py"]
    sources = [path.read_text(encoding="utf8") for path in files]
    sources += ["\n".join(cell.source for cell in cells(path, "code")) for path in NOTEBOOKS]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in names}


def test_every_imported_package_is_pinned() -> None:
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines()}
    packages = packages_distributions()
    ours = {*CODE, "tasks", *(path.stem for path in (ROOT / "experiments").glob("*.py"))}
    others = imported_modules() - sys.stdlib_module_names - ours
    unpinned = {
        name: packages.get(name)
        for name in others
        if not pinned & {re.sub(r"[_.]", "-", package.lower()) for package in packages.get(name, [])}
    }
    assert unpinned == {}


def test_build_backend_is_pinned_and_the_browser_may_ask_for_no_extra_host() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert all("==" in requirement for requirement in project["build-system"]["requires"])
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert "launch_buttons" not in config and "sphinx_thebe" not in config["sphinx"]["config"]["extensions"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Theorem 2.1 (The bound, for $q$).", ("statement", "theorem-2-1")),
        ("Proof.", ("proof", "proof")),
        ("Key idea.", ("idea", "key-idea")),
        ("Common mistake.", ("mistake", "common-mistake")),
        ("Exercise 5.2 (hard).", ("exercise", "exercise-5-2")),
        ("Predict.", ("predict", "predict")),
        ("Note well.", None),
        ("Theorem of the day.", None),
    ],
)
def test_a_box_label_gives_its_style_and_a_stable_anchor(label: str, expected: tuple[str, str] | None) -> None:
    assert parse_label(label) == expected


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A small project with one file of each kind that outputs depend on."""
    for name in ("vaekit/a.py", "vaekit/widgets/w.js", "experiments/results/r.json", "requirements.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["vaekit/a.py", "vaekit/widgets/w.js", "experiments/results/r.json", "requirements.txt"]
)
def test_cache_hash_changes_with_any_byte_an_output_depends_on(sources: Path, name: str) -> None:
    before = source_hash(sources)
    (sources / name).write_text("2")
    assert source_hash(sources) != before


def test_cache_hash_changes_when_a_source_is_renamed_but_not_with_compiled_files(sources: Path) -> None:
    before = source_hash(sources)
    (sources / "vaekit" / "__pycache__").mkdir()
    (sources / "vaekit" / "__pycache__" / "a.cpython-311.pyc").write_text("x")
    (sources / "README.md").write_text("x")
    assert source_hash(sources) == before
    (sources / "vaekit" / "a.py").rename(sources / "vaekit" / "b.py")
    assert source_hash(sources) != before
