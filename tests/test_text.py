"""Text models: what the encoder reads, what each decoder can know, and what word dropout trains."""

import pytest
import torch
from torch.testing import assert_close

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.statistics import assert_mean, assert_mean_at_least, seeded
from tests.zoo import ZOO, B, D, L, bernoulli_vae
from vaekit import (
    VAE,
    Autoregressive,
    Dataset,
    GRUDecoder,
    GRUEncoder,
    LanguageModel,
    StandardNormal,
    WindowDecoder,
    elbo,
    elbo_of,
    fit,
    iwae,
    log_likelihood,
    refine_posterior,
    weighted_loss,
    word_dropout,
)

SIZES = {"hidden": 8, "embedding": 3, "vocabulary": 4}
X = torch.tensor([[1, 2, 0, 0, 0, 0], [3, 3, 3, 3, 3, 3], [0, 0, 0, 0, 0, 0]])


def weak_vae() -> VAE:
    decoder = WindowDecoder(L, window=1, length=D, **SIZES)
    return VAE(GRUEncoder(L, **SIZES), decoder, StandardNormal(L))


def test_the_encoder_reads_up_to_the_end_and_no_further():
    with seeded():
        encoder = GRUEncoder(L, **SIZES)
    behind = torch.tensor([[1, 2, 0, 3, 0, 1]])
    assert torch.equal(encoder(behind).loc, encoder(X[:1]).loc)
    for position in range(3):
        changed = X[:1].clone()
        changed[0, position] = 3
        assert not torch.allclose(encoder(changed).loc, encoder(X[:1]).loc)
    assert encoder(X).loc.isfinite().all() and encoder(X).batch_shape == (3, L)


@pytest.mark.parametrize("build", [GRUDecoder, WindowDecoder])
def test_z_reaches_every_token_of_a_decoder(build):
    with seeded():
        decoder = build(L, length=D, **SIZES).double()
        z = torch.randn(1, L, dtype=torch.float64, requires_grad=True)
    logits = decoder.logits(X[1:2], z)
    for t in range(D):
        (gradient,) = torch.autograd.grad(logits[0, t].square().sum(), z, retain_graph=True)
        assert gradient.abs().min() > 0


