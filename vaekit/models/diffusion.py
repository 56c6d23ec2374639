"""What stands beside a DDPM: the loss it is trained on, its bound step by step, and a sampler that takes few steps."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import finite_number, float_tensor, instance, positive_int
from vaekit.models.ddpm import DDPM
from vaekit.trace import Latent


def noise_prediction_loss(
    model: DDPM,
    x: Tensor,
    *,
    context: Tensor | None = None,
    context_dropout: float = 0.0,
    weights: Float[Tensor, " T"] | None = None,
) -> Float[Tensor, ""]:
    """E_t[weightsₜ ‖ε - ε̂(xₜ, t)‖²] with t uniform on 0, …, T - 1: summed over the event, averaged over the batch.

    To be minimised. Without weights it is the simplified loss of Ho et al. (2020), equation 14, which is *no bound*:
    it weighs the steps of the bound anew. With `len(model) * model.noise_weight` it is -ELBO up to a constant (the
    discretisation of pixels and `bounds` aside).

    Args:
        model: the diffusion model.
        x: data, `(B, *event)`.
        context: `(B, C)`.
        context_dropout: the probability with which a row of the context becomes zeros, "unconditional", so that
            one network learns both predictions that guidance needs (Ho & Salimans, 2022).
        weights: `(T,)`; 1 unless given.

    Returns:
        The loss, `()`.

    Raises:
        ValueError: if x does not fit the model, `weights` are not `(T,)`, or `context_dropout` is no probability.
    """
    instance("model", model, DDPM, "a DDPM")
    x0 = model.standardise(x)
    t = torch.randint(len(model), (len(x0),), device=x0.device)
    q, noise = model.q(x0, t), torch.randn_like(x0)
    if finite_number("context_dropout", context_dropout, low=0.0) > 1:
        raise ValueError(f"context_dropout: got {context_dropout}; expected a probability from 0 to 1")
    if context is not None and context_dropout > 0:
        context = float_tensor("context", context) * (torch.rand_like(context[:, :1]) >= context_dropout)
    error = (noise - model.noise(q.loc + q.scale * noise, t, context=context)).square().flatten(1).sum(1)
    if weights is not None:
        if float_tensor("weights", weights).shape != model.betas.shape:
            raise ValueError(f"weights: got shape {tuple(weights.shape)}; expected ({len(model)},), one for each step")
        error = weights.to(error)[t] * error
    return error.mean()


@torch.no_grad()
def step_terms(
    model: DDPM, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None
) -> Float[Tensor, "K B steps"]:
    """The terms of -ELBO one by one, in nats, summed over the event: T + 1 of them, each from a draw of its own.

    Entry 0 is -log p(x|x₁), entry t = 1, …, T - 1 the KL of step t, entry T that of the prior. Their sum is an unbiased
    estimate of -ELBO that visits every step, and so has less variance than that of `elbo`. It builds no graph.

    Args:
        model: the diffusion model.
        x: data, `(B, *event)`.
        num_samples: K.
        context: `(B, C)`.

    Returns:
        The terms, `(K, B, T + 1)`.

    Raises:
        ValueError: if x does not fit the model, or `num_samples` < 1.
    """
    instance("model", model, DDPM, "a DDPM")
    shape, x0 = torch.Size([positive_int("num_samples", num_samples)]), model.standardise(x)
    px = model.likelihood(model.q(x0, 0).sample(shape), context=context)
    terms = [-px.log_prob(x).flatten(2).sum(-1)]
    for t in range(1, len(model)):
        xt = model.q(x0, t).sample(shape)
        level = Latent(xt, model.posterior(x0, xt, t), model.reverse(xt, t, context=context))
        terms.append(level.kl.sum(-1))
    return torch.stack([*terms, model.top(x0, shape).kl.sum(-1)], -1)


@torch.no_grad()
def ddim_sample(
    model: DDPM, num: int, *, steps: int | None = None, context: Tensor | None = None, guidance: float = 1.0
) -> Tensor:
    """Draw x_T, then go down without noise, from one of `steps` times to the next: xₛ = √ᾱₛ x̂₀ + √(1 - ᾱₛ) ε̂.

    The denoiser is the same, the joint distribution another, which no `elbo` here is about.
    Source: Song, Meng & Ermon (2021), with η = 0.

    Args:
        model: the diffusion model.
        num: how many.
        steps: calls of the denoiser, from 1 to T; T unless given. They are spaced evenly.
        context: one row for each sample.
        guidance: see `DDPM.noise`.

    Returns:
        The last x̂₀ in the units of x, `(num, *event)`; grey values are not rounded.

    Raises:
        ValueError: if `steps` is not from 1 to T, or where `DDPM.sample` raises.
    """
    instance("model", model, DDPM, "a DDPM")
    if (steps := len(model) if steps is None else positive_int("steps", steps)) > len(model):
        raise ValueError(f"steps: got {steps}; expected at most T = {len(model)}")
    xt = model.start(num, context=context)
    times = [round((len(model) - 1) * i / (steps - 1)) for i in range(steps)] if steps > 1 else [len(model) - 1]
    for t, s in zip(reversed(times), [*reversed(times[:-1]), None], strict=True):
        x0 = model.predict_x0(xt, t, context=context, guidance=guidance)
        if s is not None:
            noise = (xt - model.alpha_bar[t].sqrt() * x0) / model.noise_var[t].sqrt()
            xt = model.alpha_bar[s].sqrt() * x0 + model.noise_var[s].sqrt() * noise
    return model.loc + model.scale * x0
