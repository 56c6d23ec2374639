#!/usr/bin/env python3
"""Set up, build, test and read the book: `python3 tasks.py book | test | lab | serve | clean`.

Needs Python alone. The first command makes `.venv` and installs what `requirements.txt` pins; later ones find it done.
The syntax stays old so that an old Python, too, can read the line that says what is missing.
"""

import argparse
import hashlib
import http.server
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SITE = ROOT / "_build" / "html"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
PIP_LOG = VENV / "pip.log"
PRODUCTS = ("_build", ".pytest_cache", ".ruff_cache", "vaekit.egg-info")


def fail(message: str) -> None:
    """End with one line."""
    sys.exit("tasks.py: " + message)


def check_python(version: tuple) -> None:
    """End unless this Python is one that every pinned package supports and it can make environments."""
    if not OLDEST <= version[:2] <= NEWEST:
        here, first, last = (".".join(map(str, v[:2])) for v in (version, OLDEST, NEWEST))
        fail(f"Python {here} is not supported; run this with Python {first} to {last}.")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        fail("Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv")


def wanted_stamp() -> str:
    """Return a hash of all that decides what `.venv` holds."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def venv_works() -> bool:
    """Say whether `.venv` has a Python of this version, with pip; half-made ones have not."""
    code = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        return subprocess.call([str(PYTHON), "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def pip_install() -> int:
    """Install the requirements, with a sign of life every half minute; return pip's exit status."""
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "-r", "requirements.txt"]
    start = time.time()
    with PIP_LOG.open("wb") as log:
        process = subprocess.Popen(command, cwd=str(ROOT), stdout=log, stderr=subprocess.STDOUT)
        while True:
            try:
                return process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                print(f"  still installing, {time.time() - start:.0f} s", flush=True)


def setup(options: argparse.Namespace) -> int:
    """Make .venv and install into it, unless that is done already; book, test and lab begin with this."""
    check_python(tuple(sys.version_info))
    if STAMP.is_file() and STAMP.read_text() == wanted_stamp():
        return 0
    if not venv_works():
        print("Making .venv with Python {}.{}".format(*sys.version_info[:2]), flush=True)
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
            fail("could not make .venv; on Debian and Ubuntu: apt-get install python3-venv")
    print(f"Installing packages (some minutes the first time; log: {PIP_LOG})", flush=True)
    if pip_install() != 0:
        fail(f"the installation failed; the reason is at the end of {PIP_LOG}")
    STAMP.write_text(wanted_stamp())
    return 0


def run(*arguments: str, **options: int) -> int:
    """Run the Python of `.venv` in the root of the project and return its exit status."""
    environment = dict(os.environ, PYTHONUTF8="1")
    return subprocess.call([str(PYTHON), *arguments], cwd=str(ROOT), env=environment, **options)


def book(options: argparse.Namespace) -> int:
    """Execute the notebooks whose outputs are not stored yet and build the pages, with warnings as errors."""
    status = run("-m", "bookext.execution")
    if status == 0:
        print("Building the pages", flush=True)
        command = "from jupyter_book.cli.main import main; main()"
        arguments = "build -q -W -n --keep-going .".split()
        status = run("-c", command, *arguments, stdout=subprocess.DEVNULL)  # warnings and errors go to stderr
    if status == 0:
        print(f"\nThe book is built. Open {(SITE / 'index.html').as_uri()}\nor run: python3 tasks.py serve", flush=True)
    else:
        print("\nThe book is not built; the reasons are above.", flush=True)
    return status


def test(options: argparse.Namespace) -> int:
    """Build the book and run every check, even if one fails, and sum up."""
    pytest = "-m pytest -n 2 --dist loadscope --nbval-lax tests chapters -m".split() + ["not browser"]
    pages = "-m pytest -n 2 --dist worksteal tests -m".split() + ["browser and not clocked"]
    clocked = "-m pytest tests -m".split() + ["browser and clocked"]
    checks = [
        ("book", lambda: book(options)),
        ("ruff check", lambda: run(*"-m ruff check .".split())),
        ("ruff format", lambda: run(*"-m ruff format --check .".split())),
        ("codespell", lambda: run("-m", "codespell_lib")),
        ("tests and notebooks", lambda: run(*pytest, *options.rest)),
        ("browser", lambda: run(*pages, *options.rest)),
        ("browser, by the clock", lambda: run(*clocked, *options.rest)),
    ]
    lines, failed = [], False
    for name, check in checks:
        print(f"\n== {name}", flush=True)
        start = time.time()
        status = check()
        failed = failed or status != 0
        lines.append("{:7}{:22} {:5.0f} s".format("FAILED" if status else "ok", name, time.time() - start))
    print("\n" + "\n".join(lines), flush=True)
    return int(failed)


def lab(options: argparse.Namespace) -> int:
    """Open the notebooks in JupyterLab."""
    where = ["--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir=.", "--LabApp.default_url=/lab/tree/chapters"]
    return run("-m", "jupyterlab", *where, *options.rest)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve the site; browsers ask again each time, so that a rebuilt page is never an old one."""

    def translate_path(self, path: str) -> str:
        """Map a URL to a file of the site, whatever folder the command was started in."""
        return str(SITE / os.path.relpath(super().translate_path(path), os.getcwd()))

    def end_headers(self) -> None:
        """Add the header that makes browsers ask again."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing about requests."""


def serve(options: argparse.Namespace) -> int:
    """Serve the built book on this machine only."""
    if not (SITE / "index.html").is_file():
        fail("there is no built book yet; run: python3 tasks.py book")
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    except OSError:
        fail(f"port {options.port} is taken; choose another: python3 tasks.py serve --port 8001")
    print(f"http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends)", flush=True)
    server.serve_forever()
    return 0


def clean(options: argparse.Namespace) -> int:
    """Remove what the other commands made."""
    for name in PRODUCTS + ((".venv",) if options.all else ()):
        shutil.rmtree(str(ROOT / name), ignore_errors=True)
    return 0


def main(arguments: list) -> int:
    """Read the command line and do what it says; what follows `--` goes to the program behind the command."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="tasks.py", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", metavar="command")
    for function in (setup, book, test, lab, serve, clean):
        command = commands.add_parser(function.__name__, help=(function.__doc__ or "").splitlines()[0])
        command.set_defaults(function=function, rest=arguments[split + 1 :])
        if function is serve:
            command.add_argument("--port", type=int, default=8000)
        if function is clean:
            command.add_argument("--all", action="store_true", help="remove .venv, too")
    options = parser.parse_args(arguments[:split])
    if options.command is None:
        parser.error("choose one of: setup, book, test, lab, serve, clean")
    if options.function in (book, test, lab):
        setup(options)
    return options.function(options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
