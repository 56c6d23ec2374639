"""Saving and restoring: exact, whole or not at all, and nothing damaged or foreign is ever accepted."""

import os
import stat

import pytest
import safetensors.torch
import torch
from torch import nn

from tests.statistics import seeded
from tests.zoo import ZOO
from vaekit import restore, save


class Mixed(nn.Module):
    """Parameters and buffers of several types and shapes, some tied, some not contiguous."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with seeded(seed):
            self.first, self.second = nn.Linear(3, 2), nn.Linear(3, 2)
            self.second.weight = self.first.weight
            self.strided = nn.Parameter(torch.randn(4, 3).T)
            self.register_buffer("double_buffer", torch.randn((), dtype=torch.float64))
            self.register_buffer("half_buffer", torch.randn(2).bfloat16())
            self.register_buffer("count", torch.tensor([seed, 2**40]))
            self.register_buffer("mask", torch.tensor([True, seed == 0]))
            self.register_buffer("empty", torch.empty(0, 3))


def snapshot(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def equal(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("name", ZOO)
def test_every_model_comes_back_bit_for_bit_with_its_metadata(name, path):
    model, x = ZOO[name]()
    metadata = {"epochs": 3, "loss": [1.5, -2e-300], "note": "naïve “β” \n", "nested": {"a": None, "b": [True]}}
    save(model, path, **metadata)
    fresh = ZOO[name]()[0]
    with torch.no_grad():
        for parameter in fresh.parameters():
            parameter.zero_()
    assert restore(fresh, path) == metadata
    assert equal(snapshot(fresh), snapshot(model))


def test_every_type_shape_and_layout_comes_back_and_tied_weights_stay_tied(path):
    save(Mixed(0), path)
    model = Mixed(1)
    assert restore(model, str(path)) == {}
    assert equal(snapshot(model), snapshot(Mixed(0)))
    assert model.second.weight is model.first.weight


def test_the_file_is_standard_safetensors_that_others_can_read(path):
    model = nn.Linear(3, 2)
    save(model, path)
    assert equal(safetensors.torch.load_file(path), snapshot(model))


def test_equal_models_give_equal_files_and_the_umask_decides_who_may_read_them(path):
    save(Mixed(0), path, b=1, a=2)
    raw = path.read_bytes()
    save(Mixed(0), path, a=2, b=1)
    assert path.read_bytes() == raw
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_overwriting_the_file_does_not_change_a_model_that_was_restored_from_it(path):
    first = nn.Linear(300, 300)
    save(first, path)
    live = nn.Linear(300, 300)
    restore(live, path)
    path.write_bytes(bytes(path.stat().st_size))  # in place: a mapped file would show through
    assert equal(snapshot(live), snapshot(first))


def refuse(path, model: nn.Module | None = None, match: str = "model.safetensors") -> str:
    """Restoring must fail with a ValueError that names the file, and leave the model as it was."""
    model = model if model is not None else nn.Linear(3, 2)
    before = snapshot(model)
    with pytest.raises(ValueError, match=match) as caught:
        restore(model, path)
    assert equal(snapshot(model), before) and "model.safetensors" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_a_file_with_any_byte_changed_is_refused(path, mask):
    save(nn.Linear(3, 2), path, note="x")
    raw = path.read_bytes()
    for position in range(len(raw)):
        damaged = bytearray(raw)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        refuse(path)
    path.write_bytes(raw)
    assert restore(nn.Linear(3, 2), path) == {"note": "x"}


def test_a_file_cut_at_any_length_or_with_anything_behind_it_is_refused(path):
    save(nn.Linear(3, 2), path)
    raw = path.read_bytes()
    for length in range(0, len(raw)):
        path.write_bytes(raw[:length])
        refuse(path)
    path.write_bytes(raw + b"\0")
    refuse(path)


def test_a_tensor_under_another_name_is_refused_by_a_model_that_it_would_fit(path):
    save(nn.ModuleDict({"a": nn.Linear(2, 2), "c": nn.Linear(2, 2)}), path)
    raw = path.read_bytes()
    for old, new in ((b'"a.', b'"b.'), (b'"c.', b'"a.')):
        renamed = raw.replace(old, b'"_.').replace(new, old).replace(b'"_.', new)
        assert renamed != raw
        path.write_bytes(renamed)
        names = "bc" if new == b'"b.' else "ac"
        refuse(path, nn.ModuleDict({name: nn.Linear(2, 2) for name in names}), "checksum")


@pytest.mark.parametrize(
    "metadata", [None, {"format": "pt"}, {"format": "vaekit-1"}, {"format": "vaekit-1", "metadata": "{"}]
)
def test_safetensors_of_another_program_are_refused(path, metadata):
    safetensors.torch.save_file(nn.Linear(3, 2).state_dict(), path, metadata)
    refuse(path)


def test_a_pickle_is_refused_and_never_run(path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(path.parent / "ran"),)

    torch.save({"weight": Trap()}, path)
    refuse(path)
    assert not (path.parent / "ran").exists()


def test_a_file_that_does_not_fit_says_what_came_and_what_the_model_has(path):
    save(nn.Linear(3, 2), path)
    assert "(2, 3)" in (message := refuse(path, nn.Linear(4, 2))) and "(2, 4)" in message and "weight" in message
    message = refuse(path, nn.Linear(3, 2).double())
    assert "float32" in message and "float64" in message
    assert "bias" in refuse(path, nn.Linear(3, 2, bias=False))
    assert "'0.weight'" in refuse(path, nn.Sequential(nn.Linear(3, 2)))


@pytest.mark.parametrize("what", [object(), {1, 2}, torch.zeros(2)])
def test_metadata_that_json_cannot_hold_is_a_type_error_and_leaves_no_file(path, what):
    with pytest.raises(TypeError, match="metadata.*JSON"):
        save(nn.Linear(3, 2), path, what=what)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_save_that_fails_leaves_the_old_file_whole_and_no_other(path, monkeypatch, call):
    save(nn.Linear(3, 2), path)
    raw = path.read_bytes()

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="no space"):
        save(nn.Linear(3, 2), path)
    assert path.read_bytes() == raw and [p.name for p in path.parent.iterdir()] == [path.name]


def test_saving_makes_the_folder_and_does_not_touch_the_model(tmp_path):
    model = Mixed(0)
    before, flags = snapshot(model), [p.requires_grad for p in model.parameters()]
    save(model, tmp_path / "a" / "b" / "model.safetensors")
    assert equal(snapshot(model), before) and [p.requires_grad for p in model.parameters()] == flags
    assert restore(Mixed(1), tmp_path / "a" / "b" / "model.safetensors") == {}


def test_restoring_fills_the_same_parameters_so_that_an_optimiser_goes_on(path):
    model = nn.Linear(3, 2)
    save(model, path)
    before = list(model.parameters())
    restore(model, path)
    assert all(one is other and other.requires_grad for one, other in zip(before, model.parameters(), strict=True))
