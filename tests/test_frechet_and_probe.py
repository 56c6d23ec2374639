"""The Fréchet distance against its closed form, and a probe on labels that a line can and cannot tell apart."""

import pytest
import torch
from scipy.linalg import sqrtm
from torch.testing import assert_close

from tests.bad_input import unchecked  # noqa: F401
from tests.statistics import seeded
from vaekit import frechet_distance, probe_accuracy


def features(rows: int, width: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(width, width, dtype=torch.float64, generator=generator)
    return scale * torch.randn(rows, width, dtype=torch.float64, generator=generator) @ mix + seed


@pytest.mark.parametrize("width", [1, 2, 7])
def test_frechet_distance_is_that_of_the_fitted_gaussians(width):
    a, b = features(50, width, 1), features(80, width, 2, scale=0.4)
    ca, cb = (torch.cov(each.T).reshape(width, width) for each in (a, b))
    root = torch.from_numpy(sqrtm((ca @ cb).numpy()).real)
    exact = (a.mean(0) - b.mean(0)).square().sum() + (ca + cb - 2 * root).trace()
    assert_close(frechet_distance(a, b), exact.item(), rtol=1e-8, atol=1e-8)
    assert_close(frechet_distance(b, a), frechet_distance(a, b), rtol=1e-8, atol=1e-8)
    assert abs(frechet_distance(a, a)) < 1e-8
    assert_close(frechet_distance(a, a + 3.0), 9.0 * width, rtol=1e-8, atol=1e-8)


def test_frechet_distance_copes_with_features_that_do_not_vary():
    a = torch.cat([features(50, 2, 1), torch.zeros(50, 3, dtype=torch.float64)], 1)
    assert_close(frechet_distance(a, 2 * a - a.mean(0)), a.var(0).sum().item(), rtol=1e-6, atol=1e-8)


def test_a_probe_finds_labels_that_a_line_separates_and_no_others():
    with seeded():
        z = torch.randn(600, 2)
        noise = torch.randint(0, 2, (600,))
    line, circle = (z[:, 0] + z[:, 1] > 0).long(), (z.square().sum(-1) > 1.4).long()
    found = [probe_accuracy(z[:400], y[:400], z[400:], y[400:]) for y in (line, circle, noise)]
    assert found[0] > 0.97 and found[1] < 0.75 and abs(found[2] - 0.5) < 0.12
    moved = z * torch.tensor([1000.0, 0.001]) + 5.0
    assert probe_accuracy(moved[:400], line[:400], moved[400:], line[400:]) > 0.97


@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named():
    a = features(5, 2, 0)
    for call, message in [
        (lambda: frechet_distance(a, a[:, :1]), r"^b: got 1 features; expected 2"),
        (lambda: frechet_distance(a[:1], a), r"^a: got 1 rows; expected at least 2"),
        (lambda: frechet_distance(a, a * float("nan")), r"^b: 10 of 10 values are NaN"),
        (lambda: probe_accuracy(a, torch.zeros(4).long(), a, torch.zeros(5).long()), r"^labels: got shape \(4,\)"),
        (lambda: probe_accuracy(a, torch.zeros(5).long(), a, torch.zeros(5).long()), r"^labels: got one class"),
        (lambda: probe_accuracy(a, torch.zeros(5).long(), a[:, :1], torch.zeros(5).long()), r"^test_codes: got shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
