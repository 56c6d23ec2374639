"""`RateDistortion`: its formulas, run in node, against torch; and exact curves, on which its claims must hold."""

import re

import numpy as np
import pytest
import torch

from tests.node import Run, run_math
from tests.rd_widget import BETAS, SHAPE, exact_points, greys, means, measured
from vaekit import linear_rate_distortion
from vaekit.widgets.base import source


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(measured(), tmp_path_factory.mktemp("js"))


def models(rate: np.ndarray, distortion: np.ndarray) -> list[dict[str, float]]:
    return [{"rate": float(r), "distortion": float(d)} for r, d in zip(rate, distortion, strict=True)]


def clouds(seeds: int = 4, count: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    """Rates and distortions `(S, P)` without any order."""
    generator = torch.Generator().manual_seed(11)
    drawn = torch.rand(2, seeds, count, dtype=torch.float64, generator=generator)
    return 40 * drawn[0], 200 * drawn[1] - 60


def test_the_loss_and_its_line_are_those_of_torch(js: Run) -> None:
    rate, distortion = clouds(1, 50)
    each, betas = models(rate[0].numpy(), distortion[0].numpy()), torch.logspace(-2, 1.3, 50, dtype=torch.float64)
    made = js("return data.each.map((m, i) => math.lossAt(data.betas[i], m));", each=each, betas=betas.tolist())
    torch.testing.assert_close(torch.tensor(made, dtype=torch.float64), distortion[0] + betas * rate[0])
    body = "return data.each.map((m, i) => [0, m.rate, 7].map((r) => math.lineAt(data.betas[i], m, r)));"
    line = torch.tensor(js(body, each=each, betas=betas.tolist()), dtype=torch.float64)
    torch.testing.assert_close(line[:, 0], distortion[0] + betas * rate[0])  # meets the axis at the loss
    torch.testing.assert_close(line[:, 1], distortion[0])  # passes through the model
    torch.testing.assert_close((line[:, 2] - line[:, 0]) / 7, -betas)  # and its slope is -beta


def test_the_cheapest_model_is_the_argmin_and_the_first_of_equals(js: Run) -> None:
    rate, distortion = clouds(1, 60)
    each = models(rate[0].numpy(), distortion[0].numpy())
    for beta in (0.0, 0.3, 1.0, 5.0):
        assert js("return math.cheapest(data.beta, data.each);", beta=beta, each=each) == int(
            (distortion[0] + beta * rate[0]).argmin()
        )
    assert js("return math.cheapest(2, data.each);", each=models(np.array([9, 1, 1]), np.array([0, 3, 3]))) == 1


def test_means_and_savings_over_seeds_are_those_of_torch(js: Run) -> None:
    rate, distortion = clouds()
    body = """const { seeds, models } = math.gather(data.rates, data.distortions);
    return { models, savings: data.pairs.map(([i, j]) => math.saving(data.beta, seeds, i, j)) };"""
    pairs = [[i, j] for i in range(7) for j in range(7)]
    made = js(body, rates=rate.tolist(), distortions=distortion.tolist(), beta=1.7, pairs=pairs)
    for name, values in (("rate", rate), ("distortion", distortion)):
        assert [each[name] for each in made["models"]] == pytest.approx(values.mean(0).tolist(), abs=1e-12)
    loss = distortion + 1.7 * rate
    for (i, j), found in zip(pairs, made["savings"], strict=True):
        gained = loss[:, i] - loss[:, j]
        assert found["nats"] == pytest.approx(float(gained.mean()), abs=1e-11)
        assert found["count"] == int((gained > 0).sum())


def test_on_the_exact_curve_each_model_is_cheapest_at_its_own_price_and_the_bound_is_best_at_one(js: Run) -> None:
    draw = torch.Generator().manual_seed(2)
    for _ in range(5):
        eigenvalues = 3 * torch.rand(12, dtype=torch.float64, generator=draw) + 0.5
        betas = [0.1, 0.3, 1.0, 1.9, 3.0]
        points = [linear_rate_distortion(eigenvalues, 0.2, beta, 6) for beta in betas]
        each = [{"rate": point.rate, "distortion": point.distortion} for point in points]
        body = "return data.betas.map((beta) => math.cheapest(beta, data.each));"
        assert js(body, betas=betas, each=each) == [0, 1, 2, 3, 4]
        lines = js(
            "return data.each.map((m, i) => data.each.map((o) => math.lineAt(data.betas[i], m, o.rate)));",
            **{"betas": betas, "each": each},
        )
        distortions = np.array([point.distortion for point in points])
        assert (distortions - np.array(lines) >= -1e-12).all()  # no model lies below the line of another


VERDICT = """const { seeds, models } = math.gather(data.rate, data.distortion);
return data.betas.map((_, now) => math.verdict({ betas: data.betas, seeds, models }, now));"""


def test_the_verdict_says_which_model_is_below_the_line_and_in_how_many_seeds(js: Run) -> None:
    sound = measured()
    said = js(VERDICT, betas=BETAS, rate=sound.rate, distortion=sound.distortion)
    assert said[3] == "At the price β = 2 this model has the least D + βR: no large dot lies below its line."
    assert all("no large dot lies below its line" in text for text in said)
    dented = measured(worse={3: 6.0})
    rate, distortion = means(dented)
    losses = distortion + 2.0 * rate
    nats = losses[3] - losses.min()
    assert nats > 0.5 and losses.argmin() != 3
    said = js(VERDICT, betas=BETAS, rate=dented.rate, distortion=dented.distortion)
    other = f"the model trained with β = {BETAS[losses.argmin()]:g} does better: {nats:.2f} nats below the line"
    assert said[3] == f"At the price β = 2 {other} (lower in 3 of 3 seeds)."
    single = measured(rate=exact_points()[0], distortion=exact_points()[1] + [0, 0, 0, 6.0, 0, 0])
    said = js(VERDICT, betas=BETAS, rate=single.rate, distortion=single.distortion)
    assert said[3].endswith("nats below the line.") and said[2].endswith("R: no dot lies below its line.")


def test_equal_models_are_both_the_cheapest(js: Run) -> None:
    said = js(VERDICT, betas=[8, 16], rate=[[0.0, 0.0]], distortion=[[5.0, 5.0]])
    assert all("no dot lies below" in text for text in said)


def test_the_nearest_place_is_the_argmin_of_the_distances(js: Run) -> None:
    places = 300 * torch.rand(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    pixels = 300 * torch.rand(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    body = "return data.pixels.map((pixel) => math.nearestPlace(pixel, data.places));"
    found = js(body, pixels=pixels.tolist(), places=places.tolist())
    assert found == torch.cdist(pixels, places).argmin(1).tolist()


def test_the_axes_hold_every_model_of_every_seed_and_every_loss(js: Run) -> None:
    rate, distortion = clouds(3, 6)
    body = """const { seeds, models } = math.gather(data.rates, data.distortions);
    return math.extents(data.betas, seeds, models);"""
    found = js(body, rates=rate.tolist(), distortions=distortion.tolist(), betas=BETAS)
    losses = distortion.mean(0) + torch.tensor(BETAS) * rate.mean(0)
    assert found["x"]["min"] == 0 and found["x"]["max"] > float(rate.max())
    assert found["y"]["min"] < float(distortion.min()) and found["y"]["max"] > float(
        max(distortion.max(), losses.max())
    )
    flat = js(body, rates=[[0.0, 0.0]], distortions=[[5.0, 5.0]], betas=[1, 2])  # collapsed, all of them
    assert flat["x"]["max"] > 0 and flat["y"]["min"] < 5 < flat["y"]["max"]


def test_images_lie_side_by_side_in_rows(js: Run) -> None:
    (rows, columns), drawn = SHAPE, greys()[2][1]
    body = "return math.tile(data.images, data.first, data.count, 4, data.rows, data.columns);"
    flat = js(body, images=drawn.ravel().tolist(), first=0, count=6, rows=rows, columns=columns)
    blank = np.zeros((2, rows * columns))
    block = np.concatenate([drawn, blank]).reshape(2, 4, rows, columns).transpose(0, 2, 1, 3) / 255
    assert np.array(flat) == pytest.approx(block.ravel(), abs=1e-15)
    flat = js(body, images=drawn.ravel().tolist(), first=2, count=4, rows=rows, columns=columns)
    assert np.array(flat) == pytest.approx(drawn[2:].reshape(4, rows, columns).transpose(1, 0, 2).ravel() / 255)


def test_every_formula_is_exported_for_these_tests(js: Run) -> None:
    text = "".join(source(name) for name in ("rate_distortion_math.js", "rate_distortion.js"))
    declared = set(re.findall(r"^(?:function|const) (\w+)(?= = \(|\()", text, re.MULTILINE))
    assert declared - {"readModels", "build"} | {"tile"} == set(js("return Object.keys(math);"))


def test_its_own_front_end_is_small() -> None:
    own = ("rate_distortion.js", "rate_distortion_math.js", "rate_distortion_chart.js")
    assert sum(len(source(name).encode()) for name in own) <= 12_000
