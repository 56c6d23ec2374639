"""Every chapter has every part of its anatomy, in order: the notebooks are read, and what is missing is named."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from bookext.kept import KEPT_TAGS
from vaekit import gates, widgets

CHAPTERS = sorted((Path(__file__).parents[1] / "chapters").glob("[0-9][0-9]_*.ipynb"))
# A chapter that only refreshes what the reader has met derives nothing new.
REFRESHERS = {"00"}
HEADINGS = ["By hand", "Check it", "On real data", "Worked examples", "Common mistakes", "Practice"]
CLOSING = ["Key takeaways", "Connections", "References"]
WIDGETS = [kind.__name__ for kind in widgets.CourseWidget.__subclasses__()]
MOST_WORDS = 3500

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
each_deriving = pytest.mark.parametrize(
    "path", [path for path in CHAPTERS if path.stem[:2] not in REFRESHERS], ids=lambda path: path.stem
)
Cells = list[nbformat.NotebookNode]


@cache
def cells(path: Path) -> tuple[nbformat.NotebookNode, ...]:
    return tuple(nbformat.read(path, as_version=4).cells)


def text(some: Cells | tuple[nbformat.NotebookNode, ...], kind: str = "markdown") -> str:
    return "\n\n".join(cell.source for cell in some if cell.cell_type == kind)


@cache
def sections(path: Path) -> dict[str, Cells]:
    """The cells under each heading of level 2; what comes before the first is under ""."""
    found, heading = {"": []}, ""
    for cell in cells(path):
        parts = re.split(r"^## (.+)$", cell.source, flags=re.MULTILINE) if cell.cell_type == "markdown" else [None]
        for i in range(0, len(parts), 2):
            heading = parts[i - 1] if i else heading
            piece = cell if parts == [None] else nbformat.v4.new_markdown_cell(parts[i])
            found.setdefault(heading, []).append(piece)
    return found


def boxes(source: str, label: str) -> list[str]:
    """The block quotes that begin with a bold label."""
    return re.findall(rf"(?m)^> \*\*{label}.*(?:\n>.*)*", source)


@each_chapter
def test_headings_come_in_order(path):
    wanted = [name for name in HEADINGS if path.stem[:2] not in REFRESHERS or name not in ("By hand", "On real data")]
    found = [name for name in sections(path) if name in HEADINGS + CLOSING]
    assert found == wanted + CLOSING


@each_chapter
def test_it_opens_with_aims_tied_to_practice_time_needs_and_symbols(path):
    opening = cells(path)[0].source
    assert opening.startswith("# ")
    aims = re.findall(r"(?m)^\d\. (.+)$", opening)
    assert 3 <= len(aims) <= 5
    assert [aim for aim in aims if not re.search(r"practice|worked example|common mistake|quiz", aim)] == []
    for part in ("**You will be able to**", "**Time**", "**You need**", "**Symbols**", "| symbol | meaning |"):
        assert part in opening, part


@each_chapter
def test_the_reader_predicts_first_and_is_answered(path):
    assert cells(path)[1].source.startswith("> **Predict")
    assert re.search(r"\*Predict\*", text(cells(path)[2:]))


@each_chapter
def test_an_interactive_figure_and_a_still_one_come_before_the_checks(path):
    names = list(sections(path))
    before = [cell for name in names[: names.index("Check it")] for cell in sections(path)[name]]
    assert re.search(rf"\b({'|'.join(WIDGETS)})\(", text(before, "code"))
    assert [cell for cell in before if cell.metadata.get("mystnb")]


@each_chapter
def test_three_theorems_or_more_are_proved_and_then_confirmed(path):
    number, prose = str(int(path.stem[:2])), text(cells(path))
    theorems = boxes(prose, "(?:Theorem|Proposition|Lemma|Corollary) ")
    numbers = [re.search(r"(\d+\.\d+)", theorem)[1] for theorem in theorems]
    assert len(theorems) >= 3
    assert numbers == [f"{number}.{k + 1}" for k in range(len(theorems))]
    proofs = boxes(prose, "Proof")
    assert len(proofs) >= len(theorems) and all(proof.rstrip().endswith("∎") for proof in proofs)
    checked = text(sections(path)["Check it"])
    assert [n for n in numbers if not re.search(rf"(Theorem|Proposition|Lemma|Corollary)s? [^\n]*{n}", checked)] == []


@each_deriving
def test_it_derives_in_steps_and_by_hand_in_twelve_lines(path):
    names = list(sections(path))
    derivation = text([cell for name in names[: names.index("Check it")] for cell in sections(path)[name]])
    assert len(re.findall(r"(?m)^(?:> )?\d+\. ", derivation)) >= 6
    code = text(sections(path)["By hand"], "code")
    first = re.search(r"(?ms)^def .+?(?=^\S|\Z)", code)[0]
    assert len([line for line in first.splitlines() if line.strip() and not line.strip().startswith("#")]) <= 12
    assert "assert_close(" in code and "vaekit." in code


@each_deriving
def test_it_experiments_on_real_data_over_seeds(path):
    code = text(sections(path)["On real data"], "code")
    assert "load_dataset(" in text(cells(path), "code")
    assert "±" in code and "print(" in code
    assert [cell for cell in sections(path)["On real data"] if cell.metadata.get("mystnb")]


@each_chapter
def test_a_panel_runs_with_the_kernel(path):
    assert "LivePanel(" in text(cells(path), "code")


@each_chapter
def test_examples_are_worked_and_then_faded(path):
    examples = text(sections(path)["Worked examples"])
    assert len(re.findall(r"\*\*Worked example \d", examples)) >= 2
    assert "(faded" in examples and "▢" in examples and "<details>" in examples


@each_chapter
def test_four_mistakes_or_more_are_run_live_each_with_symptom_cause_and_test(path):
    section = sections(path)["Common mistakes"]
    mistakes = boxes(text(section), "Common mistake")
    assert len(mistakes) >= 4
    for mistake in mistakes:
        assert [part for part in ("Symptom:", "Cause:", "Test:") if part not in mistake] == [], mistake
    code = text(section, "code")
    assert "print(" in code and "assert" in code


@each_chapter
def test_six_tasks_or_more_of_three_difficulties_check_themselves(path):
    section = sections(path)["Practice"]
    items = re.split(r"(?m)^(?=\*\*\d+ \()", text(section))[1:]
    assert len(items) >= 6
    levels = [re.match(r"\*\*(\d+) \((easy|medium|hard)", item) for item in items]
    assert [int(level[1]) for level in levels] == list(range(1, len(items) + 1))
    assert {level[2] for level in levels} == {"easy", "medium", "hard"}
    code = text(section, "code")
    cards = len(re.findall(r"(?m)^gates\.\w+$", code))
    hinted = [item for item in items if "<summary>Hint" in item and "<summary>Solution</summary>" in item]
    assert len(hinted) + cards >= len(items)
    assert len([cell for cell in section if cell.cell_type == "code"]) >= len(items) + cards


@each_chapter
def test_the_gates_of_the_chapter_are_shown_and_tried(path):
    code = text(cells(path), "code")
    for name in [gate.task.name for gate in gates.tasks() if gate.task.chapter == path.stem[:2]]:
        assert re.search(rf"(?m)^gates\.{name}$", code), f"no card of {name}"
        assert re.search(rf"(?m)^gates\.{name}\(\w+\)$", code), f"{name} is not tried"


@each_chapter
def test_exact_results_are_stored_and_figures_described(path):
    kept = [cell for cell in cells(path) if set(cell.metadata.get("tags", [])) >= KEPT_TAGS]
    assert len(kept) >= 3
    drawing = [cell for cell in cells(path) if cell.cell_type == "code" and "plt.show()" in cell.source]
    assert [cell.source for cell in drawing if not cell.metadata.get("mystnb", {}).get("image", {}).get("alt")] == []


@each_chapter
def test_it_links_back_and_onward(path):
    links = set(re.findall(r"\]\((\d\d_\w+\.ipynb)", text(cells(path))))
    place = CHAPTERS.index(path)
    assert place == 0 or CHAPTERS[place - 1].name in links
    assert place + 1 == len(CHAPTERS) or CHAPTERS[place + 1].name in links


def words(source: str) -> int:
    """Words of prose; a formula counts as one, code and markup as none."""
    for pattern, instead in [
        (r"(?s)```.*?```", " "),
        (r"(?s)\$\$.*?\$\$", " M "),
        (r"\$[^$]+\$", " M "),
        (r"<[^>]+>", " "),
    ]:
        source = re.sub(pattern, instead, source)
    return sum(bool(re.search(r"\w", word)) for word in source.split())


@each_chapter
def test_it_can_be_read_in_three_quarters_of_an_hour(path):
    assert words(text(cells(path))) <= MOST_WORDS
