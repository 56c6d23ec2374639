"""Gradients of the importance-weighted bound: unbiased or not, and how their signal compares with their noise."""

from __future__ import annotations

import math

import pytest
import torch
from torch.testing import assert_close

from tests.statistics import seeded
from tests.zoo import ZOO, bernoulli_vae, toy
from vaekit import (
    GaussianHead,
    doubly_reparameterised,
    effective_sample_size,
    iwae,
    iwae_sticking_the_landing,
    sticking_the_landing,
)

K = 4


def gradients(bound, model, x, samples, repeats, seed):
    """Gradients of a bound in the mean and log-scale of q and in the decoder's weight, `(repeats, 3)`."""
    found = []
    with seeded(seed):
        for _ in range(repeats):
            model.zero_grad()
            bound(model, x, samples).sum().backward()
            q, linear = model.encoder, model.decoder.linear
            found.append([q.loc.grad.item(), q.scale.grad.item(), linear.weight.grad.item()])
    return torch.tensor(found, dtype=torch.float64)


@pytest.fixture(scope="module")
def reference():
    """The pathwise gradient of the bound itself, from many draws at once."""
    model, x = toy()
    repeats, blocks = 4000, []
    with seeded(0):
        for _ in range(50):
            model.zero_grad()
            iwae(model, x.expand(repeats, 1), K).mean().backward()
            q, linear = model.encoder, model.decoder.linear
            blocks.append([q.loc.grad.item(), q.scale.grad.item(), linear.weight.grad.item()])
    return torch.tensor(blocks, dtype=torch.float64)


def test_the_doubly_reparameterised_gradient_is_unbiased(reference):
    model, x = toy()
    found = gradients(doubly_reparameterised, model, x, K, 4000, seed=1)
    error = (found.var(0) / len(found) + reference.var(0) / len(reference)).sqrt()
    assert ((found.mean(0) - reference.mean(0)).abs() < 4.5 * error).all()


def test_sticking_the_landing_is_biased_for_the_encoder_and_not_for_the_decoder(reference):
    model, x = toy()
    found = gradients(iwae_sticking_the_landing, model, x, K, 4000, seed=2)
    error = (found.var(0) / len(found) + reference.var(0) / len(reference)).sqrt()
    away = (found.mean(0) - reference.mean(0)).abs() / error
    assert away[:2].max() > 10 and away[2] < 4.5


def test_one_seed_replayed_by_hand_gives_the_doubly_reparameterised_gradient():
    model, x = toy()
    with seeded(3):
        doubly_reparameterised(model, x, K).sum().backward()
    with seeded(3):
        eps = torch.randn(K, 1, 1, dtype=torch.float64)
    loc, scale = model.encoder.loc.detach(), model.encoder.scale.detach()
    z = (loc + scale * eps).requires_grad_()
    log_w = (
        -0.5 * z**2
        - 0.5 * (x - 1.5 * z) ** 2 / 0.25
        + 0.5 * ((z - loc) / scale) ** 2
        - 0.5 * math.log(2 * math.pi * 0.25)
        + scale.log()
    )
    slope = torch.autograd.grad(log_w.sum(), z)[0]
    v = log_w.detach().softmax(0)
    assert_close(model.encoder.loc.grad, (v**2 * slope).sum((0, 1)))
    assert_close(model.encoder.scale.grad, (v**2 * slope * eps).sum((0, 1)))


@pytest.mark.parametrize("bound", [doubly_reparameterised, iwae_sticking_the_landing])
@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "conditional", "full_covariance", "mixture_prior"])
def test_the_value_is_the_bound_itself_and_the_decoder_gets_its_usual_gradient(bound, name):
    model, x = ZOO[name]()
    results = []
    for each in (bound, iwae):
        model.zero_grad()
        with seeded(4):
            value = each(model, x, 3)
        value.sum().backward()
        decoder = model.model.decoder if name == "conditional" else model.decoder
        results.append((value.detach(), [p.grad.clone() for p in decoder.parameters()]))
    assert_close(results[0], results[1])


def test_for_one_sample_both_are_sticking_the_landing():
    model, x = ZOO["bernoulli"]()
    found = []
    for bound in (doubly_reparameterised, iwae_sticking_the_landing, sticking_the_landing):
        model.zero_grad()
        with seeded(5):
            bound(model, x, 1).sum().backward()
        found.append([p.grad.clone() for p in model.parameters()])
    assert_close(found[0], found[1])
    assert_close(found[0], found[2])


def snr(values):
    return (values.mean(0).abs() / values.std(0)).tolist()


def test_the_encoders_signal_falls_with_k_pathwise_and_rises_doubly_reparameterised():
    model, x = toy()
    few, many = (gradients(iwae, model, x, k, 3000, seed=6) for k in (16, 256))
    twice_few, twice_many = (gradients(doubly_reparameterised, model, x, k, 3000, seed=7) for k in (16, 256))
    assert snr(many)[0] < 0.6 * snr(few)[0]
    assert snr(twice_many)[0] > 2 * snr(twice_few)[0]
    assert snr(many)[2] > 2 * snr(few)[2]  # the decoder's rises


def test_effective_sample_size_counts_equal_weights_and_a_single_large_one():
    log_w = torch.tensor([[-1000.0, 0.0], [-1000.0, -60.0], [-1000.0, -80.0]], dtype=torch.float64)
    assert_close(effective_sample_size(log_w), torch.tensor([3.0, 1.0], dtype=torch.float64))
    some = torch.randn(7, 2, dtype=torch.float64)
    w = some.exp()
    assert_close(effective_sample_size(some), w.sum(0) ** 2 / (w**2).sum(0))


def test_draws_without_a_path_are_refused():
    model = bernoulli_vae(head=GaussianHead)
    model.encoder.forward = lambda *a, **k: torch.distributions.Bernoulli(torch.full((5, 2), 0.5))
    with pytest.raises(TypeError, match=r"q: Bernoulli has no reparameterised"):
        doubly_reparameterised(model, ZOO["bernoulli"]()[1], 2)
