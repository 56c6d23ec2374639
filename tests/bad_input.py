"""What the tests of bad input share: a case, and the claim that its error says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from jaxtyping import config


class Case(NamedTuple):
    """A call that must be refused, and what the message has to say: the argument, and what came."""

    call: Callable[[], object]
    error: type[Exception]
    argument: str
    came: str


def check(case: Case) -> None:
    """Assert that the error names the argument, what came and what was expected."""
    with pytest.raises((TypeError, ValueError)) as caught:
        case.call()
    assert type(caught.value) is case.error, f"{type(caught.value).__name__}: {caught.value}"
    message = str(caught.value)
    assert message.startswith(f"{case.argument}: "), message
    assert case.came in message and "expected" in message, message
    assert len(message) < 400, "a message is a line or two"


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Without the shape checks that only the tests install, so that the package has to notice by itself."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
