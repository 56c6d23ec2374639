"""How a function is judged that draws latents from the prior and decodes them.

The decoder of the probe can be undone, so the draws are read off the result: whatever the function does with the
decoder, only its result counts. The statistics are those of `moments`, which says how seldom they are false alarms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from vaekit.gates.arguments import MixedLearner
from vaekit.gates.checks import check_kind
from vaekit.gates.guard import Failure, Learner
from vaekit.gates.moments import Samples, alarms
from vaekit.gates.probe_decoder import ProbeDecoder
from vaekit.gates.probes import Draw, number
from vaekit.gates.task import Task

SIZES = ((5, 3, 7), (3, 3, 8), (4, 1, 6), (1, 2, 5), (1, 1, 1), (2, 5, 6))  # num, L, D
MANY = (1500, 3, 5)  # enough for the moments, few enough for a loop over images in Python

LINKS: dict[str, tuple[Callable[[Tensor], Tensor], ...]] = {
    "returns-logits": (lambda a: a,),
    "double-sigmoid": (lambda a: a.sigmoid().sigmoid(),),
    "softmax-over-pixels": (lambda a: a.softmax(-1), lambda a: a.softmax(0), lambda a: a.log_softmax(-1)),
    "negative-image": (lambda a: (-a).sigmoid(),),
    "clamped-logits": (lambda a: a.clamp(0, 1), lambda a: a.clamp(min=0), lambda a: a.clamp(0, 1).sigmoid()),
    "other-squashing": (
        torch.tanh,
        torch.exp,
        nn.functional.softplus,
        nn.functional.logsigmoid,
        lambda a: (a.tanh() + 1) / 2,
        torch.special.ndtr,
        lambda a: (a - a.min()) / (a.max() - a.min()),
    ),
}
"""What a function may have made of the logits where the sigmoid belongs, under the name of the mistake."""


def prior_sampled(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function returns the means of fresh draws from the prior."""
    judge = _Judge(task, MixedLearner(learner.function, learner.arguments), draw)
    for size in SIZES:
        judge.latents(*size)
    decoder, z = judge.pair()
    judge.fresh(z, decoder)
    judge.rows_and_columns(z[0])
    judge.moments(z)
    judge.fresh_one_by_one()


