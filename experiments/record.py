"""How an experiment stores its result, and how a test knows that the result is still the script's."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy
import torch

RESULTS = Path(__file__).parent / "results"


def source_hash(script: Path) -> str:
    """SHA-256 of a script's syntax tree: formatting, comments and docstrings do not count, anything else does."""
    tree = ast.parse(script.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def record(script: str, run: Callable[[int], dict[str, Any]], seeds: list[int], settings: dict[str, Any]) -> Path:
    """Call `run(seed)` for every seed, two at a time, and store what it returns in `results/<script>.json`."""
    path, start = Path(script), time.perf_counter()
    workers = {"max_workers": 2, "mp_context": get_context("spawn"), "initializer": torch.set_num_threads}
    with ProcessPoolExecutor(**workers, initargs=(1,)) as pool:
        runs = [{"seed": seed, **result} for seed, result in zip(seeds, pool.map(run, seeds), strict=True)]
    result = {
        "experiment": path.stem,
        "source_sha256": source_hash(path),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__},
        "seconds": round(time.perf_counter() - start, 1),
        "settings": settings,
        "runs": runs,
    }
    target = RESULTS / f"{path.stem}.json"
    target.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return target
