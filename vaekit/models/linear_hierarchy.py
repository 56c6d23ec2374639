"""The linear-Gaussian hierarchy: the one whose evidence and posteriors are known exactly at every level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from vaekit._checks import all_finite, data_tensor, finite_number, float_tensor
from vaekit.models.hierarchical import HierarchicalVAE
from vaekit.models.level_inference import Beside, BottomUp, TopDown


class LinearGaussian(nn.Module):
    """p(y|v) = N(W v + b, Σ), with nothing to train; without v it is N(b, Σ).

    Args:
        weight: W, `(Y, V)`.
        bias: b, `(Y,)`.
        covariance: Σ, `(Y, Y)`, positive definite.
    """

    weight: Tensor
    bias: Tensor
    scale_tril: Tensor

    def __init__(
        self, weight: Float[Tensor, "Y V"], bias: Float[Tensor, " Y"], covariance: Float[Tensor, "Y Y"]
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("scale_tril", torch.linalg.cholesky(covariance))

    def forward(self, value: Float[Tensor, "... V"] | None = None, context: Tensor | None = None) -> MultivariateNormal:
        """Return the Gaussian, batch shape `(...,)` and event shape `(Y,)`; `context` is ignored."""
        mean = self.bias if value is None else value @ self.weight.mT + self.bias
        return MultivariateNormal(mean, scale_tril=self.scale_tril)


class LinearHierarchy(nn.Module):
    """z_L ~ N(0, I), z_l = W_l z_{l+1} + noise, x = W₀ z₁ + b + noise: several levels that amount to one Gaussian.

    Args:
        weights: from the data upward, W₀ `(D, L1)`, W₁ `(L1, L2)`, …; as many as there are levels.
        noise_vars: the noise variance that goes with each weight, positive numbers.
        bias: b, `(D,)`.

    Raises:
        ValueError: if the shapes do not fit together, or a variance is not positive.
    """

    def __init__(
        self, weights: Sequence[Float[Tensor, "_ _"]], noise_vars: Sequence[float], bias: Float[Tensor, " D"]
    ) -> None:
        super().__init__()
        if not len(weights) or len(weights) != len(noise_vars):
            raise ValueError(f"noise_vars: got {len(noise_vars)} for {len(weights)} weights; expected one for each")
        self.noise_vars = [finite_number("noise_vars", v, low=0.0, strict=True) for v in noise_vars]
        rows = float_tensor("bias", bias, ndim=1).shape[0]
        for level, weight in enumerate(weights):
            name = f"weights[{level}]"
            all_finite(name, float_tensor(name, weight, ndim=2, like=bias))
            if weight.shape[0] != rows:
                raise ValueError(f"{name}: got shape {tuple(weight.shape)}; expected ({rows}, ...), to follow the last")
            rows = weight.shape[1]
        self.weights = nn.ParameterList(nn.Parameter(w.detach().clone(), requires_grad=False) for w in weights)
        self.register_buffer("bias", bias.detach().clone())

    def top_down(self) -> HierarchicalVAE:
        """Return the model with q = p(z_L|x) and p(z_l|z_{l+1}, x), all exact: log w is log p(x) at every draw."""
        encoders: list[nn.Module] = []
        for (a, noise), above, var in zip(self._seen(), [*self.weights[1:], None], self._vars_above(), strict=True):
            covariance, pull = _posterior(a, noise, _eye(a.shape[1], a) / var)
            bias = -pull @ self.bias
            if above is not None:
                pull = torch.cat([pull, covariance @ above / var], -1)
            exact = LinearGaussian(pull, bias, covariance)
            encoders.append(exact if above is None else Beside(exact))
        return self._model(TopDown(encoders))

    def bottom_up(self) -> HierarchicalVAE:
        """Return the model with q = p(z₁|x) and p(z_{l+1}|z_l), all exact: log w is log p(x) at every draw."""
        encoders, below = [], self.bias
        for weight, noise, prior in zip(self.weights, self.noise_vars, self._marginals(), strict=True):
            covariance, pull = _posterior(weight, noise * _eye(len(weight), weight), torch.linalg.inv(prior))
            encoders.append(LinearGaussian(pull, -pull @ below, covariance))
            below = torch.zeros_like(weight[0])  # no bias but that of the data
        return self._model(BottomUp(encoders))

    def _model(self, inference: TopDown | BottomUp) -> HierarchicalVAE:
        parts = [
            LinearGaussian(weight, torch.zeros_like(weight[:, 0]), noise * _eye(len(weight), weight))
            for weight, noise in zip(self.weights, self.noise_vars, strict=True)
        ]
        parts[0].bias = self.bias
        top = _eye(self.weights[-1].shape[1], self.bias)
        return HierarchicalVAE(inference, parts[0], [*parts[1:], LinearGaussian(top, torch.zeros_like(top[0]), top)])

    def _seen(self) -> Iterator[tuple[Tensor, Tensor]]:
        """For each level the a and N of x = a z + b + noise of covariance N."""
        a, noise = _eye(len(self.bias), self.bias), torch.zeros_like(self.weights[0] @ self.weights[0].mT)
        for weight, var in zip(self.weights, self.noise_vars, strict=True):
            a, noise = a @ weight, noise + var * a @ a.mT
            yield a, noise

    def _vars_above(self) -> list[float]:
        """For each level the variance of its latents given those above."""
        return [*self.noise_vars[1:], 1.0]

    def _marginals(self) -> list[Tensor]:
        """For each level the covariance of its latents under the model."""
        found = [_eye(self.weights[-1].shape[1], self.bias)]
        for weight, var in zip(reversed(self.weights[1:]), reversed(self.noise_vars[1:]), strict=True):
            found.insert(0, weight @ found[0] @ weight.mT + var * _eye(len(weight), weight))
        return found

    def log_evidence(self, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """Return log p(x) in nats, of the Gaussian that all levels together amount to.

        Args:
            x: data, `(B, D)`.

        Raises:
            ValueError: if x is not `(B, D)`.
        """
        data_tensor("x", x, width=len(self.bias), like=self.bias)
        a, noise = list(self._seen())[-1]
        return MultivariateNormal(self.bias, covariance_matrix=a @ a.mT + noise).log_prob(x)

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None) -> Float[Tensor, "num D"]:
        """Draw x from the model, `(num, D)`; `context` is ignored.

        Args:
            num: how many.
            context: ignored.
        """
        return self.top_down().sample(num)


def _eye(size: int, like: Tensor) -> Tensor:
    return torch.eye(size, dtype=like.dtype, device=like.device)


def _posterior(a: Tensor, noise: Tensor, precision: Tensor) -> tuple[Tensor, Tensor]:
    """The covariance of z given y = a z + noise, and the matrix that takes y to its mean; the prior has a precision."""
    gain = torch.linalg.solve(noise, a).mT  # aᵀ N⁻¹
    covariance = torch.linalg.inv(precision + gain @ a)
    return covariance, covariance @ gain
