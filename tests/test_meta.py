"""Every model and objective on the `meta` device, where a tensor made on the CPU by mistake raises."""

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Normal

from tests.zoo import ZOO, B, L
from vaekit import (
    MLP,
    Autoencoder,
    BernoulliHead,
    Conditional,
    Dataset,
    detached,
    elbo,
    elbo_of,
    grid_log_evidence,
    grid_posterior,
    iwae,
    kl_standard_normal,
    log_likelihood,
    score_function_elbo,
    sticking_the_landing,
    weighted_loss,
)


@pytest.fixture(autouse=True)
def no_validation():
    """Meta tensors have no values that torch.distributions could validate."""
    Distribution.set_default_validate_args(False)
    yield
    Distribution.set_default_validate_args(True)


def all_meta(*tensors: Tensor) -> bool:
    return all(tensor.is_meta for tensor in tensors)


@pytest.mark.parametrize("name", ZOO)
def test_model_and_objectives_stay_on_the_device_of_the_model(name):
    model, x = (each.to("meta") for each in ZOO[name]())
    trace, terms = model(x, 7), elbo(model, x, 7)
    for latent in trace.latents:
        assert all_meta(latent.z, latent.log_q, latent.log_p, latent.kl)
    assert all_meta(trace.log_px, trace.log_w)
    assert all_meta(terms.elbo, terms.rate, terms.distortion, iwae(model, x, 7), log_likelihood(model, x, 7, chunk=3))
    loss = weighted_loss(terms, beta=0.5, free_bits=0.1)
    assert all_meta(score_function_elbo(model, x))
    assert len(trace.latents) > 1 or all_meta(sticking_the_landing(model, x))
    loss.backward()
    assert all_meta(loss, *(parameter.grad for parameter in model.parameters()))
    assert elbo(model, x, draw=detached).elbo.shape == (B,)


@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "full_covariance"])
def test_inference_stays_on_the_device_of_the_model(name):
    model, x = (each.to("meta") for each in ZOO[name]())
    assert all_meta(grid_log_evidence(model, x, points=5), elbo_of(model, x, model.encoder(x), 3).elbo)
    posterior = grid_posterior(model, x, points=5)
    assert all_meta(posterior.mean, posterior.variance, posterior.log_density)
    if name != "full_covariance":
        assert all_meta(posterior.kl_from(model.encoder(x)), posterior.kl_to(model.encoder(x)))


@pytest.mark.parametrize("name", ["linear", "mixture_prior"])
def test_closed_forms_stay_on_the_device_of_the_model(name):
    model, x = (each.to("meta") for each in ZOO[name]())
    if name == "linear":
        assert all_meta(model.log_evidence(x), model.posterior(x).mean, model.decoder(x[:, :L]).mean)
        assert all_meta(model.exact_elbo(x, Normal(x[:, :L], 1.0)))
    assert all_meta(model.prior().log_prob(x[:, :L]))


def test_samples_stay_on_the_device_of_the_model():
    for name in set(ZOO) - {"mixture_prior", "vamp_prior", "full_covariance"}:
        model = ZOO[name]()[0].to("meta")
        assert all_meta(model.sample(3))


def test_the_rest_of_the_package_stays_on_the_device_of_its_input():
    x = torch.zeros(3, 4, device="meta")
    data = Dataset(x, torch.zeros(3, dtype=torch.int64, device="meta"))
    assert all_meta(kl_standard_normal(x, x), *(batch.x for batch in data.batches(2, 0)))
    model = Autoencoder(MLP([4, 2]), Conditional(MLP([2, 5], nn.Tanh), BernoulliHead(5, 4))).to("meta")
    assert all_meta(model(x).mean, model.log_px(x))