def test_a_decoder_returns_the_batch_shape_of_z_and_scores_every_sample_of_it():
    with seeded():
        decoder, z = GRUDecoder(L, length=D, **SIZES).double(), torch.randn(7, 3, L, dtype=torch.float64)
    px = decoder(z)
    assert isinstance(px, Autoregressive) and (px.batch_shape, px.event_shape) == ((7, 3), (D,))
    alone = torch.stack([decoder(z[k, b]).log_prob(X[b]) for k in range(7) for b in range(3)]).unflatten(0, (7, 3))
    assert_close(px.log_prob(X), alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("build", [GRUDecoder, WindowDecoder])
def test_a_language_model_sums_to_one_and_is_what_it_samples(build):
    with seeded(1):
        model = LanguageModel(build(0, length=2, **SIZES)).double()
        every = torch.tensor([[0, 0], *([a, b] for a in range(1, 4) for b in range(4))])
        log_p = model.log_px(every)
        x = model.sample(20_000)
    assert_close(log_p.exp().sum(), torch.ones((), dtype=torch.float64), rtol=1e-12, atol=0)
    frequencies = (x.unsqueeze(1) == every).all(-1).double()
    assert_mean(frequencies, log_p.exp().detach())
    assert (model.state_dict()["decoder.embedding.weight"] == model.decoder.embedding.weight).all()


def test_a_language_model_and_a_vae_learn_to_write_what_they_are_shown():
    data = Dataset(X[[0, 0, 1]].repeat(20, 1), torch.arange(60), vocabulary=4)
    settings = {"epochs": 60, "lr": 0.02, "batch_size": 20, "progress": False}
    with seeded():
        model, vae = LanguageModel(GRUDecoder(0, length=D, **SIZES)), weak_vae()
    fit(model, data, lambda m, b, step: -m.log_px(b.x).mean(), **settings)
    entropy = torch.distributions.Categorical(torch.tensor([1 / 3, 2 / 3])).entropy().item()
    found = -model.log_px(data.x).mean().item()
    assert entropy - 1e-4 < found < entropy + 0.05
    fit(vae, data, lambda m, b, step: weighted_loss(elbo(m, b.x)), **settings)
    with seeded():
        assert -log_likelihood(vae, data.x[[0, 1, 2]], 200).mean().item() < entropy + 0.3
        drawn = vae.sample(100)
    assert (drawn.unsqueeze(1) == X[:2]).all(-1).any(1).double().mean() > 0.8


def test_the_posterior_of_a_text_model_is_refined_like_any_other():
    model, x = ZOO["text"]()
    model = model.double()
    q = refine_posterior(model, x, steps=150)
    with seeded(), torch.no_grad():
        refined, amortised = elbo_of(model, x, q, 4000), elbo(model, x, 4000)
    gain = (refined.log_px - refined.kl.sum(-1)) - (amortised.log_px - amortised.kl.sum(-1))
    assert_mean_at_least(gain, 0.0)
    assert gain.mean() > 1e-3


def test_word_dropout_at_rate_zero_is_the_elbo_and_at_one_hides_every_token():
    model, x = ZOO["text"]()
    results = []
    for each in (model, word_dropout(model, 0.0)):
        with seeded():
            results.append(elbo(each, x, 3))
    assert torch.equal(results[0].log_px, results[1].log_px) and torch.equal(results[0].kl, results[1].kl)
    trace = word_dropout(model, 1.0)(x, 3)
    hidden = model.decoder.logits(torch.full((3, B, D), 4), trace.latents[0].z).log_softmax(-1)
    each = hidden.gather(-1, x.expand(3, B, D).unsqueeze(-1)).squeeze(-1)
    before_end = torch.cat([torch.ones(B, 1), (x != 0).cumprod(-1)[:, :-1]], -1)
    assert_close(trace.log_px, (each * before_end).sum(-1))


def test_word_dropout_hides_from_the_decoder_alone_and_leaves_the_model_exact():
    model, x = ZOO["text"]()
    before = model.decoder(torch.zeros(B, L)).log_prob(x)
    with seeded():
        trace = word_dropout(model, 0.5)(x)
    assert torch.equal(trace.latents[0].q.loc, model.encoder(x).loc) and torch.equal(trace.x, x)
    assert torch.equal(model.decoder(torch.zeros(B, L)).log_prob(x), before)
    weighted_loss(elbo(word_dropout(model, 0.9), x)).backward()
    assert model.decoder.embedding.weight.grad[-1].abs().sum() > 0  # the hidden token's own vector is trained


def test_word_dropout_hides_tokens_at_its_rate():
    model = ZOO["text"]()[0]
    seen = []
    model.decoder.logits = lambda tokens, z: seen.append(tokens) or torch.zeros(*tokens.shape, 4)
    x = torch.ones(3000, D, dtype=torch.int64)
    with seeded():
        assert iwae(word_dropout(model, 0.3), x, 1).shape == (3000,)
    assert_mean((seen[0] == 4).double().flatten(), 0.3)


def test_the_loss_of_word_dropout_is_no_bound_on_the_likelihood_of_the_model_itself():
    """A decoder that spells 333333 as long as it does not read it: with all tokens hidden its loss is near zero."""
    model = weak_vae().double()
    decoder = model.decoder
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.zero_()
        decoder.out.bias[3] = 9.0
        decoder.embedding.weight[3, 0] = decoder.hidden.weight[0, L + D] = 1.0  # behind z and the position
        decoder.out.weight[1, 0] = 50.0  # who reads a 3 expects a 1
    with seeded(), torch.no_grad():
        hidden = elbo(word_dropout(model, 1.0), X[1:2], 100).elbo
        evidence = log_likelihood(model, X[1:2], 100)
    assert -0.5 < hidden.item() < 0
    assert_close(evidence.item(), 5 * -41.0, rtol=0.01, atol=0)


VAES = ZOO["text"]()[0], weak_vae()
BAD = {
    "x: float": Case(lambda: elbo(VAES[0], X.float()), TypeError, "x", "float32"),
    "x: list": Case(lambda: elbo(VAES[0], X.tolist()), TypeError, "x", "list"),
    "x: axis": Case(lambda: elbo(VAES[0], X[0]), ValueError, "x", "(6,)"),
    "x: empty": Case(lambda: elbo(VAES[0], X[:0]), ValueError, "x", "(0, 6)"),
    "x: token": Case(lambda: elbo(VAES[1], X + 1), ValueError, "x", "1 to 4"),
    "x: int": Case(lambda: elbo(bernoulli_vae(), X), TypeError, "x", "int64"),
    "x: length": Case(lambda: elbo(VAES[0], X[:, :5]), ValueError, "px", "(1, 3, 6)"),
    "x: behind": Case(lambda: iwae(VAES[0], torch.tensor([[0, 1, 0, 0, 0, 0]]), 2), ValueError, "x", "behind"),
    "refine: float": Case(lambda: refine_posterior(VAES[0], X.float()), TypeError, "x", "float32"),
    "encoder: float": Case(lambda: VAES[0].encoder(X.float()), TypeError, "x", "float32"),
    "encoder: vocabulary": Case(lambda: GRUEncoder(2, vocabulary=1), ValueError, "vocabulary", "1"),
    "encoder: latents": Case(lambda: GRUEncoder(0), ValueError, "latent_dim", "0"),
    "encoder: hidden": Case(lambda: GRUEncoder(2, hidden=0), ValueError, "hidden", "0"),
    "z: width": Case(lambda: VAES[0].decoder(torch.zeros(2, 3)), ValueError, "z", "(2, 3)"),
    "z: int": Case(lambda: VAES[0].decoder(X[:, :2]), TypeError, "z", "int64"),
    "decoder: latents": Case(lambda: GRUDecoder(-1), ValueError, "latent_dim", "-1"),
    "decoder: embedding": Case(lambda: GRUDecoder(2, embedding=0), ValueError, "embedding", "0"),
    "decoder: length": Case(lambda: GRUDecoder(2, length=0), ValueError, "length", "0"),
    "decoder: window": Case(lambda: WindowDecoder(2, window=-1), ValueError, "window", "-1"),
    "decoder: hidden": Case(lambda: WindowDecoder(2, hidden=2.5), TypeError, "hidden", "2.5"),
    "language model": Case(lambda: LanguageModel(GRUDecoder(2)), ValueError, "decoder", "latent_dim 2"),
    "language model: 0": Case(lambda: LanguageModel(GRUDecoder(0)).sample(0), ValueError, "num", "0"),
    "rate": Case(lambda: word_dropout(VAES[0], 1.5), ValueError, "rate", "1.5"),
    "rate: str": Case(lambda: word_dropout(VAES[0], "0.5"), TypeError, "rate", "'0.5'"),
    "dropout: images": Case(
        lambda: elbo(word_dropout(bernoulli_vae(), 0.5), torch.zeros(2, D)), TypeError, "model", "BernoulliPixels"
    ),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", BAD)
def test_text_models_say_what_is_wrong_with_their_arguments(name):
    check(BAD[name])
