"""The task: a surrogate whose gradient is the score-function estimate."""

from __future__ import annotations

from vaekit.gates.banks import score_function_surrogate as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.surrogates import cases
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="score_function_surrogate",
    chapter="03",
    statement="One number to be maximised, whose gradient in the parameters of log_q is the score-function estimate "
    "of the gradient of E_q[reward], the mean over K draws. log_q holds log q(z_k), reward the reward of each draw. "
    "The reward may carry a graph and must get no gradient. Only the gradient counts; any value is right.",
    shapes={"log_q": "(K,)", "reward": "(K,)"},
    returns="()",
    difficulty=2,
    minutes=10,
    hints=(
        "The gradient of E_q[r(z)] is E_q[r(z) ∇log q(z)]. Which function of log_q has r(z_k) ∇log q(z_k) as its "
        "gradient?",
        "In that product the reward is a number. How do you tell torch to treat a tensor as a number?",
        "Multiply each log density with its own reward, held constant, and estimate the expectation as usual.",
    ),
    ladder=Ladder(
        worked="""
# The gradient of log E_q[w] is a mean of scores, weighted by w / sum(w)
def log_weight_surrogate(log_q, log_w):  # (K,), (K,) -> ()
    weights = log_w.softmax(dim=0).detach()  # constants that sum to 1
    return (weights * log_q).sum()
""",
        completion="""
def score_function_surrogate(log_q, reward):
    constant = reward.▢
    terms = constant * ▢
    return terms.▢
""",
        blanks=("detach()", "log_q", "mean()"),
        broken=bank.BROKEN,
        bug="The reward is not detached, so it gets a gradient of its own: log q times the gradient of the reward.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(cases(5, 2, 1, 8), graded=("log_q", "reward"), valued=False),
)
