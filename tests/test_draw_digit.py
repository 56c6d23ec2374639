"""`DrawDigit`: its formulas, run in node, against torch and the package; what its texts say, measured."""

import itertools
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

import vaekit
from tests.node import Run, run_math
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.widgets import DecoderWeights, DrawDigit
from vaekit.widgets.draw_digit_inputs import seven_point_mean, seven_point_scores, seven_points
from vaekit.widgets.weights import encoder_weights


@pytest.fixture(scope="module")
def test_digits() -> vaekit.Dataset:
    return vaekit.load_dataset("mnist5k", split="test")


@pytest.fixture(scope="module")
def trained() -> VAE:
    """A VAE with two latents after two epochs: weights of the usual sizes, pictures like digits."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Conditional(MLP([784, 200], nn.Tanh), GaussianHead(200, 2, bound=8.0))
        model = VAE(encoder, Conditional(MLP([2, 200]), BernoulliHead(200, 784)), StandardNormal(2))
        train = vaekit.load_dataset("mnist5k", binarize="dynamic")
        vaekit.fit(
            model,
            train,
            lambda model, batch, step: vaekit.weighted_loss(vaekit.elbo(model, batch.x)),
            epochs=4,
            lr=3e-3,
            progress=False,
        )
    return model


@pytest.fixture(scope="module")
def widget(trained: VAE, test_digits: vaekit.Dataset) -> DrawDigit:
    return DrawDigit.from_model(trained, test_digits)


@pytest.fixture(scope="module")
def js(widget: DrawDigit, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(widget, tmp_path_factory.mktemp("js"))


def traits(weights: DecoderWeights) -> dict[str, Any]:
    return {name: getattr(weights, name) for name in ("layers", "dtype", "weights", "scales", "biases")}


def accounts(js: Run, encoder: DecoderWeights, decoder: DecoderWeights, x: Tensor, eps: Tensor) -> list[dict[str, Any]]:
    """What the page finds for each row of x."""
    sent = {f"{side}_{k}": v for side, w in (("encoder", encoder), ("decoder", decoder)) for k, v in traits(w).items()}
    body = """
    const layers = (side) => math.unpackLayers({ get: (name) => model.get(`${side}_${name}`) });
    const net = { encoder: layers("encoder"), decoder: layers("decoder"), bound: data.bound, eps: data.eps };
    return data.x.map((pixels) => math.account(net, pixels));
    """
    return js(body, bound=8.0, eps=eps.tolist(), x=x.tolist(), **sent)


def column(made: list[dict[str, Any]], name: str) -> Tensor:
    return torch.tensor([each[name] for each in made], dtype=torch.float64)


EPS = torch.tensor([[0.3, -1.2], [1.5, 0.1], [-0.4, 2.0]], dtype=torch.float64)


@torch.no_grad()
def test_unquantised_it_is_the_model_in_float64(js: Run, trained: VAE, test_digits: vaekit.Dataset) -> None:
    x = (test_digits.x[:12] >= 0.5).float()
    encoder = encoder_weights(trained.encoder, x, dtype="float32")
    made = accounts(js, encoder, DecoderWeights(trained.decoder, dtype="float32"), x, EPS)
    model = trained.double()
    x = x.double()
    q, expected = model.encoder(x), seven_point_scores(model, x)
    rate = vaekit.kl_standard_normal(q.loc, 2 * q.scale.log())
    pictures = model.decoder(torch.cat([q.loc[None], q.loc + q.scale * EPS[:, None]])).mean.transpose(0, 1)
    trained.float()
    close = {"rtol": 1e-5, "atol": 1e-5}
    torch.testing.assert_close(column(made, "mu"), q.loc, **close)
    torch.testing.assert_close(column(made, "sigma"), q.scale, **close)
    torch.testing.assert_close(column(made, "rate"), rate, **close)
    torch.testing.assert_close(column(made, "loss"), expected, **close)
    torch.testing.assert_close(column(made, "distortion"), expected - rate, **close)
    torch.testing.assert_close(column(made, "pictures"), pictures, **close)


@torch.no_grad()
def test_as_sent_its_pixels_are_within_a_hundredth(
    js: Run, widget: DrawDigit, trained: VAE, test_digits: vaekit.Dataset
) -> None:
    x = (test_digits.x[100:200] >= 0.5).float()
    shifted = x.unflatten(-1, (28, 28)).roll((6, -7), (1, 2)).flatten(1)  # as a reader may draw without centring
    x = torch.cat([x, shifted])
    made, q = accounts(js, widget.encoder, widget.weights, x, EPS), trained.encoder(x)
    pictures = trained.decoder(torch.cat([q.loc[None], q.loc + q.scale * EPS.float()[:, None]])).mean.transpose(0, 1)
    assert (column(made, "pictures") - pictures).abs().max() <= 1e-2
    assert (column(made, "loss") - seven_point_scores(trained, x)).abs().max() <= 0.5


@torch.no_grad()
def test_seven_points_give_the_elbo_within_the_standard_error_of_many_draws(
    trained: VAE, test_digits: vaekit.Dataset
) -> None:
    x = (test_digits.x[:100] >= 0.5).float()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        draws = torch.stack([-vaekit.elbo(trained, x, 50).elbo for _ in range(40)])
    error, many = seven_point_scores(trained, x) - draws.mean(0), draws.std(0) / 40**0.5
    assert error.abs().mean() < 0.25 and (error.abs() < 4.5 * many + 2.0).all()
    sixteen = -vaekit.elbo(trained, x, 16).elbo - draws.mean(0)
    assert error.square().mean() < 0.25 * sixteen.square().mean()


def test_the_rule_is_exact_for_polynomials_of_degree_five_and_not_six() -> None:
    z = seven_points(Normal(torch.zeros(1, 2).double(), torch.ones(1, 2).double()), torch.Size())
    moments = [1.0, 0.0, 1.0, 0.0, 3.0, 0.0, 15.0]  # of N(0, 1)
    for a, b in itertools.product(range(6), repeat=2):
        if a + b < 6:
            found = seven_point_mean(z[..., 0] ** a * z[..., 1] ** b).item()
            assert found == pytest.approx(moments[a] * moments[b], abs=1e-12), (a, b)
    assert abs(seven_point_mean(z[..., 0] ** 6).item() - moments[6]) > 1


def test_nearest_codes_are_counted_by_class(js: Run) -> None:
    draw = torch.Generator().manual_seed(3)
    codes, labels = torch.randn(300, 2, generator=draw).double(), torch.randint(0, 5, (300,), generator=draw)
    z = [0.4, -0.7]
    made = js(
        "return math.neighbours(data.z, { codes: data.codes.flat(), labels: data.labels }, data.count);",
        **{"z": z, "codes": codes.tolist(), "labels": labels.tolist(), "count": 15},
    )
    near = torch.cdist(torch.tensor([z]).double(), codes)[0].argsort()[:15]
    counts = labels[near].bincount(minlength=5).tolist()
    assert made == sorted(([k, n] for k, n in enumerate(counts) if n), key=lambda pair: (-pair[1], pair[0]))


def test_the_place_of_a_score_is_the_share_below_it(js: Run) -> None:
    call = "return data.at.map((score) => math.shareBelow(data.scores, score));"
    assert js(call, scores=[3.0, 1.0, 2.0, 2.0], at=[0.5, 1.0, 2.0, 2.5, 9.0]) == [0, 0, 0.25, 0.75, 1]


@torch.no_grad()
def test_what_the_answer_says_holds_for_a_trained_model(
    js: Run, widget: DrawDigit, trained: VAE, test_digits: vaekit.Dataset
) -> None:
    """Higher than most test digits: a box with a cross in it. Lower: a bar."""
    edge, ramp = torch.zeros(28, 28), torch.arange(28)
    edge[4:24, 4:24] = 1.0
    edge[6:22, 6:22] = 0.0
    box, bar = edge.clone(), torch.zeros(28, 28)
    inside = ((ramp[:, None] - ramp).abs() < 2) | ((ramp[:, None] + ramp - 27).abs() < 2)
    box[4:24, 4:24] = torch.maximum(edge, inside.float())[4:24, 4:24]
    bar[4:24, 13:15] = 1.0
    scores = torch.from_numpy(numpy.frombuffer(widget.scores, "f4").copy())
    boxed, plain = seven_point_scores(trained, torch.stack([box, bar]).flatten(1))
    assert (scores < boxed).float().mean() > 0.9 and (scores < plain).float().mean() < 0.25
