"""What `TighterBounds` measures on seeded draws, and the moments that it keeps, against torch and its exact answers."""

import pytest
import torch

from tests.node import Run, run_math
from vaekit.widgets import TighterBounds
from vaekit.widgets.tighter_bounds import PARAMETERS

SIZES = [1, 4, 16, 64, 256]
SURVEY = """const q = { mean: data.q[0], variance: data.q[1] }, { normal } = math.stream(data.seed);
const answer = math.solve(q, data.parameter), place = () => q.mean + Math.sqrt(q.variance) * normal();
const poll = math.survey(() => math.weigh(q, data.parameter, place()), [1, 1, 2], data.sizes, answer);
return { count: poll.advance(data.count), found: poll.read(), exact: data.sizes.map(answer) };"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(TighterBounds(), tmp_path_factory.mktemp("js"))


def test_moments_are_those_of_torch_whatever_the_centre(js: Run) -> None:
    values = 3 + 0.5 * torch.randn(500, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).exp()
    body = """const all = [math.makeMoments(), math.makeMoments(3.8, 0.6)];
    for (const value of data.values) for (const each of all) each.add(value);
    return all.map((each) => each.read());"""
    mean, sd = values.mean().item(), values.std(correction=0).item()
    for found in js(body, values=values.tolist()):
        assert found["n"] == 500
        assert [found[name] for name in ("mean", "sd", "ratio")] == pytest.approx([mean, sd, mean / sd], rel=1e-9)
        assert found["error"] == pytest.approx(sd / 500**0.5, rel=1e-9)


@pytest.mark.parametrize("kind", ["gaussian", "skewed"])
def test_the_error_of_a_ratio_is_its_spread_over_repetitions(js: Run, kind: str) -> None:
    noise = torch.randn(2000, 800, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    values = 1.5 + noise if kind == "gaussian" else (0.5 * noise).exp()
    body = """return data.rows.map((row) => {
      const all = math.makeMoments();
      row.forEach(all.add);
      return all.read().ratioError;
    });"""
    told = torch.tensor(js(body, rows=values[:100].tolist())).mean().item()
    spread = (values.mean(1) / values.std(1, correction=0)).std().item()
    assert told == pytest.approx(spread, rel=0.1)


def test_groups_are_disjoint_and_every_estimate_is_formed_from_its_own(js: Run) -> None:
    r = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) + 0.1
    f = torch.randn(64, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    body = """let next = 0;
    const none = { gap: 0.3, gradients: [1, -1, 0].map((mean) => ({ mean, sd: 2 })) };
    const poll = math.survey(() => data.draws[next++], [1, 1, 2], [1, 4, 16], () => none);
    poll.advance(20);
    return [poll.advance(44), poll.read()];"""
    count, found = js(body, draws=torch.cat([r[:, None], f], 1).tolist())
    assert count == 64
    for K, each in zip((1, 4, 16), found, strict=True):
        groups, slopes = r.view(-1, K), f.view(-1, K, 3)
        v = groups / groups.sum(1, keepdim=True)
        gradients = [(v[..., None] ** n * slopes).sum(1)[:, k] for k, n in enumerate((1, 1, 2))]
        expected = [groups.mean(1).log(), gradients[0], -gradients[1], gradients[2]]  # the second has a negative mean
        for one, values in zip(each, expected, strict=True):
            assert one["n"] == 64 // K
            assert one["mean"] == pytest.approx(values.mean().item(), abs=1e-12)
            assert one["sd"] == pytest.approx(values.std(correction=0).item(), abs=1e-9)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("q", [(1.02, 0.4), (0.5, 0.12), (1.5, 1.0)])
def test_what_is_measured_agrees_with_what_is_exact(js: Run, q: tuple[float, float], parameter: str) -> None:
    made = js(SURVEY, q=q, parameter=parameter, seed=7, sizes=SIZES, count=2**18)
    assert made["count"] == 2**18
    evidence = js("return math.EVIDENCE;")
    assert evidence == pytest.approx(-1.6651, abs=1e-4)
    for log, *gradients, exact in [(*found, exact) for found, exact in zip(made["found"], made["exact"], strict=True)]:
        assert abs(log["mean"] + exact["gap"]) < 4.5 * log["error"]
        for found, truth in zip(gradients, exact["gradients"], strict=True):
            assert abs(found["mean"] - abs(truth["mean"])) < 4.5 * found["error"]
            assert abs(found["ratio"] - truth["snr"]) < 4.5 * found["ratioError"]
