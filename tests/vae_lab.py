"""The VAE of `VaeLab` in torch: the same weights, batch and noise, for the tests that compare the two."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from vaekit import MLP, VAE, Conditional, GaussianHead, SharedGaussianHead, StandardNormal
from vaekit.estimators import score_function

Terms = dict[str, Tensor]


def torch_vae(width: int, latent: int, sd: float, *, learn: bool = False) -> VAE:
    """The lab's network, with parameters in the lab's order."""
    encoder = Conditional(MLP([2, width], nn.Tanh), GaussianHead(width, latent))
    decoder = Conditional(MLP([latent, width], nn.Tanh), SharedGaussianHead(width, 2, noise_var=sd**2, learn=learn))
    return VAE(encoder, decoder, StandardNormal(latent))


def vector(model: VAE) -> list[float]:
    return parameters_to_vector(model.parameters()).tolist()


def fill(model: VAE, values: list[float]) -> VAE:
    vector_to_parameters(torch.tensor(values, dtype=torch.float64), model.double().parameters())
    return model


def terms(model: VAE, x: Tensor, eps: Tensor, *, through: bool = True) -> Terms:
    """Posterior, draws z = mu + sigma eps (as constants unless `through`), log densities and rates."""
    q = model.encoder(x)
    z = q.mean + q.stddev * eps
    z = z if through else z.detach()
    prior = model.prior()
    return {
        "mu": q.mean,
        "z": z,
        "log_px": model.decoder(z).log_prob(x).sum(-1),
        "log_q": q.log_prob(z).sum(-1),
        "log_p": prior.log_prob(z).sum(-1),
        "kl": torch.distributions.kl_divergence(q, prior.expand(q.mean.shape)),
    }


def lab_loss(model: VAE, x: Tensor, eps: Tensor, beta: float, estimator: str) -> tuple[Tensor, Tensor]:
    """What the lab says the loss is, and a surrogate whose gradient is that of the estimator."""
    if estimator == "none":
        mu = model.encoder(x).mean
        loss = -model.decoder(mu).log_prob(x).sum(-1).mean() + beta * 0.5 * mu.square().sum(-1).mean()
        return loss, loss
    of = terms(model, x, eps, through=estimator != "score")
    if estimator == "iwae":
        log_w = of["log_px"] + beta * (of["log_p"] - of["log_q"])
        loss = -(torch.logsumexp(log_w, 0) - math.log(len(eps))).mean()
        return loss, loss
    loss = -of["log_px"].mean() + beta * of["kl"].sum(-1).mean()
    if estimator == "pathwise":
        return loss, loss
    reward = score_function(of["log_q"], of["log_px"], leave_one_out=len(eps) > 1)
    generator = of["log_px"] - of["log_px"].detach()  # the decoder's own gradient, and nothing else
    return loss, -(reward + generator.mean(0)).mean() + beta * of["kl"].sum(-1).mean()


def torch_gradient(values: list[float], setting: dict[str, Any], x: Tensor, eps: Tensor) -> tuple[float, Tensor]:
    """Loss and gradient by autograd; a learned variance is among the parameters."""
    model = fill(torch_vae(setting["width"], setting["latent"], 1.0, learn=True), values)
    loss, surrogate = lab_loss(model, x, eps, setting["beta"], setting["estimator"])
    parameters = list(model.parameters())
    slopes = torch.autograd.grad(surrogate, parameters, allow_unused=True)
    slopes = [torch.zeros_like(p) if s is None else s for p, s in zip(parameters, slopes, strict=True)]
    return loss.item(), parameters_to_vector(slopes)
