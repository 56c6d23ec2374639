"""How a score is judged of which only the order counts: the smaller the input, the larger, without ties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import torch
from torch import Tensor

from vaekit.gates.checks import with_kind
from vaekit.gates.guard import Failure, Learner
from vaekit.gates.probes import Draw, number
from vaekit.gates.task import Function, Task

FAR = 50.0  # nats: scores that are the same so far apart have not merely been rounded
SINGLE, DOUBLE = torch.float32, torch.float64
# From, to, how many, in which precision: of both signs; as of images, and close to each other; as of densities; as far
# as exp(-elbo) goes, which is right, too; a pair and one alone.
RANGES = (
    (-5.0, 5.0, 7, DOUBLE),
    (-5.0, 5.0, 7, DOUBLE),
    (-200.0, -50.0, 5, DOUBLE),
    (-100.1, -100.0, 6, DOUBLE),
    (20.0, 600.0, 6, DOUBLE),
    (-600.0, 600.0, 41, DOUBLE),
    (-5.0, 5.0, 7, SINGLE),
    (-80.0, 80.0, 9, SINGLE),
    (-120.0, -80.0, 2, DOUBLE),
    (-80.0, -60.0, 1, SINGLE),
)


def probes(draw: Draw) -> Iterator[Tensor]:
    """Distinct numbers in random order, none of them round, from every range."""
    for low, high, count, dtype in RANGES:
        places = torch.arange(count, device="cpu") + draw.uniform(count, low=0.0, high=0.8)
        order = torch.randperm(count, generator=draw.generator, device="cpu")
        yield (low + (high - low) * places / count)[order].to(dtype)


def pattern(scores: Tensor) -> Tensor:
    """Which of each two scores is larger: -1, 0 or 1, `(B, B)`."""
    return (scores[:, None] > scores).int() - (scores[:, None] < scores).int()


def ordered(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake if it has a name, unless a score falls strictly as its input rises."""
    judge = _Judge(task, learner, list(probes(draw)))
    if judge.signs - {-1}:
        judge.name()


class _Judge:
    """What one function makes of every probe."""

    def __init__(self, task: Task, learner: Learner, values: list[Tensor]) -> None:
        self.task, self.answer, self.values = task, with_kind(learner), values
        self.scores = [self.score(each) for each in values]
        again = self.score(values[0])
        if not torch.allclose(again, self.scores[0], equal_nan=True):
            pair = " and ".join(number(float(each[0])) for each in (self.scores[0], again))
            self.fail("random-result", f"Two calls with the same inputs gave {pair}.")
        steps = [score[value.argsort()] for value, score in zip(values, self.scores, strict=True)]
        self.signs = {int(sign) for each in steps for sign in torch.diagonal(pattern(each), offset=-1)}
        if any(score.isnan().any() for score in self.scores):
            self.undefined()

    def fail(self, slug: str, seen: str = "") -> NoReturn:
        raise Failure(f"{seen or self.seen()} {self.task.explanation(slug)}".strip(), slug)

    def score(self, values: Tensor) -> Tensor:
        """One score for each value."""
        scores = self.answer(values).detach()
        if scores.shape == values.shape:
            return scores
        seen = f"For {len(values)} examples the result has shape {tuple(scores.shape)}; expected {tuple(values.shape)}."
        if scores.numel() == 1:
            self.fail("batch-reduced", seen)
        if scores.numel() == len(values):
            self.fail("batch-axis-kept", seen)
        raise Failure(f"{seen} One score for each example is wanted: which axis is that?", "wrong-shape")

    def undefined(self) -> NoReturn:
        """Somewhere the score is NaN."""
        values, scores = torch.cat([each.double() for each in self.values]), torch.cat(self.scores)
        bad = values[scores.isnan()]
        seen = f"An example with an ELBO of {number(float(bad[0]))} nats got the score NaN."
        if not (bad.min() < 0 < bad.max()) and len(bad) > 1:
            self.fail("one-sign-only", seen)
        where = " where it was alone in its batch" if len(bad) == 1 else ""
        raise Failure(
            f"{seen[:-1]}{where}. It can be neither ranked nor compared with a threshold. Which step of your formula "
            "is undefined there?",
            "not-finite",
        )

    def seen(self) -> str:
        """Two neighbours whose scores are in the wrong order."""
        for values, scores in zip(self.values, self.scores, strict=True):
            order = values.argsort()
            low, high = values[order], scores[order]
            wrong = (high[1:] >= high[:-1]).nonzero().flatten()
            if len(wrong):
                at = int(wrong[0])
                same = " It returns its input elbo unchanged." if torch.equal(values, scores) else ""
                pair = [(f"{float(low[i]):.6g}", f"{float(high[i]):.6g}") for i in (at, at + 1)]
                return (
                    f"An example with an ELBO of {pair[0][0]} nats got the score {pair[0][1]}, and one with the better "
                    f"ELBO {pair[1][0]} got {pair[1][1]}.{same}"
                )
        raise AssertionError("unreachable: some two scores are in the wrong order")

    def name(self) -> NoReturn:
        """Raise `Failure` for scores that do not all fall."""
        if self.signs == {0}:
            if not any(score.any() for score in self.scores):
                raise Failure(f"{self.seen()} It returns zeros whatever its inputs are.", "returns-zeros")
            self.fail("constant-score")
        if all(len(score.unique()) <= 2 for score in self.scores):
            self.fail("thresholded")
        if -1 not in self.signs:
            self.fail("wrong-direction")
        if any(score.isinf().any() for score in self.scores):
            self.fail("overflows")
        for mutant in self.task.bank:
            if any(self.ranks_like(form) for form in mutant.forms):
                self.fail(mutant.slug)
        if 1 not in self.signs:
            self.fail("levels-off" if self.ties_far_apart() else "rounded")
        if self.depends_on_the_order():
            self.fail("wrong-example")
        raise Failure(f"{self.seen()} Which of the two is the stranger to the model, and how would its score show it?")

    def ranks_like(self, form: Function) -> bool:
        """Whether a form puts all probes in the same order."""
        theirs = [form(values) for values in self.values]
        return all(
            one.shape == other.shape and torch.equal(pattern(one), pattern(other))
            for one, other in zip(theirs, self.scores, strict=True)
        )

    def ties_far_apart(self) -> bool:
        """Whether some scores are the same although their inputs are far from each other."""
        for values, scores in zip(self.values, self.scores, strict=True):
            apart = (values[:, None] - values).abs() > FAR
            if bool((apart & (pattern(scores) == 0)).any()):
                return True
        return False

    def depends_on_the_order(self) -> bool:
        """Whether the examples get other scores when they come in another order."""
        return not torch.allclose(self.score(self.values[0].flip(0)).flip(0), self.scores[0])
