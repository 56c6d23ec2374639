"""The task: a sample of a Gaussian that gradients can pass through."""

from __future__ import annotations

from vaekit.gates.banks import reparameterize as bank
from vaekit.gates.sampling import sampled
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="reparameterize",
    chapter="03",
    statement="A fresh sample z of N(mu, diag(exp(logvar))), one for each of the B examples, independent across "
    "examples, latents and calls, with gradients to mu and logvar. logvar is the logarithm of the variance σ².",
    shapes={"mu": "(B, L)", "logvar": "(B, L)"},
    returns="(B, L)",
    difficulty=1,
    minutes=10,
    hints=(
        "A sample of N(μ, σ²) is a shifted and stretched sample of something that has no parameters.",
        "By what must standard normal noise be multiplied to get variance σ², and what is that in terms of log σ²?",
        "Draw noise of the same shape and dtype as mu, multiply it by the standard deviation, and add mu. Only the "
        "noise is random.",
    ),
    ladder=Ladder(
        worked="""
# A sample of the exponential distribution with rate exp(log_rate):
# noise without parameters first, then a function that can be differentiated
def sample_exponential(log_rate):  # (B, L) -> (B, L)
    uniform = torch.rand_like(log_rate)
    return -torch.log1p(-uniform) / log_rate.exp()
""",
        completion="""
def reparameterize(mu, logvar):
    sigma = (▢ * logvar).exp()
    noise = torch.▢(mu)
    return mu + ▢
""",
        blanks=("0.5", "randn_like", "sigma * noise"),
        broken=bank.BROKEN,
        bug="It multiplies the noise by the variance exp(logvar), not by the standard deviation.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=sampled,
)
