"""Latents and traces: shapes, draws, the KL per group, and the importance weight."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical, Distribution, Independent, MultivariateNormal, Normal
from torch.distributions import kl_divergence as torch_kl
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import MixturePrior
from vaekit import Latent, Trace, detached, elbo, iwae, pathwise, weighted_loss

K, B, L1, L2, D = 7, 3, 4, 2, 5


def normal(*shape: int) -> Normal:
    return Normal(torch.randn(shape, dtype=torch.float64), torch.rand(shape, dtype=torch.float64) + 0.5)


def full_normal(*batch: int, dims: int) -> MultivariateNormal:
    factor = torch.randn(*batch, dims, dims, dtype=torch.float64).tril(-1) + torch.eye(dims, dtype=torch.float64)
    return MultivariateNormal(torch.randn(*batch, dims, dtype=torch.float64), scale_tril=factor)


def gaussian_kl(q: Normal, p: Normal) -> Tensor:
    ratio = (q.variance + (q.mean - p.mean).square()) / p.variance
    return 0.5 * (ratio - 1 - (q.variance / p.variance).log())


def two_level_model(x: Tensor, num_samples: int = 1, *, context: None = None, draw=pathwise) -> Trace:
    """x ← z₁ ← z₂ with inference from the top: z₂ is drawn first, and q(z₁|z₂, x) and p(z₁|z₂) depend on it."""
    q2 = Normal(x[:, :L2].sin(), 0.4 + 0.1 * x[:, :L2].square())
    z2 = draw(q2, torch.Size([num_samples]))
    above = z2.repeat(1, 1, L1 // L2)
    q1 = Normal(x[:, :L1] + 0.3 * above, 0.5 + 0.1 * above.square())
    z1 = draw(q1, torch.Size([]))
    p1, p2 = Normal(above, 0.8), Normal(x.new_zeros(L2), x.new_ones(L2))
    px = Normal(z1.sum(-1, keepdim=True).expand(*z1.shape[:-1], x.shape[1]), 1.5)
    return Trace(x, px, (Latent(z1, q1, p1), Latent(z2, q2, p2)))


@pytest.fixture
def data() -> Tensor:
    return torch.randn(B, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_pathwise_draw_carries_the_gradient_of_loc_and_scale_and_a_detached_draw_carries_none():
    loc, scale = (torch.full((B, L1), v, dtype=torch.float64, requires_grad=True) for v in (0.3, 0.7))
    z = pathwise(Normal(loc, scale), torch.Size([K]))
    z.sum().backward()
    assert z.shape == (K, B, L1)
    assert_close(loc.grad, torch.full_like(loc, K))
    assert_close(scale.grad, ((z - loc) / scale).sum(0).detach())
    free = detached(Normal(loc, scale), torch.Size([K]))
    assert free.shape == (K, B, L1) and not free.requires_grad


def test_pathwise_refuses_a_distribution_that_cannot_be_reparameterised():
    with pytest.raises(TypeError, match="Bernoulli has no reparameterised sample"):
        pathwise(Bernoulli(torch.full((B, L1), 0.5)), torch.Size([K]))


@pytest.mark.parametrize("samples", [1, K])
@pytest.mark.parametrize("latent_shape", [(L1,), (2, 3)])
def test_closed_form_kl_is_repeated_over_the_samples_and_has_one_group_a_dimension(samples, latent_shape):
    with seeded():
        q, p = normal(B, *latent_shape), normal(*latent_shape)
        kl = Latent(q.rsample((samples,)), q, p).kl
    assert kl.shape == (samples, B, torch.Size(latent_shape).numel())
    assert_close(kl, torch_kl(q, p).flatten(1).expand_as(kl), rtol=1e-11, atol=0)


@pytest.mark.parametrize(
    ("make_q", "make_p", "groups"),
    [
        (lambda: full_normal(B, dims=L1), lambda: full_normal(dims=L1), 1),  # closed form, does not factorise
        (lambda: full_normal(B, dims=L1), lambda: normal(L1), 1),  # sampled, q does not factorise
        (lambda: normal(B, L1), lambda: MixturePrior(3, L1).double()(), 1),  # sampled, p does not factorise
        (lambda: Independent(normal(B, L1), 1), lambda: Independent(normal(L1), 1), 1),
        (lambda: normal(B, L1), lambda: normal(B, L1), L1),
        (lambda: normal(B, L1), lambda: torch.distributions.Cauchy(torch.zeros(L1), 1.0), L1),  # sampled, factorised
    ],
    ids=["full-full", "full-diagonal", "mixture-prior", "independent", "prior-per-example", "cauchy-prior"],
)
def test_number_of_groups_says_whether_q_and_p_factorise_and_the_kl_agrees_with_samples(make_q, make_p, groups):
    with seeded(1):
        q, p = make_q(), make_p()
        few = Latent(q.sample((K,)), q, p)
        many = Latent(q.sample((20_000,)), q, p)
    assert few.kl.shape == (K, B, groups)
    assert few.log_q.shape == few.log_p.shape == (K, B)
    assert_mean((many.log_q - many.log_p), many.kl.sum(-1).mean(0))
    if groups == 1 and not isinstance(q, MultivariateNormal | Independent):
        assert_close(few.kl.squeeze(-1), few.log_q - few.log_p)


def test_sampled_kl_is_log_q_minus_log_p_at_the_draw():
    with seeded(2):
        q, p = full_normal(B, dims=L1), normal(L1)
        z = q.sample((K,))
    by_hand = q.log_prob(z) - p.log_prob(z).sum(-1)
    assert_close(Latent(z, q, p).kl, by_hand.unsqueeze(-1), rtol=1e-12, atol=1e-12)


def test_closed_form_kl_of_a_level_whose_posterior_has_a_sample_axis_is_not_repeated():
    with seeded(3):
        q, p = normal(K, B, L1), normal(L1)
        kl = Latent(q.rsample(()), q, p).kl
    assert_close(kl, gaussian_kl(q, p), rtol=1e-11, atol=1e-12)
    assert kl.shape == (K, B, L1) and (kl.std(0) > 0).all()


def test_categorical_latents_have_an_exact_kl_though_their_draw_is_detached():
    logits = torch.tensor([[[0.2, 1.0, -0.5], [0.0, 0.0, 3.0]]], dtype=torch.float64)
    q, p = Categorical(logits=logits), Categorical(logits=torch.zeros(2, 3, dtype=torch.float64))
    kl = Latent(detached(q, torch.Size([K])), q, p).kl
    log_probs = logits.log_softmax(-1)
    by_hand = (log_probs.exp() * (log_probs + torch.tensor(3.0).double().log())).sum(-1)
    assert_close(kl, by_hand.expand(K, 1, 2), rtol=1e-11, atol=0)


def test_log_densities_sum_over_the_event_and_never_over_samples_or_batch(data):
    with seeded():
        trace = two_level_model(data, K)
    lower, upper = trace.latents
    for k in range(K):
        for b in range(B):
            log_px = Normal(lower.z[k, b].sum(), 1.5).log_prob(data[b]).sum()
            log_q1 = lower.q.log_prob(lower.z)[k, b].sum()
            assert_close(trace.log_px[k, b], log_px)
            assert_close(lower.log_q[k, b], log_q1)
            assert_close(trace.log_q[k, b], log_q1 + upper.q.log_prob(upper.z)[k, b].sum())


def test_density_of_a_wrapped_event_equals_that_of_the_factorised_one(data):
    px = Normal(torch.zeros(K, B, D, dtype=torch.float64), 1.0)
    assert_close(Trace(data, Independent(px, 1), ()).log_px, Trace(data, px, ()).log_px)


def test_two_levels_give_a_kl_that_varies_with_the_sample_and_groups_in_order(data):
    with seeded():
        trace = two_level_model(data, K)
    with seeded():
        terms = elbo(two_level_model, data, K)
    lower, upper = trace.latents
    assert terms.groups == (L1, L2)
    assert terms.kl.shape == (K, B, L1 + L2)
    assert_close(terms.kl[..., :L1], gaussian_kl(lower.q, lower.p), rtol=1e-11, atol=1e-12)
    assert_close(terms.kl[..., L1:], gaussian_kl(upper.q, upper.p).expand(K, B, L2), rtol=1e-11, atol=1e-12)
    assert (terms.kl[..., :L1].std(0) > 0).all() and (terms.kl[..., L1:].std(0) == 0).all()
    assert_close(terms.rate, (lower.kl.sum(-1) + upper.kl.sum(-1)).mean(0))


def test_two_level_elbo_is_the_mean_log_weight_and_iwae_lies_above_it(data):
    with seeded(3):
        trace = two_level_model(data, 40_000)
        bound = iwae(two_level_model, data.repeat(4000, 1), 10).unflatten(0, (4000, B))
    exact_kl = trace.log_px - sum(latent.kl.sum(-1) for latent in trace.latents)
    assert_mean(trace.log_w - exact_kl, 0.0)
    assert (bound.mean(0) > trace.log_w.mean(0)).all()


def test_free_bits_floor_the_groups_of_every_level(data):
    with seeded():
        terms = elbo(two_level_model, data, K)
    average = terms.kl.mean((0, 1))
    floor = average.sort().values[2].item()
    expected = terms.distortion.mean() + sum(max(kl.item(), floor) for kl in average)
    assert_close(weighted_loss(terms, free_bits=floor), expected)


def test_a_likelihood_that_does_not_have_the_shape_of_the_data_is_refused_rather_than_broadcast(data):
    px: Distribution = Normal(torch.zeros(K, B, 1, dtype=torch.float64), 1.0)
    with pytest.raises(ValueError, match=r"px.*\(7, 3, 1\).*expected.*\(3, 5\)"):
        _ = Trace(data, px, ()).log_px
