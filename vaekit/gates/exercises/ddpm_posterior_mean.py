"""The task: the mean of the state before, if the state and the data are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import ddpm_posterior_mean as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.task import Ladder, Task

SIZES = ((5, 3, 9, 4), (4, 4, 7, 3), (2, 7, 6, 2), (1, 6, 8, 5), (6, 1, 7, 4), (1, 1, 6, 3))  # B, D, T, t
ENDS = ((5, 3, 6, 1), (5, 3, 6, 5), (5, 3, 6, 0), (4, 4, 2, 1), (3, 5, 2, 0), (4, 3, 1, 0), (1, 1, 1, 0))


def _case(draw: Draw, size: tuple[int, int], t: int, alphas: Tensor, label: str, scale: float = 1.0) -> Case:
    x0, xt = (draw.normal(*size, dtype=alphas.dtype, scale=scale) for _ in range(2))
    return Case((x0, xt, torch.tensor(float(t), device="cpu"), alphas, alphas.cumprod(0)), label)


def _cases(draw: Draw) -> Iterator[Case]:
    """In the middle of a schedule; at its ends; then a long one of tiny steps, and one that ends in noise; large."""
    for sizes in (SIZES, ENDS):
        for batch, width, count, t in sizes:
            for dtype in DTYPES:
                alphas = draw.uniform(count, low=0.6, high=0.95, dtype=dtype)
                yield _case(draw, (batch, width), t, alphas, f" with t = {t} of {count} steps")
    for t in (29, 14, 1, 0):  # in float32, 1 - alpha_bar has few digits there, however it is computed
        alphas = 1 - torch.linspace(1e-4, 0.02, 30, dtype=torch.float64, device="cpu")
        yield _case(draw, (4, 3), t, alphas, f" with t = {t} of 30 tiny steps")
    for dtype in DTYPES:
        alphas = torch.tensor([0.9, 0.7, 0.4, 0.1, 0.001], dtype=dtype, device="cpu")
        for t in (4, 3):
            yield _case(draw, (4, 3), t, alphas, " with an alpha_bar that ends near 0")
        yield _case(draw, (4, 3), 2, alphas, " of large numbers", scale=100.0)


def _weights(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Which weights an unknown mean gives to x0 and xt; and where all is right until t = 0, what is wrong there."""
    x0, xt, t, alphas, alpha_bar = (tensor.double() for tensor in case.inputs)
    whole, nothing = answer(x0, xt, t, alphas, alpha_bar), torch.zeros_like(x0, device="cpu")
    if t == 0:
        return "first-step-changed" if whole.isfinite().all() else "divides-by-zero"
    if not whole.isfinite().all() or any(torch.allclose(whole, other) for other in (x0, xt, nothing)):
        return None
    if not torch.allclose(0.001 * whole, small := answer(0.001 * x0, 0.001 * xt, t, alphas, alpha_bar)):
        return "clipped" if torch.allclose(small, 0.001 * _right(x0, xt, t, alphas, alpha_bar)) else None
    one = nothing + 1
    (on_x0, on_xt), right = (
        (of(one, nothing, t, alphas, alpha_bar), of(nothing, one, t, alphas, alpha_bar)) for of in (answer, _right)
    )
    if not torch.allclose(on_x0 * x0 + on_xt * xt, whole):
        return None
    if not on_x0.any() or not on_xt.any():
        return "xt-ignored" if on_x0.any() else "x-zero-ignored"
    if torch.allclose(on_xt, right[1]):
        return "weight-of-x-zero"
    return "weight-of-xt" if torch.allclose(on_x0, right[0]) else None


def _right(x0: Tensor, xt: Tensor, t: Tensor, alphas: Tensor, alpha_bar: Tensor) -> Tensor:
    return bank.solution(x0, xt, int(t), alphas, alpha_bar)


TASK = Task(
    name="ddpm_posterior_mean",
    chapter="15",
    statement="The mean of q(x before | xt, x0): where a diffusion was before step t, given the data x0 and the state "
    "xt after that step. Step t multiplies by the root of alphas[t] and adds noise of variance 1 - alphas[t]; "
    "alpha_bar is the running product of alphas. t is one number, counted from 0; before step 0 there is x0 itself, "
    "with an alpha_bar of 1.",
    shapes={"x0": "(B, D)", "xt": "(B, D)", "t": "int", "alphas": "(T,)", "alpha_bar": "(T,)"},
    returns="(B, D)",
    difficulty=2,
    minutes=15,
    hints=(
        "Two things are known of the state before: from x0 it is Gaussian, and xt is Gaussian around a multiple of it. "
        "By which rule do you bring them together, and what is the product of two Gaussians in the same variable?",
        "From x0 the state before has mean sqrt(alpha_bar before) x0 and variance 1 - alpha_bar before; divided by "
        "sqrt(alpha), xt measures it with variance beta / alpha. Weigh each by its precision. Over a common "
        "denominator, 1 - alpha_bar[t] remains.",
        "The weight of x0 is sqrt(alpha_bar before) beta / (1 - alpha_bar[t]), that of xt is sqrt(alpha) (1 - "
        "alpha_bar before) / (1 - alpha_bar[t]). At t = 0 the index t - 1 is the last entry: that case needs a 1.",
    ),
    ladder=Ladder(
        worked="""
# Where a boat is: a forecast with variance v and a sighting with variance
# w, two Gaussians in the same variable, each weighed by the other's doubt
def fused_place(forecast, sighting, v, w):  # (B, D), (B, D), (), () -> (B, D)
    on_forecast = w / (v + w)
    on_sighting = v / (v + w)
    return on_forecast * forecast + on_sighting * sighting
""",
        completion="""
def ddpm_posterior_mean(x0, xt, t, alphas, alpha_bar):
    before = alpha_bar[t - 1] if ▢ else torch.ones_like(alpha_bar[0])
    on_x0 = ▢ * (1 - alphas[t])
    on_xt = alphas[t].sqrt() * ▢
    return (on_x0 * x0 + on_xt * xt) / ▢
""",
        blanks=("t > 0", "before.sqrt()", "(1 - before)", "(1 - alpha_bar[t])"),
        broken=bank.BROKEN,
        bug="At t = 0 it reads alpha_bar[-1], the last entry, as if noise came before the data. No error shows it, and "
        "only the last step of sampling is wrong.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, Tensor.clone, int, Tensor.clone, Tensor.clone),
        Settings(
            _cases,
            ([[1.0, -1.0]], [[2.0, 0.5]], 1.0, [0.64, 0.25, 0.5], [0.64, 0.16, 0.08]),
            everywhere=(_weights,),
        ),
    ),
)
