"""The task: new images from a VAE."""

from __future__ import annotations

from vaekit.gates.banks import sample_prior as bank
from vaekit.gates.priors import prior_sampled
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="sample_prior",
    chapter="07",
    statement="The Bernoulli means of num new images, each from a fresh draw z of the prior N(0, I), independent "
    "across images, latents and calls. decoder is a Module that turns z of shape (num, latent_dim) into logits of "
    "shape (num, D).",
    shapes={"decoder": "Module", "num": "int", "latent_dim": "int"},
    returns="(num, D)",
    difficulty=1,
    minutes=5,
    hints=(
        "To generate is to follow the model from its start: first the latents, then the image. Neither the encoder nor "
        "any data takes part. Where do the latents come from?",
        "The prior is a standard normal distribution in latent_dim dimensions, and each image needs a draw of its own.",
        "Draw a matrix of standard normal numbers, one row for each image, give it to the decoder, and turn its "
        "logits into probabilities.",
    ),
    ladder=Ladder(
        worked="""
# New counts: the mean counts for fresh draws of a latent that is uniform
# on a circle, from a decoder that returns log rates
def sample_rates(decoder, num):
    angle = 2 * math.pi * torch.rand(num, 1)
    z = torch.cat([angle.cos(), angle.sin()], dim=1)  # (num, 2)
    return decoder(z).exp()  # (num, D)
""",
        completion="""
def sample_prior(decoder, num, latent_dim):
    z = torch.▢(▢)
    logits = decoder(z)
    return ▢
""",
        blanks=("randn", "num, latent_dim", "logits.sigmoid()"),
        broken=bank.BROKEN,
        bug="The latents are uniform between 0 and 1, where the decoder was trained on latents around 0 of both signs.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=prior_sampled,
)
