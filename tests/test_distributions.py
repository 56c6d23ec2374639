"""Pixels: a Bernoulli that also accepts greys, and nothing outside [0, 1]."""

import copy

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from vaekit import BernoulliPixels

LOGITS = torch.tensor([[-2.0, -0.3, 0.0, 1.5]], dtype=torch.float64)


@pytest.mark.parametrize("bit", [0.0, 1.0])
def test_log_prob_of_a_binary_pixel_is_that_of_torch(bit):
    x = torch.full_like(LOGITS, bit)
    assert_close(BernoulliPixels(logits=LOGITS).log_prob(x), Bernoulli(logits=LOGITS).log_prob(x), rtol=1e-14, atol=0)


def test_log_prob_of_a_grey_is_the_cross_entropy_which_does_not_integrate_to_one():
    grey = torch.linspace(0, 1, 1001, dtype=torch.float64)
    pixels = BernoulliPixels(logits=torch.tensor(1.5, dtype=torch.float64))
    pi = torch.tensor(1.5, dtype=torch.float64).sigmoid()
    assert_close(pixels.log_prob(grey), grey * pi.log() + (1 - grey) * (1 - pi).log(), rtol=1e-12, atol=0)
    mass = torch.trapezoid(pixels.log_prob(grey).exp(), grey).item()
    assert abs(mass - 1) > 0.3


@pytest.mark.parametrize("value", [-1e-6, 1 + 1e-6, 255.0, float("nan")])
def test_values_outside_the_unit_interval_are_refused_by_name(value):
    with pytest.raises(ValueError, match=r"x: .*expected values in \[0, 1\]"):
        BernoulliPixels(logits=LOGITS).log_prob(torch.full_like(LOGITS, value))


def test_values_of_another_size_are_refused_as_torch_refuses_them():
    with pytest.raises(ValueError, match="size|shape|broadcast"):
        BernoulliPixels(logits=LOGITS).log_prob(torch.zeros(1, 5, dtype=torch.float64))


def test_extreme_logits_have_finite_densities_and_gradients():
    logits = torch.tensor([-100.0, 100.0], dtype=torch.float64, requires_grad=True)
    log_prob = BernoulliPixels(logits=logits).log_prob(torch.tensor([1.0, 0.0], dtype=torch.float64))
    log_prob.sum().backward()
    assert_close(log_prob.detach(), torch.tensor([-100.0, -100.0], dtype=torch.float64))
    assert_close(logits.grad, torch.tensor([1.0, -1.0], dtype=torch.float64))


def test_samples_are_bits_with_the_right_mean():
    with seeded():
        samples = BernoulliPixels(logits=LOGITS[0]).sample(torch.Size([40_000]))
    assert samples.unique().tolist() == [0.0, 1.0]
    assert_mean(samples, LOGITS[0].sigmoid())


def test_expanded_pixels_accept_greys_as_well():
    wide = BernoulliPixels(logits=LOGITS).expand(torch.Size([3, 4]))
    assert isinstance(wide, BernoulliPixels) and wide.batch_shape == (3, 4)
    narrow = BernoulliPixels(logits=LOGITS).log_prob(torch.full_like(LOGITS, 0.4))
    assert_close(wide.log_prob(torch.full((3, 4), 0.4, dtype=torch.float64)), narrow.expand(3, 4))


def test_kl_between_pixels_is_the_closed_form_of_torch():
    q, p = BernoulliPixels(logits=LOGITS), BernoulliPixels(logits=LOGITS.flip(-1))
    expected = kl_divergence(Bernoulli(logits=LOGITS), Bernoulli(logits=LOGITS.flip(-1)))
    assert_close(kl_divergence(q, p), expected, rtol=1e-11, atol=0)


def test_a_copy_is_independent_and_equal():
    pixels = BernoulliPixels(logits=LOGITS.clone())
    twin = copy.deepcopy(pixels)
    pixels.logits.zero_()
    assert_close(twin.logits, LOGITS)
