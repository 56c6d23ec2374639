"""The task: the score-function surrogate with a leave-one-out baseline."""

from __future__ import annotations

from vaekit.gates.banks import leave_one_out_surrogate as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.surrogates import cases
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="leave_one_out_surrogate",
    chapter="03",
    statement="One number to be maximised, whose gradient in the parameters of log_q is the score-function estimate "
    "of the gradient of E_q[reward], the mean over K >= 2 draws, with a leave-one-out baseline: from each reward, the "
    "mean of the other K - 1 rewards is subtracted. The reward may carry a graph and must get no gradient. Only the "
    "gradient counts; any value is right.",
    shapes={"log_q": "(K,)", "reward": "(K,)"},
    returns="()",
    difficulty=3,
    minutes=15,
    hints=(
        "Begin with score_function_surrogate. Subtracting a number from the reward of a draw leaves the expectation "
        "alone if the number does not depend on that draw.",
        "The sum of the others is the sum of all, less one's own. How many others are there?",
        "Each draw has a baseline of its own, so the baselines form a tensor of shape (K,). They are constants, just "
        "as the rewards are.",
    ),
    ladder=Ladder(
        worked="""
# The leave-one-out mean of predictions: how far is each from the others?
def distance_from_others(y):  # (K, B) -> (K, B)
    count = y.shape[0]
    others = (y.sum(dim=0) - y) / (count - 1)
    return y - others  # adds up to zero over the K
""",
        completion="""
def leave_one_out_surrogate(log_q, reward):
    gain = reward.detach()
    others = (gain.sum() - ▢) / ▢
    return ((gain - others) * ▢).mean()
""",
        blanks=("gain", "(len(gain) - 1)", "log_q"),
        broken=bank.BROKEN,
        bug="The baseline is the mean of all rewards, each draw's own included. That shrinks the gradient by 1 - 1/K.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(cases(5, 2, 3, 8), graded=("log_q", "reward"), valued=False),
)
