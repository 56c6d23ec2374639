"""Surnames: which there are, how they are spelled as tokens, and that tokens are not mistaken for images."""

import re

import pytest
import torch

from tests.bad_input import Case, check, unchecked  # noqa: F401
from vaekit import Dataset, load_dataset, names_to_tokens, tokens_to_names
from vaekit.data import names

TOKENS, LABELS = torch.tensor([[1, 2, 0], [3, 0, 0]]), torch.arange(2)


def test_both_splits_hold_real_surnames_once_each_and_share_none():
    train, test = load_dataset("names"), load_dataset("names", split="test")
    assert (train.x.shape, test.x.shape) == ((7000, 12), (1000, 12))
    for data in (train, test):
        assert data.x.dtype == data.y.dtype == torch.int64 and data.vocabulary == 27
        assert (data.image_shape, data.binarize, data.factors, data.name) == (None, None, None, "names")
    spelled = [tokens_to_names(data.x) for data in (train, test)]
    assert len(set(spelled[0]) | set(spelled[1])) == 8000
    ranks = torch.cat([train.y, test.y])
    assert ranks.sort().values.tolist() == list(range(8000))
    by_rank = dict(zip(ranks.tolist(), spelled[0] + spelled[1], strict=True))
    assert [by_rank[rank] for rank in range(5)] == ["smith", "johnson", "williams", "jones", "brown"]
    assert all(re.fullmatch("[a-z]{2,11}", name) for name in by_rank.values())


def test_every_row_ends_and_nothing_stands_behind_its_end():
    x = load_dataset("names").x
    assert (x[:, -1] == 0).all() and (x[:, 0] != 0).all()
    assert ((x[:, :-1] != 0) | (x[:, 1:] == 0)).all()


def test_the_split_is_the_same_at_every_call_and_not_sorted_by_frequency():
    one, other = load_dataset("names", seed=1), load_dataset("names", seed=2)
    assert torch.equal(one.x, other.x)
    assert abs(one.y[:500].double().mean() - 3999.5) < 4.5 * 8000 / 12**0.5 / 500**0.5


def test_names_and_tokens_are_one_to_one():
    spelled = ["smith", "Ng", "o", ""]
    tokens = names_to_tokens(spelled)
    assert tokens.shape == (4, 12) and tokens.dtype == torch.int64
    assert tokens[0].tolist() == [19, 13, 9, 20, 8] + 7 * [0]
    assert tokens_to_names(tokens) == ["smith", "ng", "o", ""]
    assert names_to_tokens(["ab"], length=3).tolist() == [[1, 2, 0]]
    x = load_dataset("names", split="test").x
    assert torch.equal(names_to_tokens(tokens_to_names(x)), x)


def test_a_name_without_an_end_is_read_to_the_last_token_and_one_with_an_end_no_further():
    assert tokens_to_names(torch.tensor([[1, 2, 3], [1, 0, 3]])) == ["abc", "a"]


def test_batches_of_tokens_stay_tokens_and_move_with_the_rest():
    data = load_dataset("names").subset(slice(10)).to("cpu")
    (batch,) = data.batches(10, 0)
    assert batch.x.dtype == torch.int64 and data.vocabulary == 27
    assert torch.equal(batch.x[batch.y.argsort()], data.x[data.y.argsort()])


def test_a_file_with_a_wrong_checksum_is_refused(monkeypatch):
    monkeypatch.setattr(names, "_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"names: .*SHA-256 b0e2b3743ccb.*expected 000000000000"):
        load_dataset("names")


BAD = {
    "letter": Case(lambda: names_to_tokens(["smith", "o'brien"]), ValueError, "names[1]", '"o\'brien" with "\'"'),
    "accent": Case(lambda: names_to_tokens(["muñoz"]), ValueError, "names[0]", "'ñ'"),
    "long": Case(lambda: names_to_tokens(["featherstone"]), ValueError, "names[0]", "12 letters"),
    "length": Case(lambda: names_to_tokens(["ab"], length=2), ValueError, "names[0]", "2 letters"),
    "length: 0": Case(lambda: names_to_tokens(["ab"], length=0), ValueError, "length", "0"),
    "one string": Case(lambda: names_to_tokens("smith"), TypeError, "names", "str"),
    "none": Case(lambda: names_to_tokens([]), ValueError, "names", "empty"),
    "number": Case(lambda: names_to_tokens([3]), TypeError, "names[0]", "int"),
    "tokens: float": Case(lambda: tokens_to_names(torch.zeros(1, 3)), TypeError, "tokens", "float32"),
    "tokens: axes": Case(lambda: tokens_to_names(TOKENS[0]), ValueError, "tokens", "(3,)"),
    "tokens: range": Case(lambda: tokens_to_names(27 * TOKENS), ValueError, "tokens", "81"),
    "binarize": Case(lambda: load_dataset("names", binarize="static"), ValueError, "binarize", "'static'"),
    "data: float": Case(lambda: Dataset(TOKENS.float(), LABELS, vocabulary=27), TypeError, "x", "float32"),
    "data: range": Case(lambda: Dataset(TOKENS, LABELS, vocabulary=3), ValueError, "x", "0 to 3"),
    "data: none": Case(lambda: Dataset(TOKENS[:0], LABELS[:0], vocabulary=3), ValueError, "x", "(0, 3)"),
    "data: axes": Case(lambda: Dataset(TOKENS[0], LABELS, vocabulary=4), ValueError, "x", "(3,)"),
    "data: binary": Case(
        lambda: Dataset(TOKENS.clamp(max=1), LABELS, binarize="dynamic", vocabulary=2),
        ValueError,
        "binarize",
        "dynamic",
    ),
    "vocabulary": Case(lambda: Dataset(TOKENS, LABELS, vocabulary=1), ValueError, "vocabulary", "1"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", BAD)
def test_names_and_tokens_say_what_is_wrong(name):
    check(BAD[name])
