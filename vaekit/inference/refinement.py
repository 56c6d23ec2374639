"""A q fitted to each example, in place of the encoder's answer, and the ELBO of any q."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from jaxtyping import Shaped
from torch import Tensor
from torch.distributions import Distribution, Normal

from vaekit._checks import data_tensor, finite_number, instance, positive_int, random_seed
from vaekit.models.vae import VAE
from vaekit.objectives import ElboTerms
from vaekit.trace import Latent, Trace, pathwise


def refine_posterior(
    model: VAE, x: Shaped[Tensor, "B D"], *, steps: int = 300, num_samples: int = 8, lr: float = 0.02, seed: int = 0
) -> Normal:
    """Fit a factorised Gaussian q to each example by gradient ascent on its ELBO, from the encoder's answer.

    What this gains over the encoder is the amortisation gap; what is still missing to log p(x) is the approximation
    gap. Source: Cremer et al. (2018). The model is not changed, nor is the global random state.

    Args:
        model: a VAE with a factorised Gaussian encoder.
        x: data, `(B, D)`.
        steps: steps of Adam, with a rate that falls to zero along a cosine.
        num_samples: draws from q in each step.
        lr: the first learning rate, on means and log standard deviations.
        seed: fixes the draws.

    Returns:
        q, batch shape `(B, L)`.

    Raises:
        TypeError: if the encoder does not return a `Normal`.
    """
    data_tensor("x", x, tokens=getattr(model.encoder, "reads_tokens", False))
    positive_int("steps", steps)
    finite_number("lr", lr, low=0.0, strict=True)
    with _evaluating(model), torch.random.fork_rng(devices=range(torch.cuda.device_count())), torch.enable_grad():
        torch.manual_seed(random_seed("seed", seed))
        start = model.encoder(x)
        if not isinstance(start, Normal):
            raise TypeError(f"model: its encoder returned {type(start).__name__}; expected a factorised Normal")
        loc = start.loc.detach().clone().requires_grad_()
        log_scale = start.scale.detach().log().requires_grad_()
        optimizer = torch.optim.Adam([loc, log_scale], lr=lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            loss = -elbo_of(model, x, Normal(loc, log_scale.exp()), num_samples).elbo.sum()
            loc.grad, log_scale.grad = torch.autograd.grad(loss, [loc, log_scale])
            optimizer.step()
            schedule.step()
    return Normal(loc.detach(), log_scale.detach().exp())


@contextlib.contextmanager
def _evaluating(model: VAE) -> Iterator[None]:
    """Put the model into evaluation mode, and each of its modules back into its own."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def elbo_of(model: VAE, x: Shaped[Tensor, "B D"], q: Distribution, num_samples: int = 1) -> ElboTerms:
    """The ELBO's terms for a q that you supply in place of the encoder's.

    Args:
        model: a VAE; its encoder is not used.
        x: data, `(B, D)`.
        q: a distribution over z, batch shape `(B, L)`.
        num_samples: K.

    Returns:
        The terms, in nats.
    """
    instance("q", q, Distribution, "a torch.distributions.Distribution")
    if q.batch_shape[:1] != x.shape[:1]:
        raise ValueError(f"q: got batch shape {tuple(q.batch_shape)}; expected one row for each of {len(x)} examples")
    z = pathwise(q, torch.Size([positive_int("num_samples", num_samples)]))
    latent = Latent(z, q, model.prior())
    return ElboTerms(Trace(x, model.decoder(z), (latent,)).log_px, latent.kl, (latent.kl.shape[-1],))
