"""Bits back: images come back, the bits that paid for their codes come back, and the length is what the ELBO says."""

from __future__ import annotations

import math

import constriction
import numpy as np
import pytest
import torch

from tests.bad_input import unchecked  # noqa: F401 - a fixture
from tests.statistics import seeded
from tests.zoo import bernoulli_vae, gaussian_vae
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal, elbo, fit, load_dataset
from vaekit.coding import BitsBack
from vaekit.objectives import weighted_loss

SEEN = np.random.default_rng(0).integers(0, 2**32, size=200, dtype=np.uint32)


@pytest.fixture(scope="module")
def model():
    with seeded(0):
        model = VAE(
            Conditional(MLP([64, 32]), GaussianHead(32, 4)),
            Conditional(MLP([4, 32]), BernoulliHead(32, 64)),
            StandardNormal(4),
        )
    data = load_dataset("digits", binarize="static")
    fit(model, data, lambda m, b, step: weighted_loss(elbo(m, b.x)), epochs=5, lr=3e-3, progress=False)
    return model


@pytest.fixture(scope="module")
def x():
    return load_dataset("digits", split="test", binarize="static").x


def test_images_and_earlier_bits_come_back(model, x):
    words = BitsBack(model).encode(x[:30], SEEN)
    images, rest = BitsBack(model).decode(words, 30)
    assert torch.equal(images, x[:30]) and np.array_equal(rest, SEEN)


def test_what_lies_below_can_be_read_in_two_goes(model, x):
    code = BitsBack(model)
    words = code.encode(x[10:15], code.encode(x[:10], SEEN))
    later, rest = code.decode(words, 5)
    earlier, first = code.decode(rest, 10)
    assert torch.equal(torch.cat([earlier, later]), x[:15]) and np.array_equal(first, SEEN)


def stack(seed):
    words = np.random.default_rng(seed).integers(0, 2**32, size=60, dtype=np.uint32)
    return constriction.stream.stack.AnsCoder(words, seal=True)


@pytest.fixture(scope="module")
def cost(model, x):
    with seeded(1), torch.no_grad():
        return -elbo(model, x, 300).elbo.double()


@pytest.mark.parametrize("bins", [64, 1024, 4096])
def test_over_uniform_bits_the_mean_length_is_minus_the_elbo(model, x, cost, bins):
    code = BitsBack(model, bins=bins)
    excess = torch.tensor([next(code.lengths(row, stack(i))) for i, row in enumerate(x.split(1))]) - cost
    error = excess.std() / len(x) ** 0.5
    assert excess.mean().abs() < 4.5 * error and error < 0.005 * cost.mean()
    assert cost.mean() < 0.7 * 64 * math.log(2)  # far below a bit for each pixel


def test_in_a_chain_the_bits_are_dirty_and_more_bins_cost_more(model, x, cost):
    excess = [torch.tensor(list(BitsBack(model, bins=bins).lengths(x, stack(0)))) - cost for bins in (64, 1024, 16384)]
    for each in excess[1:]:
        assert each.mean() > 4.5 * each.std() / len(x) ** 0.5
    assert excess[0].mean() < excess[1].mean() < excess[2].mean() < 0.1 * cost.mean()


def test_without_bits_back_the_same_code_is_longer(model, x):
    with seeded(2), torch.no_grad():
        trace = model(x, 1)
    paid = -(trace.log_px + trace.latents[0].log_p).mean()  # z to the precision of a density of 1
    assert paid > -trace.log_w.mean()


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda c, x: c.encode(0.5 * x, SEEN),
            ValueError,
            "x: got values from 0 to 0.5; expected",
        ),
        (lambda c, x: c.encode(x[:0], SEEN), ValueError, "x: got shape"),
        (lambda c, x: c.encode(x, SEEN.astype(np.int64)), TypeError, "initial: got int64 .*expected .*uint32"),
        (lambda c, x: c.encode(x, [1, 2]), TypeError, "initial: got list"),
        (lambda c, x: c.encode(x, SEEN[:1]), ValueError, "initial: .* bits are left; expected at least 40"),
        (lambda c, x: c.decode(SEEN, 0), ValueError, "num: got 0"),
        (lambda c, x: c.decode("abc", 1), TypeError, "words: got str"),
        (lambda c, x: BitsBack(c.model, bins=1), ValueError, "bins: got 1"),
        (lambda c, x: BitsBack(c), TypeError, "model: got BitsBack; expected a vaekit.VAE"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_input_is_refused_by_name(model, x, call, error, message):
    with pytest.raises(error, match=message):
        call(BitsBack(model), x)


def test_models_of_another_kind_are_refused():
    x = torch.ones(2, 6)
    with pytest.raises(TypeError, match=r"model.decoder: got Normal; expected .*BernoulliPixels"):
        BitsBack(gaussian_vae()).encode(x, SEEN)
    model = bernoulli_vae()
    model.encoder.forward = lambda *a, **k: torch.distributions.Bernoulli(torch.full((1, 2), 0.5))
    with pytest.raises(TypeError, match=r"model.encoder: got Bernoulli; expected .*Normal"):
        BitsBack(model).encode(x, SEEN)
