"""`DrawDigit`: draw a digit and see what a trained encoder and decoder make of it, and what it costs in nats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from ipywidgets import widget_serialization
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import finite_number, instance, random_seed
from vaekit.data import Dataset
from vaekit.models import VAE
from vaekit.widgets.base import Array, CourseWidget, as_array, complain
from vaekit.widgets.draw_digit_inputs import Item, is_item, sample_bytes, seven_point_scores
from vaekit.widgets.latent_codes import LatentCodes, code_traits
from vaekit.widgets.pipeline_model import check_model, check_networks
from vaekit.widgets.weights import DecoderWeights, encoder_weights


class DrawDigit(LatentCodes, CourseWidget):
    r"""The reader draws; encoder and decoder run in the page and tell what they make of it, in nats.

    The drawing becomes an image as MNIST's were made: its ink is scaled so that the longer side fills `box` of the
    image, then centred by its centre of mass. The encoder and the likelihood see binary pixels, inked to a half or
    more. Shown are q(z|x) among the codes of test images, decoder means at the mean of q and at three draws from it,
    distortion, rate and -ELBO, and the share of test images with a lower -ELBO. The expectation over q is a sum over
    seven points, exact for polynomials of degree 5; the rate is the closed form against N(0, I).

    Args:
        encoder: from `encoder_weights`: as many inputs as pixels, four outputs.
        decoder: two inputs and as many outputs as pixels, between 0 and 1.
        codes: `(N, 2)` means of q for test images, N at most 5,000.
        labels: `(N,)` class of each code, counted from 0.
        image_shape: rows and columns of an image.
        scores: `(M,)` -ELBO of test images in nats, from binary pixels.
        samples: test images, `(rows * columns,)` in [0, 1], that the reader may load; each under a mark of one or two
            characters.
        classes: a mark for each class; digits unless given.
        bound: of the encoder's log-variance, see `GaussianHead`.
        box: share of the image that the ink's longer side fills.
        seed: of the three draws from q.
        extent: half width of the plane; wide enough for all codes and three standard deviations unless given.
        drawing: what is drawn at the start: `{"points": [x, y, x, y, ...], "width": w, "erase": False}` for a stroke,
            in pixels of the image, and `{"sample": mark}` for a sample that covers all before it.
        centre: whether drawings are scaled and centred; samples never are.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `drawing` and `centre` follow the reader, and `image` is what the encoder sees.

    Raises:
        TypeError: for weights, scores or samples that are none.
        ValueError: for shapes, labels or marks that do not fit, or values that are not finite.
    """

    parts = (
        *("images.js", "choices.js", "plot.js", "plane.js", "encoder.js", "pad.js"),
        *("draw_digit_raster.js", "draw_digit_view.js"),
    )
    script = "draw_digit.js"

    encoder = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    scores = traitlets.Bytes(help="(M,) float32.").tag(sync=True)
    score_count = traitlets.Int().tag(sync=True)
    samples = traitlets.Bytes(help="(S, rows * columns) uint8.").tag(sync=True)
    marks = traitlets.List(traitlets.Unicode(), help="Names of the samples.").tag(sync=True)
    bound = traitlets.Float().tag(sync=True)
    box = traitlets.Float().tag(sync=True)
    eps = traitlets.List(help="Draws from N(0, I).").tag(sync=True)
    drawing = traitlets.List(help="Strokes and samples.").tag(sync=True)
    centre = traitlets.Bool(True).tag(sync=True)
    pixels = traitlets.Bytes(help="(rows * columns,) uint8, 0 or 1: what the encoder sees.").tag(sync=True)

    title = traitlets.Unicode("Draw a digit").tag(sync=True)
    question = traitlets.Unicode(
        "Draw something that is no digit, such as a star or a house. Will the model tell you so?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Not by its picture: the decoder makes what it was trained to make, so it answers with something like a digit. "
        "The bill tells: your pixels are far from that picture, so −ELBO is higher than for most test digits. "
        "But a low bill proves nothing. A straight bar is cheap, whether you meant a 1 or a fence post."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "draw a 3 and close it slowly to an 8; then switch the centring off and draw in a corner."
    ).tag(sync=True)

    def __init__(
        self,
        encoder: DecoderWeights,
        decoder: DecoderWeights,
        codes: Array,
        labels: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        scores: Array,
        samples: Mapping[str, Array] | None = None,
        classes: Sequence[str] | None = None,
        bound: float = 10.0,
        box: float = 20 / 28,
        seed: int = 0,
        extent: float | None = None,
        drawing: Sequence[Item] = (),
        centre: bool = True,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        check_networks(encoder, decoder, math.prod(image_shape))
        space = code_traits(decoder, codes, labels, image_shape, inputs=2, classes=classes, extent=extent)
        prices, given = as_array("scores", scores, (None,), "<f4"), dict(samples or {})
        super().__init__(
            encoder=encoder,
            **space,
            scores=prices.tobytes(),
            score_count=len(prices),
            samples=sample_bytes(given, decoder.outputs).tobytes(),
            marks=list(given),
            bound=finite_number("bound", bound, low=0.0, strict=True),
            box=finite_number("box", box, low=0.0, strict=True),
            eps=np.random.default_rng(random_seed("seed", seed)).standard_normal((3, 2)).tolist(),
            drawing=list(drawing),
            centre=centre,
            pixels=bytes(decoder.outputs),
            **texts,
        )

    @classmethod
    def from_model(
        cls, model: VAE, data: Dataset, *, decoder: DecoderWeights | None = None, **options: Any
    ) -> DrawDigit:
        """Build it for a VAE with two latents, a Gaussian encoder and Bernoulli pixels.

        Args:
            model: the VAE, dense, with a standard normal prior.
            data: test images with their labels; pixels of 1/2 or more count as ink. The first of each class can be
                loaded by the reader.
            decoder: weights of `model.decoder` that another widget on the page shares.
            options: as for `DrawDigit`.

        Raises:
            TypeError: if a part of the model is of another kind.
            ValueError: if its sizes do not fit the data, or the data are no images or too many.
        """
        instance("model", model, VAE, "a VAE")
        instance("data", data, Dataset, "a Dataset")
        if data.image_shape is None:
            raise complain("data", "images", "data without an image_shape")
        x = (data.x >= 0.5).to(next(model.parameters()))
        encoder, decoder = encoder_weights(model.encoder, x), decoder or DecoderWeights(model.decoder)
        check_networks(encoder, decoder, x.shape[1])
        check_model(model, encoder, decoder, x, torch.zeros(2, device="cpu"))
        with torch.no_grad():
            codes = model.encoder(x).loc
            scores = torch.cat([seven_point_scores(model, part) for part in x.split(500)])
        kinds = [int(label) for label in data.y.unique()]
        names = options.get("classes") or {k: str(k) for k in kinds}
        return cls(
            encoder,
            decoder,
            codes,
            data.y,
            data.image_shape,
            **{
                "scores": scores,
                "samples": {names[k]: data.x[data.y == k][0] for k in kinds},
                "bound": model.encoder.head.bound,
                **options,
            },
        )

    @property
    def image(self) -> Float[Tensor, "1 D"]:
        """What the encoder sees, `(1, rows * columns)`, ready for a model; blank until a page shows a drawing."""
        return torch.from_numpy(np.frombuffer(self.pixels, "u1").astype("f4"))[None]

    @traitlets.validate("drawing")
    def _check_drawing(self, proposal: dict[str, Any]) -> list[Item]:
        for item in proposal["value"]:
            if not is_item(item, self.marks):
                raise complain("drawing", "strokes with points and a width, or samples by their mark", item)
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """Networks, number of codes and image size."""
        return {"encoder": self.encoder} | super().describe()
