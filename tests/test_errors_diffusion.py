"""Wrong arguments to hierarchies and diffusion models: each error says which, what came, and what was expected."""

import pytest
import torch
from torch import nn

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.zoo import ZOO, B, D, L, conditional, ddpm, hierarchy
from vaekit import (
    DDPM,
    BottomUp,
    ForwardProcess,
    GaussianDenoiser,
    HierarchicalVAE,
    LatentDiffusion,
    LinearHierarchy,
    Merged,
    MixtureDenoiser,
    MLPDenoiser,
    OneHotHead,
    StandardNormal,
    TopDown,
    UNetDenoiser,
    cosine_betas,
    ddim_sample,
    elbo,
    gaussian_reverse_variance,
    linear_betas,
    noise_prediction_loss,
    scaled_betas,
    signal_to_noise,
    step_terms,
)

pytestmark = pytest.mark.usefixtures("unchecked")


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


BETAS, NAN = scaled_betas(4), float("nan")
MODEL, X, MLP = ddpm(4), zeros(B, D), MLPDenoiser(D, hidden=4, context_features=3)
GUIDED, CONTEXT = DDPM(MLP, BETAS), zeros(B, 3)
PROCESS, STEPS = ForwardProcess(BETAS.float()), torch.zeros(B, dtype=torch.int64)
SHAPELESS = DDPM(nn.Linear(2, 2), BETAS)
UP, BINARY = ZOO["bottom_up"]()

