"""`ElboGap`: its formulas, run in node, against torch and the package; what its texts say, measured."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.node import Run, run_math
from vaekit.models.linear import LinearVAE
from vaekit.widgets import ElboGap
from vaekit.widgets.base import source

ACCOUNT = "return data.each.map(({ kind, x, q }) => math.account(kind, x, q));"
NODES, WEIGHTS = map(torch.from_numpy, np.polynomial.legendre.leggauss(800))
Log = Callable[[torch.Tensor], torch.Tensor]


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(ElboGap(), tmp_path_factory.mktemp("js"))


def settings(*, folded: bool, count: int = 60) -> list[dict[str, Any]]:
    """Models, observations and q's from all over what the widget accepts."""
    draw, chosen = torch.Generator().manual_seed(5 + folded), []
    while len(chosen) < count:
        w, s, u, mean, width = torch.rand(5, dtype=torch.float64, generator=draw).tolist()
        w, s = 0.2 + 2.8 * w, 0.05 + 2 * s
        if s / (w**2 + s) < 0.0625:
            continue
        x = 2.5 * math.sqrt(w**2 + s) * (u if folded else 2 * u - 1)
        q = {"mean": 6 * mean - 3, "variance": (0.25 + 1.75 * width) ** 2}
        chosen.append({"kind": {"weight": w, "noise": s, "folded": folded}, "x": x, "q": q})
    return chosen


def integral(f: Log) -> float:
    """Over [-24, 24], by 800 nodes on each side of the kink at 0."""
    return sum(float(12 * WEIGHTS @ f(12 * (NODES + side))) for side in (-1, 1))


def normal(mean: float | torch.Tensor, variance: float) -> Normal:
    return Normal(torch.as_tensor(mean, dtype=torch.float64), math.sqrt(variance))


def by_quadrature(kind: dict[str, Any], x: float, q: dict[str, float]) -> dict[str, float]:
    """What `account` finds, from log q(z) and log p(x, z) alone."""
    log_q = normal(**q).log_prob

    def joint(z: torch.Tensor) -> torch.Tensor:
        px = normal(kind["weight"] * (z.abs() if kind["folded"] else z), kind["noise"])
        return normal(0.0, 1.0).log_prob(z) + px.log_prob(torch.tensor(x, dtype=torch.float64))

    evidence = math.log(integral(lambda z: joint(z).exp()))
    bound = integral(lambda z: log_q(z).exp() * (joint(z) - log_q(z)))
    forward = integral(lambda z: (joint(z) - evidence).exp() * (joint(z) - evidence - log_q(z)))
    return {"evidence": evidence, "elbo": bound, "gap": evidence - bound, "forward": forward}


def test_the_gaussian_model_is_the_packages_linear_vae(js: Run) -> None:
    each = settings(folded=False)
    for made, (kind, x, q) in zip(js(ACCOUNT, each=each), (one.values() for one in each), strict=True):
        row = torch.tensor([[x]], dtype=torch.float64)
        weight = torch.tensor([[kind["weight"]]], dtype=torch.float64)
        model = LinearVAE(weight, torch.zeros(1, dtype=torch.float64), kind["noise"])
        mine, post = normal(torch.full_like(row, q["mean"]), q["variance"]), model.posterior(row)
        posterior = Normal(post.loc, post.covariance_matrix[..., 0].sqrt())
        expected = {
            "evidence": model.log_evidence(row),
            "elbo": model.exact_elbo(row, mine),
            "gap": kl_divergence(mine, posterior),
            "reverse": kl_divergence(mine, posterior),
            "forward": kl_divergence(posterior, mine),
            "rate": kl_divergence(mine, normal(0.0, 1.0)),
        }
        for name, value in expected.items():
            assert made[name] == pytest.approx(value.item(), abs=1e-9, rel=1e-9), name


@pytest.mark.parametrize("folded", [False, True])
def test_both_models_agree_with_quadrature(js: Run, folded: bool) -> None:
    each = settings(folded=folded)
    for made, one in zip(js(ACCOUNT, each=each), each, strict=True):
        for name, value in by_quadrature(**one).items():
            assert made[name] == pytest.approx(value, abs=1e-9, rel=1e-9), name


@pytest.mark.parametrize("folded", [False, True])
def test_elbo_and_divergence_add_up_to_the_evidence_and_neither_divergence_is_negative(js: Run, folded: bool) -> None:
    for made in js(ACCOUNT, each=settings(folded=folded)):
        assert made["elbo"] + made["reverse"] == pytest.approx(made["evidence"], abs=1e-9)
        assert made["elbo"] == pytest.approx(-made["distortion"] - made["rate"], abs=1e-12)
        assert min(made["reverse"], made["forward"]) > 0


def test_the_mean_size_of_a_normal_is_its_integral(js: Run) -> None:
    qs = [one["q"] for one in settings(folded=True)]
    for made, q in zip(js("return data.qs.map(math.meanSize);", qs=qs), qs, strict=True):
        assert made == pytest.approx(integral(lambda z, q=q: normal(**q).log_prob(z).exp() * z.abs()), abs=1e-12)


def start(js: Run, **options: Any) -> dict[str, float]:
    """What the widget shows before anybody has touched it."""
    widget = ElboGap(**options)
    kind = {"weight": widget.weight, "noise": widget.noise_var, "folded": widget.model == "folded"}
    return js(ACCOUNT, each=[{"kind": kind, "x": widget.x, "q": {"mean": widget.mean, "variance": widget.variance}}])[0]


