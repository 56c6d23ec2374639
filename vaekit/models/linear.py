"""The linear-Gaussian VAE: the one whose evidence, posterior and optimum are known exactly."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Independent, MultivariateNormal, Normal

from vaekit._checks import all_finite, data_tensor, finite_number, float_tensor, instance, positive_int
from vaekit.trace import Draw, Latent, Trace, pathwise


class LinearVAE(nn.Module):
    """z ~ N(0, I), x|z ~ N(W z + b, s² I), with the exact posterior as its encoder: probabilistic PCA.

    Called as any model, it returns a trace whose q is the exact posterior, so its ELBO equals log p(x).
    Source: Tipping & Bishop (1999); as a VAE, Lucas et al. (2019).

    Args:
        weight: W, `(D, L)`.
        bias: b, `(D,)`.
        noise_var: s², a positive number.
    """

    noise_var: Tensor

    def __init__(self, weight: Float[Tensor, "D L"], bias: Float[Tensor, " D"], noise_var: float) -> None:
        super().__init__()
        all_finite("weight", float_tensor("weight", weight, ndim=2))
        all_finite("bias", float_tensor("bias", bias, like=weight))
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"bias: got shape {tuple(bias.shape)}; expected ({len(weight)},), the rows of weight")
        self.weight, self.bias = nn.Parameter(weight.detach().clone()), nn.Parameter(bias.detach().clone())
        noise = finite_number("noise_var", noise_var, low=0.0, strict=True)
        self.register_buffer("noise_var", torch.full((), noise, dtype=weight.dtype, device=weight.device))

    @classmethod
    @torch.no_grad()
    def optimum(cls, data: Float[Tensor, "N D"], latent_dim: int, noise_var: float) -> LinearVAE:
        """The maximum-likelihood model for a fixed noise variance.

        Column j of W is √max(λⱼ - s², 0) times the j-th principal axis, so that a latent is used exactly when
        its eigenvalue λⱼ exceeds s². Source: Tipping & Bishop (1999), with s² held fixed; Lucas et al. (2019).

        Args:
            data: `(N, D)`; its covariance is taken with 1/N.
            latent_dim: L, at most D.
            noise_var: s².

        Returns:
            The model, in the data's dtype and on its device.

        Raises:
            ValueError: if `latent_dim` exceeds D, or the data are empty or not finite.
        """
        data_tensor("data", float_tensor("data", data, ndim=2))
        noise_var = finite_number("noise_var", noise_var, low=0.0, strict=True)
        if not 1 <= positive_int("latent_dim", latent_dim) <= data.shape[1]:
            raise ValueError(f"latent_dim: got {latent_dim}; expected at most D = {data.shape[1]}")
        centred = data - data.mean(0)
        values, axes = torch.linalg.eigh(centred.mT @ centred / len(data))
        largest, axes = values.flip(0)[:latent_dim], axes.flip(1)[:, :latent_dim]
        return cls(axes * (largest - noise_var).clamp(min=0).sqrt(), data.mean(0), noise_var)

    def forward(
        self, x: Float[Tensor, "B D"], num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Trace:
        """Return the trace of `num_samples` draws from the exact posterior; `context` is ignored."""
        q = self.posterior(x)
        z = draw(q, torch.Size([positive_int("num_samples", num_samples)]))
        return Trace(x, self.decoder(z), (Latent(z, q, self.prior()),))

    def prior(self, context: Tensor | None = None) -> MultivariateNormal:
        """Return N(0, I) with batch shape `()` and event shape `(L,)`."""
        eye = torch.eye(self.weight.shape[1], dtype=self.weight.dtype, device=self.weight.device)
        return MultivariateNormal(torch.zeros_like(eye[0]), scale_tril=eye)

    def decoder(self, z: Float[Tensor, "... L"], context: Tensor | None = None) -> Normal:
        """Return p(x|z) = N(W z + b, s² I), batch shape `(..., D)`."""
        return Normal(z @ self.weight.mT + self.bias, self.noise_var.sqrt())

    def posterior(self, x: Float[Tensor, "B D"]) -> MultivariateNormal:
        """Return p(z|x) = N(M⁻¹ Wᵀ (x - b), s² M⁻¹) with M = WᵀW + s² I; batch shape `(B,)`, event shape `(L,)`."""
        data_tensor("x", x, width=len(self.bias), like=self.bias)
        gram = self.weight.mT @ self.weight
        m = gram + self.noise_var * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
        mean = torch.linalg.solve(m, self.weight.mT @ (x - self.bias).mT).mT
        return MultivariateNormal(mean, precision_matrix=m / self.noise_var)

    def log_evidence(self, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """Return log p(x) = log N(x; b, W Wᵀ + s² I) in nats."""
        data_tensor("x", x, width=len(self.bias), like=self.bias)
        eye = torch.eye(len(self.bias), dtype=x.dtype, device=x.device)
        covariance = self.weight @ self.weight.mT + self.noise_var * eye
        return MultivariateNormal(self.bias, covariance_matrix=covariance).log_prob(x)

    def exact_elbo(self, x: Float[Tensor, "B D"], q: Normal) -> Float[Tensor, " B"]:
        """Return the ELBO of any factorised Gaussian q in closed form, in nats; below log p(x) by KL(q ‖ p(z|x)).

        With q = N(m, diag v) the distortion is ½ D log(2π s²) + (‖x - W m - b‖² + Σⱼ vⱼ ‖wⱼ‖²) / (2 s²).

        Args:
            x: data, `(B, D)`.
            q: batch shape `(B, L)`.

        Returns:
            The ELBO of each example, `(B,)`.

        Raises:
            TypeError: if q is not a `Normal`.
            ValueError: if its batch shape is not `(B, L)`.
        """
        data_tensor("x", x, width=len(self.bias), like=self.bias)
        instance("q", q, Normal, "a factorised torch.distributions.Normal")
        if q.batch_shape != (len(x), self.weight.shape[1]):
            wanted = (len(x), self.weight.shape[1])
            raise ValueError(f"q: got batch shape {tuple(q.batch_shape)}; expected {wanted}, one row for each example")
        square = (x - self.decoder(q.loc).loc).square().sum(-1) + q.variance @ self.weight.square().sum(0)
        distortion = 0.5 * len(self.bias) * (2 * math.pi * self.noise_var).log() + 0.5 * square / self.noise_var
        rate = 0.5 * (q.loc.square() + q.variance - q.variance.log() - 1).sum(-1)
        return -distortion - rate

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None) -> Float[Tensor, "num D"]:
        """Draw x from the model, `(num, D)`."""
        z = self.prior().sample(torch.Size([positive_int("num", num)]))
        return Independent(self.decoder(z), 1).sample()
