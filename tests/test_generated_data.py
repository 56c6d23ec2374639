"""Generated shapes and patches of photographs: what they contain, and that a split shares nothing."""

import pytest
import torch
from torch.testing import assert_close

from vaekit import Dataset, load_dataset
from vaekit.data.generated import SHAPE_COUNTS, SHAPE_FACTORS, read_shapes


def test_every_combination_of_the_factors_is_drawn_once_and_no_two_images_are_alike():
    train, test = load_dataset("shapes"), load_dataset("shapes", split="test")
    assert (len(train), len(test)) == (614, 154) and train.image_shape == (16, 16)
    factors = torch.cat([train.factors, test.factors])
    assert factors.shape == (768, len(SHAPE_FACTORS)) and len(factors.unique(dim=0)) == 768
    assert tuple((factors.amax(0) + 1).tolist()) == SHAPE_COUNTS
    assert_close(train.y, train.factors[:, 0])
    assert len(torch.cat([train.x, test.x]).unique(dim=0)) == 768


def test_a_shape_lies_where_its_factors_say_and_grows_with_its_size():
    images, factors = (torch.from_numpy(each) for each in read_shapes())
    images = images.reshape(-1, 16, 16)
    assert images.min() == 0 and images.max() == 1 and ((images > 0) & (images < 1)).any()
    axis = torch.arange(16).double() + 0.5
    mass = images.sum((1, 2))
    column, row = (images.sum(1) @ axis / mass), (images.sum(2) @ axis / mass)
    disc = factors[:, 0] == 1
    assert_close(column[disc], factors[disc, 2].double() + 4.5, rtol=0, atol=0.05)
    assert_close(row[disc], factors[disc, 3].double() + 4.5, rtol=0, atol=0.05)
    for kind in range(3):
        area = [mass[(factors[:, 0] == kind) & (factors[:, 1] == size)].mean() for size in range(4)]
        assert area == sorted(area) and area[0] > 4
    largest = mass[disc & (factors[:, 1] == 3)].mean().item()
    assert_close(largest, torch.pi * 3.8**2, rtol=0.02, atol=0)


def test_patches_are_grey_levels_of_both_photographs_the_same_at_every_call():
    train, test = load_dataset("patches"), load_dataset("patches", split="test")
    assert (len(train), len(test)) == (4000, 1000)
    for data in (train, test):
        assert data.image_shape == (16, 16) and set(data.y.tolist()) == {0, 1}
        assert_close(data.y.float().mean(), torch.tensor(0.5))
        levels = data.x * 255
        assert_close(levels, levels.round(), rtol=0, atol=1e-3)
    assert_close(load_dataset("patches").x, train.x, rtol=0, atol=0)
    assert not {row.tobytes() for row in train.x.numpy()} & {row.tobytes() for row in test.x.numpy()}


def test_factors_follow_their_examples():
    data = load_dataset("shapes").subset(torch.tensor([3, 1])).to("cpu")
    assert_close(data.factors, load_dataset("shapes").factors[[3, 1]])
    with pytest.raises(ValueError, match=r"^factors: got shape \(3, 2\); expected \(2, F\)"):
        Dataset(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64), factors=torch.zeros(3, 2))
