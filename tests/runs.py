"""Small training runs: data, a model that is as hard to repeat as any (dropout, batch statistics), and a loss."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from tests.statistics import seeded
from vaekit import MLP, VAE, BernoulliHead, Conditional, Dataset, GaussianHead, StandardNormal, elbo, weighted_loss

QUIET = {"batch_size": 8, "lr": 0.01, "progress": False}


def dataset(rows: int = 20, seed: int = 0) -> Dataset:
    x = torch.rand(rows, 6, generator=torch.Generator().manual_seed(seed))
    return Dataset(x, torch.arange(rows), binarize="dynamic")


def vae(seed: int = 0) -> VAE:
    with seeded(seed):
        encoder = Conditional(
            nn.Sequential(MLP([6, 5], nn.Tanh), nn.BatchNorm1d(5), nn.Dropout(0.2)), GaussianHead(5, 2)
        )
        return VAE(encoder, Conditional(MLP([2, 5], nn.Tanh), BernoulliHead(5, 6)), StandardNormal(2))


def loss_fn(model, batch, step) -> Tensor:
    return weighted_loss(elbo(model, batch.x))


def state(model: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(model.state_dict())


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


class Stopped(Exception):
    """What an interrupted run raises here."""


def failing_at(fatal: int, error: type[Exception] = Stopped):
    def loss(model, batch, step):
        if step == fatal and model.training:
            raise error
        return loss_fn(model, batch, step)

    return loss
