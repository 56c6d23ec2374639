"""The zoo, the estimates and the training loop on CUDA, against the CPU. Skipped where there is no such device."""

import copy

import pytest
import torch
from torch.distributions import Distribution
from torch.testing import assert_close

from tests.runs import QUIET, dataset, loss_fn, same, state, vae
from tests.zoo import ZOO, linear_model, typed
from vaekit import elbo, fit, get_device, grid_log_evidence, iwae, load_dataset, log_likelihood, refine_posterior, save
from vaekit import restore as restore_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is available on this machine"),
]
TOLERANCE = {torch.float64: {"rtol": 1e-9, "atol": 1e-9}, torch.float32: {"rtol": 1e-4, "atol": 1e-3}}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ZOO)
def test_bounds_and_gradients_are_those_of_the_cpu_for_the_same_draws(name, dtype):
    model, x = ZOO[name]()
    model, x = model.to(dtype), typed(x, dtype)
    there, results = copy.deepcopy(model).cuda(), []

    def draw(q: Distribution, shape: torch.Size) -> torch.Tensor:
        noise = torch.randn(*shape, *q.mean.shape, generator=torch.Generator().manual_seed(0), dtype=dtype)
        return q.mean + noise.to(q.mean.device)

    for each, data in ((model, x), (there, x.cuda())):
        terms = elbo(each, data, 5, draw=draw)
        (terms.elbo.sum() + iwae(each, data, 5, draw=draw).sum()).backward()
        gradients = [parameter.grad.cpu() for parameter in each.parameters()]
        results.append([terms.log_px.detach().cpu(), terms.kl.detach().cpu(), *gradients])
    for here, elsewhere in zip(*results, strict=True):
        assert_close(elsewhere, here, **TOLERANCE[dtype])


@pytest.mark.parametrize("name", ZOO)
def test_draws_and_samples_are_made_on_the_device(name):
    model, x = (each.cuda() for each in ZOO[name]())
    trace = model(x, 3)
    assert {trace.latents[0].z.device.type, trace.log_w.device.type, model.sample(4).device.type} == {"cuda"}
    assert log_likelihood(model, x, 7, chunk=3).isfinite().all()


def test_oracles_hold_on_the_device():
    linear, x = linear_model().cuda(), ZOO["linear"]()[1].cuda()
    evidence = linear.log_evidence(x)
    assert_close(linear(x, 3).log_w, evidence.expand(3, -1), rtol=1e-9, atol=1e-9)
    model, x = (each.double() for each in ZOO["bernoulli"]())
    here = grid_log_evidence(model, x, points=61)
    assert_close(grid_log_evidence(model.cuda(), x.cuda(), points=61).cpu(), here, rtol=0, atol=1e-9)
    assert refine_posterior(model, x.cuda(), steps=3).mean.is_cuda


def test_training_repeats_itself_and_leaves_both_random_states_alone():
    cpu, cuda = torch.get_rng_state(), torch.cuda.get_rng_state()
    runs = []
    for _ in range(2):
        model = vae()
        history = fit(model, dataset(), loss_fn, epochs=3, validation=dataset(9, 1), device="cuda", **QUIET)
        assert next(model.parameters()).is_cuda and history.loss[-1] < 10
        runs.append(state(model))
    assert all(torch.allclose(runs[0][name], runs[1][name], atol=1e-5) for name in runs[0])
    assert torch.equal(torch.get_rng_state(), cpu) and torch.equal(torch.cuda.get_rng_state(), cuda)


def test_batches_are_the_same_on_every_device():
    for here, there in zip(dataset().batches(8, 3), dataset().to("cuda").batches(8, 3), strict=True):
        assert torch.equal(here.x, there.x.cpu()) and torch.equal(here.y, there.y.cpu())
    assert load_dataset("digits", device="cuda").x.is_cuda


def test_a_model_saved_on_one_device_comes_back_on_the_other(tmp_path):
    model = vae().cuda()
    save(model, tmp_path / "model")
    here = vae(seed=1)
    restore_model(here, tmp_path / "model")
    assert same(state(here), {name: tensor.cpu() for name, tensor in state(model).items()})
    restore_model(model, tmp_path / "model")
    assert next(model.parameters()).is_cuda and get_device().type == "cuda"
