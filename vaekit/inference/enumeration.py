"""All values of a discrete latent: its evidence, its posterior and its ELBO without sampling."""

from __future__ import annotations

import itertools

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import OneHotCategorical

from vaekit._checks import data_tensor, instance, positive_int
from vaekit.models.vae import VAE

MOST = 100_000


def all_one_hot(latents: int, classes: int) -> Float[Tensor, "M D C"]:
    """Return every value of D latents with C classes each as one-hot vectors, `(C^D, D, C)`.

    Raises:
        ValueError: if there are more than 100,000.
    """
    positive_int("latents", latents)
    count = positive_int("classes", classes) ** latents
    if count > MOST:
        raise ValueError(f"latents: got {latents} with {classes} classes, {count} values; expected at most {MOST}")
    index = torch.tensor(list(itertools.product(range(classes), repeat=latents)), device="cpu")
    return torch.nn.functional.one_hot(index, classes).float()


def enumerated_log_joint(model: VAE, x: Float[Tensor, "B D"]) -> tuple[Tensor, Tensor]:
    """Return every z `(M, D, C)` and log p(x, z) in nats, `(M, B)`, for a model with one-hot latents.

    Raises:
        TypeError: if the prior is no `OneHotCategorical`.
        ValueError: if there are more than 100,000 values of z.
    """
    data_tensor("x", x)
    prior = instance_of_one_hot("model.prior", model.prior())
    z = all_one_hot(*prior.logits.shape).to(prior.logits)
    px = model.decoder(z.unsqueeze(1))  # batch shape (M, 1, *event)
    log_px = px.log_prob(x).flatten(2).sum(-1)
    return z, log_px + prior.log_prob(z).sum(-1, keepdim=True)


def enumerated_log_evidence(model: VAE, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
    """The log evidence as a sum over every value of a discrete z.

    Args:
        model: a VAE whose prior is a `OneHotCategorical`, such as `UniformOneHot`.
        x: data, `(B, D)`.

    Returns:
        log p(x) in nats, `(B,)`.

    Raises:
        TypeError: if the prior is no `OneHotCategorical`.
        ValueError: if there are more than 100,000 values of z.
    """
    return enumerated_log_joint(model, x)[1].logsumexp(0)


def enumerated_elbo(model: VAE, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
    """The ELBO as a sum over every value of a discrete z: without noise, and so is its gradient.

    Args:
        model: a VAE whose prior and encoder return a `OneHotCategorical`.
        x: data, `(B, D)`.

    Returns:
        The ELBO in nats, `(B,)`.

    Raises:
        TypeError: if prior or encoder do not return a `OneHotCategorical`.
        ValueError: if there are more than 100,000 values of z.
    """
    q = instance_of_one_hot("model.encoder", model.encoder(x, context=None))
    z, log_joint = enumerated_log_joint(model, x)
    log_q = q.log_prob(z.unsqueeze(1)).sum(-1)  # (M, B)
    return (log_q.exp() * (log_joint - log_q)).sum(0)


def instance_of_one_hot(name: str, value: object) -> OneHotCategorical:
    """Return a distribution if it is a `OneHotCategorical`."""
    instance(name, value, OneHotCategorical, "a module that returns a torch.distributions.OneHotCategorical")
    return value
