"""What the gates about likelihoods and uses of a VAE have of their own: other arguments, orders, and draws."""

from __future__ import annotations

import math
import re
import sys
from itertools import combinations

import pytest
import torch
from torch.distributions import Categorical, Exponential

from vaekit import gates
from vaekit.gates.arguments import MixedLearner, in_tensors
from vaekit.gates.gate import judge
from vaekit.gates.guard import Failure
from vaekit.gates.observe import Probe
from vaekit.gates.orders import pattern, probes
from vaekit.gates.priors import LINKS
from vaekit.gates.probe_decoder import ProbeDecoder
from vaekit.gates.probes import Draw

bernoulli, gaussian = gates.bernoulli_log_likelihood.task, gates.gaussian_log_likelihood.task
sample, conditional, anomaly = gates.sample_prior.task, gates.conditional_input.task, gates.anomaly_score.task
MIXED = pytest.mark.parametrize("task", [sample, conditional], ids=lambda task: task.name)
ROWS = {  # of the table of misconceptions
    "bernoulli_log_likelihood": {2: "pixels-averaged", 6: "batch-reduced", 28: "log-of-zero", 32: "double-sigmoid"},
    "gaussian_log_likelihood": {7: "logvar-as-log-sigma", 12: "half-misplaced", 27: "clamped-logvar"},
    "sample_prior": {16: "uniform-latents", 19: "constant-latents", 31: "other-squashing", 32: "double-sigmoid"},
    "conditional_input": {51: "label-missing"},
    "anomaly_score": {55: "wrong-direction"},
}


def test_the_banks_cover_the_rows_of_the_table_of_misconceptions():
    for name, rows in ROWS.items():
        assert set(rows.values()) <= {mutant.slug for mutant in getattr(gates, name).task.bank}, name
    assert {"log-term-missing", "two-pi-missing", "sigma-for-variance"} <= {each.slug for each in gaussian.bank}  # 33


def test_every_two_codes_of_a_label_are_told_apart():
    task = in_tensors(conditional)
    cases = [case for case in task.settings.cases(Draw(0)) if case.inputs[0].dtype == torch.float64]
    forms = [(m.slug, form) for m in task.bank for form in m.forms if m.slug != "random-result"]

    def observed(form):
        try:
            return [form(*case.inputs) for case in cases]
        except RuntimeError:  # some are impossible where a label or a class is missing
            return [form(*cases[0].inputs)]

    seen = [observed(form) for _, form in forms]
    for (one, left), (other, right) in combinations(zip(forms, seen, strict=True), 2):
        pairs = zip(cases, left, right, strict=False)
        assert not all(Probe(case).close(a, b) for case, a, b in pairs), f"{one} and {other}"


def test_every_two_scores_of_different_names_order_the_examples_differently():
    values = list(probes(Draw(0)))
    rows = [(mutant.slug, form) for mutant in anomaly.bank for form in mutant.forms]
    shaped = [(slug, form) for slug, form in rows if form(values[0]).shape == values[0].shape]
    for (one, left), (other, right) in combinations(shaped, 2):
        same = all(torch.equal(pattern(left(each)), pattern(right(each))) for each in values)
        assert not same or one == other, f"{one} and {other}"


def test_every_two_functions_of_the_logits_are_told_apart():
    logits = Draw(0).normal(6, 5)
    seen = [(slug, link(logits)) for slug, links in LINKS.items() for link in links]
    for (one, left), (other, right) in combinations([*seen, ("right", logits.sigmoid())], 2):
        assert not torch.allclose(left, right, rtol=1e-4, atol=1e-5), f"{one} and {other}"


def test_fair_draws_are_never_rejected_in_hundreds_of_runs():
    assert all(judge(sample, sample.solution, seed).status == "passed" for seed in range(200))


def test_unfair_draws_are_always_rejected():
    for mutant in sample.bank:
        for form in mutant.forms:
            for seed in range(1000, 1004):
                assert judge(sample, form, seed).misconception == mutant.slug


def test_the_probe_decoder_gives_back_its_latents_and_knows_foreign_images():
    decoder, z = ProbeDecoder(3, 7, Draw(1)), Draw(2).normal(500, 3, dtype=torch.float32)
    torch.testing.assert_close(decoder.latents_of(decoder(z).sigmoid()), z.double(), rtol=0, atol=1e-3)
    assert decoder.latents_of(torch.rand(500, 7)) is None
    assert decoder.latents_of(decoder(z)) is None


def arguments(task):
    if task is sample:
        return ProbeDecoder(3, 7, Draw(0)), 5, 3
    return torch.randn(5, 3), torch.tensor([0, 2, 1, 1, 0]), 4


