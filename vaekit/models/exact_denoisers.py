"""Denoisers that are exactly right, for data whose distribution is known: what a network can be measured against."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vaekit._checks import finite_number, float_tensor, positive_int, same_shape
from vaekit.denoisers import check_denoiser_input
from vaekit.noise import check_betas, noise_variance


class GaussianDenoiser(nn.Module):
    """E[ε|xₜ] where the data are N(mean, data_var I): √(1 - ᾱ) (xₜ - √ᾱ mean) / (ᾱ data_var + 1 - ᾱ). Linear in xₜ.

    Args:
        betas: β, `(T,)`.
        data_var: the variance of the data in every dimension.
        mean: their mean, `(D,)`.
    """

    alpha_bar: Tensor
    noise_var: Tensor
    mean: Tensor

    def __init__(self, betas: Float[Tensor, " T"], data_var: float, *, mean: Float[Tensor, " D"]) -> None:
        super().__init__()
        self.event_shape = tuple(float_tensor("mean", mean, ndim=1, like=check_betas("betas", betas)).shape)
        self.data_var = finite_number("data_var", data_var, low=0.0, strict=True)
        self.register_buffer("noise_var", noise_variance(betas))
        self.register_buffer("alpha_bar", (1 - betas).cumprod(0))
        self.register_buffer("mean", mean.detach().clone())

    def forward(
        self, xt: Float[Tensor, "N D"], t: Int64[Tensor, " N"], context: Tensor | None = None
    ) -> Float[Tensor, "N D"]:
        """Return E[ε|xₜ], `(N, D)`; `context` is ignored."""
        check_denoiser_input(xt, t, self.event_shape, self.mean)
        signal, noise = self.alpha_bar[t].unsqueeze(-1), self.noise_var[t].unsqueeze(-1)
        return noise.sqrt() * (xt - signal.sqrt() * self.mean) / (signal * self.data_var + noise)


class MixtureDenoiser(nn.Module):
    """E[ε|xₜ] where the data are a mixture of M Gaussians, each with one variance for all dimensions.

    xₜ is such a mixture, too, with means √ᾱ mₖ and variances ᾱ vₖ + 1 - ᾱ; the prediction is the average over
    its components of what `GaussianDenoiser` says for each, weighted by the probability of the component given xₜ.

    Args:
        betas: β, `(T,)`.
        weights: `(M,)`, positive; they are normalised.
        means: `(M, D)`.
        variances: `(M,)`, positive.
    """

    alpha_bar: Tensor
    noise_var: Tensor
    logits: Tensor
    means: Tensor
    variances: Tensor

    def __init__(
        self,
        betas: Float[Tensor, " T"],
        weights: Float[Tensor, " M"],
        means: Float[Tensor, "M D"],
        variances: Float[Tensor, " M"],
    ) -> None:
        super().__init__()
        float_tensor("means", means, ndim=2, like=check_betas("betas", betas))
        for name, value in (("weights", weights), ("variances", variances)):
            same_shape(name, float_tensor(name, value, like=betas), "the rows of means", means[:, 0])
            if not value.is_meta and not (value > 0).all():
                raise ValueError(f"{name}: got values down to {float(value.min()):g}; expected positive numbers")
        self.event_shape = (means.shape[1],)
        buffers = {"logits": weights.log().log_softmax(0), "means": means, "variances": variances}
        buffers |= {"noise_var": noise_variance(betas), "alpha_bar": (1 - betas).cumprod(0)}
        for name, value in buffers.items():
            self.register_buffer(name, value.detach().clone())

    def data(self) -> MixtureSameFamily:
        """Return the distribution of the data: batch shape `()`, event shape `(D,)`."""
        return self._mixture(torch.ones_like(self.alpha_bar[0]), torch.zeros_like(self.alpha_bar[0]))

    def marginal(self, t: int) -> MixtureSameFamily:
        """Return q(xₜ), the distribution of noised data.

        Args:
            t: from 0 to T - 1.

        Raises:
            ValueError: if t is out of range.
        """
        if positive_int("t", t, least=0) >= len(self.alpha_bar):
            raise ValueError(f"t: got {t}; expected 0 to T - 1 = {len(self.alpha_bar) - 1}")
        return self._mixture(self.alpha_bar[t], self.noise_var[t])

    def _mixture(self, signal: Tensor, noise: Tensor) -> MixtureSameFamily:
        variances = (signal * self.variances + noise).unsqueeze(-1)
        parts = Independent(Normal(signal.sqrt() * self.means, variances.sqrt()), 1)
        return MixtureSameFamily(Categorical(logits=self.logits), parts)

    def forward(
        self, xt: Float[Tensor, "N D"], t: Int64[Tensor, " N"], context: Tensor | None = None
    ) -> Float[Tensor, "N D"]:
        """Return E[ε|xₜ] = -√(1 - ᾱ) ∇ log q(xₜ), `(N, D)`; `context` is ignored."""
        check_denoiser_input(xt, t, self.event_shape, self.means)
        signal, noise = self.alpha_bar[t].unsqueeze(-1), self.noise_var[t].unsqueeze(-1)  # (N, 1)
        offset = xt.unsqueeze(1) - signal.sqrt().unsqueeze(-1) * self.means  # (N, M, D)
        variance = signal * self.variances + noise  # (N, M)
        log_density = -0.5 * (offset.square().sum(-1) / variance + xt.shape[-1] * variance.log())
        belief = (self.logits + log_density).softmax(-1) / variance
        return noise.sqrt() * (belief.unsqueeze(-1) * offset).sum(1)
