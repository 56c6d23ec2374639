"""The presets of `VaeLab`: settings under which something can be seen, and the words that go with it."""

from __future__ import annotations

from typing import Any

DATA = ("ring", "moons", "spiral", "clusters", "pinwheel", "line", "drawn")
ESTIMATORS = ("pathwise", "iwae", "score", "none")
RANGES = {
    "latent_dim": (1, 2),
    "width": (4, 64),
    "beta": (0.0, 100.0),
    "samples": (1, 16),
    "lr": (1e-4, 0.1),
    "noise_sd": (0.02, 2.0),
    "seed": (0, 2**32 - 1),
}
EXTENT, MOST_POINTS = 3.0, 400  # of what a reader may draw

SOUND: dict[str, Any] = {
    "data": "moons",
    "latent_dim": 2,
    "width": 32,
    "beta": 1.0,
    "samples": 1,
    "lr": 0.01,
    "estimator": "pathwise",
    "noise_sd": 0.2,
    "learn_noise": False,
    "seed": 0,
}


def _preset(
    see: str, repair: str = "", done: str = "", *, show_samples: bool = False, **changes: Any
) -> dict[str, Any]:
    """What to see, how to repair it, and what that shows; whether draws from the model are drawn; the settings."""
    return {"see": see, "repair": repair, "done": done, "samples": show_samples, "settings": SOUND | changes}


PRESETS: dict[str, dict[str, Any]] = {
    "sound": _preset(
        "A working VAE: reconstructions lie near the data, codes where the prior has its mass, and most samples of the "
        "model look like data. Now break it: any knob will do."
    ),
    "collapse": _preset(
        "The decoder’s s.d. of 1.5 is wider than the data, so noise explains everything: the rate falls to 0, no unit "
        "is active, and every reconstruction sits at the mean.",
        "lower the decoder s.d. to 0.2 while it trains, and watch the latents wake.",
        "With less noise each unit saves more distortion than its rate costs, so both woke up by themselves. The "
        "collapsed state was no failure of training: for the wide decoder it was the best there is nearby.",
        data="ring",
        noise_sd=1.5,
    ),
    "holes in the prior": _preset(
        "With β = 0.1 the rate is cheap, so the encoder puts each cluster on an island of its own. Between the islands "
        "the prior has mass but no code, and samples from there (×) land between the clusters.",
        "raise β to 1 and wait: KL(q(z) ‖ p(z)) and the share of samples off the data fall.",
        "The islands moved together until they nearly cover the prior. Some holes stay: the bound charges for them, "
        "but a smooth decoder cannot jump from cluster to cluster.",
        data="clusters",
        noise_sd=0.16,
        beta=0.1,
        show_samples=True,
    ),
    "beta too large": _preset(
        "With β = 12 a nat of rate must save 12 nats of distortion. One unit is not worth its price and is switched "
        "off; the other tells left from right, and the moons are squeezed onto a line.",
        "lower β to 1 while it trains: the second unit wakes.",
        "−ELBO fell although the rate rose. With a large β training lowers D + βR, and pays in −ELBO = D + R.",
        beta=12.0,
    ),
    "plain autoencoder": _preset(
        "Nothing is sampled and the rate costs nothing. Reconstructions are nearly perfect, but no one told the codes "
        "where to lie: N(0, I) decodes to what is no data (×), and there is no ELBO.",
        "set the gradient to pathwise and β to 1.",
        "The noise made neighbouring codes decode alike, and the rate pulled them to the prior. Reconstructions are a "
        "little worse; samples are much better.",
        data="spiral",
        estimator="none",
        beta=0.0,
        show_samples=True,
    ),
}
