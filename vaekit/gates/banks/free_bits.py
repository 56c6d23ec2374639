"""The right KL with free bits, and the wrong ones."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import wrong


def solution(kl: Tensor, floor: float) -> Tensor:
    """Each unit pays for its average KL, but never less than the floor."""
    mean = kl.mean(dim=0)  # (L,)
    return mean.clamp(min=floor).sum()


def _floor_per_example(kl: Tensor, floor: float) -> Tensor:
    paid = kl.clamp(min=floor)
    return paid.sum(dim=-1).mean()


def _mean(kl: Tensor) -> Tensor:
    return kl.mean(0)  # (L,)


def _like(value: Tensor, source: Tensor) -> Tensor:
    """A number with the gradient of another."""
    return value.detach() + source - source.detach()


BROKEN = _floor_per_example
BANK = (
    wrong(
        "floor-per-example",
        "Each example has to pay the floor, where the unit has to on average. A unit that speaks of some examples only "
        "is charged for the others as well, and nothing tells it to stay silent there. Which comes first, the average "
        "over the batch or the floor?",
        _floor_per_example,
    ),
    wrong(
        "floor-on-the-total",
        "The floor is applied after the sum over the units, so one lively unit pays it for all and the others may "
        "collapse. Which number is to have a floor of its own?",
        lambda k, f: k.sum(-1).mean().clamp(min=f),
        lambda k, f: k.sum(-1).clamp(min=f).mean(),
        lambda k, f: k.sum(-1).mean().clamp(min=f * k.shape[1]),
        lambda k, f: k.sum(-1).clamp(min=f * k.shape[1]).mean(),
    ),
    wrong(
        "floor-on-the-average",
        "The floor is applied to an average over the units (and examples), in which a lively unit hides the collapsed "
        "ones. How many floors do L units have?",
        lambda k, f: k.mean().clamp(min=f),
        lambda k, f: k.mean(-1).clamp(min=f).mean(),
    ),
    wrong(
        "floor-rescaled",
        "The floor is multiplied or divided by a number of units or examples before it is compared, so it means "
        "another number of nats in every model. How many nats is one unit allowed for free?",
        lambda k, f: _mean(k).clamp(min=f / k.shape[1]).sum(),
        lambda k, f: _mean(k).clamp(min=f * k.shape[1]).sum(),
        lambda k, f: _mean(k).clamp(min=f * len(k)).sum(),
    ),
    wrong(
        "bits-for-nats",
        "The floor is taken for bits and turned into nats (or the KL into bits). Despite the name of the method, the "
        "floor is given in the unit of the KL. Which one is that?",
        lambda k, f: _mean(k).clamp(min=f * math.log(2)).sum(),
        lambda k, f: _mean(k / math.log(2)).clamp(min=f).sum(),
    ),
    wrong(
        "mean-over-latents",
        "It is averaged over the units where it adds up, so the loss pays L times too little for information. What do "
        "two units cost together?",
        lambda k, f: _mean(k).clamp(min=f).mean(),
        lambda k, f: k.clamp(min=f).mean(),
    ),
    wrong(
        "batch-summed",
        "The batch is summed and not averaged: in a large batch every unit is above the floor, and the cost grows with "
        "the batch. Duplicate the batch: should the result change?",
        lambda k, f: k.sum(0).clamp(min=f).sum(),
        lambda k, f: len(k) * _mean(k).clamp(min=f).sum(),
        lambda k, f: k.clamp(min=f).sum(),
        lambda k, f: k.sum(0).clamp(min=f).sum() / len(k),
    ),
    wrong(
        "wrong-axis",
        "The units are averaged and the examples summed. In a square batch no shape shows it. Which axis of kl holds "
        "the examples?",
        lambda k, f: k.mean(1).clamp(min=f).sum(),
    ),
    wrong(
        "min-for-max",
        "The floor is used as a ceiling: units pay up to it and nothing beyond, so they may carry as much as they like "
        "for free, and are still pushed to carry nothing. Does clamp(min=...) return the smaller or the larger number?",
        lambda k, f: _mean(k).clamp(max=f).sum(),
        lambda k, f: k.clamp(max=f).sum(-1).mean(),
    ),
    wrong(
        "excess-only",
        "It is what lies above the floor. Its gradient is the right one, and the number is not: the loss no longer is "
        "a bound, and comparisons between floors mean nothing. What does a unit cost that is just at the floor?",
        lambda k, f: F.relu(_mean(k) - f).sum(),
        lambda k, f: F.relu(k - f).sum(-1).mean(),
    ),
    wrong(
        "floor-added",
        "The floor is added to the KL, or subtracted from it. That is a constant without a gradient, so every unit is "
        "pushed to collapse as before. What is different about a unit below its floor?",
        lambda k, f: (_mean(k) + f).sum(),
        lambda k, f: _mean(k).sum() + f,
        lambda k, f: (_mean(k) - f).sum(),
        lambda k, f: _mean(k).sum() - f,
        lambda k, f: f + F.relu(_mean(k).sum() - f * k.shape[1]),
    ),
    wrong(
        "dropped-below-the-floor",
        "A unit below the floor costs nothing and one above it costs everything, so the loss jumps where a unit "
        "crosses: it pays to stay below. What does a unit below the floor cost?",
        lambda k, f: (_mean(k) * (_mean(k) > f)).sum(),
        lambda k, f: (k * (k > f)).sum(-1).mean(),
    ),
    wrong(
        "floor-missing",
        "The argument floor changes nothing: there is no floor, and every unit is pushed to collapse from the first "
        "step, or it is written into the function. Where does floor enter?",
        lambda k, f: _mean(k).sum(),
    ),
    wrong(
        "floor-only",
        "Every unit costs exactly the floor, or its share of it, whatever its KL is. Information is then free without "
        "a limit. Where does kl enter?",
        lambda k, f: f * k.shape[1] + 0 * k.sum(),
        lambda k, f: f + 0 * k.sum(),
    ),
    wrong(
        "distance-from-the-floor",
        "It is the distance of the KL from the floor, or its square: it pushes every unit to carry exactly so many "
        "nats. That is a method as well, for another purpose. Which units does a floor leave alone?",
        lambda k, f: (_mean(k) - f).abs().sum(),
        lambda k, f: (_mean(k) - f).square().sum(),
        lambda k, f: (_mean(k).sum() - f).abs(),
    ),
    wrong(
        "smooth-floor",
        "The corner at the floor is smoothed, so a unit below it is still pushed down, and one above it pays too much. "
        "What is the gradient below the floor to be?",
        lambda k, f: (f + F.softplus(_mean(k) - f)).sum(),
    ),
    wrong(
        "pushed-below-the-floor",
        "A unit below the floor still gets a gradient. It is pushed to collapse all the same, and nothing in the value "
        "shows it. What should a step of training do to a unit that has not used up what is free?",
        lambda k, f: _like(_mean(k).clamp(min=f), _mean(k)).sum(),
        lambda k, f: _like(_mean(k).clamp(min=f), k.clamp(min=f).mean(0)).sum(),
        lambda k, f: _like(_mean(k).clamp(min=f), k.clamp(max=f).mean(0)).sum(),
    ),
    wrong(
        "detached",
        "The value is right and no gradient leads back to the KL, so nothing limits what the units carry. Where does "
        "the result leave the graph?",
        lambda k, f: solution(k.detach(), f),
    ),
    wrong(
        "not-reduced",
        "It returns one number for each unit or each example, and a loss is one number. What turns the units into one "
        "cost, and the examples into one batch?",
        lambda k, f: _mean(k).clamp(min=f),
        lambda k, f: k.clamp(min=f),
        lambda k, f: k.clamp(min=f).sum(-1),
        lambda k, f: k.sum(-1).clamp(min=f),
        lambda k, f: _mean(k).clamp(min=f).sum(-1, keepdim=True),
    ),
    wrong(
        "sign-flipped",
        "It has the wrong sign. A loss that adds it pays the units for leaving the prior. Is a KL a cost or a reward?",
        lambda k, f: -solution(k, f),
    ),
    wrong(
        "random-result",
        "It is random. The KL of every unit is given. Which part is drawn?",
        lambda k, f: solution(k * (1 + 0.1 * torch.randn_like(k, device=k.device)), f),
    ),
)
