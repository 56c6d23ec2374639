"""The shape of the code: layers, sizes, documentation, and that nothing happens at import."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "vaekit").rglob("*.py"))
OURS = [
    path for folder in ("vaekit", "bookext", "tests", "experiments") for path in sorted((ROOT / folder).rglob("*.py"))
]
LAYERS = [
    {"_checks", "_files", "trace", "latents", "distributions", "schedules", "noise", "parameterisations"}
    | {"device", "persistence", "data", "training"},
    {"nets", "heads", "priors", "flows", "objectives", "estimators", "denoisers", "unet"},
    {"models", "metrics", "inference", "coding"},
    {"plots", "widgets", "gates"},
    {"__init__"},
]
LAYER_OF = {unit: level for level, units in enumerate(LAYERS) for unit in units}
FACTORIES = {"arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "randperm"}
FACTORIES |= {"tensor", "zeros", "tril_indices", "triu_indices", "as_tensor", "normal"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def unit(path: Path) -> str:
    """The part of the package that a file belongs to: a module of the top folder, or a folder."""
    return path.relative_to(ROOT / "vaekit").with_suffix("").parts[0]


def imported_units(path: Path) -> Iterator[str]:
    """The parts of the package that a file imports, wherever in the file it does so."""
    for node in ast.walk(tree(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" if node.module == "vaekit" else node.module for alias in node.names]
        for parts in (name.split(".") for name in names):
            if parts[0] == "vaekit":
                yield parts[1] if parts[1:] and parts[1] in LAYER_OF else "__init__"


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def test_layers_import_only_from_their_own_layer_or_from_lower_ones():
    for path in SOURCES:
        assert unit(path) in LAYER_OF, f"{path}: which layer is it in?"
        for other in imported_units(path):
            assert LAYER_OF[other] <= LAYER_OF[unit(path)], f"{path} imports {other}"


def test_parts_do_not_import_one_another_in_circles_and_objectives_and_models_never_meet():
    needs = {unit(path): set() for path in SOURCES}
    for path in SOURCES:
        needs[unit(path)] |= set(imported_units(path)) - {unit(path)}
    assert "models" not in needs["objectives"] and "objectives" not in needs["models"]
    while ready := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in ready}
    assert not needs, f"circular: {needs}"


def test_plots_neither_train_nor_sample_a_model():
    assert set(imported_units(ROOT / "vaekit" / "plots.py")) <= {"_checks"}


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_200_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200


def code_lines(node: Function, text: list[str]) -> int:
    """Lines of a function from `def` on: without its docstring, blank lines and comments."""
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    skipped = range(docstring.lineno, docstring.end_lineno + 1) if docstring else range(0)
    lines = (text[number - 1].strip() for number in range(node.lineno, node.end_lineno + 1) if number not in skipped)
    return sum(bool(line) and not line.startswith("#") for line in lines)


def test_functions_are_short():
    texts = {path: path.read_text(encoding="utf-8").splitlines() for path in SOURCES}
    lengths = sorted(code_lines(node, texts[path]) for path in SOURCES for node in functions(path))
    assert statistics.median(lengths) <= 10
    assert lengths[int(0.9 * len(lengths))] <= 25


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def test_tensor_factories_name_their_device_outside_init():
    for path in SOURCES:
        module = tree(path)
        inits = [node for node in ast.walk(module) if isinstance(node, Function) and node.name == "__init__"]
        exempt = {id(call) for node in inits for call in calls(node)}
        for call in calls(module):
            _, _, factory = ast.unparse(call.func).rpartition("torch.")
            named = id(call) in exempt or "device" in {keyword.arg for keyword in call.keywords}
            assert named or factory not in FACTORIES, f"{path.name}:{call.lineno}: {ast.unparse(call)}"


def test_nothing_can_read_or_write_a_pickle():
    banned = {"pickle", "dill", "joblib", "cloudpickle", "shelve"}
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not banned & {name.split(".")[0] for name in names}, f"{path.name}: {names}"
        for call in calls(tree(path)):
            assert ast.unparse(call.func) not in ("torch.load", "torch.save"), f"{path.name}:{call.lineno}"
            assert "allow_pickle=True" not in ast.unparse(call), f"{path.name}:{call.lineno}"


IMPORT_ALL = """
import importlib, os, random, sys
sys.dont_write_bytecode = True
import matplotlib, matplotlib.pyplot, numpy, torch, tqdm, safetensors.torch, jaxtyping, anywidget, ipywidgets
events = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        events.append((event, arguments))
    if event in ("os.mkdir", "os.rename", "os.remove", "socket.connect", "subprocess.Popen"):
        events.append((event, arguments))
def state():
    backend = dict.__getitem__(matplotlib.rcParams, "backend")
    randomness = torch.get_rng_state().tolist(), random.getstate(), str(numpy.random.get_state())
    settings = torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(), dict(os.environ)
    return randomness, settings, id(backend)
before = state()
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not events, events
assert state() == before
"""


def test_nothing_happens_at_import():
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES]
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
