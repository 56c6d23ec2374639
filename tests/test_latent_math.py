"""Formulas of the widgets of latent spaces: run in node, and the aggregate posterior's grid, against torch."""

import math
import re

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal
from torch.nn import functional as F

from tests.latent_widgets import EXTENT, mixture, overlaid, paths, posteriors, traversal
from tests.node import Run, run_math
from vaekit.widgets import LatentExplorer, LatentPaths, LatentTraversal
from vaekit.widgets.base import source
from vaekit.widgets.latent_codes import FLOOR, aggregate_grid

KINDS = {LatentExplorer: overlaid, LatentPaths: paths, LatentTraversal: traversal}


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> dict[type, Run]:
    return {kind: run_math(make(), tmp_path_factory.mktemp(kind.__name__)) for kind, make in KINDS.items()}


def points(count: int, *, seed: int = 0, spread: float = 1.0) -> torch.Tensor:
    return spread * torch.randn(count, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def prior() -> Independent:
    return Independent(Normal(torch.zeros(2).double(), torch.ones(2).double()), 1)


def test_the_grid_is_the_log_density_of_the_mixture() -> None:
    given, axis = posteriors(), torch.linspace(-EXTENT, EXTENT, 33, dtype=torch.float64)
    up, across = torch.meshgrid(axis, axis, indexing="ij")
    exact = mixture(given).log_prob(torch.stack([across, up], -1))
    grid = torch.from_numpy(aggregate_grid(given, EXTENT, 33))
    torch.testing.assert_close(grid, exact.clamp(min=FLOOR), rtol=1e-10, atol=1e-10)
    assert (exact - exact.T).abs().max() > 1  # rows and columns differ


def test_far_from_every_cloud_the_grid_holds_its_floor() -> None:
    grid = aggregate_grid((np.zeros((1, 2)), np.full((1, 2), 0.01)), EXTENT)
    assert grid.min() == FLOOR and grid.max() == pytest.approx(-math.log(2 * math.pi * 0.01**2))


def test_the_page_reads_the_grid_as_torch_does(js: dict[type, Run]) -> None:
    grid = torch.from_numpy(aggregate_grid(posteriors(), EXTENT, 33))
    z = points(200).clamp(-EXTENT, EXTENT)
    exact = F.grid_sample(grid[None, None], (z / EXTENT)[None, None], align_corners=True)[0, 0, 0]
    body = "return data.z.map((z) => math.lookUp(data.grid, z, data.extent));"
    for kind in (LatentExplorer, LatentPaths):
        made = js[kind](body, grid=grid.flatten().tolist(), z=z.tolist(), extent=EXTENT)
        torch.testing.assert_close(torch.tensor(made, dtype=torch.float64), exact, rtol=1e-9, atol=1e-9)


def test_what_the_page_reads_is_the_mixture_to_a_tenth_of_a_nat(js: dict[type, Run]) -> None:
    widget, z = overlaid(), points(400, seed=1).clamp(-EXTENT, EXTENT)
    sent = np.frombuffer(widget.aggregate, "<f2").astype(float)
    body = "return data.z.map((z) => math.lookUp(data.grid, z, data.extent));"
    made = torch.tensor(js[LatentExplorer](body, grid=sent.tolist(), z=z.tolist(), extent=EXTENT)).double()
    exact = mixture(posteriors()).log_prob(z)
    near = exact > -12
    assert near.sum() > 300 and (made - exact)[near].abs().max() < 0.1


def test_the_share_of_the_holes_is_that_of_samples_of_the_prior(js: dict[type, Run]) -> None:
    grid = aggregate_grid(posteriors(), EXTENT)
    call = "const p = math.priorGrid(129, data.extent); return [math.holeShare(data.grid, p, data.extent), math.HOLE];"
    share, hole = js[LatentExplorer](call, grid=grid.flatten().tolist(), extent=EXTENT)
    assert hole == pytest.approx(math.log(10))
    z = points(200_000, seed=2)
    inside = (z.abs() <= EXTENT).all(1)
    found = ((prior().log_prob(z) - mixture(posteriors()).log_prob(z) > hole) & inside).double()
    error = 4.5 * float(found.std()) / len(z) ** 0.5
    assert 0.05 < float(found.mean()) < 0.95
    assert share == pytest.approx(float(found.mean()), abs=error + 0.002)  # 0.002: the edge, cell by cell


def test_where_the_aggregate_posterior_is_the_prior_there_are_no_holes(js: dict[type, Run]) -> None:
    grid = aggregate_grid((np.zeros((1, 2)), np.ones((1, 2))), EXTENT)
    body = "const p = math.priorGrid(129, data.extent); return [math.holeShare(data.grid, p, data.extent), p];"
    share, made = js[LatentExplorer](body, grid=grid.flatten().tolist(), extent=EXTENT)
    assert share == 0
    np.testing.assert_allclose(made, grid.flatten(), rtol=1e-12)


PATH = "return data.ts.map((t) => math.pathPoint(data.path, data.a, data.b, t));"


def along(js: dict[type, Run], path: str, a: torch.Tensor, b: torch.Tensor, ts: torch.Tensor) -> torch.Tensor:
    made = js[LatentPaths](PATH, path=path, a=a.tolist(), b=b.tolist(), ts=ts.tolist())
    return torch.tensor(made, dtype=torch.float64)


@pytest.mark.parametrize("seed", range(4))
def test_the_straight_path_is_a_weighted_mean_and_the_spherical_one_turns(js: dict[type, Run], seed: int) -> None:
    a, b = points(2, seed=10 + seed, spread=1.5)
    ts = torch.linspace(0, 1, 21, dtype=torch.float64)
    torch.testing.assert_close(along(js, "straight", a, b, ts), torch.lerp(a, b, ts[:, None]))
    made = along(js, "spherical", a, b, ts)
    torch.testing.assert_close(made[[0, -1]], torch.stack([a, b]))
    torch.testing.assert_close(made.norm(dim=1), torch.lerp(a.norm(), b.norm(), ts))
    omega = F.cosine_similarity(a, b, dim=0).acos()
    u, v = a / a.norm(), b / b.norm()
    slerp = (((1 - ts) * omega).sin()[:, None] * u + (ts * omega).sin()[:, None] * v) / omega.sin()
    torch.testing.assert_close(made / made.norm(dim=1, keepdim=True), slerp)


def test_the_spherical_path_is_defined_for_opposite_and_vanishing_ends(js: dict[type, Run]) -> None:
    ts, one = torch.linspace(0, 1, 5, dtype=torch.float64), torch.tensor([2.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(along(js, "spherical", one, -one, ts).norm(dim=1), torch.full((5,), 2.0).double())
    torch.testing.assert_close(along(js, "spherical", one, 0 * one, ts), (1 - ts)[:, None] * one)


def test_the_length_of_a_path_is_that_of_the_chord_or_the_arc(js: dict[type, Run]) -> None:
    body = "return ['straight', 'spherical'].map((path) => math.pathLength(path, [2, 0], [0, 2]));"
    chord, arc = js[LatentPaths](body)
    assert chord == pytest.approx(8**0.5) and arc == pytest.approx(math.pi, rel=1e-4)


@pytest.mark.parametrize("kind", [LatentPaths, LatentTraversal])
def test_a_row_has_its_images_where_their_values_are(js: dict[type, Run], kind: type) -> None:
    middles = [(k + 0.5) / 7 for k in range(7)]
    body = "return data.x.map((x) => math.valueAt(700 * x, 700, 7, -3, 3, [-4, 4]));"
    assert js[kind](body, x=middles) == pytest.approx([-3, -2, -1, 0, 1, 2, 3])
    assert js[kind](body, x=[-5, 5]) == [-4, 4]
    back = js[kind]("return data.v.map((v) => math.shareAt(v, 7, -3, 3));", v=[-3, -2, -1, 0, 1, 2, 3])
    assert back == pytest.approx(middles)


def test_the_nearest_code_is_found_in_any_number_of_dimensions(js: dict[type, Run]) -> None:
    generator = torch.Generator().manual_seed(3)
    codes, z = (torch.randn(n, 5, dtype=torch.float64, generator=generator) for n in (100, 1))
    body = "return math.nearest(data.z, data.codes.flat(), data.codes.map(() => 0), new Set([0]));"
    made = js[LatentTraversal](body, z=z[0].tolist(), codes=codes.tolist())
    distance = torch.cdist(z, codes)[0]
    assert made["index"] == int(distance.argmin()) and made["distance"] == pytest.approx(float(distance.min()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_formula_is_exported_and_every_file_is_small(js: dict[type, Run], kind: type) -> None:
    exported = set(js[kind]("return Object.keys(math);"))
    formulas = {"toPixel", "toPlane", "nearest", "lookUp", "priorGrid", "holeShare", "pathPoint", "pathLength"}
    formulas |= {"valueAt", "shareAt", "forward", "logNormal"}
    declared = set(re.findall(r"^function (\w+)", "\n".join(map(source, (*kind.parts, kind.script, "math.js"))), re.M))
    assert formulas & declared <= exported
    own = [name for name in (*kind.parts, kind.script) if name.startswith(("latent", "plane"))]
    assert len(own) >= 3 and max(len(source(name).encode()) for name in own) <= 8_000
