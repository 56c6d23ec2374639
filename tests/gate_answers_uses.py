"""Right answers to the gates about what a VAE is used for, each written in another way."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, Normal

import tests.gate_answers_likelihoods  # noqa: F401 (adds its answers to these)
from tests.gate_answers import answers


@answers("sample_prior")
def by_bernoulli_mean(decoder, num, latent_dim):
    with torch.no_grad():
        return Bernoulli(logits=decoder(torch.randn(num, latent_dim))).mean


@answers("sample_prior")
def from_the_prior_as_a_distribution(decoder, num, latent_dim):
    prior = Independent(Normal(torch.zeros(latent_dim), torch.ones(latent_dim)), 1)
    return torch.sigmoid(decoder(prior.sample((num,))))


@answers("sample_prior")
def one_image_at_a_time(decoder, num, latent_dim):
    return torch.cat([decoder(torch.randn(1, latent_dim)).sigmoid() for _ in range(num)])


@answers("sample_prior")
def one_row_at_a_time(decoder, num, latent_dim):
    return torch.stack([1 / (1 + torch.exp(-decoder(torch.randn(latent_dim)))) for _ in range(num)])


@answers("sample_prior")
def with_latents_of_numpy(decoder, num, latent_dim):
    z = torch.from_numpy(np.random.standard_normal((num, latent_dim))).float()
    return decoder(z).sigmoid_()


@answers("sample_prior")
def in_evaluation_mode_where_the_decoder_lives(decoder, num, latent_dim):
    decoder.eval()
    weight = next(decoder.parameters())
    z = torch.empty(num, latent_dim, device=weight.device, dtype=weight.dtype).normal_()
    with torch.inference_mode():
        return decoder(z).sigmoid()


@answers("sample_prior")
def in_chunks_with_a_generator_of_its_own(decoder, num, latent_dim):
    generator = torch.Generator()
    generator.seed()
    z = torch.randn(num, latent_dim, generator=generator)
    return torch.cat([decoder(chunk) for chunk in z.split(64)]).sigmoid()


@answers("sample_prior")
def clamped_far_out_after_a_look_at_the_decoder(decoder, num, latent_dim):
    decoder(torch.zeros(1, latent_dim))
    return decoder(torch.normal(0.0, 1.0, (num, latent_dim))).sigmoid().clamp(1e-6, 1 - 1e-6)


@answers("conditional_input")
def by_rows_of_the_identity(x, y, num_classes):
    return torch.cat((x, torch.eye(num_classes, dtype=x.dtype)[y]), 1)


@answers("conditional_input")
def by_comparison(x, y, num_classes):
    return torch.hstack([x, (y.unsqueeze(1) == torch.arange(num_classes)).type_as(x)])


@answers("conditional_input")
def by_scatter(x, y, num_classes):
    label = torch.zeros(len(y), num_classes, dtype=x.dtype).scatter_(1, y.view(-1, 1), 1.0)
    return torch.cat([x, label], dim=-1)


@answers("conditional_input")
def written_into_zeros(x, y, num_classes):
    result = x.new_zeros(x.shape[0], x.shape[1] + num_classes)
    result[:, : x.shape[1]] = x
    result[torch.arange(len(x)), x.shape[1] + y] = 1
    return result


@answers("conditional_input")
def one_after_the_other(x, y, num_classes):
    rows = []
    for image, label in zip(x, y.tolist(), strict=True):
        rows.append(torch.tensor(image.tolist() + [float(k == label) for k in range(num_classes)], dtype=x.dtype))
    return torch.stack(rows)


@answers("conditional_input")
def with_integers_that_cat_promotes(x, y, num_classes):
    return torch.cat([x, F.one_hot(y, num_classes=num_classes)], dim=1)


@answers("conditional_input")
def with_padding(x, y, num_classes):
    result = F.pad(x, (0, num_classes))
    result[:, x.shape[1] :] += F.one_hot(y.long(), num_classes)
    return result


@answers("anomaly_score")
def as_a_difference(elbo):
    return 3 - 2 * elbo


@answers("anomaly_score")
def as_nats_beyond_the_mean(elbo):
    return elbo.mean() - elbo


@answers("anomaly_score")
def on_a_soft_scale(elbo):
    return torch.exp(-elbo / 1000)


@answers("anomaly_score")
def as_a_density(elbo):
    return torch.exp(-elbo)


@answers("anomaly_score")
def as_a_rank(elbo):
    return elbo.argsort(descending=True).argsort().to(elbo.dtype)


@answers("anomaly_score")
def as_a_share_of_better_ones(elbo):
    return (elbo[None] > elbo[:, None]).to(elbo.dtype).mean(1)


@answers("anomaly_score")
def standardised_in_the_batch(elbo):
    return (elbo.mean() - elbo) / (elbo.std(correction=0) + 1e-8)


@answers("anomaly_score")
def bounded_and_detached(elbo):
    return (-elbo / (1 + elbo.abs())).detach()


@answers("anomaly_score")
def of_both_signs_on_a_log_scale(elbo):
    return -elbo.sign() * elbo.abs().log1p()


@answers("anomaly_score")
def one_by_one(elbo):
    return torch.stack([0.0 - each for each in elbo]).pow(3)
