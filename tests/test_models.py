"""The contract that every model keeps, over the whole zoo."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.statistics import assert_mean, assert_mean_at_least, seeded
from tests.zoo import ZOO, B, D, L, bernoulli_vae, linear_model, linear_twin, typed
from vaekit import MLP, Autoencoder, BernoulliHead, Conditional, detached, elbo, iwae, log_likelihood, weighted_loss

GROUPS = dict.fromkeys(["full_covariance", "mixture_prior", "vamp_prior", "linear"], (1,))
GROUPS |= {"top_down": (L, L), "ladder": (L, L), "bottom_up": (L, L), "ddpm_chain": (D, D, D)}


@pytest.fixture(params=ZOO)
def entry(request):
    model, x = ZOO[request.param]()
    return request.param, model.double(), typed(x, torch.float64)


@pytest.mark.parametrize("samples", [1, 7])
@pytest.mark.parametrize("batch", [1, B])
def test_shapes(entry, samples, batch):
    name, model, x = entry
    x = x[:batch]
    trace, terms = model(x, samples), elbo(model, x, samples)
    groups = GROUPS.get(name, (L,))
    assert {latent.z.shape for latent in trace.latents} == {(samples, batch, D if name == "ddpm_chain" else L)}
    densities = [latent.log_p for latent in trace.latents]
    for density in (trace.log_px, trace.log_q, trace.log_w, terms.log_px, *densities):
        assert density.shape == (samples, batch) and density.isfinite().all()
    assert terms.kl.shape == (samples, batch, sum(groups)) and terms.groups == groups
    for bound in (terms.elbo, terms.rate, terms.distortion, iwae(model, x, samples), log_likelihood(model, x, samples)):
        assert bound.shape == (batch,)
    assert weighted_loss(terms).shape == ()


def test_elbo_is_the_mean_log_weight(entry):
    _, model, x = entry
    with seeded(1), torch.no_grad():
        trace = model(x, 20_000)
    with seeded(1), torch.no_grad():
        terms = elbo(model, x, 20_000)
    assert_mean(terms.log_px - terms.kl.sum(-1) - trace.log_w, 0.0)


def test_iwae_of_one_sample_is_the_elbo_in_expectation(entry):
    _, model, x = entry
    with seeded(2), torch.no_grad():
        bound = iwae(model, x.repeat(4000, 1), 1).unflatten(0, (4000, B))
        terms = elbo(model, x, 4000)
    assert_mean(bound - (terms.log_px - terms.kl.sum(-1)), 0.0)


def test_iwae_does_not_fall_with_more_samples(entry):
    _, model, x = entry
    with seeded(3), torch.no_grad():
        bounds = [iwae(model, x.repeat(2000, 1), samples).unflatten(0, (2000, B)) for samples in (1, 2, 8, 32)]
    for fewer, more in pairwise(bounds):
        assert_mean_at_least(more - fewer, 0.0)


def test_every_parameter_gets_a_gradient_from_the_loss_and_from_iwae(entry):
    _, model, x = entry
    for objective in (lambda: weighted_loss(elbo(model, x, 3)), lambda: -iwae(model, x, 3).mean()):
        model.zero_grad()
        with seeded():
            objective().backward()
        dead = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        assert not dead


def test_detached_draws_leave_the_encoder_without_a_gradient_from_the_likelihood():
    model, x = ZOO["bernoulli"]()
    model(x, 3, draw=detached).log_px.sum().backward()
    assert all(p.grad is None for p in model.encoder.parameters())
    assert all(p.grad is not None for p in model.decoder.parameters())


def test_samples_lie_in_the_support_and_vary(entry):
    _, model, x = entry
    with seeded():
        samples = model.sample(50)
    assert samples.shape == (50, D) and samples.dtype == x.dtype and not samples.requires_grad
    assert samples.isfinite().all() and len(samples.unique(dim=0)) > 10
    if ((x == 0) | (x == 1)).all():
        assert ((samples == 0) | (samples == 1)).all()


def test_sampling_builds_no_graph():
    model, seen = bernoulli_vae(), []
    model.decoder.register_forward_hook(lambda *_: seen.append(torch.is_grad_enabled()))
    model.sample(2)
    assert seen == [False]


@pytest.mark.parametrize("twin", [False, True], ids=["LinearVAE", "VAE"])
def test_samples_have_the_mean_and_covariance_of_the_model(twin):
    linear = linear_model(dims=3, latents=2)
    model = linear_twin(linear, torch.zeros(2).double(), torch.ones(2).double()) if twin else linear
    with seeded(4):
        x = model.sample(100_000)
    centred = x - linear.bias.detach()
    covariance = (linear.weight @ linear.weight.T).detach() + linear.noise_var * torch.eye(3)
    assert_mean(centred, 0.0)
    assert_mean(centred.unsqueeze(-1) * centred.unsqueeze(-2), covariance)


def test_float64_and_float32_are_followed_throughout(entry):
    _, model, x = entry
    for dtype in (torch.float64, torch.float32):
        model, x = model.to(dtype), typed(x, dtype)
        terms = elbo(model, x, 2)
        outputs = (terms.log_px, terms.kl, weighted_loss(terms), iwae(model, x, 2))
        assert {tensor.dtype for tensor in outputs} == {dtype} and model.sample(2).dtype == x.dtype


def test_a_deep_copy_and_a_restored_state_give_the_same_bound(entry):
    name, model, x = entry
    twin, fresh = copy.deepcopy(model), ZOO[name]()[0].double()
    with torch.no_grad():
        for parameter in fresh.parameters():
            parameter.add_(1.0)
    fresh.load_state_dict(model.state_dict())
    results = []
    for each in (model, twin, fresh):
        with seeded(5):
            results.append(elbo(each, x, 3).elbo)
    assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[2])
    next(model.parameters()).data.add_(1.0)
    with seeded(5):
        assert torch.equal(elbo(twin, x, 3).elbo, results[1])


def test_examples_do_not_influence_one_another(entry):
    _, model, x = entry
    draw = lambda q, shape: q.mean.expand(*shape, *q.mean.shape) + 0.3  # noqa: E731
    together = iwae(model, x, 2, draw=draw)
    alone = torch.cat([iwae(model, row, 2, draw=draw) for row in x.split(1)])
    assert_close(together, alone, rtol=1e-10, atol=1e-10)


def test_autoencoder_reports_the_likelihood_at_its_code():
    model = Autoencoder(MLP([D, L], nn.Tanh), Conditional(MLP([L, 8], nn.Tanh), BernoulliHead(8, D)))
    x = ZOO["bernoulli"]()[1]
    px = model.decoder(model.encoder(x))
    assert_close(model(x).mean, px.mean)
    by_hand = (x * px.mean.log() + (1 - x) * (1 - px.mean).log()).sum(1)
    assert_close(model.log_px(x), by_hand)
    (-model.log_px(x).mean()).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_vae_that_decodes_to_another_shape_than_the_data_is_refused():
    model, x = bernoulli_vae(), ZOO["bernoulli"]()[1]
    model.decoder.head = BernoulliHead(8, 1)
    with pytest.raises(ValueError, match=r"px.*expected"):
        elbo(model, x)
