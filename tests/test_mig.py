"""The mutual information gap: one for a unit per factor, zero for shared, mixed and silent units."""

import itertools
import math
import warnings

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from tests.bad_input import Case, check, unchecked  # noqa: F401
from vaekit import load_dataset, mig

FACTORS = torch.tensor(list(itertools.product(range(3), range(4), range(8), range(8))))


def rotation(size: int, seed: int) -> Tensor:
    noise = torch.randn(size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return torch.linalg.qr(noise).Q


def standardised(factors: Tensor) -> Tensor:
    codes = factors.double()
    return (codes - codes.mean(0)) / codes.std(0)


def test_a_unit_that_copies_each_factor_gives_one_whatever_its_scale_sign_and_neighbours():
    assert_close(mig(FACTORS.float(), FACTORS), 1.0, rtol=0, atol=1e-12)
    scale = torch.tensor([1e-3, -50.0, 7.0, -0.2])
    silent = torch.full((len(FACTORS), 2), 5.0)
    assert_close(mig(torch.cat([silent, scale * FACTORS + 3.0], 1), FACTORS), 1.0, rtol=0, atol=1e-12)


def test_a_factor_held_by_two_units_counts_nothing_and_the_others_still_do():
    codes = FACTORS.double()
    assert_close(mig(torch.cat([codes, codes[:, :1]], 1), FACTORS), 0.75, rtol=0, atol=1e-12)
    assert_close(mig(torch.cat([codes, codes], 1), FACTORS), 0.0, rtol=0, atol=1e-12)
    assert_close(mig(codes[:, :3], FACTORS), 0.75, rtol=0, atol=1e-12)  # a factor that no unit holds


def test_a_unit_that_merges_two_values_is_credited_with_what_it_still_tells():
    merged = torch.stack([FACTORS[:, 0].clamp(max=1), torch.zeros(len(FACTORS))], 1)  # 0 against 1 and 2
    told = math.log(3) - 2 / 3 * math.log(2)  # H(factor) minus what is left: log 2 in two thirds of the cases
    assert_close(mig(merged, FACTORS[:, :1]), told / math.log(3), rtol=1e-9, atol=1e-9)


def test_codes_rotated_so_that_each_unit_mixes_all_factors_evenly_have_a_gap_of_about_zero():
    codes = standardised(FACTORS)
    signs = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]).double()
    assert mig(codes @ signs.T / 2, FACTORS) < 0.02
    assert mig(codes @ signs.T @ signs / 4, FACTORS) > 0.99  # turned back; rounding splits a value on a border of parts


def test_a_random_rotation_loses_most_of_the_gap_on_average():
    gaps = [mig(standardised(FACTORS) @ rotation(4, seed).T, FACTORS) for seed in range(100)]
    assert sum(gaps) / len(gaps) < 0.3 and max(gaps) < 1


def test_units_that_are_noise_have_a_gap_near_zero_in_spite_of_the_bias_of_counts():
    noise = torch.randn(len(FACTORS), 6, generator=torch.Generator().manual_seed(0))
    assert 0 <= mig(noise, FACTORS) < 0.03


def test_units_that_never_vary_give_zero_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mig(torch.zeros(len(FACTORS), 3), FACTORS) == 0.0
        one = torch.cat([torch.zeros(len(FACTORS), 2), FACTORS[:, :1].float()], 1)
        assert_close(mig(one, FACTORS[:, :1]), 1.0, rtol=0, atol=1e-12)


def test_the_order_of_units_of_rows_and_of_a_factors_names_does_not_matter():
    generator = torch.Generator().manual_seed(1)
    codes = standardised(FACTORS) @ rotation(4, 3).T + 0.1 * torch.randn(768, 4, generator=generator)
    found = mig(codes, FACTORS)
    rows, names = torch.randperm(768, generator=generator), torch.randperm(8, generator=generator)
    renamed = torch.cat([FACTORS[:, :2] - 7, names[FACTORS[:, 2:]] * 10], 1)
    for other in (mig(codes[:, [2, 0, 3, 1]], FACTORS), mig(codes[rows], FACTORS[rows]), mig(codes, renamed)):
        assert_close(other, found, rtol=1e-12, atol=1e-12)
    assert found > 0.01


def test_bins_are_equal_parts_of_a_units_range():
    codes = torch.stack([torch.tensor([0.0, 0.24, 0.26, 0.74, 0.76, 1.0]), torch.zeros(6)], 1)
    factors = torch.tensor([[0], [0], [1], [1], [1], [1]])
    assert_close(mig(codes, factors, bins=4), 1.0)  # cells 0, 0, 1, 2, 3, 3
    assert_close(mig(codes, factors, bins=2), 0.5)  # cells 0, 0, 0, 1, 1, 1: half of the factor's entropy is left
    assert mig(codes, factors, bins=1) == 0.0


def test_the_generated_shapes_have_four_factors_of_equal_counts_that_the_gap_can_find():
    parts = [load_dataset("shapes", split=split) for split in ("train", "test")]
    factors = torch.cat([part.factors for part in parts])
    assert_close(mig(factors.float(), factors), 1.0, rtol=0, atol=1e-12)


CODES = FACTORS.float()
CASES = {
    "codes: axes": Case(lambda: mig(CODES[:, 0], FACTORS), ValueError, "codes", "(768,)"),
    "codes: one unit": Case(lambda: mig(CODES[:, :1], FACTORS), ValueError, "codes", "(768, 1)"),
    "codes: none": Case(lambda: mig(CODES[:0], FACTORS[:0]), ValueError, "codes", "(0, 4)"),
    "codes: integers": Case(lambda: mig(FACTORS, FACTORS), TypeError, "codes", "int64"),
    "codes: NaN": Case(lambda: mig(CODES * math.nan, FACTORS), ValueError, "codes", "NaN"),
    "factors: rows": Case(lambda: mig(CODES, FACTORS[:10]), ValueError, "factors", "(10, 4)"),
    "factors: axes": Case(lambda: mig(CODES, FACTORS[:, 0]), ValueError, "factors", "(768,)"),
    "factors: floats": Case(lambda: mig(CODES, CODES), TypeError, "factors", "float32"),
    "factors: list": Case(lambda: mig(CODES, FACTORS.tolist()), TypeError, "factors", "list"),
    "factors: constant": Case(lambda: mig(CODES, FACTORS * 0), ValueError, "factors", "column 0"),
    "bins": Case(lambda: mig(CODES, FACTORS, bins=0), ValueError, "bins", "0"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_argument_what_came_and_what_was_expected(name):
    check(CASES[name])
