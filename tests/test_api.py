"""What the package offers: every exported name exists, and is annotated and documented."""

import ast
import inspect
from itertools import pairwise

import pytest

import vaekit
from tests.test_architecture import SOURCES, functions, tree


def is_public(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__call__", "__len__")


def test_public_functions_annotate_every_argument_and_their_result():
    for path in SOURCES:
        for node in filter(lambda node: is_public(node.name), functions(path)):
            arguments = [
                *node.args.posonlyargs,
                *node.args.args,
                *node.args.kwonlyargs,
                node.args.vararg,
                node.args.kwarg,
            ]
            bare = [a.arg for a in arguments if a is not None and a.annotation is None and a.arg not in ("self", "cls")]
            assert not bare and node.returns is not None, f"{path.name}: {node.name} lacks annotations of {bare}"


def test_every_exported_name_exists_and_is_sorted():
    for name in vaekit.__all__:
        assert hasattr(vaekit, name)
    assert len(set(vaekit.__all__)) == len(vaekit.__all__)
    public = {name for name, value in vars(vaekit).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert public == set(vaekit.__all__)


def alias_has_docstring(name: str) -> bool:
    """Whether an assignment `name = ...` is followed by a string that documents it."""
    for path in SOURCES:
        for node, after in pairwise(tree(path).body):
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
                return isinstance(after, ast.Expr) and isinstance(getattr(after.value, "value", None), str)
    return False


@pytest.mark.parametrize("name", vaekit.__all__)
def test_every_exported_name_is_documented_with_all_of_its_arguments(name):
    value = getattr(vaekit, name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        assert alias_has_docstring(name)
        return
    text = value.__doc__
    assert text and len(text.splitlines()[0]) > 10
    parameters = inspect.signature(value).parameters
    inherited = inspect.isclass(value) and "__init__" not in vars(value)
    missing = [p for p in parameters if f" {p}: " not in text.replace("**", "") and f"`{p}:" not in text]
    assert inherited or not missing, f"{name} does not document {missing}"
