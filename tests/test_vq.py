"""Vector quantisation: the nearest row, who gets which gradient, and codes that are used."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.statistics import seeded
from vaekit import MLP, VQVAE, BernoulliHead, Conditional, Dataset, code_perplexity, fit, load_dataset, vq_loss

B, D, T, C, L = 5, 6, 3, 4, 2


def vqvae():
    with seeded(0):
        encoder = nn.Sequential(MLP([D, 8], nn.Tanh), nn.Linear(8, T * L))
        decoder = Conditional(MLP([T * L, 8], nn.Tanh), BernoulliHead(8, D))
        model = VQVAE(encoder, decoder, positions=T, codes=C, code_dim=L).double()
        with torch.no_grad():
            model.codebook.normal_()
    return model


def data():
    with seeded(1):
        return torch.randint(2, (B, D)).double()


def test_every_vector_is_replaced_by_the_nearest_row():
    model, x = vqvae(), data()
    result = model(x)
    distance = (result.z_e.unsqueeze(2) - model.codebook).square().sum(-1)  # (B, T, C)
    assert torch.equal(result.codes, distance.argmin(-1))
    assert_close(result.e, model.codebook[result.codes])
    assert result.px.batch_shape == (B, D) and result.log_px.shape == (B,)
    assert_close(model.decode(result.codes).mean, result.px.mean)


def gradients(model, loss):
    model.zero_grad()
    result = model(data())
    result.z_e.retain_grad()
    loss(result).backward()
    zero = torch.zeros_like(model.codebook)
    return result, result.z_e.grad, zero if model.codebook.grad is None else model.codebook.grad


def test_the_likelihood_trains_the_encoder_straight_through_and_the_codebook_not_at_all():
    model = vqvae()
    result, to_encoder, to_codebook = gradients(model, lambda r: -r.log_px.mean())
    e = result.e.detach().flatten(1).requires_grad_()
    by_hand = torch.autograd.grad(-model.decoder(e).log_prob(data()).sum(-1).mean(), e)[0]
    assert_close(to_encoder, by_hand.unflatten(-1, (T, L)))
    assert not to_codebook.any()


@pytest.mark.parametrize("beta", [0.0, 0.25, 2.0])
def test_the_two_squares_pull_the_codebook_and_commit_the_encoder(beta):
    model = vqvae()
    result, to_encoder, to_codebook = gradients(model, lambda r: vq_loss(r, beta=beta) + r.log_px.mean())
    away = (result.z_e - result.e).detach()
    assert_close(to_encoder, 2 * beta * away / B)
    pulled = torch.zeros_like(model.codebook).index_add(0, result.codes.flatten(), -2 * away.flatten(0, 1) / B)
    assert_close(to_codebook, pulled.detach())


def test_the_value_of_the_loss_is_what_its_formula_says():
    result = vqvae()(data())
    square = (result.z_e - result.e).square().sum((1, 2))
    assert_close(vq_loss(result, beta=0.5), (1.5 * square - result.log_px).mean())
    with pytest.raises(ValueError, match="beta"):
        vq_loss(result, beta=-1.0)


def test_rows_that_nobody_chose_are_moved_onto_vectors_of_the_batch():
    model, x = vqvae(), data()
    with torch.no_grad():
        model.codebook[1:] += 100.0
    result = model(x)
    assert result.codes.unique().tolist() == [0]
    kept = model.codebook[0].clone()
    with seeded(2):
        assert model.revive(result.z_e.detach(), result.codes) == C - 1
    vectors = result.z_e.detach().flatten(0, 1)
    assert torch.equal(model.codebook[0], kept)
    assert all((vectors == row).all(-1).any() for row in model.codebook[1:])
    assert model.revive(result.z_e.detach(), (torch.arange(B * T) % C).reshape(B, T)) == 0


def test_perplexity_counts_codes_that_are_used_alike():
    assert_close(code_perplexity(torch.arange(C).repeat(3)[None], C), float(C))
    assert_close(code_perplexity(torch.zeros(7, 2, dtype=torch.int64), C), 1.0)
    for codes in (torch.tensor([[C]]), torch.tensor([[-1]]), torch.zeros(0, T, dtype=torch.int64)):
        with pytest.raises(ValueError, match="codes: got"):
            code_perplexity(codes, C)


def test_it_trains_on_digits_and_uses_more_than_one_code():
    digits = load_dataset("digits", binarize="static")
    with seeded(3):
        encoder = nn.Sequential(MLP([64, 64]), nn.Linear(64, 4 * 8))
        decoder = Conditional(MLP([4 * 8, 64]), BernoulliHead(64, 64))
        model = VQVAE(encoder, decoder, positions=4, codes=16, code_dim=8)

    def loss(model, batch, step):
        result = model(batch.x)
        if step % 20 == 0:
            model.revive(result.z_e.detach(), result.codes)
        return vq_loss(result)

    data = Dataset(digits.x, digits.y)
    history = fit(model, data, loss, epochs=8, lr=3e-3, progress=False)
    assert history.loss[-1] < 0.75 * history.loss[0]
    assert code_perplexity(model(digits.x).codes, 16) > 4


def test_an_encoder_of_the_wrong_width_and_codes_of_the_wrong_length_are_refused():
    model = vqvae()
    model.positions = T + 1
    with pytest.raises(ValueError, match=r"encoder: returned shape \(5, 6\); expected \(5, 8\)"):
        model(data())
    with pytest.raises(ValueError, match=r"codes: got shape \(5, 3\); expected \(B, 4\)"):
        model.decode(torch.zeros(B, T, dtype=torch.int64))
