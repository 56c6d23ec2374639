"""The importance-sampled log-likelihood: exact where it can be, a lower bound elsewhere, in constant memory."""

import math

import pytest
import torch
from torch.testing import assert_close

from tests.statistics import assert_mean, assert_mean_at_least, seeded
from tests.zoo import ZOO, B, linear_model, toy
from vaekit import detached, grid_log_evidence, iwae, log_likelihood


class Counting(torch.nn.Module):
    """Pass calls on to a model, and write down how many samples each asked for, and with what settings."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model, self.calls = model, []

    def forward(self, x, num_samples=1, *, context=None, draw=None):
        self.calls.append((num_samples, context, draw, torch.is_grad_enabled()))
        return self.model(x, num_samples, draw=draw)


@pytest.mark.parametrize(("samples", "chunk"), [(1, 1), (1, 100), (7, 3), (9, 3), (10, 100), (250, 100)])
def test_exact_posterior_gives_the_evidence_for_any_number_of_samples_in_any_chunks(samples, chunk):
    model, x = linear_model(), ZOO["linear"]()[1]
    counting = Counting(model)
    estimate = log_likelihood(counting, x, samples, chunk=chunk)
    assert_close(estimate, model.log_evidence(x).detach(), rtol=1e-10, atol=1e-10)
    sizes = [call[0] for call in counting.calls]
    assert sum(sizes) == samples and max(sizes) <= chunk and len(sizes) == math.ceil(samples / chunk)


def test_no_graph_is_built_and_the_context_is_passed_on():
    model, x = ZOO["bernoulli"]()
    counting, context = Counting(model), torch.zeros(B, 1)
    estimate = log_likelihood(counting, x, 3, context=context)
    assert not estimate.requires_grad
    ((_, came, draw, graph),) = counting.calls
    assert came is context and draw is detached and not graph


def test_one_chunk_is_the_importance_weighted_bound():
    model, x = ZOO["gaussian"]()
    with seeded(), torch.no_grad():
        bound = iwae(model, x, 20)
    with seeded():
        assert_close(log_likelihood(model, x, 20), bound)


def test_chunks_are_joined_in_the_log_domain_without_underflow():
    model, x = ZOO["bernoulli"]()
    model, weights = model.double(), []
    keep = lambda q, shape: weights.append(q.sample(shape)) or weights[-1]  # noqa: E731
    with seeded():
        estimate = log_likelihood(model, x.double(), 50, chunk=7)
    with seeded(), torch.no_grad():
        log_w = torch.cat([model(x.double(), size, draw=keep).log_w for size in [7] * 7 + [1]])
    assert_close(estimate, log_w.exp().mean(0).log(), rtol=1e-11, atol=1e-11)
    with torch.no_grad():
        model.decoder.head.logits.weight.zero_()
        model.decoder.head.logits.bias.copy_(1000 * (1 - 2 * x[0]))
    assert_close(log_likelihood(model, x[:1].double(), 50, chunk=7).item(), -6000.0, rtol=0.01, atol=0)


@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "full_covariance"])
def test_neither_iwae_nor_the_estimate_exceeds_the_evidence_on_average_and_many_samples_reach_it(name):
    model, x = ZOO[name]()
    model, x = model.double(), x.double()
    evidence = grid_log_evidence(model, x, half_width=9.0, points=181)
    for samples in (1, 5):
        with seeded(1), torch.no_grad():
            bounds = iwae(model, x.repeat(4000, 1), samples).unflatten(0, (4000, B))
            estimates = log_likelihood(model, x.repeat(4000, 1), samples, chunk=2).unflatten(0, (4000, B))
        assert_mean_at_least(-bounds, -evidence)
        assert_mean_at_least(-estimates, -evidence)
    with seeded(2), torch.no_grad():
        weights = model(x, 100_000, draw=detached).log_w.sub(evidence).exp()
    assert_mean(weights, 1.0)


def test_estimate_on_the_toy_converges_to_the_closed_form():
    model, x = toy()
    with seeded(3):
        estimate = log_likelihood(model, x.expand(200, -1), 5000, chunk=1000)
    assert_mean(estimate, -1.6651, rounding=2e-4)
