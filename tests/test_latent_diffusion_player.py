"""`LatentDiffusionPlayer`: the paths that are sent, what the page makes of them, and the bound on their codes."""

import base64
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch

from tests.diffusion_widgets import STEPS, digits, latent_model, latent_player
from tests.node import run_math
from vaekit.models.diffusion import step_terms
from vaekit.widgets import DecoderWeights, LatentDiffusionPlayer

DECODE = """
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const read = (name) => (["layers", "dtype"].includes(name) ? data.net[name] : bytes(data.net[name]));
const layers = math.unpackLayers({ get: read }), view = bytes(data.path);
const path = Array.from({ length: view.byteLength / 2 }, (_, i) => math.half(view.getUint16(2 * i, true)));
return data.rows.map((row) => math.forward(layers, path.slice(3 * row, 3 * row + 3)));
"""


def paths(widget: LatentDiffusionPlayer, name: str) -> torch.Tensor:
    """States and guesses, `(2, T + 1, digits, 3)`."""
    numbers = np.frombuffer(getattr(widget, name), "<f2").reshape(2, STEPS + 1, widget.count, 3)
    return torch.from_numpy(numbers.astype("f4"))


@pytest.mark.parametrize("dtype", [None, "float16"])
@pytest.mark.parametrize("name", ["forward", "reverse"])
def test_the_page_decodes_every_state_and_guess_as_torch_does(tmp_path: Any, dtype: str | None, name: str) -> None:
    vae = latent_model().vae
    widget = latent_player(weights=dtype and DecoderWeights(vae.decoder, dtype=dtype))
    js, rows = run_math(widget, tmp_path), list(range(0, 2 * (STEPS + 1) * 6, 7))
    net = {k: getattr(widget.weights, k) for k in ("layers", "dtype", "weights", "scales", "biases")}
    net = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in net.items()}
    made = js(DECODE, net=net, path=base64.b64encode(getattr(widget, name)).decode(), rows=rows)
    with torch.no_grad():
        want = vae.decoder(paths(widget, name).flatten(0, 2)[rows]).mean
    assert (torch.tensor(made) - want).abs().max() <= 1e-2
    assert want.min() < 0.05 and want.max() > 0.95


def test_samples_are_those_of_the_model_and_guesses_are_its_own() -> None:
    ddpm, (states, guesses) = latent_model().ddpm, paths(latent_player(seed=2), "reverse")
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(2)
        latent_model().vae.encoder(digits()).sample()
        for _ in range(STEPS):
            torch.randn(6, 3)  # of the way up
        want = ddpm.sample_path(6).flip(0)
    torch.testing.assert_close(states, want, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(guesses[0], states[0])
    for t in range(1, STEPS + 1):
        with torch.no_grad():
            x0 = ddpm.predict_x0((want[t] - ddpm.loc) / ddpm.scale, t - 1).clamp(-3, 3)
        torch.testing.assert_close(guesses[t], ddpm.loc + ddpm.scale * x0, rtol=1e-3, atol=2e-3)


def test_test_digits_become_noise_step_by_step() -> None:
    ddpm, (states, _) = latent_model().ddpm, paths(latent_player(), "forward")
    z = (states - ddpm.loc) / ddpm.scale
    noise = (z[1:] - ddpm.alphas.sqrt()[:, None, None] * z[:-1]) / ddpm.betas.sqrt()[:, None, None]
    count = noise.numel()
    assert abs(noise.mean()) < 4.5 / count**0.5
    assert abs(noise.square().mean() - 1) < 4.5 * (2 / count) ** 0.5
    with torch.no_grad():
        q = latent_model().vae.encoder(digits()[:6])
    assert ((states[0] - q.loc) / q.scale).abs().max() < 5


def test_the_bound_is_that_of_codes_and_the_reference_what_they_cost_under_the_standard_normal() -> None:
    widget, model = latent_player(seed=4, num_samples=2), latent_model()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(4)
        z = model.vae.encoder(digits()).sample()
        torch.manual_seed(4)
        want = step_terms(model.ddpm, z, 2).mean((0, 1))
    assert widget.terms == pytest.approx(want.tolist(), rel=1e-5, abs=1e-5) and widget.examples == 60
    cost = -torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1).mean()
    assert widget.reference == [pytest.approx(float(cost), abs=1e-4)]


def test_context_and_guidance_change_what_is_made_and_nothing_else() -> None:
    one_hot = torch.eye(2)[torch.tensor([0, 1, 0, 1, 0, 1])]
    plain, led = latent_player(), latent_player(context=one_hot, guidance=3.0)
    assert plain.reverse != led.reverse and plain.forward == led.forward and plain.terms == led.terms
    known = latent_player(x_context=torch.eye(2)[torch.arange(60) % 2])
    assert known.terms != plain.terms and known.reverse == plain.reverse
    same = paths(known, "forward")[0] - paths(plain, "forward")[0]
    assert same.abs().max() == 0


def test_weights_are_shared_where_they_are_given_and_small_where_that_is_close_enough() -> None:
    weights = DecoderWeights(latent_model().vae.decoder, dtype="float16")
    first, second = latent_player(weights=weights), latent_player(weights=weights, seed=1)
    assert first.weights is second.weights is weights
    assert latent_player().weights.dtype in ("int8", "float16") and latent_player().weights.max_error <= 1e-2


def test_its_own_front_end_is_small() -> None:
    assert len((files("vaekit.widgets") / "js" / LatentDiffusionPlayer.script).read_bytes()) <= 12_000
