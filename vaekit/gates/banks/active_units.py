"""The right count of active units, and the wrong ones."""

from __future__ import annotations

import torch
from torch import Tensor

from vaekit.gates.task import Function, wrong


def solution(mu: Tensor, threshold: float) -> int:
    """How many columns of the posterior means vary over the data by more than the threshold."""
    variance = mu.var(dim=0)  # (L,), over the examples
    return int((variance > threshold).sum())


def _second_moment(mu: Tensor, threshold: float) -> int:
    size = mu.pow(2).mean(dim=0)
    return int((size > threshold).sum())


def _var(mu: Tensor) -> Tensor:
    return mu.var(0, correction=0)  # (L,)


def _either(form: Function, dim: int | None = 0) -> tuple[Function, Function]:
    """A function of variances and the threshold in both conventions, which agree on the right count alone."""
    return tuple(lambda m, t, c=c: form(m.var(dim, correction=c), t) for c in (0, 1))


def _deviation(mu: Tensor) -> Tensor:
    return mu - mu.mean(0)  # (N, L)


def _count(spread: Tensor, threshold: float) -> int:
    return int((spread > threshold).sum())


BROKEN = _second_moment
BANK = (
    wrong(
        "std-for-variance",
        "The threshold is compared with a standard deviation. At a threshold of 0.01 that counts units whose variance "
        "is 0.0001, so a collapsed model looks alive. In which unit is the threshold given?",
        *_either(lambda v, t: _count(v.sqrt(), t)),
    ),
    wrong(
        "not-centred",
        "It is the mean square, or half of it, not the variance: a unit that says the same of every example counts as "
        "active if what it says is not 0. Add a constant to a column of mu: should the count change?",
        _second_moment,
        lambda m, t: _count(0.5 * m.pow(2).mean(0), t),
    ),
    wrong(
        "mean-for-variance",
        "It compares the mean of a unit, or of its size, with the threshold. A mean tells where the unit is, not "
        "whether it tells examples apart. What is different about two examples with different codes?",
        lambda m, t: _count(m.mean(0).abs(), t),
        lambda m, t: _count(m.abs().mean(0), t),
    ),
    wrong(
        "one-mean-for-all",
        "All units are centred on one common mean, so the differences between units count as variance over the data. "
        "Around which mean does one unit vary?",
        lambda m, t: _count((m - m.mean()).pow(2).mean(0), t),
        lambda m, t: _count((m - m.mean(1, keepdim=True)).pow(2).mean(0), t),
    ),
    wrong(
        "another-spread",
        "It compares another measure of spread with the threshold: a range, or deviations that are not squared. Each "
        "has the unit of mu, and the variance has the square of it. What is averaged in a variance?",
        lambda m, t: _count(m.amax(0) - m.amin(0), t),
        lambda m, t: _count(_deviation(m).abs().mean(0), t),
        lambda m, t: _count(_deviation(m).abs().amax(0), t),
    ),
    wrong(
        "variance-squared",
        "The variance is squared once more, as if it were a standard deviation. Below 1 that makes it smaller, and "
        "active units are missed. What does torch.var return?",
        *_either(lambda v, t: _count(v.square(), t)),
    ),
    wrong(
        "sum-for-mean",
        "The squared deviations are summed over the examples and not averaged, so that with enough data every unit "
        "counts as active. Duplicate the data: should the count change?",
        lambda m, t: _count(_deviation(m).square().sum(0), t),
    ),
    wrong(
        "wrong-axis",
        "The variance is taken over the units of one example, and examples are counted. In a square batch no shape "
        "shows it. Along which axis does a unit have to vary?",
        *_either(_count, 1),
        *_either(lambda v, t: _count(v.sqrt(), t), 1),
        lambda m, t: _count(m.pow(2).mean(1), t),
    ),
    wrong(
        "one-variance-for-all",
        "One variance for all units together is compared with the threshold. A single lively unit then hides that the "
        "others have collapsed. How many variances are there to compare?",
        *_either(lambda v, t: int(v.sum() > t)),
        *_either(lambda v, t: int(v.mean() > t)),
        *_either(lambda v, t: int(v > t), None),
    ),
    wrong(
        "any-for-count",
        "It says whether any unit is active, or all are, and not how many. Is one active unit of fifty the same as "
        "fifty?",
        lambda m, t: bool((_var(m) > t).any()),
        lambda m, t: bool((_var(m) > t).all()),
    ),
    wrong(
        "inactive-counted",
        "It counts the collapsed units. A model whose latents carry nothing would then look best. On which side of the "
        "threshold is an active unit?",
        lambda m, t: int((_var(m) < t).sum()),
        lambda m, t: int((_var(m) <= t).sum()),
    ),
    wrong(
        "fraction-for-count",
        "It is the share of the units that are active. Half of 2 units is not half of 50. What turns L answers, yes or "
        "no, into a count?",
        lambda m, t: float((_var(m) > t).double().mean()),
    ),
    wrong(
        "variance-for-count",
        "It adds up variances, where each active unit counts as 1. How much a unit varies is another question. What "
        "does the comparison with the threshold return?",
        *_either(lambda v, t: float((v * (v > t)).sum())),
        *_either(lambda v, t: float(v.sum())),
    ),
    wrong(
        "entries-counted",
        "It counts numbers in the table, not units: one unit counts once for each example that is far from the others. "
        "What has to be averaged before the comparison?",
        lambda m, t: _count(m, t),
        lambda m, t: _count(_deviation(m).square(), t),
    ),
    wrong(
        "all-counted",
        "It counts all units, or all that are not exactly constant. A collapsed unit still wobbles a little. Which "
        "units does the threshold leave out?",
        lambda m, t: m.shape[1],
        lambda m, t: _count(_var(m), 0.0),
    ),
    wrong(
        "threshold-ignored",
        "The threshold is written into the function, so that nobody can see how the count depends on it. Where does "
        "the argument enter?",
        *_either(lambda v, t: _count(v, 0.01)),
        *_either(lambda v, t: _count(v, 0.1)),
        *_either(lambda v, t: _count(v, 1.0)),
    ),
    wrong(
        "relative-threshold",
        "The variances are compared with each other: the threshold is a share of the largest or of their mean. In a "
        "collapsed model the least dead unit would count as active. In which unit is the threshold given?",
        *_either(lambda v, t: _count(v, t * float(v.max()))),
        *_either(lambda v, t: _count(v, t * float(v.mean()))),
    ),
    wrong(
        "standardised",
        "The units are scaled to variance 1 before they are compared, which makes dead units as lively as the others. "
        "What is left to count after that?",
        lambda m, t: _count(_var(_deviation(m) / (_var(m) + 1e-12).sqrt()), t),
    ),
    wrong(
        "off-by-one",
        "It is one too many or too few, whatever the means are. How many units are active if none is?",
        lambda m, t: solution(m, t) + 1,
        lambda m, t: solution(m, t) - 1,
    ),
    wrong(
        "threshold-included",
        "A unit counts whose variance is just the threshold. At threshold = 0 that is a unit that says exactly the "
        "same of every example. Is 0 above 0?",
        lambda m, t: int((_var(m) >= t).sum()),
    ),
    wrong(
        "not-an-integer",
        "It is a count with a fraction, as far as its type goes: it can be no index and no length, and two of them "
        "should not be compared with ==. Which type has a count?",
        lambda m, t: float(solution(m, t)),
        lambda m, t: (_var(m) > t).to(m.dtype).sum(),
    ),
    wrong(
        "wrong-shape",
        "It has an entry for each unit, and says which are active or how much, not how many. What turns L answers into "
        "one number?",
        lambda m, t: _var(m) > t,
        lambda m, t: (_var(m) > t).nonzero(),
        lambda m, t: _var(m),
    ),
    wrong(
        "random-result",
        "It is random. Means are given so that the count need not depend on a draw: samples vary even where the means "
        "do not. Which part is drawn?",
        lambda m, t: float(_var(m + torch.randn_like(m, device=m.device)).sum()),
        lambda m, t: solution(m, t) + int(torch.randint(1_000_000, (), device="cpu")),
    ),
)
