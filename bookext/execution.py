"""Execute the notebooks once for each state of the code they import, and keep the outputs.

Jupyter Book's cache compares the notebook alone, so an edit in `vaekit` would be served with old outputs. Here the
folder of the cache is named by a hash of everything else that an output depends on. `python -m bookext.execution`
fills that folder ahead of the build, several notebooks at a time, with progress.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx_external_toc.parsing import parse_toc_yaml

INPUTS = ("vaekit/**/*", "experiments/results/*.json", "requirements.txt")
KERNELS_AT_A_TIME = 2


def source_hash(root: Path) -> str:
    """Return a hash of all that notebooks under `root` depend on beside themselves."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    paths = {path for pattern in INPUTS for path in root.glob(pattern) if path.is_file()}
    for path in sorted(paths):
        if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts):
            digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_path(root: Path, build: Path | None = None) -> Path:
    """Return the folder in which outputs of the present sources are kept."""
    return (build or root / "_build") / ".jupyter_cache" / source_hash(root)


def limit_threads() -> None:
    """Give each kernel started from here one core, so that two at a time do not contend and sums come out alike."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def notebooks(root: Path) -> list[Path]:
    """Return the notebooks that the table of contents names, in its order; a Markdown page may be one, too."""
    paths = [root / f"{name}{suffix}" for name in parse_toc_yaml(root / "_toc.yml") for suffix in (".ipynb", ".md")]
    return [path for path in paths if path.is_file() and (path.suffix == ".ipynb" or _says_notebook(path))]


def _says_notebook(page: Path) -> bool:
    return is_myst_markdown_notebook(page.read_text(encoding="utf-8"))


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook, from JSON or from a Markdown page that says it is one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return nbformat.reads(text, as_version=4)
    return read_myst_markdown_notebook(text, config=MdParserConfig(), path=path)


def open_cache(path: Path) -> JupyterCacheBase:
    """Open the cache at `path` and remove those of earlier sources beside it."""
    path.mkdir(parents=True, exist_ok=True)
    for other in path.parent.iterdir():
        if other != path:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    return get_cache(path)


def stored(cache: JupyterCacheBase, path: Path) -> nbformat.NotebookNode | None:
    """Return a notebook with its stored outputs, or None if there are none for the code that it holds now."""
    try:
        return cache.merge_match_into_notebook(read(path))[1]
    except KeyError:
        return None


async def _execute(path: Path, cache: JupyterCacheBase, timeout: int) -> None:
    """Execute one notebook in its own folder and store it; timings are left out so that equal runs give equal files."""
    notebook = read(path)
    client = NotebookClient(
        notebook, timeout=timeout, record_timing=False, resources={"metadata": {"path": str(path.parent)}}
    )
    start = time.monotonic()
    await client.async_execute(transport_encryption="auto")  # so that nobody else on the machine can read along
    data = {"execution_seconds": time.monotonic() - start}
    cache.cache_notebook_bundle(CacheBundleIn(notebook, str(path), data=data), check_validity=False, overwrite=True)


async def _execute_all(root: Path, missing: list[Path], cache: JupyterCacheBase, timeout: int) -> list[str]:
    """Execute `missing` with a line of progress each; return what failed."""
    slots = asyncio.Semaphore(KERNELS_AT_A_TIME)
    done, failures = 0, []

    async def run(path: Path) -> None:
        nonlocal done
        name = path.relative_to(root).with_suffix("").as_posix()
        async with slots:
            print(f"      {name} starts", flush=True)
            start = time.monotonic()
            try:
                await _execute(path, cache, timeout)
                outcome = ""
            except (CellExecutionError, CellTimeoutError) as error:
                failures.append(f"{name}\n{error}")
                outcome = " FAILED"
            done += 1
            print(f"[{done}/{len(missing)}] {name} {time.monotonic() - start:.0f} s{outcome}", flush=True)

    await asyncio.gather(*map(run, missing))
    return failures


def fill_cache(root: Path) -> int:
    """Execute the notebooks whose outputs are not stored yet; return the number that failed."""
    limit_threads()
    cache, paths = open_cache(cache_path(root)), notebooks(root)
    missing = [path for path in paths if stored(cache, path) is None]
    print(f"Notebooks: {len(paths)}, of which {len(missing)} to execute", flush=True)
    timeout = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))["execute"]["timeout"]
    failures = asyncio.run(_execute_all(root, missing, cache, timeout))
    for failure in failures:
        print(f"\nFailed: {failure}", file=sys.stderr)
    return len(failures)


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Point myst-nb to the cache of the present sources; a changed value makes Sphinx read all pages anew."""
    limit_threads()
    path = cache_path(Path(app.srcdir), Path(app.outdir).parent)
    open_cache(path)
    config.nb_execution_cache_path = str(path)


def setup(app: Sphinx) -> None:
    """Register the cache with Sphinx, before myst-nb reads its settings."""
    app.connect("config-inited", set_cache_path)


if __name__ == "__main__":
    sys.exit(min(1, fill_cache(Path.cwd())))
