"""The Python side of the players of diffusion models: what they accept, refuse, and let a reader change."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.bad_input import unchecked  # noqa: F401
from tests.diffusion_widgets import (
    SHAPE,
    STEPS,
    digits,
    latent_model,
    latent_player,
    mixture,
    plane_data,
    plane_model,
    plane_player,
)
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.denoisers import MLPDenoiser
from vaekit.models.ddpm import DDPM
from vaekit.models.exact_denoisers import MixtureDenoiser
from vaekit.models.latent_diffusion import LatentDiffusion
from vaekit.noise import cosine_betas, scaled_betas
from vaekit.widgets import DecoderWeights, DiffusionPlayer, LatentDiffusionPlayer

pytestmark = pytest.mark.usefixtures("unchecked")


def short(count: int) -> DDPM:
    return DDPM(MLPDenoiser(2, hidden=8).double(), scaled_betas(count))


def other_betas() -> MixtureDenoiser:
    one = torch.ones(1, dtype=torch.float64)
    return MixtureDenoiser(cosine_betas(STEPS), one, torch.zeros(1, 2, dtype=torch.float64), one)


def build(**changes: Any) -> DiffusionPlayer:
    arguments: dict[str, Any] = {"ddpm": plane_model(), "data": plane_data(), "num_samples": 1} | changes
    return DiffusionPlayer(arguments.pop("ddpm"), arguments.pop("data"), **arguments)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ddpm": nn.Linear(2, 2)}, TypeError, "ddpm: got Linear; expected a DDPM"),
        ({"ddpm": DDPM(mixture(), scaled_betas(STEPS))}, TypeError, "ddpm.denoiser: got MixtureDenoiser; expected an"),
        ({"ddpm": short(1)}, ValueError, "ddpm: got 1 steps; expected 2 to 200 steps"),
        ({"ddpm": short(201)}, ValueError, "ddpm: got 201 steps; expected 2 to 200 steps"),
        (
            {"ddpm": DDPM(MLPDenoiser(2).double(), scaled_betas(9), bounds=(-1.0, 1.0))},
            ValueError,
            r"ddpm: got levels=None, bounds=\(-1.0, 1.0\); expected a model of densities",
        ),
        ({"data": plane_data().float()}, TypeError, "data: got dtype torch.float32; expected torch.float64"),
        ({"data": torch.zeros(3, 3, dtype=torch.float64)}, ValueError, r"x: got shape \(3, 3\); expected \(B, 2\)"),
        ({"data": torch.full((2, 2), torch.nan, dtype=torch.float64)}, ValueError, "data: "),
        ({"points": 0}, ValueError, "points: got 0"),
        ({"data": torch.zeros(401, 2).double(), "points": 401}, ValueError, "points: got 401; expected at most 400"),
        ({"exact": other_betas()}, ValueError, "exact: got others; expected the model's betas"),
        ({"exact": "it"}, TypeError, "exact: got str; expected a MixtureDenoiser"),
        ({"reference": float("nan")}, ValueError, "reference: got nan"),
        ({"t": 21}, ValueError, "t: got 21; expected a whole number from 0 to 20"),
        ({"t": -1}, ValueError, "t: got -1"),
        ({"direction": "up"}, ValueError, "direction: got 'up'; expected one of forward, reverse"),
        ({"view": "state"}, ValueError, "view: got 'state'; expected one of noise, score, x0"),
        ({"compare": True}, ValueError, "compare: got True; expected False, for there is no exact field"),
        ({"point": (0.0, 9.0)}, ValueError, r"point: got \[0.0, 9.0\]; expected two numbers between -3 and 3"),
        ({"seed": -1}, ValueError, "seed: got -1"),
        ({"dtype": "int4"}, ValueError, "dtype: got 'int4'"),
    ],
)
def test_what_does_not_fit_the_plane_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        build(**change)


def foreign() -> DecoderWeights:
    return DecoderWeights(nn.Sequential(nn.Linear(3, 64)), dtype="float16")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"digits": 13}, ValueError, "digits: got 13; expected at most 12"),
        ({"x": digits()[:4], "digits": 5}, ValueError, "digits: got 5; expected at most 12, and at most 4 rows of x"),
        ({"image_shape": (8, 9)}, ValueError, r"x: got shape \(60, 64\); expected shape \(N, 72\)"),
        ({"weights": foreign}, ValueError, r"weights: got a difference of [01]\S*; expected pixel means within 0.01"),
        ({"model": nn.Linear(2, 2)}, TypeError, "model: got Linear; expected a LatentDiffusion"),
        ({"context": torch.zeros(5, 2)}, ValueError, "context: got 5 rows; expected num = 6"),
        ({"guidance": 2.0}, ValueError, "context: got None; expected a tensor"),
        ({"view": "noise"}, ValueError, "view: got 'noise'; expected one of state, x0"),
    ],
)
def test_what_does_not_fit_the_latent_player_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    made = {name: value() if callable(value) and not isinstance(value, nn.Module) else value
            for name, value in change.items()}  # fmt: skip
    given: dict[str, Any] = {"model": latent_model(), "x": digits(), "image_shape": SHAPE, "digits": 6} | made
    with pytest.raises(error, match=f"^{message}"):
        LatentDiffusionPlayer(given.pop("model"), given.pop("x"), **given)


def test_paths_too_long_for_a_page_are_refused() -> None:
    with torch.random.fork_rng():
        vae = VAE(
            Conditional(MLP([64, 8]), GaussianHead(8, 20)), Conditional(MLP([20, 8]), BernoulliHead(8, 64)),
            StandardNormal(20),
        )  # fmt: skip
        model = LatentDiffusion(vae, DDPM(MLPDenoiser(20, hidden=8), scaled_betas(100)))
        with pytest.raises(ValueError, match="^digits: got 20200; expected .* at most 20000"):
            LatentDiffusionPlayer(model, digits(), SHAPE, digits=10)


@pytest.mark.parametrize("make", [plane_player, latent_player])
def test_traits_move_within_their_range_and_stay_where_they_were_otherwise(make: Callable[..., Any]) -> None:
    widget = make()
    assert widget.t == STEPS == widget.steps and widget.direction == "reverse"
    widget.t, widget.direction, widget.view = 7, "forward", "x0"
    wrong = [("t", 21), ("t", -1), ("direction", "back"), ("view", "v")]
    if make is plane_player:
        widget.point, widget.compare, widget.seed = [1.0, -2.0], True, 5
        wrong += [("point", [4.0, 0.0]), ("point", [0.0]), ("point", [float("nan"), 0.0]), ("seed", -1)]
    for name, value in wrong:
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, value)
    assert (widget.t, widget.direction, widget.view) == (7, "forward", "x0")


def test_texts_are_the_same_for_equal_widgets_and_so_is_what_is_sent() -> None:
    first, second = plane_player(), plane_player()
    assert repr(first) == "DiffusionPlayer(steps=20, t=20, direction=reverse, view=noise)" == repr(second)
    assert first.terms == second.terms and first.data == second.data
    latent = latent_player(t=3, view="x0", direction="forward")
    assert repr(latent) == "LatentDiffusionPlayer(steps=20, t=3, direction=forward, view=x0)"
    assert latent.reverse == latent_player().reverse != latent_player(seed=1).reverse


def test_building_one_leaves_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    plane_player()
    latent_player()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_plane_is_wide_enough_for_the_data() -> None:
    assert build().extent == 3.0
    assert build(data=2.5 * plane_data(), num_samples=1).extent >= 2.5 * float(plane_data()[:150].abs().max())
