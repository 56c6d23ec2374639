"""Flows, full covariances, mixtures and the VampPrior: densities that integrate to 1 and say what they promise."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.distributions import Distribution, Normal, TransformedDistribution
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    FlowHead,
    FullCovarianceHead,
    GaussianHead,
    MixturePrior,
    StandardNormal,
    VampPrior,
    elbo,
    fit,
    iwae,
    sticking_the_landing,
    weighted_loss,
)

B, D, L = 5, 6, 2


def vae(head=GaussianHead, prior=None):
    with seeded(0):
        encoder = Conditional(MLP([D, 8], nn.Tanh), head(8, L))
        decoder = Conditional(MLP([L, 8], nn.Tanh), BernoulliHead(8, D))
        return VAE(encoder, decoder, prior or StandardNormal(L)).double()


def bent(flow):
    """A flow head whose layers are not at zero."""
    with seeded(1), torch.no_grad():
        for net in flow.nets:
            net[-1].weight.normal_(std=0.3)
            net[-1].bias.normal_(std=0.3)
    return flow


def data():
    with seeded(2):
        return torch.randint(2, (B, D)).double()


def grid(side=601, reach=24.0):
    axis = torch.linspace(-reach, reach, side, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis), (axis[1] - axis[0]) ** 2


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_a_flow_is_a_density_that_integrates_to_one(layers):
    with seeded(3):
        q = bent(FlowHead(8, L, layers=layers)).double()(torch.randn(3, 8).double())
    points, cell = grid()
    mass = q.log_prob(points.unsqueeze(1)).exp().sum(0) * cell  # every point meets all three
    assert_close(mass, torch.ones(3).double(), rtol=0, atol=2e-3)


def test_a_flow_inverts_itself_and_its_jacobian_is_that_of_autograd():
    with seeded(4):
        q = bent(FlowHead(8, 3, layers=3)).double()(torch.randn(2, 8).double())
        z = torch.randn(7, 2, 3).double()
    for coupling in q.transforms:
        assert_close(coupling.inv(coupling(z)), z)
        jacobian = torch.autograd.functional.jacobian(coupling, z[:1]).squeeze()  # (2, 3, 2, 3)
        each = torch.stack([jacobian[b, :, b].slogdet()[1] for b in range(2)])
        assert_close(coupling.log_abs_det_jacobian(z[:1], coupling(z[:1]))[0], each)


def test_a_flow_starts_as_the_gaussian_of_its_base():
    with seeded(5):
        head, features = FlowHead(8, L).double(), torch.randn(3, 8).double()
        z = torch.randn(4, 3, L).double()
    assert_close(head(features).log_prob(z), head.base(features).log_prob(z).sum(-1))


@pytest.mark.parametrize("head", [FlowHead, FullCovarianceHead])
def test_every_parameter_of_a_flexible_head_is_trained(head):
    model, x = vae(head), data()
    if head is FlowHead:
        bent(model.encoder.head)
    with seeded(6):
        weighted_loss(elbo(model, x, 3)).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("head", [FlowHead, FullCovarianceHead])
def test_a_q_that_does_not_factorise_has_one_group_and_an_elbo_of_mean_log_w(head):
    model, x = vae(head), data()
    if head is FlowHead:
        bent(model.encoder.head)
    with seeded(7), torch.no_grad():
        trace = model(x, 5000)
    with seeded(7), torch.no_grad():
        terms = elbo(model, x, 5000)
    assert terms.groups == (1,) and terms.kl.shape == (5000, B, 1)
    assert_mean(terms.log_px - terms.kl.sum(-1) - trace.log_w, 0.0)


@pytest.mark.parametrize("head", [FlowHead, FullCovarianceHead])
def test_a_flexible_posterior_stays_on_the_device_of_the_model(head):
    model, x = vae(head).to("meta"), data().to("meta")
    Distribution.set_default_validate_args(False)  # meta tensors have no values to validate
    try:
        terms, bound = elbo(model, x, 3), iwae(model, x, 3)
        weighted_loss(terms).backward()
    finally:
        Distribution.set_default_validate_args(True)
    assert terms.kl.is_meta and bound.is_meta and all(p.grad.is_meta for p in model.parameters())


def test_a_flow_has_parameters_in_its_transforms_so_sticking_the_landing_refuses_it():
    assert isinstance(vae(FlowHead).encoder(data()), TransformedDistribution)
    with pytest.raises(TypeError, match="model: its q is a TransformedDistribution"):
        sticking_the_landing(vae(FlowHead), data())


def test_a_flow_closes_a_gap_that_no_factorised_gaussian_can():
    """A banana-shaped target: after equal training, the flow's reverse KL is far below the Gaussian's."""

    def log_target(z):
        return Normal(0.0, 1.0).log_prob(z[..., 0]) + Normal(z[..., 0] ** 2 - 1, 0.3).log_prob(z[..., 1])

    reached = {}
    for name, head in (("gaussian", GaussianHead), ("flow", FlowHead)):
        with seeded(8):
            net, one = head(1, L), torch.ones(1, 1)
            optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
            for _ in range(600):
                q = net(one)
                z = q.rsample(torch.Size([64]))
                log_q = q.log_prob(z)
                loss = ((log_q.sum(-1) if log_q.ndim == 3 else log_q) - log_target(z)).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            z = net(one).sample(torch.Size([4000]))
            log_q = net(one).log_prob(z)
            reached[name] = ((log_q.sum(-1) if log_q.ndim == 3 else log_q) - log_target(z)).mean().item()
    assert reached["flow"] < 0.5 * reached["gaussian"]


def test_a_mixture_prior_integrates_to_one_and_samples_from_itself():
    with seeded(9):
        prior = MixturePrior(4, L).double()
    points, cell = grid()
    assert_close((prior().log_prob(points).exp().sum() * cell).item(), 1.0, rtol=0, atol=1e-3)
    with seeded(10):
        draws = prior().sample(torch.Size([50_000]))
    assert_mean(draws, prior().mean)


def test_a_vamp_prior_is_the_mean_of_the_posteriors_at_its_pseudo_inputs():
    model, x = vae(), data()
    prior = VampPrior(model.encoder, x).double()
    with seeded(11):
        z = torch.randn(7, L).double()
    q = model.encoder(prior.pseudo_inputs)
    by_hand = q.log_prob(z.unsqueeze(1)).sum(-1).exp().mean(-1).log()
    assert_close(prior().log_prob(z), by_hand)
    assert_close(prior.pseudo_inputs.detach(), x.clamp(0.01, 0.99))


def test_a_vamp_prior_shares_the_encoder_and_trains_its_pseudo_inputs():
    model, x = vae(), data()
    model.prior = VampPrior(model.encoder, x).double()
    names = dict(model.named_parameters())
    assert len(names) == len(list(vae().parameters())) + 1  # the encoder is counted once
    before = model.prior.pseudo_inputs.detach().clone()
    history = fit(
        model,
        Dataset(x, torch.zeros(B, dtype=torch.int64)),
        lambda m, b, s: weighted_loss(elbo(m, b.x)),
        epochs=3,
        lr=0.05,
        progress=False,
    )
    after = model.prior.pseudo_inputs.detach()
    assert len(history) == 3 and (after - before).abs().max() > 1e-3 and ((after > 0) & (after < 1)).all()
    assert model.sample(4).shape == (4, D)


def test_pseudo_inputs_outside_the_range_of_the_data_are_refused():
    model = vae()
    with pytest.raises(ValueError, match=r"pseudo_inputs: got values from 2 to 2; expected 0 to 1"):
        VampPrior(model.encoder, torch.full((3, D), 2.0))
    free = VampPrior(model.encoder, torch.full((3, D), 2.0).double(), bounds=None)
    assert_close(free.pseudo_inputs.detach(), torch.full((3, D), 2.0).double())
