"""Sequences of tokens: probabilities that sum to one, draws that follow them, and a network that cannot look ahead."""

import itertools

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.testing import assert_close

from tests.bad_input import unchecked  # noqa: F401
from tests.statistics import assert_mean, seeded
from vaekit import Autoregressive, GRUDecoder, WindowDecoder

T, V = 3, 3
DECODERS = {
    "gru": lambda latents: GRUDecoder(latents, hidden=6, embedding=4, length=T, vocabulary=V),
    "window 0": lambda latents: WindowDecoder(latents, window=0, hidden=6, embedding=4, length=T, vocabulary=V),
    "window 1": lambda latents: WindowDecoder(latents, window=1, hidden=6, embedding=4, length=T, vocabulary=V),
    "window 2": lambda latents: WindowDecoder(latents, window=2, hidden=6, embedding=4, length=T, vocabulary=V),
}


def sequences(length: int = T) -> Tensor:
    """Every sequence that exists: letters, then zeros alone, or letters to the last token."""
    every = itertools.product(range(V), repeat=length)
    return torch.tensor([s for s in every if all(b == 0 for a, b in itertools.pairwise(s) if a == 0)])


@pytest.fixture(params=DECODERS)
def px(request) -> Autoregressive:
    """A distribution with batch shape (2,): one decoder, its weights made larger, at two points z."""
    with seeded(3):
        decoder, z = DECODERS[request.param](2).double(), torch.randn(2, 2, dtype=torch.float64)
        with torch.no_grad():
            for parameter in decoder.parameters():
                parameter.mul_(1.5)
    return decoder(z)


def test_probabilities_of_all_sequences_sum_to_one_for_every_z_those_without_an_end_included(px):
    every = sequences()
    assert len(every) == 1 + 2 + 4 + 8 and (every[:, -1] != 0).sum() == 8
    log_p = px.log_prob(every.unsqueeze(1))
    assert log_p.shape == (15, 2) and not torch.allclose(log_p[:, 0], log_p[:, 1])
    assert_close(log_p.exp().sum(0), torch.ones(2, dtype=torch.float64), rtol=1e-12, atol=0)


def test_log_prob_is_the_sum_of_the_conditionals_up_to_the_first_end(px):
    x = torch.tensor([[1, 0, 0], [2, 1, 2]])
    by_hand = []
    for row, one in enumerate(x):
        total = torch.zeros((), dtype=torch.float64)
        for t in range(T):
            logits = px.network(x)[row, t]
            total = total + Categorical(logits=logits).log_prob(one[t])
            if one[t] == 0:
                break
        by_hand.append(total)
    assert_close(px.log_prob(x), torch.stack(by_hand), rtol=1e-12, atol=0)


def test_no_logit_depends_on_its_own_token_or_on_a_later_one_but_on_earlier_ones(px):
    x = torch.tensor([[1, 2, 1]]).expand(2, -1)
    logits = px.network(x)
    for t in range(T):
        changed = x.clone()
        changed[:, t:] = 3 - changed[:, t:]
        assert torch.equal(px.network(changed)[:, : t + 1], logits[:, : t + 1])


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_reads_as_many_tokens_back_as_it_says(name):
    with seeded(4):
        decoder = DECODERS[name](2)
        z, x = torch.randn(1, 2), torch.tensor([[1, 1, 1]])
    reach = {"gru": T - 1, "window 0": 0, "window 1": 1, "window 2": 2}[name]
    for back in (1, 2):
        changed = x.clone()
        changed[:, T - 1 - back] = 2
        last = [decoder.logits(tokens, z)[0, -1] for tokens in (x, changed)]
        assert torch.equal(*last) == (back > reach)


def test_draws_follow_the_probabilities_and_every_draw_exists(px):
    every = sequences()
    with seeded(1):
        x = px.sample(torch.Size([20_000]))
    assert x.shape == (20_000, 2, T) and x.dtype == torch.int64
    px.log_prob(x)  # would refuse a letter behind an end
    frequencies = (x.unsqueeze(2) == every).all(-1).double()
    assert_close(frequencies.sum(-1), torch.ones(20_000, 2, dtype=torch.float64))
    assert_mean(frequencies, px.log_prob(every.unsqueeze(1)).exp().mT.detach())


def test_greedy_takes_the_most_probable_token_at_every_step(px):
    x = px.greedy()
    assert x.shape == (2, T)
    best = px.network(x).argmax(-1)
    alive = torch.cat([torch.ones(2, 1, dtype=torch.bool), (x != 0).cumprod(1)[:, :-1].bool()], 1)
    assert torch.equal(x[alive], best[alive]) and (x[~alive] == 0).all()


def test_padding_costs_nothing_so_a_longer_row_does_not_change_a_name(px):
    weight = torch.randn(V + 1, V, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    bigram = lambda tokens: weight[torch.nn.functional.pad(tokens, (1, 0))[..., :-1]]  # noqa: E731
    short, long = (Autoregressive(bigram, (), length=length, vocabulary=V) for length in (3, 9))
    x = torch.tensor([2, 1, 0])
    assert_close(long.log_prob(torch.nn.functional.pad(x, (0, 6))), short.log_prob(x), rtol=1e-14, atol=0)


def test_reading_a_corrupted_copy_is_a_distribution_too_and_reading_the_value_itself_changes_nothing(px):
    every = sequences()
    hidden = torch.tensor([V, 1, V])
    assert_close(px.reading(hidden).log_prob(every.unsqueeze(1)).exp().sum(0), torch.ones(2, dtype=torch.float64))
    x = every[:, None].expand(-1, 2, -1)
    corrupted = px.expand((15, 2)).reading(x.masked_fill(torch.rand(x.shape) < 0.5, V)).log_prob(x)
    assert torch.equal(px.expand((15, 2)).reading(x).log_prob(x), px.log_prob(x))
    before = px.log_prob(x)
    assert corrupted.shape == (15, 2) and torch.equal(px.log_prob(x), before)


def test_expanding_repeats_the_distribution(px):
    wide = px.expand(torch.Size([4, 2]))
    assert wide.batch_shape == (4, 2) and wide.event_shape == (T,)
    x = torch.tensor([1, 2, 0])
    assert_close(wide.log_prob(x), px.log_prob(x).expand(4, 2), rtol=1e-14, atol=0)


def test_gradients_of_log_prob_are_those_of_finite_differences():
    with seeded(5):
        decoder = DECODERS["gru"](2).double()
        z = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[1, 0, 0], [2, 1, 2]])
    assert torch.autograd.gradcheck(lambda z: decoder(z).log_prob(x), z)


BAD = {
    "float": (torch.ones(T), TypeError, r"x: got dtype torch.float32; expected tokens of torch.int64"),
    "large": (torch.tensor([1, V, 0]), ValueError, r"x: got tokens from 0 to 3; expected 0 to 2"),
    "negative": (torch.tensor([1, -1, 0]), ValueError, r"x: got tokens from -1 to 1; expected 0 to 2"),
    "behind": (torch.tensor([1, 0, 2]), ValueError, r"x: got a letter behind the end.*expected only zeros"),
    "length": (torch.tensor([1, 0]), ValueError, "size|shape|event"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("case", BAD)
def test_a_sequence_that_does_not_exist_is_refused(case, px):
    value, error, message = BAD[case]
    with pytest.raises(error, match=message):
        px.log_prob(value)