class _Judge:
    """The checks of one function."""

    def __init__(self, task: Task, learner: MixedLearner, draw: Draw) -> None:
        self.task, self.learner, self.draw = task, learner, draw

    def fail(self, slug: str, seen: str) -> NoReturn:
        raise Failure(f"{seen} {self.task.explanation(slug)}".strip(), slug)

    def latents(self, num: int, latents: int, pixels: int, decoder: ProbeDecoder | None = None) -> Tensor:
        """The latents behind the result of one call, `(num, L)`."""
        decoder = decoder or ProbeDecoder(latents, pixels, self.draw)
        decoder.logits.clear()
        means = self.call(decoder, num, latents)
        call = f"For num = {num}, latent_dim = {latents} and a decoder of {pixels} pixels"
        if means.shape != (num, pixels):
            self.wrong_shape(means, (num, pixels), latents, call)
        z = decoder.latents_of(means)
        if z is None or not z.isfinite().all():
            self.no_means(means, decoder, call)
        return z

    def call(self, decoder: ProbeDecoder, num: int, latents: int) -> Tensor:
        """The result of one call, any tensor in float32."""
        try:
            result = self.learner(decoder, num, latents)
        except Failure:
            if decoder.refused is None:
                raise
            seen = f"For num = {num} and latent_dim = {latents} the decoder was given z of shape {decoder.refused}."
            self.fail("wrong-latent-shape", seen)
        check_kind(result, torch.float32)
        return result.detach()

    def wrong_shape(self, means: Tensor, right: tuple[int, int], latents: int, call: str) -> NoReturn:
        """Raise `Failure` for a result that is not one image for each draw."""
        seen = f"{call} the result has shape {tuple(means.shape)}; expected {right}."
        if means.shape == (right[0], latents):
            self.fail("not-decoded", seen)
        if means.numel() == right[1]:
            self.fail("one-image-only", seen)
        if means.numel() == right[0] * right[1]:
            self.fail("axes-rearranged", seen)
        raise Failure(f"{seen} How many images are wanted, and how many pixels has each?", "wrong-shape")

    def no_means(self, means: Tensor, decoder: ProbeDecoder, call: str) -> NoReturn:
        """Raise `Failure` for a result that is not the sigmoid of the decoder's logits."""
        values = means.flatten()
        seen = f"{call} the result begins with {', '.join(number(float(each)) for each in values[:3])}."
        if values.isnan().any() or values.isinf().any():
            what = "NaN" if values.isnan().any() else "infinity"
            raise Failure(
                f"The result holds {what}. A picture cannot be drawn from that. Which step of your formula leaves the "
                "range of floating-point numbers, or divides by zero?",
                "not-finite",
            )
        if not values.any():
            raise Failure(f"{seen} It returns zeros whatever the decoder says.", "returns-zeros")
        if torch.equal(values, values.round()) and values.min() >= 0 and values.max() <= 1:
            self.fail("binary-samples", seen)
        if not decoder.logits:
            self.fail("decoder-unused", seen)
        logits = torch.cat(decoder.logits)
        for slug, links in LINKS.items():
            for link in links:
                if logits.shape == means.shape and torch.allclose(link(logits), means, rtol=1e-4, atol=1e-5):
                    self.fail(slug, seen)
        text = "For no z are these the Bernoulli means of the decoder's logits. What turns a logit into a probability?"
        raise Failure(f"{seen} {text}")

    def fresh_one_by_one(self) -> None:
        """Even a single image is another at every call."""
        decoder = ProbeDecoder(2, 5, self.draw)
        self.fresh(torch.stack([self.latents(1, 2, 5, decoder) for _ in range(8)]), decoder)

    def pair(self) -> tuple[ProbeDecoder, Tensor]:
        """A decoder, and the latents of many images from two calls with it, `(2, num, L)`."""
        num, latents, pixels = MANY
        decoder = ProbeDecoder(latents, pixels, self.draw)
        return decoder, torch.stack([self.latents(num, latents, pixels, decoder) for _ in range(2)])

    def fresh(self, z: Tensor, decoder: ProbeDecoder) -> None:
        """Calls with the same arguments draw different latents."""
        if not torch.allclose(z, z[:1].expand_as(z), rtol=0, atol=1e-6):
            return
        seen = f"{len(z)} calls with the same arguments gave the same {'images' if z.shape[1] > 1 else 'image'}."
        if z.abs().max() < 1e-3:
            self.fail("prior-mean-only", f"{seen} Every z was 0.")
        self.fail("fixed-seed" if self.sets_the_seed(decoder) else "constant-latents", seen)

    def sets_the_seed(self, decoder: ProbeDecoder) -> bool:
        """Whether the random state after a call is the same, whatever it was before."""
        after = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)
            self.learner(decoder, 2, decoder.weight.shape[1])
            after.append((torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()))
        return after[0][0] == after[1][0] or after[0][1] == after[1][1]

    def rows_and_columns(self, z: Tensor) -> None:
        """Every latent of every image is a number of its own."""
        if torch.allclose(z, z[:1].expand_as(z), rtol=0, atol=1e-3):
            self.fail("one-latent-for-all", f"All of {len(z)} images in one call are the same.")
        if torch.allclose(z, z[:, :1].expand_as(z), rtol=0, atol=1e-3):
            self.fail("latents-shared", f"The {z.shape[1]} latents of each image are the same number.")

    def moments(self, z: Tensor) -> None:
        """The latents are normal and independent, within 4.5 standard errors, on two tries."""
        if not alarms(self.beside_others(z)):
            return
        _, z = self.pair()
        if wrong := alarms(self.beside_others(z)):
            shown = ", ".join(number(float(each)) for each in (z.mean(), z.std(), _fourth(z)))
            seen = f"Mean, standard deviation and standardised fourth moment of {z.numel()} latents are {shown}, where "
            self.fail(_name(z, wrong), f"{seen}0, 1 and 3 are right.")

    def beside_others(self, z: Tensor) -> Samples:
        """The latents as the noise of a Gaussian whose mean and width are drawn at random."""
        mu, logvar = (self.draw.normal(*z.shape[1:]) for _ in range(2))
        return Samples(mu, logvar, mu + (0.5 * logvar).exp() * z)


def _fourth(z: Tensor) -> Tensor:
    """The fourth moment of the latents, in units of their own spread."""
    return ((z - z.mean()) / z.std()).pow(4).mean()


def _name(z: Tensor, wrong: set[str]) -> str:
    """The name of a mistake that raised alarms twice."""
    early, late = (z - z.mean()).chunk(2, dim=1)
    if (early * late).mean().abs() > 0.5 * z.var():
        return "latents-reused"
    lengths, sizes = z.norm(dim=-1), z.abs()
    if lengths.std() < 0.01 * lengths.mean() and sizes.std() > 0.01 * sizes.mean():
        return "latents-normalised"
    if wrong != {"dependence"} and 1.7 < _fourth(z) < 1.9:  # 1.8 for a uniform distribution
        return "uniform-latents"
    off_centre = z.mean((0, 1)).abs().max() > 6 * z.std() / z[..., 0].numel() ** 0.5
    if "location" in wrong and (off_centre or wrong == {"location"}):
        return "latents-shifted"
    names = {"scale": "wrong-spread", "shape": "latents-not-normal"}
    return next((names[each] for each in names if each in wrong), "latents-reused")
