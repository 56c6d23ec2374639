"""One small instance of every kind of model, and the linear-Gaussian model whose answers are known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, MultivariateNormal, Normal

from tests.statistics import seeded
from vaekit import (
    DDPM,
    MLP,
    VAE,
    BernoulliHead,
    Beside,
    BottomUp,
    Conditional,
    Draw,
    FullCovarianceHead,
    GaussianHead,
    GRUDecoder,
    GRUEncoder,
    HierarchicalVAE,
    LinearVAE,
    Merged,
    MixturePrior,
    MLPDenoiser,
    StandardNormal,
    TopDown,
    Trace,
    VampPrior,
    pathwise,
    scaled_betas,
)

B, D, L = 5, 6, 2


class Given(nn.Module):
    """A conditional model with its context fixed, so that it is called as an unconditional one."""

    def __init__(self, model: VAE, context: Tensor) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("context", context)

    def forward(self, x: Tensor, num_samples: int = 1, *, context: None = None, draw: Draw = pathwise) -> Trace:
        return self.model(x, num_samples, context=self.context.expand(len(x), -1), draw=draw)

    def sample(self, num: int) -> Tensor:
        return self.model.sample(num, context=self.context.expand(num, -1))


class Chain(nn.Module):
    """A diffusion model that is called as `model.chain`: with all of its levels, it keeps the contract of any model."""

    def __init__(self, model: DDPM) -> None:
        super().__init__()
        self.model, self.sample = model, model.sample

    def forward(self, x: Tensor, num_samples: int = 1, *, context: None = None, draw: Draw = pathwise) -> Trace:
        return self.model.chain(x, num_samples, draw=draw)


class FixedNormal(nn.Module):
    """A Gaussian that ignores its input: an encoder with a q of the test's choosing."""

    def __init__(self, loc: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.loc, self.scale = nn.Parameter(loc), nn.Parameter(scale)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Normal:
        return Normal(self.loc.expand(len(x), -1), self.scale.expand(len(x), -1))


class LinearDecoder(nn.Module):
    """p(x|z) = N(W z + b, s² I), the decoder of `LinearVAE` as a module of its own."""

    def __init__(self, linear: LinearVAE) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, z: Tensor, context: Tensor | None = None) -> Normal:
        return self.linear.decoder(z)


def bernoulli_vae(prior: nn.Module | None = None, head: type[nn.Module] = GaussianHead) -> VAE:
    encoder = Conditional(MLP([D, 8], nn.Tanh), head(8, L))
    decoder = Conditional(MLP([L, 8], nn.Tanh), BernoulliHead(8, D))
    return VAE(encoder, decoder, prior or StandardNormal(L))


def vamp_vae() -> VAE:
    model = bernoulli_vae()
    return VAE(model.encoder, model.decoder, VampPrior(model.encoder, torch.rand(3, D)))


def gaussian_vae() -> VAE:
    encoder = Conditional(MLP([D, 8], nn.Tanh), GaussianHead(8, L))
    return VAE(encoder, Conditional(MLP([L, 8], nn.Tanh), GaussianHead(8, D)), StandardNormal(L))


def text_vae() -> VAE:
    sizes = {"hidden": 8, "embedding": 3, "vocabulary": 4}
    return VAE(GRUEncoder(L, **sizes), GRUDecoder(L, length=D, **sizes), StandardNormal(L))


def conditional(inputs: int, outputs: int, head: type[nn.Module] = GaussianHead, hidden: int = 8) -> Conditional:
    return Conditional(MLP([inputs, hidden], nn.Tanh), head(hidden, outputs))


def hierarchy(direction: str = "top_down") -> HierarchicalVAE:
    """Two levels of L latents each: from the top down side by side or merged, or from the bottom up."""
    if direction == "bottom_up":
        inference = BottomUp([conditional(D, L), conditional(L, L)])
    else:
        lower = Beside(conditional(8 + L, L)) if direction == "top_down" else Merged(conditional(8, L))
        inference = TopDown([lower, conditional(8, L)], features=[MLP([D, 8], nn.Tanh), MLP([8, 8], nn.Tanh)])
    return HierarchicalVAE(inference, conditional(L, D, BernoulliHead), [conditional(L, L), StandardNormal(L)])


