"""Bits back: a VAE as a lossless compressor whose code length is -ELBO.

To store x, one draws z from q(z|x), stores x with p(x|z) and z with p(z). That costs -log p(x|z) - log p(z), too much
by -log q(z|x). But the draw needs random bits, and they can be bits that one wanted to store anyway: taken from the end
of what is stored already, they come back when x is decoded. The net cost is log q(z|x) - log p(x, z), on average -ELBO.
On average over uniform bits, that is. In a chain each draw takes the bits that the code before has just left, and those
are uniform only if the aggregate posterior is the prior: such dirty bits cost a little more.

Source: Hinton & van Camp (1993); with asymmetric numeral systems, Townsend et al. (2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import constriction
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from vaekit._checks import data_tensor, instance, positive_int
from vaekit.distributions import BernoulliPixels
from vaekit.models.vae import VAE

AnsCoder, _models = constriction.stream.stack.AnsCoder, constriction.stream.model
_PIXELS, _BINS, _LATENTS = _models.Bernoulli(perfect=False), _models.Categorical(perfect=False), _models.Uniform


class BitsBack:
    """A lossless code for binary images from a VAE with prior N(0, I), a Gaussian encoder and Bernoulli pixels.

    The latents are rounded to bins that are equally probable under the prior; with enough of them the cost does not
    depend on how many. The networks run on one image at a time, so that encoder and decoder compute the same bits; both
    have to run on the same kind of machine.

    Args:
        model: the VAE.
        bins: bins for each latent dimension.
    """

    def __init__(self, model: VAE, *, bins: int = 1024) -> None:
        instance("model", model, VAE, "a vaekit.VAE")
        self.model, self.bins = model, positive_int("bins", bins, least=2)
        edges = torch.arange(self.bins + 1, dtype=torch.float64, device="cpu") / self.bins
        self._edges = torch.special.ndtri(edges)
        self._middles = torch.special.ndtri((edges[:-1] + edges[1:]) / 2)

    def encode(self, x: Float[Tensor, "N D"], initial: np.ndarray) -> np.ndarray:
        """Store images on top of what is stored already.

        Args:
            x: pixels that are 0 or 1, `(N, D)`.
            initial: what is stored already, an array of uint32; its end pays for the first image's draw.

        Returns:
            All of it together, an array of uint32.

        Raises:
            TypeError: if the model's encoder is not Gaussian, its pixels are not Bernoulli, or `initial` is not uint32.
            ValueError: if a pixel is neither 0 nor 1, or `initial` is too short to draw from.
        """
        coder = _coder("initial", initial)
        for _ in self.lengths(x, coder):
            pass
        return coder.get_compressed()

    def lengths(self, x: Float[Tensor, "N D"], coder: AnsCoder) -> Iterator[float]:
        """Store images one by one on a coder, and say after each by how many nats the coder has grown.

        Args:
            x: pixels that are 0 or 1, `(N, D)`.
            coder: a stack of constriction, with enough on it to draw a code from.

        Yields:
            The net length of each image in nats; over uniform bits its mean is -ELBO, but for the latents' rounding.

        Raises:
            TypeError, ValueError: as `encode`.
        """
        data_tensor("x", x)
        if not ((x == 0) | (x == 1)).all():
            raise ValueError(f"x: got values from {x.min():g} to {x.max():g}; expected pixels that are 0 or 1")
        for image in x:
            before = coder.num_valid_bits()
            needed = math.ceil(math.log2(self.bins)) * len(self._posterior(image))
            if before < needed:
                raise ValueError(f"initial: {before} bits are left; expected at least {needed} to draw a code from")
            bins = coder.decode(_BINS, self._posterior(image))
            coder.encode_reverse(image.cpu().numpy().astype(np.int32), _PIXELS, self._pixels(bins))
            coder.encode_reverse(bins, _LATENTS(self.bins))
            yield (coder.num_valid_bits() - before) * math.log(2)

    def decode(self, words: np.ndarray, num: int) -> tuple[Float[Tensor, "num D"], np.ndarray]:
        """Read images back, and with them what was stored before.

        Args:
            words: what `encode` returned.
            num: how many images to read.

        Returns:
            The images in the order in which they were stored, `(num, D)`, and the rest: `initial`, bit for bit.

        Raises:
            TypeError: if `words` is not an array of uint32, or the model is not of the kind that `encode` takes.
        """
        coder, images = _coder("words", words, seal=False), []
        parameter = next(self.model.parameters())
        for _ in range(positive_int("num", num)):
            bins = coder.decode(_LATENTS(self.bins), self._latent_dim())
            image = torch.from_numpy(coder.decode(_PIXELS, self._pixels(bins))).to(parameter)
            coder.encode_reverse(bins, _BINS, self._posterior(image))
            images.append(image)
        return torch.stack(images[::-1]), coder.get_compressed(unseal=True)

    def _latent_dim(self) -> int:
        return self.model.prior().batch_shape[-1]

    @torch.no_grad()
    def _posterior(self, image: Float[Tensor, " D"]) -> np.ndarray:
        """Return the probability of each bin of each latent under q(z|x), `(L, bins)`."""
        q = self.model.encoder(image[None], context=None)
        instance("model.encoder", q, Normal, "a module that returns a factorised torch.distributions.Normal")
        loc, scale = (value[0].double().cpu().unsqueeze(-1) for value in (q.loc, q.scale))
        return torch.special.ndtr((self._edges - loc) / scale).diff(dim=-1).clamp(min=0).numpy()

    @torch.no_grad()
    def _pixels(self, bins: np.ndarray) -> np.ndarray:
        """Return the probability of 1 for each pixel at the middles of the latents' bins, `(D,)`."""
        z = self._middles[torch.from_numpy(bins.astype(np.int64))].to(next(self.model.parameters()))
        px = self.model.decoder(z[None, None], context=None)
        instance("model.decoder", px, BernoulliPixels, "a module that returns BernoulliPixels")
        return px.mean[0, 0].double().cpu().numpy()


def _coder(name: str, words: np.ndarray, *, seal: bool = True) -> AnsCoder:
    if not isinstance(words, np.ndarray) or words.dtype != np.uint32 or words.ndim != 1:
        came = f"{words.dtype} of shape {words.shape}" if isinstance(words, np.ndarray) else type(words).__name__
        raise TypeError(f"{name}: got {came}; expected a one-dimensional array of uint32")
    return AnsCoder(words, seal=seal)
