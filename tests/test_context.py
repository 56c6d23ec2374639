"""Conditional models: the context reaches encoder, decoder and prior, each example its own."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from tests.statistics import seeded
from tests.zoo import ZOO, B, L, bernoulli_vae, conditional_vae
from vaekit import elbo


def test_context_reaches_encoder_and_decoder():
    model, x = conditional_vae().double(), ZOO["bernoulli"]()[1].double()
    contexts = torch.eye(3, dtype=torch.float64)
    traces = [model(x, context=context.expand(B, 3), draw=lambda q, _: q.mean.unsqueeze(0)) for context in contexts]
    assert not torch.allclose(traces[0].latents[0].q.mean, traces[1].latents[0].q.mean)
    z = torch.zeros(1, B, L, dtype=torch.float64)
    means = [model.decoder(z, context=context.expand(B, 3)).mean for context in contexts]
    assert not torch.allclose(means[0], means[1])
    own = model(x, context=contexts[[0, 1, 2, 0, 1]], draw=lambda q, _: q.mean.unsqueeze(0)).log_px
    for b, c in enumerate([0, 1, 2, 0, 1]):
        assert_close(own[:, b], traces[c].log_px[:, b])


class ContextPrior(nn.Module):
    """A prior whose mean is the context."""

    def forward(self, context: Tensor | None = None) -> Normal:
        return Normal(context, 1.0)


def test_context_reaches_the_prior():
    context = torch.randn(B, L, dtype=torch.float64)
    model, x = bernoulli_vae(ContextPrior()).double(), ZOO["bernoulli"]()[1].double()
    trace = model(x, 3, context=context)
    assert torch.equal(trace.latents[0].p.mean, context)
    assert_close(elbo(model, x, context=context).kl[0], kl_divergence(trace.latents[0].q, Normal(context, 1.0)))


def test_conditional_samples_follow_their_own_row_of_context():
    model = conditional_vae()
    with torch.no_grad():
        model.decoder.body[0].weight[:, L:] *= 50
        model.decoder.head.logits.weight *= 50
    context = torch.eye(3).repeat_interleave(200, 0)
    with seeded():
        samples = model.sample(600, context=context).unflatten(0, (3, 200))
    assert (samples.mean(1)[0] - samples.mean(1)[1]).abs().max() > 0.5
    assert samples.std(1).mean() < 0.25
