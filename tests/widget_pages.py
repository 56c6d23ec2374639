"""Widgets on pages of their own: what the browser tests look at, drawn by the loader of the book."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from ipywidgets import Widget
from ipywidgets.embed import embed_data
from torch import nn

from vaekit.widgets import DecoderWeights, LatentExplorer

LOADER = Path(__file__).parents[1] / "bookext" / "static" / "widget_loader.js"
FRAME = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>body { margin: 1rem auto; max-width: 46rem; }
html[data-theme="dark"] { background: #121212; color: #ddd; }</style></head><body><main><h1>Widgets</h1>%s</main>
<script>%s</script></body></html>"""
SCRIPT = '<script type="application/vnd.jupyter.widget-%s+json">%s</script>'


def decoder() -> nn.Sequential:
    """A decoder with weights as large as trained ones, so that its pixels use the whole range."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 200), nn.Tanh(), nn.Linear(200, 784))
        with torch.no_grad():
            net[0].weight.mul_(2.0)
            net[2].weight.mul_(4.0)
    return net


def explorer(weights: DecoderWeights | None = None, **options: Any) -> LatentExplorer:
    """An explorer of `decoder()` with 400 codes of ten classes, the k-th class on the k-th ray."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(400) % 10
    radius = 0.5 + 2.5 * torch.rand(400, generator=generator)
    angle = labels * (2 * torch.pi / 10) + 0.2 * torch.rand(400, generator=generator)
    codes = torch.stack([radius * angle.cos(), radius * angle.sin()], 1)
    return LatentExplorer(weights or DecoderWeights(decoder()), codes, labels, extent=3.5, **options)


def static_page(
    path: Path, *widgets: Widget, between: str = "", damage: Callable[[dict[str, Any]], None] | None = None
) -> str:
    """Write a page as myst-nb does, with `between` after each view and the state changed by `damage`; its address."""
    data = embed_data(views=widgets, drop_defaults=False)
    if damage is not None:
        damage(data["manager_state"]["state"])
    views = "".join(SCRIPT % ("view", json.dumps(view)) + between for view in data["view_specs"])
    state = SCRIPT % ("state", json.dumps(data["manager_state"]).replace("</script>", r"<\/script>"))
    path.write_text(FRAME % (views + state, LOADER.read_text(encoding="utf-8")), encoding="utf-8")
    return path.as_uri()