@MIXED
def test_useless_functions_of_other_arguments_fail_with_a_message_that_says_what_they_are(task):
    def changed(change):
        return lambda *inputs: change(task.solution(*inputs))

    cases = {
        "zeros|0, 0": changed(torch.zeros_like),
        "NaN|nan": changed(lambda result: result * float("nan")),
        "shape": changed(lambda result: result[None, None]),
        "ZeroDivisionError": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "None": lambda *inputs: None,
        "ndarray": changed(lambda result: result.detach().numpy()),
        "list": changed(lambda result: result.tolist()),
        "complex": changed(lambda result: result * 1j),
        "int64": changed(lambda result: result.long()),
        "float16": changed(lambda result: result.half()),
        "cannot be called": lambda: torch.zeros(5, 7),
        "tensor|expected|input": lambda first, *others: first,
    }
    for word, function in cases.items():
        verdict = getattr(gates, task.name)(function)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)


@MIXED
def test_a_call_that_raises_is_described_with_its_numbers(task):
    with pytest.raises(Failure, match=r"1 / 0|division by zero.* There, num.* = "):
        MixedLearner(lambda *inputs: 1 / 0, task.arguments)(*arguments(task))


def test_edits_of_labels_and_of_a_decoder_are_seen():
    def relabels(x, y, num_classes):
        y.clamp_(max=1)
        return conditional.solution(x, y, num_classes)

    def retunes(decoder, num, latent_dim):
        with torch.no_grad():
            decoder.bias.zero_()
        return sample.solution(decoder, num, latent_dim)

    for gate, function, name in (
        (gates.conditional_input, relabels, "y"),
        (gates.sample_prior, retunes, "decoder.bias"),
    ):
        verdict = gate(function)
        assert verdict.misconception == "edits-its-input" and f"input {name} in place" in verdict.message


def test_what_the_banks_do_not_hold_is_described_by_its_properties():
    unknown = [
        (anomaly, "wrong-direction", lambda e: e**3 + e),
        (anomaly, "rounded", lambda e: -(4 * e).round() / 4),
        (anomaly, "levels-off", lambda e: (-e).clamp(-123, 456)),
        (anomaly, "wrong-example", lambda e: -e - 0.9 * e.roll(2)),
        (anomaly, None, lambda e: -e + 100 * (e / 30).sin()),
        (bernoulli, "cut-off", lambda a, x: bernoulli.solution(a.clamp(-23, 17), x)),
        (bernoulli, "exp-overflows", lambda a, x: ((x - 1) * a - (1 + (-a).exp()).log()).sum(-1)),
        (bernoulli, "log-of-zero", lambda a, x: (1 - x - 1 / (1 + (-a).exp())).abs().log().sum(-1)),
        (gaussian, "clamped-logvar", lambda x, m, s: gaussian.solution(x, m, s.clamp(-37, 50))),
        (gaussian, "wrong-factor", lambda x, m, s: 1.7 * gaussian.solution(x, m, s)),
        (gaussian, "no-gradient", lambda x, m, s: gaussian.solution(x, m, s.detach())),
        (sample, "wrong-spread", lambda decoder, n, k: decoder(0.8 * torch.randn(n, k)).sigmoid()),
        (sample, "latents-shifted", lambda decoder, n, k: decoder(torch.randn(n, k) - 0.3).sigmoid()),
        (sample, None, lambda decoder, n, k: decoder(torch.randn(n, k)).sigmoid().clamp(0.4, 0.6)),
    ]
    for task, slug, function in unknown:
        verdict = judge(task, function, 0)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_a_memorised_sheet_of_images_or_score_fails():
    memory = {}

    def images(decoder, num, latent_dim):
        return memory.setdefault(num, sample.solution(decoder, num, latent_dim))

    def scores(elbo):
        return memory.setdefault((len(elbo), elbo.dtype), -elbo)

    assert judge(sample, images, 1).status == judge(anomaly, scores, 1).status == "failed"


def test_worked_examples_are_right():
    space = {"torch": torch, "math": math}
    for task in (bernoulli, gaussian, sample, conditional, anomaly):
        exec(task.ladder.worked, space)
    logits, y = torch.randn(4, 10), torch.tensor([3, 0, 9, 9])
    torch.testing.assert_close(space["categorical_log_likelihood"](logits, y), Categorical(logits=logits).log_prob(y))
    x, log_mean = torch.rand(4, 3), torch.randn(4, 3)
    waiting = Exponential((-log_mean).exp()).log_prob(x).sum(-1)
    torch.testing.assert_close(space["exponential_log_likelihood"](x, log_mean), waiting)
    z = space["with_month"](torch.zeros(2, 1), torch.tensor([0, 12]))
    torch.testing.assert_close(z[0], z[1], rtol=0, atol=1e-6)
    rates = space["sample_rates"](torch.nn.Linear(2, 5), 7)
    assert rates.shape == (7, 5) and bool((rates > 0).all())
    sure, unsure = space["uncertainty"](torch.tensor([[9.0, 0.0], [0.1, 0.0]]))
    assert sure < unsure
