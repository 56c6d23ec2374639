"""Categorical latents: relaxed draws, straight-through draws and score functions against enumeration."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.distributions import OneHotCategorical
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Latent,
    OneHotHead,
    UniformOneHot,
    detached,
    elbo,
    enumerated_elbo,
    enumerated_log_evidence,
    gumbel_softmax,
    iwae,
    log_likelihood,
    pathwise,
    score_function_elbo,
    straight_through,
)
from vaekit.inference.enumeration import all_one_hot

PIXELS, LATENTS, CLASSES = 6, 2, 3


def categorical_vae(latents=LATENTS, classes=CLASSES):
    with seeded(0):
        encoder = Conditional(MLP([PIXELS, 8], nn.Tanh), OneHotHead(8, latents, classes))
        body = nn.Sequential(nn.Flatten(-2), MLP([latents * classes, 8], nn.Tanh))
        return VAE(encoder, Conditional(body, BernoulliHead(8, PIXELS)), UniformOneHot(latents, classes)).double()


def data(rows=4):
    with seeded(1):
        return torch.randint(2, (rows, PIXELS)).double()


def test_enumeration_lists_every_value_once():
    z = all_one_hot(LATENTS, CLASSES)
    assert z.shape == (9, LATENTS, CLASSES) and len(z.unique(dim=0)) == 9
    assert_close(z.sum(-1), torch.ones(9, LATENTS))
    with pytest.raises(ValueError, match="latents: got 20 with 10 classes"):
        all_one_hot(20, 10)


def test_the_enumerated_evidence_sums_to_one_over_all_images():
    model, images = categorical_vae(), torch.cartesian_prod(*[torch.arange(2.0).double()] * PIXELS)
    assert_close(enumerated_log_evidence(model, images).exp().sum().item(), 1.0)


def test_elbo_and_evidence_differ_by_the_kl_to_the_enumerated_posterior():
    model, x = categorical_vae(), data()
    q = model.encoder(x)
    z = all_one_hot(LATENTS, CLASSES).double()
    log_px = model.decoder(z.unsqueeze(1)).log_prob(x).sum(-1)
    log_joint = log_px + model.prior().log_prob(z).sum(-1, keepdim=True)
    log_posterior = log_joint - log_joint.logsumexp(0)
    log_q = q.log_prob(z.unsqueeze(1)).sum(-1)
    kl = (log_q.exp() * (log_q - log_posterior)).sum(0)
    assert_close(enumerated_log_evidence(model, x) - enumerated_elbo(model, x), kl)


def test_exact_draws_estimate_the_enumerated_elbo_and_importance_sampling_the_evidence():
    model, x = categorical_vae(), data()
    with seeded(2), torch.no_grad():
        terms = elbo(model, x, 20_000, draw=detached)
        assert_mean(terms.log_px - terms.kl.sum(-1), enumerated_elbo(model, x))
        near = log_likelihood(model, x, 20_000)
    assert_close(near, enumerated_log_evidence(model, x), atol=0.02, rtol=0)


def encoder_gradients(bound, repeats=3000):
    model, x = categorical_vae(), data(1)
    weight, found = model.encoder.head.logits.bias, []
    with seeded(3):
        for _ in range(repeats):
            (gradient,) = torch.autograd.grad(bound(model, x).sum(), weight)
            found.append(gradient)
    return torch.stack(found)


def exact_gradient():
    model, x = categorical_vae(), data(1)
    return torch.autograd.grad(enumerated_elbo(model, x).sum(), model.encoder.head.logits.bias)[0]


@pytest.mark.parametrize("leave_one_out", [False, True])
def test_the_score_function_gradient_is_unbiased(leave_one_out):
    found = encoder_gradients(lambda m, x: score_function_elbo(m, x, 4, leave_one_out=leave_one_out))
    assert_mean(found, exact_gradient())


def relaxed(tau, hard=False):
    return encoder_gradients(lambda m, x: elbo(m, x, 4, draw=gumbel_softmax(tau, hard=hard)).elbo)


def test_gumbel_softmax_bias_falls_and_variance_rises_as_the_temperature_falls():
    exact = exact_gradient()
    hot, warm, cold = (relaxed(tau) for tau in (5.0, 1.0, 0.1))
    bias = [(each.mean(0) - exact).norm() for each in (hot, warm, cold)]
    assert bias[0] > bias[1] > bias[2]
    assert hot.var(0).sum() < warm.var(0).sum() < cold.var(0).sum()


def test_straight_through_is_biased_where_the_decoder_is_not_linear():
    found = encoder_gradients(lambda m, x: elbo(m, x, 4, draw=straight_through).elbo)
    away = (found.mean(0) - exact_gradient()).abs() / (found.std(0) / len(found) ** 0.5)
    assert away.max() > 4.5


def test_straight_through_is_right_for_a_function_that_is_linear_in_z():
    logits = torch.randn(1, 4, dtype=torch.float64, requires_grad=True)
    values = torch.randn(4, dtype=torch.float64)
    exact = torch.autograd.grad((logits.softmax(-1) * values).sum(), logits)[0]
    z = straight_through(OneHotCategorical(logits=logits), torch.Size([3]))
    assert_close(torch.autograd.grad((z * values).sum(-1).mean(), logits)[0], exact)


@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_the_largest_entry_of_a_relaxed_draw_is_an_exact_draw_at_every_temperature(tau):
    q = OneHotCategorical(logits=torch.tensor([[0.3, -1.0, 2.0, 0.0]], dtype=torch.float64))
    with seeded(4):
        z = gumbel_softmax(tau)(q, torch.Size([40_000]))
    assert_close(z.sum(-1), torch.ones_like(z[..., 0]))
    chosen = torch.nn.functional.one_hot(z.argmax(-1), 4).double()
    assert_mean(chosen, q.probs)


def test_hard_draws_are_one_hot_and_carry_the_gradient_of_the_soft_ones():
    logits = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    values, gradients = torch.randn(4, dtype=torch.float64), []
    for hard in (True, False):
        with seeded(5):
            z = gumbel_softmax(0.7, hard=hard)(OneHotCategorical(logits=logits), torch.Size([3]))
        assert bool(((z == 0) | (z == 1)).all()) == hard
        gradients.append(torch.autograd.grad((z * values).sum(), logits)[0])
    assert_close(*gradients)


def test_a_relaxed_draw_has_no_density_but_an_exact_kl():
    model, x = categorical_vae(), data()
    trace = model(x, 3, draw=gumbel_softmax(0.5))
    (latent,) = trace.latents
    for read in (lambda: latent.log_q, lambda: latent.log_p, lambda: trace.log_w):
        with pytest.raises(ValueError, match=r"z: a relaxed draw.*KL needs no draw"):
            read()
    with pytest.raises(ValueError, match="z: a relaxed draw"):
        iwae(model, x, 3, draw=gumbel_softmax(0.5))
    hard = Latent(gumbel_softmax(0.5, hard=True)(latent.q, torch.Size([3])), latent.q, latent.p)
    assert_close(latent.kl, hard.kl)
    assert latent.kl.shape == (3, 4, LATENTS) and hard.log_q.shape == (3, 4)


def test_a_discrete_posterior_has_no_pathwise_draw_and_a_gaussian_no_gumbel():
    q = OneHotCategorical(logits=torch.zeros(2, 3))
    with pytest.raises(TypeError, match="q: OneHotCategorical has no reparameterised sample"):
        pathwise(q, torch.Size([1]))
    for draw in (gumbel_softmax(1.0), straight_through):
        with pytest.raises(TypeError, match=r"q: got Normal; expected a .*OneHotCategorical"):
            draw(torch.distributions.Normal(0.0, 1.0), torch.Size([1]))
    for tau in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="tau"):
            gumbel_softmax(tau)
