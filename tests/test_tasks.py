"""The one entry point does its work once, repairs what was interrupted, and ends with a clear line where it cannot."""

import argparse
import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = ["setup", "book", "test", "lab", "serve", "clean"]


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, pointed at an empty project, with every subprocess recorded and none started."""
    spec = importlib.util.spec_from_file_location("tasks", ROOT / "tasks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text("1")
    paths = {"ROOT": "", "VENV": ".venv", "STAMP": ".venv/installed", "PIP_LOG": ".venv/pip.log", "SITE": "_build/html"}
    for name, path in paths.items():
        monkeypatch.setattr(module, name, tmp_path / path)
    module.calls = []
    monkeypatch.setattr(module, "venv_works", lambda: False)
    monkeypatch.setattr(
        module.subprocess, "call", lambda command, **_: module.calls.append(command) or make(module.VENV)
    )
    monkeypatch.setattr(module, "pip_install", lambda: module.calls.append("pip") or 0)
    return module


def make(venv: Path) -> int:
    """Do what making an environment does, as far as the tests go."""
    venv.mkdir(exist_ok=True)
    return 0


def run_setup(tasks: ModuleType) -> list:
    """Run the set-up; return what it started."""
    tasks.calls.clear()
    tasks.setup(argparse.Namespace())
    return tasks.calls


def test_the_file_parses_on_pythons_too_old_to_run_the_book() -> None:
    ast.parse((ROOT / "tasks.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 15, 0)])
def test_an_unsupported_python_ends_with_one_line_that_names_the_supported_ones(
    tasks: ModuleType, version: tuple[int, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        tasks.check_python(version)
    message = str(ended.value)
    assert f"{version[0]}.{version[1]} is not supported" in message and "3.11 to 3.14" in message
    assert "\n" not in message


def test_supported_pythons_are_those_of_the_package(tasks: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={tasks.OLDEST[0]}.{tasks.OLDEST[1]},<3.{tasks.NEWEST[1] + 1}"
    for version in (tasks.OLDEST, tasks.NEWEST):
        tasks.check_python((*version, 0))


def test_a_python_without_venv_ends_with_the_package_to_install(
    tasks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        tasks.check_python((3, 11, 7))


def test_the_second_set_up_does_nothing(tasks: ModuleType) -> None:
    assert [call if call == "pip" else call[1:4] for call in run_setup(tasks)] == [["-m", "venv", "--clear"], "pip"]
    assert run_setup(tasks) == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_into_the_environment_that_is_there(
    tasks: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run_setup(tasks)
    monkeypatch.setattr(tasks, "venv_works", lambda: True)
    (tasks.ROOT / name).write_text("2")
    assert run_setup(tasks) == ["pip"]


def test_another_python_gets_an_environment_of_its_own(tasks: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tasks.wanted_stamp()
    monkeypatch.setattr(tasks.sys, "version_info", (3, 12, 0))
    assert tasks.wanted_stamp() != before


def test_an_interrupted_set_up_is_made_anew(tasks: ModuleType) -> None:
    (tasks.VENV / "bin").mkdir(parents=True)
    assert len(run_setup(tasks)) == 2


def test_a_failed_installation_names_the_log_and_is_tried_again(
    tasks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "pip_install", lambda: tasks.calls.append("pip") or 1)
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"installation failed; .*pip\.log"):
            run_setup(tasks)
        assert "pip" in tasks.calls


def test_half_an_environment_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    code = "import sys, tasks; tasks.PYTHON = tasks.Path(sys.argv[1]); print(tasks.venv_works())"
    for python, works in ((sys.executable, "True"), (str(tmp_path / "python"), "False")):
        result = subprocess.run([sys.executable, "-c", code, python], cwd=ROOT, capture_output=True, text=True)
        assert result.stdout.strip() == works, result.stderr


def test_every_check_is_run_and_one_failure_fails_the_whole(
    tasks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    seen = []
    monkeypatch.setattr(tasks, "run", lambda *arguments, **_: seen.append(arguments) or int("ruff" in arguments))
    assert tasks.test(argparse.Namespace(rest=["-k", "elbo"])) == 1
    text = " ".join(" ".join(arguments) for arguments in seen)
    for part in ("bookext.execution", "build -q -W -n", "--nbval-lax", "-m browser", "-k elbo"):
        assert part in text
    summary = capsys.readouterr().out
    assert re.search(r"^FAILED\s+ruff check", summary, re.MULTILINE) and re.search(
        r"^ok\s+browser", summary, re.MULTILINE
    )


def test_clean_keeps_the_environment_unless_asked(tasks: ModuleType) -> None:
    for name in (".venv", "_build/html", ".pytest_cache"):
        (tasks.ROOT / name).mkdir(parents=True)
    tasks.main(["clean"])
    assert sorted(path.name for path in tasks.ROOT.iterdir() if path.is_dir()) == [".venv"]
    tasks.main(["clean", "--all"])
    assert not tasks.VENV.exists()


def test_serve_offers_the_built_book_on_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the book")
    code = "import sys, tasks; tasks.SITE = tasks.Path(sys.argv[1]); tasks.main(['serve', '--port', '0'])"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[0]
            assert address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(address) as answer:
                assert answer.read() == b"the book" and answer.headers["Cache-Control"] == "no-cache"
        finally:
            server.terminate()


def test_serve_without_a_book_says_how_to_build_it(tasks: ModuleType) -> None:
    with pytest.raises(SystemExit, match="python3 tasks.py book"):
        tasks.main(["serve"])


def test_make_offers_the_same_commands(tasks: ModuleType) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split() == COMMANDS
    assert all(callable(getattr(tasks, name)) for name in COMMANDS)
    assert "tasks.py $@" in makefile
