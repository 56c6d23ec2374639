"""Surnames as rows of tokens: real text that is short enough for a language model to be trained in seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import distribution

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from vaekit._checks import positive_int, tokens_tensor

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = len(LETTERS) + 1  # token 0 ends a name and fills its row; letters are 1 to 26
LENGTH = 12  # tokens in a row: a name of up to 11 letters, and its end
_COUNT = 8000
_SHA256 = "b0e2b3743ccbad641ca48b344c24cdebcd1d9a1f76dc6dbf05986f2919f0b4e1"


def names_to_tokens(names: Sequence[str], *, length: int = LENGTH) -> Int64[Tensor, "N T"]:
    """Spell names as rows of tokens: `a` is 1, …, `z` is 26, and 0 fills the row from the end of the name on.

    Args:
        names: a list of names. Capitals are taken as small letters.
        length: T, at least one more than the letters of the longest name, because every name shows its end.

    Returns:
        Tokens `(N, T)`, int64, on the CPU.

    Raises:
        TypeError: if `names` is one string, or holds something that is not a string.
        ValueError: if there is no name, one is too long, or one has a character that is not a letter from a to z.
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise TypeError(f"names: got {type(names).__name__}; expected a list of strings")
    if not names:
        raise ValueError("names: got an empty list; expected at least one name")
    longest = positive_int("length", length) - 1
    rows = torch.zeros(len(names), length, dtype=torch.int64, device="cpu")
    for i, name in enumerate(names):
        spelled = _spell(i, name, longest)
        rows[i, : len(spelled)] = torch.as_tensor(spelled, dtype=torch.int64, device="cpu")
    return rows


def _spell(i: int, name: object, longest: int) -> list[int]:
    if not isinstance(name, str):
        raise TypeError(f"names[{i}]: got {type(name).__name__}; expected a string")
    if strange := sorted(set(name.lower()) - set(LETTERS)):
        raise ValueError(f"names[{i}]: got {name!r} with {strange[0]!r}; expected letters from a to z alone")
    if len(name) > longest:
        raise ValueError(f"names[{i}]: got {name!r} of {len(name)} letters; expected at most {longest}")
    return [1 + LETTERS.index(letter) for letter in name.lower()]


def tokens_to_names(tokens: Int64[Tensor, "N T"]) -> list[str]:
    """Read rows of tokens as names, each up to its first 0; what stands behind that is not read.

    Args:
        tokens: `(N, T)`, int64, from 0 to 26.

    Returns:
        N names in small letters.

    Raises:
        TypeError: if `tokens` is not an int64 tensor.
        ValueError: if it does not have two axes, or a token is not one of the 27.
    """
    tokens_tensor("tokens", tokens, vocabulary=VOCABULARY, ndim=2)
    rows = ("".join(LETTERS[token - 1] if token else " " for token in row) for row in tokens.tolist())
    return [row.partition(" ")[0] for row in rows]


def read_names() -> tuple[np.ndarray, np.ndarray]:
    """Read the 8,000 most frequent surnames of at most 11 letters, most frequent first.

    Returns:
        Tokens, `(8000, 12)`, and ranks, `(8000,)`: 0 for the most frequent. Each name comes once: frequency only
        decides which names there are.
    """
    path = distribution("names").locate_file("names/dist.all.last")  # by its record: nothing of the package is run
    raw = path.read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != _SHA256:
        raise ValueError(
            f"names: the package's dist.all.last has SHA-256 {found[:12]}…; expected {_SHA256[:12]}… "
            "(reinstall names at the version in requirements.txt)"
        )
    every = (line.split()[0].lower() for line in raw.decode("ascii").splitlines())
    kept = [name for name in every if len(name) < LENGTH][:_COUNT]
    return names_to_tokens(kept).numpy(), np.arange(_COUNT)