SCHEDULES = {
    "linear: steps": Case(lambda: linear_betas(0), ValueError, "steps", "0"),
    "linear: float": Case(lambda: linear_betas(10.0), TypeError, "steps", "10.0"),
    "linear: first": Case(lambda: linear_betas(9, first=0.0), ValueError, "first", "0"),
    "linear: last": Case(lambda: linear_betas(9, last=1.0), ValueError, "last", "1.0"),
    "scaled: last": Case(lambda: scaled_betas(9, last=-1.0), ValueError, "last", "-1"),
    "scaled: largest": Case(lambda: scaled_betas(9, largest=1.0), ValueError, "largest", "1.0"),
    "cosine: offset": Case(lambda: cosine_betas(9, offset=NAN), ValueError, "offset", "nan"),
    "betas: list": Case(lambda: signal_to_noise([0.1]), TypeError, "betas", "list"),
    "betas: axes": Case(lambda: ForwardProcess(zeros(2, 2)), ValueError, "betas", "(2, 2)"),
    "betas: empty": Case(lambda: ForwardProcess(zeros(0)), ValueError, "betas", "(0,)"),
    "betas: zero": Case(lambda: DDPM(MLP, zeros(3)), ValueError, "betas", "0 to 0"),
    "betas: nan": Case(lambda: ForwardProcess(zeros(3) + NAN), ValueError, "betas", "nan"),
    "data_var": Case(lambda: gaussian_reverse_variance(BETAS, 0.0), ValueError, "data_var", "0"),
    "q: t": Case(lambda: PROCESS.q(X, 4), ValueError, "t", "4"),
    "q: negative": Case(lambda: PROCESS.q(X, -1), ValueError, "t", "-1"),
    "q: float": Case(lambda: PROCESS.q(X, 1.0), TypeError, "t", "1.0"),
    "q: float tensor": Case(lambda: PROCESS.q(X, zeros(B)), TypeError, "t", "float32"),
    "q: rows": Case(lambda: PROCESS.q(X, STEPS[:2]), ValueError, "t", "(2,)"),
    "q: range": Case(lambda: PROCESS.q(X, STEPS + 4), ValueError, "t", "4"),
    "posterior: 0": Case(lambda: PROCESS.posterior(X, X, 0), ValueError, "t", "0"),
    "posterior: zeros": Case(lambda: PROCESS.posterior(X, X, STEPS), ValueError, "t", "0"),
}
DIFFUSION = {
    "reverse: shape": Case(lambda: DDPM(MLP, BETAS, reverse_var=BETAS[:2]), ValueError, "reverse_var", "(2,)"),
    "reverse: zero": Case(lambda: DDPM(MLP, BETAS, reverse_var=0 * BETAS), ValueError, "reverse_var", "0"),
    "scale": Case(lambda: DDPM(MLP, BETAS, scale=0.0), ValueError, "scale", "0"),
    "levels": Case(lambda: DDPM(MLP, BETAS, levels=1), ValueError, "levels", "1"),
    "bounds": Case(lambda: DDPM(MLP, BETAS, bounds=(1.0, -1.0)), ValueError, "bounds", "1.0"),
    "x: list": Case(lambda: elbo(MODEL, [[0.0] * D]), TypeError, "x", "list"),
    "x: dtype": Case(lambda: elbo(MODEL, X.double()), TypeError, "x", "float64"),
    "x: width": Case(lambda: elbo(MODEL, X[:, :4]), ValueError, "x", "(5, 4)"),
    "x: empty": Case(lambda: elbo(MODEL, X[:0]), ValueError, "x", "(0, 6)"),
    "x: nan": Case(lambda: elbo(MODEL.chain, X + NAN), ValueError, "x", "NaN"),
    "samples": Case(lambda: elbo(MODEL, X, 0), ValueError, "num_samples", "0"),
    "context: rows": Case(lambda: elbo(GUIDED, X, context=CONTEXT[:2]), ValueError, "context", "2"),
    "context: width": Case(lambda: elbo(GUIDED, X, context=CONTEXT[:, :2]), ValueError, "context", "(5, 2)"),
    "context: dtype": Case(lambda: elbo(GUIDED, X, context=CONTEXT.double()), TypeError, "context", "float64"),
    "guidance: none": Case(lambda: GUIDED.sample(3, guidance=2.0), ValueError, "context", "None"),
    "guidance: str": Case(lambda: GUIDED.noise(X, 0, guidance="2"), TypeError, "guidance", "'2'"),
    "sample: 0": Case(lambda: MODEL.sample(0), ValueError, "num", "0"),
    "sample: rows": Case(lambda: GUIDED.sample(3, context=CONTEXT), ValueError, "context", "5"),
    "sample: shape": Case(lambda: SHAPELESS.sample(3), ValueError, "denoiser", "event_shape"),
    "ddim: steps": Case(lambda: ddim_sample(MODEL, 3, steps=5), ValueError, "steps", "5"),
    "ddim: 0": Case(lambda: ddim_sample(MODEL, 3, steps=0), ValueError, "steps", "0"),
    "noise: t": Case(lambda: MODEL.noise(zeros(2, B, D), torch.zeros(2).long()), ValueError, "t", "(2,)"),
    "loss: model": Case(lambda: noise_prediction_loss(MLP, X), TypeError, "model", "MLPDenoiser"),
    "loss: dropout": Case(
        lambda: noise_prediction_loss(GUIDED, X, context_dropout=1.5), ValueError, "context_dropout", "1.5"
    ),
    "loss: weights": Case(lambda: noise_prediction_loss(MODEL, X, weights=zeros(3)), ValueError, "weights", "(3,)"),
    "terms: samples": Case(lambda: step_terms(MODEL, X, 0), ValueError, "num_samples", "0"),
    "terms: model": Case(lambda: step_terms(UP, X), TypeError, "model", "HierarchicalVAE"),
    "mlp: dim": Case(lambda: MLPDenoiser(0), ValueError, "dim", "0"),
    "mlp: features": Case(lambda: MLPDenoiser(2, time_features=5), ValueError, "features", "5"),
    "mlp: xt": Case(lambda: MLP(zeros(2, 5), STEPS[:2]), ValueError, "xt", "(2, 5)"),
    "mlp: t": Case(lambda: MLP(X, STEPS[:2]), ValueError, "t", "(2,)"),
    "mlp: t dtype": Case(lambda: MLP(X, zeros(B)), TypeError, "t", "float32"),
    "unet: shape": Case(lambda: UNetDenoiser((28, 30)), ValueError, "image_shape", "(28, 30)"),
    "unet: channels": Case(lambda: UNetDenoiser(channels=12), ValueError, "channels", "12"),
    "gaussian: mean": Case(lambda: GaussianDenoiser(BETAS, 1.0, mean=zeros(2)), TypeError, "mean", "float32"),
    "mixture: weights": Case(
        lambda: MixtureDenoiser(BETAS.float(), zeros(2), zeros(2, 1), zeros(2) + 1), ValueError, "weights", "0"
    ),
    "mixture: variances": Case(
        lambda: MixtureDenoiser(BETAS.float(), zeros(2) + 1, zeros(2, 1), zeros(3)), ValueError, "variances", "(3,)"
    ),
    "latent: vae": Case(lambda: LatentDiffusion(UP, MODEL), TypeError, "vae", "HierarchicalVAE"),
    "latent: ddpm": Case(lambda: LatentDiffusion(ZOO["gaussian"]()[0], MLP), TypeError, "ddpm", "MLPDenoiser"),
}
HIERARCHIES = {
    "inference": Case(lambda: HierarchicalVAE(MLP, MLP, [MLP]), TypeError, "inference", "MLPDenoiser"),
    "priors": Case(lambda: HierarchicalVAE(BottomUp([MLP, MLP]), MLP, [MLP]), ValueError, "priors", "1"),
    "features": Case(lambda: TopDown([MLP, MLP], features=[MLP]), ValueError, "features", "1"),
    "x: int": Case(lambda: elbo(UP, BINARY.long()), TypeError, "x", "int64"),
    "x: width": Case(lambda: elbo(hierarchy(), X[:, :4]), ValueError, "x", "(5, 4)"),
    "x: nan": Case(lambda: elbo(UP, X + NAN), ValueError, "x", "NaN"),
    "samples": Case(lambda: elbo(UP, BINARY, 0), ValueError, "num_samples", "0"),
    "sample: 0": Case(lambda: UP.sample(0), ValueError, "num", "0"),
    "sample: rows": Case(lambda: UP.sample(3, context=CONTEXT), ValueError, "context", "5"),
    "merged: q": Case(
        lambda: Merged(lambda h, context: OneHotHead(D, 1, 2)(h))(X, zeros(1, B, L), StandardNormal(L)()),
        TypeError,
        "conditional",
        "OneHotCategorical",
    ),
    "merged: prior": Case(
        lambda: Merged(conditional(D, L))(X, zeros(1, B, L), OneHotHead(D, 1, 2)(X)), TypeError, "prior", "OneHot"
    ),
    "linear: count": Case(lambda: LinearHierarchy([zeros(2, 1)], [], zeros(2)), ValueError, "noise_vars", "0"),
    "linear: shape": Case(
        lambda: LinearHierarchy([zeros(2, 1), zeros(2, 1)], [1.0, 1.0], zeros(2)), ValueError, "weights[1]", "(2, 1)"
    ),
    "linear: variance": Case(lambda: LinearHierarchy([zeros(2, 1)], [0.0], zeros(2)), ValueError, "noise_vars", "0"),
    "linear: x": Case(
        lambda: LinearHierarchy([zeros(2, 1)], [1.0], zeros(2)).log_evidence(X), ValueError, "x", "(5, 6)"
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_and_the_forward_process_say_what_is_wrong_with_their_arguments(name):
    check(SCHEDULES[name])


@pytest.mark.parametrize("name", DIFFUSION)
def test_diffusion_models_say_what_is_wrong_with_their_arguments(name):
    check(DIFFUSION[name])


@pytest.mark.parametrize("name", HIERARCHIES)
def test_hierarchies_say_what_is_wrong_with_their_arguments(name):
    check(HIERARCHIES[name])
