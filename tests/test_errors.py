"""Bad input to models, objectives and inference: the error names the argument, what came and what was expected."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.zoo import ZOO, B, D, L, conditional_vae
from vaekit import (
    MLP,
    Autoencoder,
    BernoulliHead,
    Conditional,
    ElboTerms,
    GaussianHead,
    LinearVAE,
    StandardNormal,
    detached,
    elbo,
    elbo_of,
    grid_log_evidence,
    iwae,
    kl_standard_normal,
    log_likelihood,
    pathwise,
    refine_posterior,
    weighted_loss,
)

pytestmark = pytest.mark.usefixtures("unchecked")
NAN = float("nan")
MODEL, X = ZOO["bernoulli"]()
LINEAR, Y = ZOO["linear"]()
FULL = ZOO["full_covariance"]()[0]
CONDITIONAL, CONTEXT = conditional_vae(), torch.zeros(B, 3)
AUTOENCODER = Autoencoder(MLP([D, L]), Conditional(MLP([L, 4]), BernoulliHead(4, D)))
TERMS = elbo(MODEL, X)
Q = Normal(torch.zeros(B, L), 1.0)
WEIGHT, BIAS = torch.ones(D, L), torch.zeros(D)


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


def spoiled(x: torch.Tensor, value: float) -> torch.Tensor:
    x = x.clone()
    x[1, 2] = value
    return x


OBJECTIVES = {
    "kl: list": Case(lambda: kl_standard_normal([0.0], zeros(1, 1)), TypeError, "mu", "list"),
    "kl: int": Case(lambda: kl_standard_normal(zeros(1, 1).long(), zeros(1, 1)), TypeError, "mu", "int64"),
    "kl: axes": Case(lambda: kl_standard_normal(zeros(3), zeros(3)), ValueError, "mu", "(3,)"),
    "kl: shapes": Case(lambda: kl_standard_normal(zeros(2, 3), zeros(2, 1)), ValueError, "logvar", "(2, 1)"),
    "kl: logvar": Case(lambda: kl_standard_normal(zeros(2, 3), None), TypeError, "logvar", "NoneType"),
    "terms: log_px": Case(lambda: ElboTerms(zeros(3), zeros(1, 3, 2), (2,)), ValueError, "log_px", "(3,)"),
    "terms: kl axes": Case(lambda: ElboTerms(zeros(1, 3), zeros(1, 3), (2,)), ValueError, "kl", "(1, 3)"),
    "terms: kl": Case(lambda: ElboTerms(zeros(2, 3), zeros(1, 3, 2), (2,)), ValueError, "kl", "(1, 3, 2)"),
    "terms: sum": Case(lambda: ElboTerms(zeros(1, 3), zeros(1, 3, 2), (1, 2)), ValueError, "groups", "(1, 2)"),
    "terms: negative": Case(lambda: ElboTerms(zeros(1, 3), zeros(1, 3, 2), (3, -1)), ValueError, "groups", "-1"),
    "terms: floats": Case(lambda: ElboTerms(zeros(1, 3), zeros(1, 3, 2), (1.5, 0.5)), TypeError, "groups", "1.5"),
    "terms: number": Case(lambda: ElboTerms(zeros(1, 3), zeros(1, 3, 2), 2), TypeError, "groups", "int"),
    "loss: terms": Case(lambda: weighted_loss(TERMS.elbo), TypeError, "terms", "Tensor"),
    "loss: beta": Case(lambda: weighted_loss(TERMS, beta=-0.1), ValueError, "beta", "-0.1"),
    "loss: nan": Case(lambda: weighted_loss(TERMS, beta=NAN), ValueError, "beta", "nan"),
    "loss: str": Case(lambda: weighted_loss(TERMS, beta="1"), TypeError, "beta", "'1'"),
    "loss: floor": Case(lambda: weighted_loss(TERMS, free_bits=-1.0), ValueError, "free_bits", "-1"),
    "loss: floors": Case(lambda: weighted_loss(TERMS, free_bits=[0.1, 0.2]), TypeError, "free_bits", "0.1"),
    "iwae: 0": Case(lambda: iwae(MODEL, X, 0), ValueError, "num_samples", "0"),
    "iwae: bool": Case(lambda: iwae(MODEL, X, True), TypeError, "num_samples", "True"),
    "elbo: -1": Case(lambda: elbo(MODEL, X, -1), ValueError, "num_samples", "-1"),
    "elbo: float": Case(lambda: elbo(MODEL, X, 2.0), TypeError, "num_samples", "2.0"),
    "draw: q": Case(lambda: pathwise(3, torch.Size([1])), TypeError, "q", "int"),
    "draw: shape": Case(lambda: pathwise(Q, 3), TypeError, "shape", "int"),
    "detached: q": Case(lambda: detached(None, torch.Size([1])), TypeError, "q", "NoneType"),
    "detached: shape": Case(lambda: detached(Q, 3), TypeError, "shape", "int"),
    "likelihood: 0": Case(lambda: log_likelihood(MODEL, X, 0), ValueError, "num_samples", "0"),
    "likelihood: chunk": Case(lambda: log_likelihood(MODEL, X, chunk=0), ValueError, "chunk", "0"),
    "likelihood: float": Case(lambda: log_likelihood(MODEL, X, 1e3), TypeError, "num_samples", "1000.0"),
}
PARTS = {
    "mlp: width": Case(lambda: MLP(784), TypeError, "sizes", "int"),
    "mlp: one": Case(lambda: MLP([3]), ValueError, "sizes", "[3]"),
    "mlp: zero": Case(lambda: MLP([3, 0]), ValueError, "sizes[1]", "0"),
    "mlp: float": Case(lambda: MLP([3.0, 4]), TypeError, "sizes[0]", "3.0"),
    "mlp: instance": Case(lambda: MLP([3, 4], nn.ReLU()), TypeError, "activation", "ReLU"),
    "mlp: input": Case(lambda: MLP([3, 4])(zeros(2, 5)), ValueError, "x", "(2, 5)"),
    "gaussian: in": Case(lambda: GaussianHead(0, 2), ValueError, "in_features", "0"),
    "gaussian: out": Case(lambda: GaussianHead(2, -1), ValueError, "out_features", "-1"),
    "gaussian: bound": Case(lambda: GaussianHead(2, 2, bound=0.0), ValueError, "bound", "0"),
    "bernoulli: in": Case(lambda: BernoulliHead("a", 2), TypeError, "in_features", "'a'"),
    "bernoulli: out": Case(lambda: BernoulliHead(2, 0), ValueError, "out_features", "0"),
    "part: context": Case(
        lambda: Conditional(MLP([3, 4]), BernoulliHead(4, 1), context_features=-1), ValueError, "context_features", "-1"
    ),
    "prior: 0": Case(lambda: StandardNormal(0), ValueError, "latent_dim", "0"),
    "prior: float": Case(lambda: StandardNormal(2.5), TypeError, "latent_dim", "2.5"),
}
MODELS = {
    "x: list": Case(lambda: elbo(MODEL, [[0.0] * D]), TypeError, "x", "list"),
    "x: int": Case(lambda: elbo(MODEL, X.long()), TypeError, "x", "int64"),
    "x: one axis": Case(lambda: elbo(MODEL, X[0]), ValueError, "x", "(6,)"),
    "x: empty": Case(lambda: elbo(MODEL, X[:0]), ValueError, "x", "(0, 6)"),
    "x: nan": Case(lambda: iwae(MODEL, spoiled(X, NAN), 3), ValueError, "x", "NaN"),
    "x: inf": Case(lambda: elbo(MODEL, spoiled(X, float("inf"))), ValueError, "x", "infinite"),
    "x: width": Case(lambda: log_likelihood(MODEL, X[:, :4]), ValueError, "value", "(5, 4)"),
    "x: range": Case(lambda: elbo(MODEL, spoiled(X, 255.0)), ValueError, "x", "255"),
    "x: dtype": Case(lambda: elbo(MODEL, X.double()), TypeError, "value", "float64"),
    "linear x: list": Case(lambda: elbo(LINEAR, [[0.0] * D]), TypeError, "x", "list"),
    "linear x: int": Case(lambda: elbo(LINEAR, Y.long()), TypeError, "x", "int64"),
    "linear x: one axis": Case(lambda: elbo(LINEAR, Y[0]), ValueError, "x", "(6,)"),
    "linear x: empty": Case(lambda: elbo(LINEAR, Y[:0]), ValueError, "x", "(0, 6)"),
    "linear x: nan": Case(lambda: elbo(LINEAR, spoiled(Y, NAN)), ValueError, "x", "NaN"),
    "linear x: width": Case(lambda: iwae(LINEAR, Y[:, :4], 2), ValueError, "x", "(5, 4)"),
    "evidence: int": Case(lambda: LINEAR.log_evidence(Y.long()), TypeError, "x", "int64"),
    "evidence: one axis": Case(lambda: LINEAR.log_evidence(Y[0]), ValueError, "x", "(6,)"),
    "evidence: width": Case(lambda: LINEAR.log_evidence(Y[:, :1]), ValueError, "x", "(5, 1)"),
    "context: none": Case(lambda: elbo(CONDITIONAL, X), ValueError, "context", "None"),
    "context: rows": Case(lambda: elbo(CONDITIONAL, X, context=CONTEXT[:2]), ValueError, "context", "(2, 3)"),
    "context: list": Case(lambda: elbo(CONDITIONAL, X, context=[0, 1, 2]), TypeError, "context", "list"),
    "sample: 0": Case(lambda: MODEL.sample(0), ValueError, "num", "0"),
    "sample: float": Case(lambda: LINEAR.sample(2.5), TypeError, "num", "2.5"),
    "sample: rows": Case(lambda: CONDITIONAL.sample(3, context=CONTEXT), ValueError, "context", "5"),
    "autoencoder: int": Case(lambda: AUTOENCODER(X.long()), TypeError, "x", "int64"),
    "autoencoder: width": Case(lambda: AUTOENCODER.log_px(X[:, :4]), ValueError, "x", "(5, 4)"),
    "weight: axes": Case(lambda: LinearVAE(BIAS, BIAS, 1.0), ValueError, "weight", "(6,)"),
    "weight: int": Case(lambda: LinearVAE(WEIGHT.long(), BIAS, 1.0), TypeError, "weight", "int64"),
    "weight: nan": Case(
        lambda: LinearVAE(spoiled(WEIGHT.expand(D, L).mT, NAN).mT, BIAS, 1.0), ValueError, "weight", "NaN"
    ),
    "bias: shape": Case(lambda: LinearVAE(WEIGHT, BIAS[:2], 1.0), ValueError, "bias", "(2,)"),
    "bias: dtype": Case(lambda: LinearVAE(WEIGHT, BIAS.double(), 1.0), TypeError, "bias", "float64"),
    "noise: 0": Case(lambda: LinearVAE(WEIGHT, BIAS, 0.0), ValueError, "noise_var", "0"),
    "noise: tensor": Case(lambda: LinearVAE(WEIGHT, BIAS, torch.ones(())), TypeError, "noise_var", "Tensor"),
    "optimum: axes": Case(lambda: LinearVAE.optimum(Y[0], 1, 1.0), ValueError, "data", "(6,)"),
    "optimum: nan": Case(lambda: LinearVAE.optimum(spoiled(Y, NAN), 1, 1.0), ValueError, "data", "NaN"),
    "optimum: empty": Case(lambda: LinearVAE.optimum(Y[:0], 1, 1.0), ValueError, "data", "(0, 6)"),
    "optimum: latents": Case(lambda: LinearVAE.optimum(Y, 7, 1.0), ValueError, "latent_dim", "7"),
    "optimum: noise": Case(lambda: LinearVAE.optimum(Y, 1, "a"), TypeError, "noise_var", "'a'"),
}
INFERENCE = {
    "grid: latents": Case(lambda: grid_log_evidence(LinearVAE(zeros(D, 3), BIAS, 1.0), X), ValueError, "model", "(3,)"),
    "grid: width": Case(lambda: grid_log_evidence(MODEL, X, half_width=0.0), ValueError, "half_width", "0"),
    "grid: points": Case(lambda: grid_log_evidence(MODEL, X, points=1), ValueError, "points", "1"),
    "grid: chunk": Case(lambda: grid_log_evidence(MODEL, X, chunk=0), ValueError, "chunk", "0"),
    "grid: range": Case(lambda: grid_log_evidence(MODEL, spoiled(X, 255.0)), ValueError, "x", "255"),
    "grid: nan": Case(lambda: grid_log_evidence(ZOO["gaussian"]()[0], spoiled(X, NAN)), ValueError, "x", "NaN"),
    "grid: x": Case(lambda: grid_log_evidence(MODEL, X[:, :4]), ValueError, "x", "(5, 4)"),
    "grid: axes": Case(lambda: grid_log_evidence(MODEL, X[0]), ValueError, "x", "(6,)"),
    "refine: encoder": Case(lambda: refine_posterior(FULL, X), TypeError, "model", "MultivariateNormal"),
    "refine: steps": Case(lambda: refine_posterior(MODEL, X, steps=0), ValueError, "steps", "0"),
    "refine: samples": Case(lambda: refine_posterior(MODEL, X, num_samples=0), ValueError, "num_samples", "0"),
    "refine: lr": Case(lambda: refine_posterior(MODEL, X, lr=0.0), ValueError, "lr", "0"),
    "refine: seed": Case(lambda: refine_posterior(MODEL, X, seed=1.5), TypeError, "seed", "1.5"),
    "refine: x": Case(lambda: refine_posterior(MODEL, spoiled(X, NAN)), ValueError, "x", "NaN"),
    "elbo_of: q": Case(lambda: elbo_of(MODEL, X, None), TypeError, "q", "NoneType"),
    "elbo_of: rows": Case(lambda: elbo_of(MODEL, X[:1], Q), ValueError, "q", "(5, 2)"),
    "elbo_of: samples": Case(lambda: elbo_of(MODEL, X, Q, 0), ValueError, "num_samples", "0"),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives_say_what_is_wrong_with_their_arguments(name):
    check(OBJECTIVES[name])


def test_numbers_of_numpy_are_numbers():
    assert iwae(MODEL, X, np.int64(3)).shape == (B,)
    assert weighted_loss(TERMS, beta=np.float32(0.5)).item() == weighted_loss(TERMS, beta=0.5).item()


@pytest.mark.parametrize("name", PARTS)
def test_parts_say_what_is_wrong_with_their_arguments(name):
    check(PARTS[name])


@pytest.mark.parametrize("name", MODELS)
def test_models_say_what_is_wrong_with_their_arguments(name):
    check(MODELS[name])


@pytest.mark.parametrize("name", INFERENCE)
def test_inference_says_what_is_wrong_with_its_arguments(name):
    check(INFERENCE[name])
