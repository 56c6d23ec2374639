"""Bad input to the estimators: the error names the argument, what came and what was expected."""

import pytest
import torch
from torch.distributions import LogNormal, Normal

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.zoo import ZOO
from vaekit import (
    Latent,
    Trace,
    kl_controlled,
    kl_direct,
    kl_squared,
    score_function,
    score_function_elbo,
    sticking_the_landing,
)

pytestmark = pytest.mark.usefixtures("unchecked")
MODEL, X = ZOO["bernoulli"]()


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


def two_levels(*arguments: object, **options: object) -> Trace:
    trace = MODEL(X)
    return Trace(trace.x, trace.px, trace.latents * 2)


def transformed(*arguments: object, **options: object) -> Trace:
    q = LogNormal(zeros(5, 2), 1.0)
    latent = Latent(q.rsample((1,)), q, Normal(zeros(2), 1.0))
    return Trace(X, MODEL.decoder(latent.z), (latent,))


CASES = {
    "log_q: list": Case(lambda: score_function([0.0], zeros(1, 1)), TypeError, "log_q", "list"),
    "log_q: axes": Case(lambda: score_function(zeros(3), zeros(3)), ValueError, "log_q", "(3,)"),
    "reward: shape": Case(lambda: score_function(zeros(3, 2), zeros(3, 1)), ValueError, "reward", "(3, 1)"),
    "reward: int": Case(lambda: score_function(zeros(3, 2), zeros(3, 2).long()), TypeError, "reward", "int64"),
    "one sample": Case(
        lambda: score_function(zeros(1, 2), zeros(1, 2), leave_one_out=True), ValueError, "log_q", "K = 1"
    ),
    "elbo: one sample": Case(lambda: score_function_elbo(MODEL, X, 1), ValueError, "log_q", "K = 1"),
    "elbo: none": Case(lambda: score_function_elbo(MODEL, X, 0), ValueError, "num_samples", "0"),
    "landing: none": Case(lambda: sticking_the_landing(MODEL, X, 0), ValueError, "num_samples", "0"),
    "landing: levels": Case(lambda: sticking_the_landing(two_levels, X), ValueError, "model", "2 levels"),
    "landing: transformed": Case(lambda: sticking_the_landing(transformed, X), TypeError, "model", "LogNormal"),
    "kl: shape": Case(lambda: kl_direct(zeros(3), zeros(1)), ValueError, "log_p", "(1,)"),
    "kl: list": Case(lambda: kl_squared([0.0], zeros(1)), TypeError, "log_q", "list"),
    "kl: int": Case(lambda: kl_controlled(zeros(1), zeros(1).long()), TypeError, "log_p", "int64"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_argument_what_came_and_what_was_expected(name):
    check(CASES[name])
