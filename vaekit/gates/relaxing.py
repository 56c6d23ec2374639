"""How a function that draws relaxed one-hot samples is judged: exact checks, the law of the noise, then gradients."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from vaekit.gates.arguments import MixedLearner
from vaekit.gates.checks import check_kind
from vaekit.gates.guard import Failure, Learner, error_text
from vaekit.gates.gumbels import Relaxed, gumbel, name_of_law, off
from vaekit.gates.moments import SIGMAS
from vaekit.gates.pathwise import name_of_slope
from vaekit.gates.probes import DTYPES, SHAPES, Draw, number
from vaekit.gates.shares import ROUNDED, are_shares, begins, is_index, is_one_hot, name_of_no_shares
from vaekit.gates.task import Task

ROWS, CLASSES = 1500, 4  # enough for the statistics, few enough for a loop over elements in Python
MANY = 6000  # tell one wrong law from another
TAUS = ((0.35, 0.7), (1.5, 4.0))  # none near 1, where much is the same
FAR = 40.0  # the noise of two classes differs by more in one of 10¹⁷ cases


class _Judge:
    """The checks of one function."""

    def __init__(self, task: Task, learner: MixedLearner, draw: Draw) -> None:
        self.task, self.learner, self.draw = task, learner, draw

    def fail(self, slug: str, seen: str) -> NoReturn:
        raise Failure(f"{seen} {self.task.explanation(slug)}".strip(), slug)

    def tau(self, low: float, high: float) -> float:
        return float(self.draw.uniform(1, low=low, high=high))

    def call(self, logits: Tensor, tau: float) -> Tensor:
        """The result of one call: a tensor of the right kind and shape."""
        y = self.learner(logits, tau)
        seen = f"For logits of shape {tuple(logits.shape)} and tau = {number(tau)}"
        if is_index(y, logits):
            self.fail("index-returned", f"{seen} the result is {y.flatten().tolist()}.")
        if tau > TAUS[0][0] and float(logits.abs().max()) < FAR and is_one_hot(y):
            soft = self.learner(logits.detach().clone().requires_grad_(), tau).requires_grad
            self.fail("straight-through" if soft else "hard-sample", f"{seen} {begins(y)}")
        check_kind(y, logits.dtype)
        if y.shape != logits.shape:
            raise Failure(
                f"{seen} the result has shape {tuple(y.shape)}; expected {tuple(logits.shape)}: a share for each class "
                "of each example. Which axes does your formula add or remove?",
                "wrong-shape",
            )
        return y

    def shares(self, logits: Tensor, tau: float) -> Tensor:
        """The result of one call: finite, positive, and in every row with sum 1."""
        y = self.call(logits, tau)
        if not y.isfinite().all():  # once in many millions a random number is 0, which is forgiven
            y = self.call(logits, tau)
        if not y.isfinite().all():
            what = "NaN" if y.isnan().any() else "infinity"
            raise Failure(
                f"The result holds {what} for ordinary inputs. One such number spreads to every weight in a single "
                "step of training. Which step of your formula leaves the range of floating-point numbers?",
                "not-finite",
            )
        if not are_shares(y.detach()):
            seen = f"For logits of shape {tuple(logits.shape)} and tau = {number(tau)} {begins(y.detach())}"
            self.fail(name_of_no_shares(y.detach(), logits.detach()), seen)
        return y

    def shapes(self) -> None:
        """In every shape and precision, the rows of the result are shares."""
        for shape in SHAPES:
            for dtype in DTYPES:
                self.shares(self.draw.normal(*shape, dtype=dtype, scale=1.5), self.tau(0.5, 2.0))

    def fresh(self) -> None:
        """Two calls with the same inputs draw different noise."""
        logits, tau = self.draw.normal(6, CLASSES), self.tau(*TAUS[1])
        one, other = (self.shares(logits, tau).detach() for _ in range(2))
        if not torch.allclose(one, other, rtol=0, atol=1e-9):
            return
        seen = f"Two calls with the same inputs gave the same result: {begins(one)}"
        plain = ((logits * factor).softmax(-1) for factor in (1 / tau, 1.0, tau))
        if any(torch.allclose(one, each, rtol=0, atol=1e-5) for each in plain):
            self.fail("no-noise", seen)
        self.fail("fixed-seed" if self.sets_the_seed() else "constant-noise", seen)

    def sets_the_seed(self) -> bool:
        """Whether the random state after a call is the same, whatever it was before."""
        after = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)
            self.learner(torch.zeros(2, 3, device="cpu"), 1.0)
            after.append((torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()))
        return after[0][0] == after[1][0] or after[0][1] == after[1][1]

    def sharing(self) -> None:
        """Where all logits are the same, every row is another."""
        logits, tau = torch.full((200, CLASSES), 0.3, dtype=torch.float64, device="cpu"), self.tau(*TAUS[1])
        y = self.shares(logits, tau).detach()
        if torch.allclose(y, y[:1].expand_as(y), rtol=1e-6, atol=1e-9):
            self.fail(
                "noise-shared-by-the-batch", f"For equal logits, all of {len(y)} rows of the result are the same."
            )
        gaps = (y[:, 1] / y[:, 0]).log().abs().sort().values.diff()
        if (again := float((gaps < 1e-10).double().mean())) > 0.05:
            self.fail("noise-reused", f"For equal logits, {again:.0%} of {len(y)} rows of the result occur twice.")

    def samples(self, rows: int = ROWS) -> list[Relaxed]:
        """Two calls at a low and two at a high temperature; some classes are likelier than others in all rows."""
        found = []
        for low, high in TAUS:
            offset = torch.linspace(-1, 1, CLASSES, dtype=torch.float64, device="cpu") * self.draw.signs(1)
            logits, tau = offset + self.draw.normal(rows, CLASSES), self.tau(low, high)
            y = torch.stack([self.shares(logits, tau).detach() for _ in range(2)])
            found.append(Relaxed(logits, tau, y))
        return found

    def law(self) -> None:
        """The noise is Gumbel and independent of everything: a miss of 4.5 standard errors counts if it comes twice."""
        for _ in range(2):
            samples = self.samples()
            wrong = [off(each.noise, each.logits, self.draw, gumbel, SIGMAS) for each in samples]
            if not any(wrong):
                return
        if set().union(*wrong) == {"dependence"}:
            self.fail("noise-reused", self.told(samples[0]))
        self.fail(name_of_law(self.samples(MANY), self.draw), self.told(samples[0]))

    def told(self, sample: Relaxed) -> str:
        """How often the likeliest class won, and how large the largest share was."""
        likeliest, y = sample.logits.argmax(-1), sample.y
        won, right = (y.argmax(-1) == likeliest).double().mean(), sample.logits.softmax(-1).amax(-1).mean()
        size, wanted = y.amax(-1).mean(), self.task.solution(sample.logits, sample.tau).amax(-1).mean()
        return (
            f"In {y[..., 0].numel()} draws at tau = {number(sample.tau)} the likeliest class got the largest share "
            f"{won:.1%} of the time, where softmax(logits) gives {right:.1%}, and the largest share was {size:.3f} on "
            f"average, where {wanted:.3f} is right, both give or take two hundredths."
        )

    def extremes(self) -> None:
        """Logits near ±100 and temperatures at both ends neither overflow nor are cut off."""
        for dtype in DTYPES:
            near = self.draw.normal(6, 3, dtype=dtype)
            for logits in (self.draw.extreme(6, 3, bound=100.0, dtype=dtype), near - 100, near + 100):
                for tau in (0.05, 5.0):
                    self.extreme(logits, tau)

    def extreme(self, logits: Tensor, tau: float) -> None:
        """Far-away logits count in full; at a low temperature no share but one is left, and nothing to be seen."""
        y = self.call(logits, tau).detach()
        seen = f"For logits near ±100 and tau = {tau:g} in {str(y.dtype).removeprefix('torch.')}, {begins(y)}"
        if not y.isfinite().all() or not are_shares(y, ROUNDED):
            self.fail("exp-overflows", seen)
        noise = Relaxed(logits.double(), tau, y.double()).noise[y.min(-1).values > 0]
        if tau > 1 and len(noise) and float((noise.amax(-1) - noise.amin(-1)).max()) > FAR:
            self.fail("clamped-logits", seen)

    def gradients(self) -> None:
        """The derivative is that of the formula with the noise held fixed."""
        for dtype in DTYPES:
            for shape, taus in (((6, CLASSES), TAUS[0]), ((1, 3), TAUS[1])):
                self.slopes(self.draw.normal(*shape, dtype=dtype), self.tau(*taus))
        for tau in (0.04, 25.0):  # many rows: at the low one most have hardly any slope
            self.slopes(self.draw.normal(120, CLASSES), tau, "tau-clamped")

    def slopes(self, logits: Tensor, tau: float, scaled: str = "gradient-scaled") -> None:
        """Raise `Failure` unless the slope at one temperature is right; a wrong factor has the given name."""
        leaf = logits.requires_grad_()
        y = self.shares(leaf, tau)
        try:
            slug = name_of_slope(y, leaf, self.draw.normal(*y.shape, dtype=y.dtype), tau)
        except RuntimeError as error:
            raise Failure(
                f"The gradient of your result cannot be computed: {error_text(error)}. Look for a line that overwrites "
                "a number which the backward pass needs.",
                "breaks-the-gradient",
            ) from None
        if slug is not None:
            seen = f"At tau = {number(tau)} the derivative of the shares in the logits is not that of the formula."
            self.fail(scaled if slug == "gradient-scaled" else slug, seen)


def relaxed(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function draws from the Concrete distribution, with gradients."""
    judge = _Judge(task, MixedLearner(learner.function, learner.arguments), draw)
    judge.shapes()
    judge.fresh()
    judge.sharing()
    judge.law()
    judge.extremes()
    judge.gradients()
