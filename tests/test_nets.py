"""The parts of a model: bodies, heads, conditional distributions and the standard-normal prior."""

import copy

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from vaekit import MLP, BernoulliHead, BernoulliPixels, Conditional, GaussianHead, StandardNormal


def test_mlp_has_a_layer_for_each_pair_of_widths_and_an_activation_behind_each():
    net = MLP([5, 4, 3], nn.Tanh)
    assert [type(layer) for layer in net] == [nn.Linear, nn.Tanh, nn.Linear, nn.Tanh]
    assert [(layer.in_features, layer.out_features) for layer in (net[0], net[2])] == [(5, 4), (4, 3)]
    x = torch.randn(2, 5)
    by_hand = torch.tanh(net[2].weight @ torch.tanh(net[0].weight @ x.T + net[0].bias[:, None]) + net[2].bias[:, None])
    assert_close(net(x), by_hand.T)


def test_a_slice_of_an_mlp_is_its_layers_in_order():
    net = MLP([5, 4, 3], nn.Tanh)
    x = torch.randn(2, 5)
    assert_close(net[2:](net[:2](x)), net(x))
    assert net[-1] is net[3]


def test_mlp_activates_with_relu_unless_told_otherwise():
    assert MLP([2, 3])(torch.randn(100, 2)).min() == 0


def test_gaussian_head_bounds_the_log_variance_by_c_tanh_of_raw_over_c():
    head = GaussianHead(3, 2, bound=4.0).double()
    features = 10 * torch.randn(50, 3, dtype=torch.float64)
    q = head(features)
    assert_close(q.mean, head.mu(features), rtol=1e-12, atol=0)
    assert_close(q.variance.log(), 4 * torch.tanh(head.raw(features) / 4), rtol=1e-10, atol=1e-10)
    assert q.variance.log().abs().max() <= 4
    assert q.batch_shape == (50, 2) and q.event_shape == ()


def test_gaussian_head_is_the_identity_on_small_log_variances():
    head = GaussianHead(1, 1).double()
    nn.init.ones_(head.raw.weight), nn.init.zeros_(head.raw.bias)
    raw = torch.linspace(-0.5, 0.5, 11, dtype=torch.float64).unsqueeze(-1)
    assert (head(raw).variance.log() - raw).abs().max() < 0.5**3 / 3 / 10**2 * 1.01


@pytest.mark.parametrize("raw", [-1e6, 1e6])
@pytest.mark.parametrize("head", [GaussianHead, BernoulliHead])
def test_heads_stay_finite_in_float32_at_absurd_outputs(head, raw):
    module = head(1, 1)
    for parameter in module.parameters():
        nn.init.constant_(parameter, raw)
    features = torch.zeros(1, 1, requires_grad=True)
    for x in (0.0, 1.0):
        log_prob = module(features).log_prob(torch.full((1, 1), x))
        gradients = torch.autograd.grad(log_prob.sum(), [features, *module.parameters()])
        assert all(torch.isfinite(tensor).all() for tensor in (log_prob, *gradients))


def test_bernoulli_head_puts_out_logits():
    head = BernoulliHead(3, 2)
    features = torch.randn(4, 5, 3)
    pixels = head(features)
    assert isinstance(pixels, BernoulliPixels) and pixels.batch_shape == (4, 5, 2)
    assert_close(pixels.mean, torch.sigmoid(head.logits(features)))


def test_conditional_puts_the_context_behind_the_input_and_repeats_it_over_samples():
    part = Conditional(MLP([5, 4], nn.Tanh), BernoulliHead(4, 1), context_features=3)
    z, context = torch.randn(7, 6, 2), torch.randn(6, 3)
    logits = part(z, context=context).logits
    for k in range(7):
        assert_close(logits[k], part.head(part.body(torch.cat([z[k], context], -1))).logits)


def test_conditional_without_context_features_ignores_any_context():
    part = Conditional(MLP([2, 4]), BernoulliHead(4, 1))
    value = torch.randn(6, 2)
    assert_close(part(value, context=torch.randn(6, 3)).logits, part(value).logits)


@pytest.mark.parametrize(
    ("context", "came"),
    [
        (None, "None"),
        (torch.zeros(4, 2), r"\(4, 2\)"),
        (torch.zeros(3, 3), r"\(3, 3\)"),
        (torch.zeros(3), r"\(3,\)"),
        (torch.zeros(2, 4, 3), r"\(2, 4, 3\)"),
    ],
    ids=["missing", "width", "rows", "no-rows", "samples"],
)
def test_context_that_does_not_fit_is_refused_by_name(context, came):
    part = Conditional(MLP([5, 4]), BernoulliHead(4, 1), context_features=3)
    with pytest.raises(ValueError, match=rf"context: got .*{came}.*expected"):
        part(torch.zeros(4, 2), context=context)


def test_input_of_a_wrong_width_is_refused_with_the_width_that_fits():
    part = Conditional(MLP([5, 4]), BernoulliHead(4, 1), context_features=3)
    with pytest.raises(ValueError, match=r"got shape \(4, 5\); expected \(\.\.\., 2\)"):
        part(torch.zeros(4, 5), context=torch.zeros(4, 3))


class Backwards(nn.Module):
    """A body that registers its layers in another order than it calls them."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.first = nn.Linear(8, 4), nn.Linear(6, 8)

    def forward(self, x):
        return self.last(self.first(x))


def test_a_body_may_register_its_layers_in_any_order():
    part = Conditional(Backwards(), GaussianHead(4, 2))
    assert part(torch.zeros(3, 6)).batch_shape == (3, 2)


def test_prior_is_standard_normal_with_a_row_for_each_row_of_context():
    prior = StandardNormal(3)
    assert prior().batch_shape == (3,)
    assert prior(context=torch.randn(5, 7)).batch_shape == (5, 3)
    for p in (prior(), prior(context=torch.randn(5, 7))):
        assert (p.mean == 0).all() and (p.stddev == 1).all()


def test_prior_follows_the_dtype_and_stores_nothing():
    prior = copy.deepcopy(StandardNormal(3)).double()
    assert prior().mean.dtype == prior().stddev.dtype == torch.float64
    assert prior.state_dict() == {} and list(prior.parameters()) == []