def test_it_opens_with_the_numbers_of_the_chapter(js: Run) -> None:
    shown = {name: round(value, 4) for name, value in start(js).items()}
    assert (shown["evidence"], shown["elbo"], shown["gap"], shown["reverse"]) == (-1.6651, -2.9219, 1.2569, 1.2569)
    assert start(js, mean=0.72, variance=0.1)["gap"] == pytest.approx(0.0, abs=1e-12)


CLIMB = "return data.each.map(({ kind, x, q }) => math.climb(kind, x, q));"


def test_raising_the_elbo_ends_at_the_gaussian_posterior(js: Run) -> None:
    each = settings(folded=False)
    for made, (kind, x, _) in zip(js(CLIMB, each=each), (one.values() for one in each), strict=True):
        total = kind["weight"] ** 2 + kind["noise"]
        assert made["mean"] == pytest.approx(kind["weight"] * x / total, abs=1e-5)
        assert made["variance"] == pytest.approx(kind["noise"] / total, abs=1e-5)


def test_raising_the_elbo_of_the_folded_model_ends_where_no_step_helps(js: Run) -> None:
    each = settings(folded=True)
    found = [one | {"q": q} for one, q in zip(each, js(CLIMB, each=each), strict=True)]
    before, after = js(ACCOUNT, each=each), js(ACCOUNT, each=found)
    assert all(late["elbo"] >= early["elbo"] for early, late in zip(before, after, strict=True))
    for mean_step, factor in ((-1e-3, 1.0), (1e-3, 1.0), (0.0, 1 - 1e-3), (0.0, 1 + 1e-3)):
        near = [{"mean": one["q"]["mean"] + mean_step, "variance": one["q"]["variance"] * factor} for one in found]
        beside = js(ACCOUNT, each=[one | {"q": q} for one, q in zip(found, near, strict=True)])
        for q, here, there in zip(near, after, beside, strict=True):
            outside = abs(q["mean"]) > 3 or not 0.0625 <= q["variance"] <= 4
            assert outside or there["elbo"] < here["elbo"]


def test_the_best_gaussian_for_modes_far_apart_sits_on_one_and_leaves_log_two(js: Run) -> None:
    kind, x = {"weight": 1.5, "noise": 0.25, "folded": True}, 3.0
    grid = [{"mean": m / 20, "variance": (w / 40) ** 2} for m in range(-60, 61) for w in range(10, 81)]
    gaps = js(
        "return data.qs.map((q) => math.logEvidence(data.kind, data.x) - math.elbo(data.kind, data.x, q));",
        **{"kind": kind, "x": x, "qs": grid},
    )
    best, least = min(zip(grid, gaps, strict=True), key=lambda pair: pair[1])
    assert abs(best["mean"]) == pytest.approx(1.8, abs=0.06) and least == pytest.approx(math.log(2), abs=0.01)
    assert "log 2 = 0.69" in ElboGap().answer and f"{math.log(2):.2f}" == "0.69"


def test_ticks_are_round_and_inside_and_as_many_as_asked_for(js: Run) -> None:
    spans = [(-3, 3), (0, 1.75), (-4, 0), (-0.013, 0.04), (10, 12345)]
    found = js("return data.spans.map(([a, b]) => math.ticks(a, b, 6));", spans=spans)
    for (low, high), made in zip(spans, found, strict=True):
        values, digits = made["values"], made["digits"]
        assert low - 1e-9 <= values[0] and values[-1] <= high + 1e-9 and 3 <= len(values) <= 8
        step = values[1] - values[0]
        assert f"{step:.0e}"[0] in "125" and [round(v, digits) for v in values] == pytest.approx(values, abs=1e-12)
    assert js("return math.marks({ min: 0.01, max: 1e4, log: true }, 9);") == [
        [0.01, "10⁻²"], [0.1, "10⁻¹"], [1, "10⁰"], [10, "10¹"], [100, "10²"], [1000, "10³"], [10000, "10⁴"]
    ]  # fmt: skip
    assert js("return math.marks({ names: ['a', 'b'] }, 9);") == [[0, "a"], [1, "b"]]


@pytest.mark.parametrize("log", [False, True])
def test_pixels_and_values_map_onto_each_other_and_stay_on_the_axis(js: Run, log: bool) -> None:
    body = """const { to, back } = math.scale({ min: 0.1, max: 10, log: data.log }, 300, 20);
    return [[0.1, 10, 1].map(to), [0.1, 0.7, 10].map((v) => back(to(v))), [999, -999].map(back)];"""
    pixels, there, kept = js(body, log=log)
    assert pixels == pytest.approx([300, 20, 160 if log else 300 - 280 * 0.9 / 9.9])
    assert there == pytest.approx([0.1, 0.7, 10]) and kept == pytest.approx([0.1, 10])


def test_every_formula_is_exported_for_these_tests(js: Run) -> None:
    text = "".join(source(name) for name in ("elbo_gap.js", "plot.js"))
    declared = set(re.findall(r"^(?:function|const) (\w+)(?= = \(|\()", text, re.MULTILINE))
    drawing = {"axes", "drawDensities", "drawAccount", "build", "gaussian"}
    assert declared - drawing == set(js("return Object.keys(math);"))
