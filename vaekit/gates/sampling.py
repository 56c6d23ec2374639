"""How a function that draws normal samples is judged: exact checks first, then moments, then gradients and extremes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from vaekit.gates.checks import with_kind
from vaekit.gates.guard import Failure, Learner
from vaekit.gates.moments import Samples, alarms, explain
from vaekit.gates.probes import DTYPES, SHAPES, Draw, number
from vaekit.gates.task import Task

ROWS, COLUMNS = 2000, 3  # enough for the moments, few enough for a loop over elements in Python
FLAT_MEAN, FLAT_LOGVAR = 0.7, -0.4
Sampler = Callable[[Tensor, Tensor], Tensor]


class _Judge:
    """The checks of one function."""

    def __init__(self, task: Task, sampler: Sampler, draw: Draw) -> None:
        self.task, self.sampler, self.draw = task, sampler, draw

    def fail(self, slug: str, seen: str) -> NoReturn:
        raise Failure(f"{seen} {self.task.explanation(slug)}".strip(), slug)

    def shapes(self) -> None:
        """Every shape and precision comes back as it went in, in finite numbers."""
        for shape in SHAPES:
            for dtype in DTYPES:
                z = self.sampler(*(self.draw.normal(*shape, dtype=dtype) for _ in range(2))).detach()
                if z.shape != shape:
                    self.fail(
                        "wrong-shape",
                        f"For inputs of shape {shape} the result has shape {tuple(z.shape)}; expected {shape}: one "
                        "sample for each latent of each example. A result of the wrong shape broadcasts in the "
                        "decoder or the loss.",
                    )
                if not z.isfinite().all():
                    what = "NaN" if z.isnan().any() else "infinity"
                    self.fail(
                        "not-finite",
                        f"The result holds {what} for ordinary inputs. One such number spreads to every weight in a "
                        "single step of training. Which step of your formula leaves the range of floating-point "
                        "numbers?",
                    )

    def fresh(self, samples: Samples) -> None:
        """Two calls with the same inputs draw different noise."""
        noise = samples.noise[0]
        if (same := (samples.z[0] == samples.z[1]).double().mean()) < 0.01:
            return
        if same < 0.99 and len(noise.abs().mul(1e6).round().unique()) < 100:
            self.fail("noise-not-normal", "The offsets from mu, in units of σ, take only a handful of different sizes.")
        value = number(float(samples.z[0, 0, 0]))
        seen = f"Two calls with the same inputs both gave {value} for mu = {number(float(samples.mu[0, 0]))}"
        seen += f" and logvar = {number(float(samples.logvar[0, 0]))}."
        if noise.abs().max() < 1e-6:
            self.fail("no-sampling", f"{seen} It returns its input mu unchanged.")
        if not samples.z.any():
            self.fail("returns-zeros", f"{seen} It returns zeros whatever its inputs are.")
        if torch.equal(samples.z[0], samples.logvar):
            self.fail("returns-its-input", f"{seen} It returns its input logvar unchanged. Where are mu and the noise?")
        if (noise - 1).abs().max() < 1e-6:
            self.fail("mu-plus-sigma", seen)
        self.fail("fixed-seed" if self._sets_the_seed() else "constant-noise", seen)

    def _sets_the_seed(self) -> bool:
        """Whether the random state after a call is the same, whatever it was before."""
        after = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)
            self.sampler(torch.zeros(2, 3, device="cpu"), torch.zeros(2, 3, device="cpu"))
            after.append((torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()))
        return after[0][0] == after[1][0] or after[0][1] == after[1][1]

    def sharing(self) -> None:
        """With one mean and one width for all, every offset is a number of its own."""
        mu = torch.full((ROWS, COLUMNS), FLAT_MEAN, dtype=torch.float64, device="cpu")
        offset = self.sampler(mu, torch.full_like(mu, FLAT_LOGVAR, device="cpu")).detach() - mu
        rows = torch.allclose(offset, offset[:1].expand_as(offset), rtol=1e-9, atol=1e-12)
        columns = torch.allclose(offset, offset[:, :1].expand_as(offset), rtol=1e-9, atol=1e-12)
        seen = f"For mu = {FLAT_MEAN} and logvar = {FLAT_LOGVAR} everywhere,"
        if rows and columns:
            self.fail(
                "one-number-of-noise", f"{seen} all {offset.numel()} samples are {number(float(offset[0, 0] + 0.7))}."
            )
        if rows:
            self.fail("noise-shared-by-the-batch", f"{seen} all {ROWS} examples got the same sample.")
        if columns:
            self.fail(
                "noise-shared-by-the-latents", f"{seen} the {COLUMNS} latents of each example got the same sample."
            )
        sizes = offset.abs().flatten().sort().values
        again = (sizes.diff() < 1e-12).double().mean()
        if again > 0.05:
            self.fail(
                "noise-reused",
                f"{seen} {number(float(100 * again))}% of the offsets from mu occur twice, or with both signs.",
            )

    def moments(self, samples: Samples) -> None:
        """The noise is normal and independent of everything, within 4.5 standard errors, on two tries."""
        if alarms(samples):
            samples = self.pair()
            wrong = alarms(samples)
            if wrong:
                self.fail(*explain(samples, wrong))

    def pair(self) -> Samples:
        """Samples from two calls with the same inputs."""
        mu, logvar = self.draw.normal(ROWS, COLUMNS), self.draw.normal(ROWS, COLUMNS)
        return Samples(mu, logvar, torch.stack([self.sampler(mu, logvar).detach() for _ in range(2)]))

    def gradients(self) -> None:
        """Every sample moves with its mean, and with its log-variance in proportion to its offset."""
        for shape in ((6, 4), (1, 1)):
            for dtype in DTYPES:
                mu, logvar = (self.draw.normal(*shape, dtype=dtype).requires_grad_() for _ in range(2))
                self.slopes(mu, logvar)
        for mu, logvar in self.extremes():
            self.slopes(mu, logvar)

    def slopes(self, mu: Tensor, logvar: Tensor) -> None:
        """The derivatives of a weighted sum of samples are the weights, and the weights times half the offsets."""
        z = self.sampler(mu, logvar)
        weights = self.draw.normal(*z.shape, dtype=z.dtype)
        if not z.requires_grad:
            self.fail("detached", "The result carries no gradient.")
        found = torch.autograd.grad((weights * z).sum(), (mu, logvar), allow_unused=True)
        in_mu, in_logvar = (torch.zeros_like(z, device=z.device) if each is None else each for each in found)
        if not (in_mu.any() or in_logvar.any()):
            self.fail("detached", "The gradient is zero in mu and in logvar.")
        if not in_mu.any():
            self.fail("no-gradient-to-mu", "The derivative of every sample in its mu is 0, where 1 is right.")
        half = 0.5 * (z - mu).detach()
        if not in_logvar.any() and half.any():
            self.fail("no-gradient-to-logvar", "The derivative of every sample in its logvar is 0.")
        tolerance = 1e-3 if z.dtype == torch.float32 else 1e-6
        near = torch.allclose(in_mu, weights, rtol=tolerance, atol=tolerance)
        if not near or not torch.allclose(
            in_logvar, weights * half, rtol=tolerance, atol=tolerance * float(half.abs().max())
        ):
            raise Failure(
                "The samples are right and their gradient is not: with the noise held fixed, a derivative in mu or "
                "logvar is not that of the formula. Is something on the way detached, clamped or drawn anew?",
                "wrong-gradient",
            )

    def widths(self) -> None:
        """The width follows logvar to the ends of what each precision can hold; mu = 0 keeps every digit of it."""
        for mu, logvar in self.extremes():
            unit = (-0.5 * logvar.detach().double()).exp()
            spread = float((self.sampler(mu, logvar).detach().double() * unit).square().mean().sqrt())
            if not 0.3 < spread < 2.5:  # of 24 normal numbers: outside with probability below 1e-8
                seen = f"For logvar = {number(float(logvar.detach()[0, 0]))} in {str(mu.dtype).removeprefix('torch.')}"
                self.fail("clamped-logvar", f"{seen} the samples have {number(spread)} times the right width.")

    @staticmethod
    def extremes() -> Iterator[tuple[Tensor, Tensor]]:
        """Means of zero and the log-variances at both ends of each precision, as leaves that need gradients."""
        for dtype, bound in zip(DTYPES, (100.0, 13.0), strict=True):
            for end in (-bound, bound):
                mu = torch.zeros(8, 3, dtype=dtype, device="cpu", requires_grad=True)
                yield mu, torch.full_like(mu, end, device="cpu").requires_grad_()


def sampled(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function draws N(mu, diag(exp(logvar))) with gradients to both."""
    judge = _Judge(task, with_kind(learner), draw)
    judge.shapes()
    samples = judge.pair()
    judge.fresh(samples)
    judge.sharing()
    judge.moments(samples)
    judge.widths()
    judge.gradients()
