"""Hierarchies: exact on the linear-Gaussian one in both directions, and the KL whose closed form would be wrong."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.testing import assert_close

from tests.statistics import assert_mean, assert_mean_at_least, mean_and_error, seeded
from tests.zoo import ZOO, B, D, L, conditional, hierarchy
from vaekit import (
    Beside,
    BottomUp,
    Conditional,
    GaussianHead,
    HierarchicalVAE,
    Latent,
    LinearHierarchy,
    Merged,
    SampledLatent,
    StandardNormal,
    TopDown,
    elbo,
    iwae,
    log_likelihood,
    weighted_loss,
)

DIRECTIONS = ["top_down", "bottom_up"]


def linear(sizes: tuple[int, ...] = (4, 3, 2, 1)) -> LinearHierarchy:
    with seeded():
        weights = [torch.randn(a, b).double() for a, b in pairwise(sizes)]
        return LinearHierarchy(weights, [0.3, 0.5, 0.2][: len(weights)], torch.randn(sizes[0]).double())


class Affine(nn.Module):
    """v -> N(a v + b, s²), elementwise; without v it is N(b, s²)."""

    def __init__(self, a: float, b: float, s: float) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor([a, b, s], dtype=torch.float64))

    def forward(self, value: Tensor | None = None, context: None = None) -> Normal:
        a, b, s = self.values
        return Normal(b.expand(1), s) if value is None else Normal(a * value + b, s)


class Added(Affine):
    """(h, above) -> N(a (h + above) + b, s²)."""

    def forward(self, h: Tensor, above: Tensor, prior: Normal, context: None = None) -> Normal:
        return super().forward(h + above)


GENERATOR = (Affine(1.5, 0.0, 0.5), [Affine(0.8, 0.1, 0.6), Affine(0.0, 0.0, 1.0)])


def line(direction: str) -> HierarchicalVAE:
    """x = 1.5 z₁ + noise, z₁ = 0.8 z₂ + 0.1 + noise, with inference that is wrong at both levels."""
    up = BottomUp([Affine(0.5, 0.1, 0.5), Affine(0.4, 0.1, 0.8)])
    return HierarchicalVAE(
        up if direction == "bottom_up" else TopDown([Added(0.4, 0.0, 0.5), Affine(0.3, 0.0, 0.9)]), *GENERATOR
    )


def quadrature(model: HierarchicalVAE, x: float) -> tuple[Tensor, Tensor, Tensor]:
    """The ELBO, the rate of the lower level and log p(x) by the trapezoid over both latents."""
    grid = torch.linspace(-7, 7, 701, dtype=torch.float64)
    z1, z2 = (z.reshape(-1, 1, 1) for z in torch.meshgrid(grid, grid, indexing="ij"))
    data = torch.tensor([[x]], dtype=torch.float64)
    draws = iter([z1, z2] if isinstance(model.inference, BottomUp) else [z2, z1])
    trace = model(data, len(z1), draw=lambda q, shape: next(draws))
    lower = trace.latents[0].log_q - trace.latents[0].log_p
    integrate = lambda f: torch.trapezoid(torch.trapezoid(f.reshape(701, 701), grid), grid)  # noqa: E731
    q = trace.log_q.exp()
    assert_close(integrate(q), torch.ones(()).double(), rtol=0, atol=1e-8)
    return integrate(q * trace.log_w), integrate(q * lower), integrate((trace.log_w + trace.log_q).exp()).log()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (4, 3, 2, 1), (2, 1)])
def test_with_exact_posteriors_every_draw_weighs_the_evidence_in_either_direction(direction, sizes):
    oracle = linear(sizes)
    model, x = getattr(oracle, direction)(), oracle.sample(B)
    evidence = oracle.log_evidence(x)
    assert_close(model(x, 7).log_w, evidence.expand(7, B), rtol=1e-10, atol=1e-10)
    assert_close(iwae(model, x, 3), evidence, rtol=1e-10, atol=1e-10)
    assert_close(log_likelihood(model, x, 3), evidence, rtol=1e-10, atol=1e-10)
    terms = elbo(model, x, 20_000)
    assert terms.groups == (1,) * (len(sizes) - 1)
    assert_mean(terms.log_px - terms.kl.sum(-1), evidence)


def test_samples_have_the_mean_and_covariance_that_the_levels_amount_to():
    oracle = linear((3, 2, 2))
    with seeded(1):
        x = oracle.sample(100_000) - oracle.bias
    w0, w1 = oracle.weights
    covariance = w0 @ (w1 @ w1.T + 0.5 * torch.eye(2)) @ w0.T + 0.3 * torch.eye(3)
    assert_mean(x, 0.0)
    assert_mean(x.unsqueeze(-1) * x.unsqueeze(-2), covariance)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_elbo_of_wrong_posteriors_is_that_of_quadrature_and_lies_below_the_evidence(direction):
    model, x = line(direction), torch.tensor([[1.2]], dtype=torch.float64)
    bound, lower_rate, evidence = quadrature(model, 1.2)
    with seeded(2), torch.no_grad():
        terms = elbo(model, x, 100_000)
        many = log_likelihood(model, x, 200_000, chunk=10_000)
        iwaes = iwae(model, x.expand(20_000, 1), 5)
    assert_mean(terms.log_px - terms.kl.sum(-1), bound)
    assert_mean(terms.kl[..., 0], lower_rate)
    assert_close(terms.level_rates.sum(0), terms.rate)
    assert bound < evidence - 0.05
    assert_close(many, evidence.expand(1), rtol=0, atol=0.02)
    assert_mean_at_least(iwaes, bound)
    assert_mean_at_least(-iwaes, -evidence)


def test_from_the_bottom_up_the_closed_form_of_the_lower_level_would_be_wrong():
    model, x = line("bottom_up"), torch.tensor([[1.2]], dtype=torch.float64)
    _, lower_rate, _ = quadrature(model, 1.2)
    with seeded(3), torch.no_grad():
        lower, upper = model(x, 100_000).latents
    assert isinstance(lower, SampledLatent) and type(upper) is Latent
    mean, error = mean_and_error(Latent(lower.z, lower.q, lower.p).kl.flatten())
    assert (mean - lower_rate).abs() > 50 * error and (mean - lower_rate).abs() > 0.1
    assert all(type(level) is Latent for level in line("top_down")(x).latents)


@pytest.mark.parametrize("name", ["top_down", "ladder", "bottom_up"])
def test_free_bits_floor_every_group_of_every_level(name):
    model, x = ZOO[name]()
    with seeded():
        terms = elbo(model, x, 9)
    average = terms.kl.mean((0, 1))
    floor = average.sort().values[2].item()
    expected = terms.distortion.mean() + sum(max(kl.item(), max(floor, 0.0)) for kl in average)
    if floor > 0:
        assert_close(weighted_loss(terms, free_bits=floor), expected)
    assert terms.level_rates.shape == (2, B)
    assert_close(terms.level_rates[1], terms.kl[..., L:].sum(-1).mean(0))


def test_from_the_top_down_each_level_sees_its_features_and_the_level_above():
    model, x = hierarchy(), ZOO["top_down"]()[1]
    lower, upper = model(x, 3).latents
    h1 = model.inference.features[0](x)
    q2 = model.inference.encoders[1](model.inference.features[1](h1))
    assert_close(upper.q.mean, q2.mean)
    together = torch.cat([h1.expand(3, B, 8), upper.z], -1)
    assert_close(lower.q.mean, model.inference.encoders[0].conditional(together).mean)
    assert_close(lower.p.mean, model.priors[0](upper.z).mean)
    assert lower.q.batch_shape == lower.p.batch_shape == (3, B, L)


def test_a_merged_posterior_is_the_normalised_product_and_the_prior_where_the_data_are_silent():
    prior, merged = Normal(torch.tensor([[[0.4]]]).double(), 0.7), Merged(Affine(1.0, 0.0, 1.3))
    q = merged(torch.tensor([[2.0]]).double(), torch.zeros(1, 1, 1).double(), prior)
    grid = torch.linspace(-9, 9, 4001).double()
    product = (Normal(torch.tensor(2.0).double(), 1.3).log_prob(grid) + prior.log_prob(grid).flatten()).exp()
    product /= torch.trapezoid(product, grid)
    assert_close(q.log_prob(grid).exp().flatten(), product, rtol=0, atol=1e-10)
    silent = Merged(Affine(1.0, 0.0, 1e9))(torch.tensor([[2.0]]).double(), torch.zeros(1, 1, 1).double(), prior)
    assert_close(torch.distributions.kl_divergence(silent, prior), torch.zeros(1, 1, 1).double(), rtol=0, atol=1e-12)


def test_a_context_reaches_every_part_of_a_hierarchy():
    seen = []

    class Watched(Conditional):
        def forward(self, value: Tensor, context: Tensor | None = None):
            seen.append(context)
            return super().forward(value)

    def part(inputs: int, outputs: int) -> Watched:
        return Watched(conditional(inputs, outputs).body, GaussianHead(8, outputs))

    inference = TopDown([Beside(part(D + L, L)), part(D, L)])
    model = HierarchicalVAE(inference, part(L, D), [part(L, L), StandardNormal(L)])
    context = torch.ones(B, 3)
    model(torch.randn(B, D), 2, context=context)
    assert len(seen) == 4 and all(each is context for each in seen)
    assert model.sample(B, context=context).shape == (B, D)
