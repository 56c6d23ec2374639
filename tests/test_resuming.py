"""Training that is interrupted or goes wrong: it resumes to the bit, or names the step and keeps what was good."""

import os

import pytest
import torch
from torch import nn

from tests.runs import QUIET, Stopped, dataset, failing_at, loss_fn, same, state, vae
from vaekit import fit, save

# Interrupted and resumed


@pytest.mark.parametrize("fatal", [1, 3, 7])
def test_an_interrupted_run_resumes_to_the_bit_identical_result(fatal, tmp_path):
    arguments = {"epochs": 4, "validation": dataset(9, 1), **QUIET}
    whole = vae()
    history = fit(whole, dataset(), loss_fn, checkpoint=tmp_path / "whole", **arguments)
    path = tmp_path / "new folder" / "run.safetensors"
    with pytest.raises(Stopped):
        fit(vae(), dataset(), failing_at(fatal), checkpoint=path, **arguments)
    assert path.exists() == (fatal >= 3)
    steps, resumed = [], vae(seed=99 if fatal >= 3 else 0)
    torch.randn(3)
    record = lambda m, b, s: steps.append(s) or loss_fn(m, b, s)  # noqa: E731
    again = fit(resumed, dataset(), record, checkpoint=path, resume=True, **arguments)
    assert same(state(resumed), state(whole))
    assert (again.loss, again.validation) == (history.loss, history.validation) and len(again.seconds) == 4
    assert min(steps) == fatal // 3 * 3


def test_resuming_a_finished_run_trains_nothing_and_returns_its_history(tmp_path):
    path, model = tmp_path / "run", vae()
    history = fit(model, dataset(), loss_fn, epochs=2, checkpoint=path, **QUIET)
    before, raw = state(model), path.read_bytes()
    again = fit(model, dataset(), failing_at(0), epochs=2, checkpoint=path, resume=True, **QUIET)
    assert again == history and same(state(model), before) and path.read_bytes() == raw and not model.training


def test_without_resume_a_checkpoint_is_overwritten_and_with_it_more_epochs_continue(tmp_path):
    path, once = tmp_path / "run", vae()
    fit(once, dataset(), loss_fn, epochs=3, **QUIET)
    fit(vae(seed=99), dataset(), loss_fn, epochs=2, checkpoint=path, **QUIET)
    fit(vae(), dataset(), loss_fn, epochs=2, checkpoint=path, **QUIET)
    longer = vae(seed=99)
    fit(longer, dataset(), loss_fn, epochs=3, checkpoint=path, resume=True, **QUIET)
    assert same(state(longer), state(once))


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_kill_while_a_checkpoint_is_written_leaves_the_old_one_whole(call, tmp_path, monkeypatch):
    path = tmp_path / "run"
    fit(vae(), dataset(), loss_fn, epochs=1, checkpoint=path, **QUIET)
    raw = path.read_bytes()

    def die(*_):
        raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(os, call, die)
        fit(vae(), dataset(), loss_fn, epochs=2, checkpoint=path, resume=True, **QUIET)
    assert path.read_bytes() == raw
    resumed, whole = vae(), vae()
    fit(resumed, dataset(), loss_fn, epochs=2, checkpoint=path, resume=True, **QUIET)
    fit(whole, dataset(), loss_fn, epochs=2, **QUIET)
    assert same(state(resumed), state(whole))


@pytest.mark.parametrize("content", [b"", b"rubbish", None], ids=["empty", "rubbish", "saved-model"])
def test_a_file_that_is_no_checkpoint_is_refused_and_the_model_is_left_alone(content, tmp_path):
    path, model = tmp_path / "run", vae()
    save(vae(seed=1), path) if content is None else path.write_bytes(content)
    before = state(model)
    with pytest.raises(ValueError, match="run"):
        fit(model, dataset(), loss_fn, epochs=1, checkpoint=path, resume=True, **QUIET)
    assert same(state(model), before)


def test_a_checkpoint_of_another_model_is_refused_and_the_model_is_left_alone(tmp_path):
    path, model = tmp_path / "run", nn.Linear(6, 2)
    fit(nn.Linear(6, 1), dataset(), lambda m, b, s: m(b.x).square().mean(), epochs=1, checkpoint=path, **QUIET)
    before = state(model)
    with pytest.raises(ValueError, match=r"weight.*\(1, 6\).*\(2, 6\)"):
        fit(model, dataset(), lambda m, b, s: m(b.x).square().mean(), epochs=1, checkpoint=path, resume=True, **QUIET)
    assert same(state(model), before)


# What goes wrong


def poison(kind: str, fatal: int):
    def loss(model, batch, step):
        value = loss_fn(model, batch, step)
        if step != fatal:
            return value
        zero = model.decoder.head.logits.bias.sum() * 0
        return {"nan": value * float("nan"), "inf": value + float("inf"), "gradient": value + zero.abs().sqrt()}[kind]

    return loss


@pytest.mark.parametrize("kind", ["nan", "inf", "gradient"])
def test_a_loss_or_gradient_that_is_not_finite_names_its_step_and_leaves_the_parameters_of_the_step_before(kind):
    model, before = vae(), {}

    def loss(model, batch, step):
        before.update({name: p.detach().clone() for name, p in model.named_parameters()})
        return poison(kind, 4)(model, batch, step)

    with pytest.raises(FloatingPointError, match=r"(loss is|gradient).*step 4"):
        fit(model, dataset(), loss, epochs=3, **QUIET)
    assert same(before, dict(model.named_parameters()))
    assert all(p.isfinite().all() for p in model.parameters())


def test_a_large_but_finite_gradient_is_not_mistaken_for_an_infinite_one():
    model = nn.Linear(6, 1, bias=False)
    history = fit(model, dataset(), lambda m, b, s: 1e25 * m.weight.sum(), epochs=1, **QUIET)
    assert len(history) == 1 and model.weight.isfinite().all()


def test_a_run_that_diverges_says_at_which_step_even_where_torch_refuses_the_distribution_first():
    with pytest.raises((FloatingPointError, ValueError)) as caught:
        fit(vae(), dataset(), loss_fn, epochs=20, **{**QUIET, "lr": 1e30})
    assert "step" in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
