"""The surface that `KlPrice` draws and the lines on it, run in node."""

import pytest
import torch

from tests.node import Run, run_math
from vaekit.widgets import KlPrice

TARGETS = [(4.0, 0.7), (6.0, 0.5), (6.0, 0.05), (2.0, 0.4), (0.0, 0.3)]


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(KlPrice(), tmp_path_factory.mktemp("js"))


@pytest.mark.parametrize("name", ["price", "reverse", "forward"])
def test_surface_is_the_kl_at_the_points_of_its_grid(js: Run, name: str) -> None:
    exact = {
        "price": "math.priorKl(q).value",
        "reverse": "math.reverseKl(q, data.p).value",
        "forward": "math.forwardKl(q, data.p)",
    }
    body = f"""const at = (k) => [math.gridPoint(k % math.SIZE, math.RANGES.mean),
        math.gridPoint(Math.floor(k / math.SIZE), math.RANGES.logvar)];
      return [math.klSurface(data.name, data.p), math.klSurface(data.name, data.p).map((_, k) => {{
        const q = at(k); return {exact[name]}; }}), [at(0), at(math.SIZE ** 2 - 1)]];"""
    for p in TARGETS:
        made, known, corners = js(body, name=name, p=p)
        assert corners == [[-4, -6], [4, 3]]
        torch.testing.assert_close(torch.tensor(made), torch.tensor(known), rtol=0.01, atol=0.02)


def test_lines_of_the_surface_lie_where_the_price_is_their_level(js: Run) -> None:
    body = """const roots = math.klSurface("price", [4, 0.7]).map(Math.sqrt), { mean, logvar } = math.RANGES;
      const line = (level) => math.isoline(roots, math.SIZE, Math.sqrt(level)).flat();
      return math.LEVELS.map((level) => line(level).map(([i, j]) =>
        math.priorKl([math.gridPoint(i, mean), math.gridPoint(j, logvar)]).value / level));"""
    for ratios in js(body):
        assert len(ratios) > 20
        assert (torch.tensor(ratios) - 1).abs().max() < 0.03
    assert js('return math.isoline(math.klSurface("price", [4, 0.7]), math.SIZE, 99);') == []


def test_a_saddle_between_four_points_is_cut_twice(js: Run) -> None:
    assert len(js("return math.isoline([0, 1, 1, 0], 2, 0.5);")) == 2
    assert js("return math.isoline([0, 1, 0, 1], 2, 0.25);") == [[[0.25, 0], [0.25, 1]]]