def ddpm(steps: int = 4, **options: object) -> DDPM:
    return DDPM(MLPDenoiser(D, hidden=8, layers=1, time_features=4), scaled_betas(steps), **options)


def typed(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Data in another precision; tokens stay what they are."""
    return x.to(dtype) if x.is_floating_point() else x


def conditional_vae(context_features: int = 3) -> VAE:
    encoder = Conditional(
        MLP([D + context_features, 8], nn.Tanh), GaussianHead(8, L), context_features=context_features
    )
    body = MLP([L + context_features, 8], nn.Tanh)
    decoder = Conditional(body, BernoulliHead(8, D), context_features=context_features)
    return VAE(encoder, decoder, StandardNormal(L))


def linear_model(dims: int = D, latents: int = L, noise_var: float = 0.3, seed: int = 0) -> LinearVAE:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(dims, latents, generator=generator, dtype=torch.float64)
    return LinearVAE(weight, torch.randn(dims, generator=generator, dtype=torch.float64), noise_var)


def linear_twin(linear: LinearVAE, loc: Tensor, scale: Tensor) -> VAE:
    """The same model as a `VAE`, whose encoder answers N(loc, scale²) to every x."""
    return VAE(FixedNormal(loc, scale), LinearDecoder(linear), StandardNormal(linear.weight.shape[1]).double())


def toy() -> tuple[VAE, Tensor]:
    """The course's toy: x = 1.5 z + noise of variance 0.25, x = 1.2, q = N(1.02, 0.4); log p(x) = -1.6651."""
    linear = LinearVAE(torch.tensor([[1.5]], dtype=torch.float64), torch.zeros(1, dtype=torch.float64), 0.25)
    loc = torch.tensor([1.02], dtype=torch.float64)
    return linear_twin(linear, loc, torch.tensor([math.sqrt(0.4)], dtype=torch.float64)), loc.new_tensor([[1.2]])


def sigma_points(q: Distribution, shape: torch.Size) -> Tensor:
    """Draw the 2L points μ ± √L σⱼ: their mean integrates a quadratic exactly, so the ELBO has no sampling error."""
    factor = q.scale_tril if isinstance(q, MultivariateNormal) else torch.diag_embed(q.stddev)
    dims = factor.shape[-1]
    assert shape == (2 * dims,), f"sigma points need num_samples = {2 * dims}"
    steps = math.sqrt(dims) * factor.movedim(-1, 0)
    return torch.cat([q.mean + steps, q.mean - steps])


def _binary() -> Tensor:
    return torch.randint(2, (B, D)).float()


def _entry(build: Callable[[], tuple[nn.Module, Tensor]]) -> Callable[[], tuple[nn.Module, Tensor]]:
    def make() -> tuple[nn.Module, Tensor]:
        with seeded(0):
            return build()

    return make


ZOO: dict[str, Callable[[], tuple[nn.Module, Tensor]]] = {
    "bernoulli": _entry(lambda: (bernoulli_vae(), _binary())),
    "gaussian": _entry(lambda: (gaussian_vae(), torch.randn(B, D))),
    "conditional": _entry(lambda: (Given(conditional_vae(), torch.tensor([[0.0, 1.0, 0.0]])), _binary())),
    "full_covariance": _entry(lambda: (bernoulli_vae(head=FullCovarianceHead), _binary())),
    "mixture_prior": _entry(lambda: (bernoulli_vae(MixturePrior(3, L)), _binary())),
    "vamp_prior": _entry(lambda: (vamp_vae(), _binary())),
    "top_down": _entry(lambda: (hierarchy("top_down"), _binary())),
    "ladder": _entry(lambda: (hierarchy("ladder"), _binary())),
    "bottom_up": _entry(lambda: (hierarchy("bottom_up"), _binary())),
    "ddpm_chain": _entry(lambda: (Chain(ddpm(3, loc=0.2, scale=1.3)), torch.randn(B, D))),
    "text": _entry(lambda: (text_vae(), text_vae().sample(B))),
    "linear": _entry(lambda: (linear_model(), torch.randn(B, D, dtype=torch.float64))),
}
