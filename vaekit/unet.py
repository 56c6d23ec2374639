"""A small U-Net that predicts the noise in an image."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import silu

from vaekit._checks import positive_int
from vaekit.denoisers import TimeFeatures, check_denoiser_input, context_or_zeros

_GROUPS = 8  # of channels that GroupNorm standardises together


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut; between them a condition scales and shifts every channel.

    Args:
        channels: of the input.
        out_channels: of the output.
        condition: the width of the condition.
    """

    def __init__(self, channels: int, out_channels: int, condition: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(_GROUPS, channels), nn.Conv2d(channels, out_channels, 3, padding=1)
        self.film = nn.Linear(condition, 2 * out_channels)
        self.norm2 = nn.GroupNorm(_GROUPS, out_channels, affine=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip = nn.Conv2d(channels, out_channels, 1) if channels != out_channels else nn.Identity()

    def forward(self, x: Float[Tensor, "N C H W"], condition: Float[Tensor, "N E"]) -> Float[Tensor, "N O H W"]:
        """Return features `(N, O, H, W)`."""
        scale, shift = self.film(condition)[..., None, None].chunk(2, 1)
        h = self.norm2(self.conv1(silu(self.norm1(x))))
        return self.skip(x) + self.conv2(silu(h * (1 + scale) + shift))


class UNetDenoiser(nn.Module):
    """A denoiser for images at three sizes, full, half and quarter: about 300,000 parameters with 32 channels.

    On the way down the image is halved and its channels doubled, on the way up it is put together again beside what
    was there on the way down (Ronneberger et al., 2015). The step and the context reach every block as a scale and a
    shift of its channels. At full size there is one convolution only, since that is where the time goes on a CPU.

    Args:
        image_shape: height and width, multiples of 4. Images come flat, as a `Dataset` has them.
        channels: at half size; twice as many at a quarter. A multiple of 8.
        time_features: the width of the features of t.
        context_features: C, the width of the context. With 0, any context is ignored.
    """

    def __init__(
        self,
        image_shape: tuple[int, int] = (28, 28),
        *,
        channels: int = 32,
        time_features: int = 64,
        context_features: int = 0,
    ) -> None:
        super().__init__()
        height, width = (positive_int("image_shape", size) for size in image_shape)
        if height % 4 or width % 4:
            raise ValueError(f"image_shape: got {tuple(image_shape)}; expected multiples of 4, to be halved twice")
        if positive_int("channels", channels) % _GROUPS:
            raise ValueError(f"channels: got {channels}; expected a multiple of {_GROUPS}")
        self.image_shape, self.event_shape = (height, width), (height * width,)
        self.context_features = positive_int("context_features", context_features, least=0)
        c, e = channels, 4 * channels
        self.time = TimeFeatures(time_features)
        self.condition = nn.Sequential(nn.Linear(time_features + context_features, e), nn.SiLU(), nn.Linear(e, e))
        self.enter, self.shrink = nn.Conv2d(1, c, 4, 2, 1), nn.Conv2d(c, 2 * c, 4, 2, 1)
        self.down, self.up = ResidualBlock(c, c, e), ResidualBlock(2 * c, c, e)
        self.middle = nn.ModuleList(ResidualBlock(2 * c, 2 * c, e) for _ in range(2))
        self.grow, self.leave = nn.ConvTranspose2d(2 * c, c, 4, 2, 1), nn.ConvTranspose2d(c, c // 2, 4, 2, 1)
        self.last = nn.Conv2d(c // 2 + 1, 1, 3, padding=1)

    def forward(
        self, xt: Float[Tensor, "N D"], t: Int64[Tensor, " N"], context: Tensor | None = None
    ) -> Float[Tensor, "N D"]:
        """Return the predicted noise, flat, `(N, H·W)`.

        Raises:
            TypeError: if a tensor is of the wrong dtype.
            ValueError: if a shape is wrong.
        """
        check_denoiser_input(xt, t, self.event_shape, self.last.weight)
        features = self.time(t)
        if self.context_features:
            features = torch.cat([features, context_or_zeros(context, xt, self.context_features)], -1)
        return self._image(xt.unflatten(-1, (1, *self.image_shape)), silu(self.condition(features))).flatten(1)

    def _image(self, x: Float[Tensor, "N 1 H W"], condition: Float[Tensor, "N E"]) -> Float[Tensor, "N 1 H W"]:
        half = self.down(self.enter(x), condition)
        h = self.shrink(half)
        for block in self.middle:
            h = block(h, condition)
        h = self.up(torch.cat([self.grow(h), half], 1), condition)
        return self.last(torch.cat([silu(self.leave(h)), x], 1))
