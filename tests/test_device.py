"""Which device is chosen, and that an unusable one is refused with its source."""

import pytest
import torch

from vaekit import Dataset, get_device


@pytest.fixture(autouse=True)
def no_override(monkeypatch):
    monkeypatch.delenv("VAEKIT_DEVICE", raising=False)


def gpus(monkeypatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


@pytest.mark.parametrize(("count", "expected"), [(0, "cpu"), (1, "cuda"), (8, "cuda")])
def test_auto_takes_a_gpu_if_there_is_one_and_never_mps(monkeypatch, count, expected):
    gpus(monkeypatch, count)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert get_device() == get_device("auto") == torch.device(expected)


def test_mps_and_a_numbered_gpu_are_given_on_request(monkeypatch):
    gpus(monkeypatch, 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert get_device("mps") == torch.device("mps") and get_device("cuda:1") == torch.device("cuda:1")
    assert get_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "meta", "xla"])
def test_a_device_that_is_not_here_is_refused(monkeypatch, name):
    gpus(monkeypatch, 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"prefer: got '{name}', which is not available"):
        get_device(name)


def test_a_gpu_number_beyond_the_last_is_refused(monkeypatch):
    gpus(monkeypatch, 2)
    with pytest.raises(ValueError, match="prefer: got 'cuda:2'"):
        get_device("cuda:2")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:x", "cuda:-1"])
def test_an_unknown_name_is_refused_with_those_that_are_known(name):
    with pytest.raises(ValueError, match=r"prefer: got .*expected 'auto', 'cpu', 'cuda'"):
        get_device(name)


def test_the_environment_overrides_the_argument_and_is_named_where_it_is_wrong(monkeypatch):
    gpus(monkeypatch, 1)
    monkeypatch.setenv("VAEKIT_DEVICE", "cpu")
    assert get_device("cuda") == get_device() == torch.device("cpu")
    monkeypatch.setenv("VAEKIT_DEVICE", "auto")
    assert get_device("cpu") == torch.device("cuda")
    monkeypatch.setenv("VAEKIT_DEVICE", "gpu")
    with pytest.raises(ValueError, match="VAEKIT_DEVICE: got 'gpu'"):
        get_device("cpu")
    monkeypatch.setenv("VAEKIT_DEVICE", "")
    assert get_device("cpu") == torch.device("cpu")


def test_a_data_set_moves_as_a_whole_and_the_original_stays():
    data = Dataset(torch.zeros(3, 2), torch.arange(3), name="n", source="s", image_shape=(1, 2))
    moved = data.to("meta")
    assert moved.x.is_meta and moved.y.is_meta and not data.x.is_meta
    assert (moved.name, moved.source, moved.image_shape) == ("n", "s", (1, 2))
