"""Networks that predict noise: what reaches their output, and that they learn."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tests.statistics import seeded
from vaekit import (
    DDPM,
    MLPDenoiser,
    UNetDenoiser,
    elbo,
    fit,
    load_dataset,
    noise_prediction_loss,
    restore,
    save,
    scaled_betas,
    weighted_loss,
)
from vaekit.denoisers import TimeFeatures

KINDS = {
    "mlp": lambda: MLPDenoiser(64, hidden=16, layers=2, time_features=8, context_features=3),
    "unet": lambda: UNetDenoiser((8, 8), channels=8, time_features=8, context_features=3),
}


@pytest.fixture(params=KINDS)
def denoiser(request) -> nn.Module:
    with seeded():
        return KINDS[request.param]().double()


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    xt = torch.randn(5, 64, dtype=torch.float64, generator=generator)
    return xt, torch.tensor([0, 3, 9, 3, 1]), torch.eye(3).double()[[0, 1, 2, 0, 1]]


def test_the_noise_is_like_the_data_and_depends_on_data_step_and_context(denoiser, batch):
    xt, t, context = batch
    noise = denoiser(xt, t, context=context)
    assert noise.shape == xt.shape and noise.dtype == xt.dtype and denoiser.event_shape == (64,)
    for other in (denoiser(xt + 0.1, t, context), denoiser(xt, t + 5, context), denoiser(xt, t, context.roll(1, 0))):
        assert ((noise - other).abs().amax(1) > 1e-4).all()
    assert torch.equal(denoiser(xt, t), denoiser(xt, t, torch.zeros(5, 3).double()))


def test_rows_do_not_influence_one_another(denoiser, batch):
    xt, t, context = batch
    alone = [denoiser(xt[i : i + 1], t[i : i + 1], context[i : i + 1]) for i in range(5)]
    assert_close(denoiser(xt, t, context), torch.cat(alone), rtol=1e-9, atol=1e-9)


def test_every_parameter_gets_a_gradient_from_the_loss_and_from_the_bound(denoiser, batch):
    xt, _, context = batch
    model = DDPM(denoiser, scaled_betas(6), levels=256, loc=0.5, scale=0.5)
    x = (xt.sigmoid() * 255).round() / 255
    objectives = [lambda: noise_prediction_loss(model, x, context=context)]
    objectives += [lambda: weighted_loss(elbo(model, x, 2, context=context))]
    for objective in objectives:
        model.zero_grad()
        with seeded():
            objective().backward()
        assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


def test_a_model_comes_back_from_its_file_with_the_same_schedule_and_units(denoiser, batch, tmp_path):
    xt, _, context = batch
    model = DDPM(denoiser, scaled_betas(6), loc=0.3, scale=2.0)
    save(model, tmp_path / "model")
    with seeded(1):
        fresh = DDPM(KINDS["mlp" if isinstance(denoiser, MLPDenoiser) else "unet"]().double(), scaled_betas(6) / 2)
    restore(fresh, tmp_path / "model")
    bounds = []
    for each in (model, fresh):
        with seeded(2):
            bounds.append(elbo(each, xt, 2, context=context).elbo)
    assert torch.equal(*bounds)


@pytest.mark.parametrize("width", [2, 32])
def test_the_features_of_the_step_are_bounded_and_tell_all_steps_apart(width):
    features = TimeFeatures(width).double()(torch.arange(1000))
    assert features.shape == (1000, width) and features.abs().max() <= 1
    if width == 32:
        assert (torch.cdist(features, features) + torch.eye(1000)).min() > 0.05


def test_a_small_network_learns_to_predict_the_noise_of_digits():
    data = load_dataset("digits")
    context = torch.eye(10)
    with seeded():
        model = DDPM(UNetDenoiser((8, 8), channels=8, context_features=10), scaled_betas(50), loc=0.5, scale=0.5)
    history = fit(
        model,
        data,
        lambda model, batch, step: noise_prediction_loss(model, batch.x, context=context[batch.y], context_dropout=0.1),
        epochs=4,
        batch_size=64,
        lr=6e-3,
        progress=False,
    )
    assert history.loss[0] > 35 and history.loss[-1] < 16  # of 64, that of predicting zero
