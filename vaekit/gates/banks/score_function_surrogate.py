"""The right surrogate for the score-function gradient, and the wrong ones."""

from __future__ import annotations

from torch import Tensor

from vaekit.gates.task import wrong


def solution(log_q: Tensor, reward: Tensor) -> Tensor:
    """Its gradient is the mean of reward times score; the reward is held constant."""
    return (reward.detach() * log_q).mean()


def _attached(log_q: Tensor, reward: Tensor) -> Tensor:
    surrogate = reward * log_q
    return surrogate.mean()


BROKEN = _attached
BANK = (
    wrong(
        "reward-not-detached",
        "The reward passes a gradient on, multiplied by log q. That is not part of the estimate: the decoder, say, "
        "would be trained on its own loss times a log density, with a sign that changes from draw to draw. What does "
        "the score-function estimate treat as a constant?",
        _attached,
        lambda q, r: (r * q).sum(),
    ),
    wrong(
        "descent-sign",
        "Its gradient points downhill: maximising this surrogate lowers the expected reward. Is the result to be "
        "minimised or maximised?",
        lambda q, r: -(r.detach() * q).mean(),
    ),
    wrong(
        "sum-over-samples",
        "It adds up the draws where the mean is wanted: the gradient is K times too large, so more draws mean a "
        "larger step instead of a better one. What estimates an expectation?",
        lambda q, r: (r.detach() * q).sum(),
        lambda q, r: -(r.detach() * q).sum(),
    ),
    wrong(
        "log-q-detached",
        "log q is held constant and the reward is not. The gradient then flows through the reward alone, and is zero "
        "wherever the reward is a plain number. Which of the two carries the parameters of q?",
        lambda q, r: (r * q.detach()).mean(),
        lambda q, r: r.mean(),
        lambda q, r: r.sum(),
    ),
    wrong(
        "reward-ignored",
        "The reward does not enter: the gradient is that of the likelihood of the draws, which is zero on average. "
        "What makes one draw better than another?",
        lambda q, r: q.mean(),
        lambda q, r: q.sum(),
        lambda q, r: -q.mean(),
    ),
    wrong(
        "density-for-log-density",
        "It uses the density where its logarithm belongs. The gradient is then weighted by q once more: likely draws "
        "count twice, unlikely ones hardly at all. Whose derivative is the score?",
        lambda q, r: (r.detach() * q.exp()).mean(),
        lambda q, r: (r.detach() * q.exp()).sum(),
        lambda q, r: (r * q.exp()).mean(),
    ),
    wrong(
        "product-of-means",
        "It multiplies the mean reward with the mean log density, so that every draw gets the same credit and good "
        "draws are not told from bad ones. What is multiplied before the mean is taken?",
        lambda q, r: q.mean() * r.detach().mean(),
        lambda q, r: q.sum() * r.detach().mean(),
        lambda q, r: q.mean() * r.mean(),
    ),
    wrong(
        "leave-one-out-baseline",
        "It subtracts the mean of the other rewards. That is a good idea and another task: the plain estimate is "
        "asked for here. Which number multiplies each score?",
        lambda q, r: ((r.detach() - r.detach().mean()) * q).sum() / max(len(r) - 1, 1),
    ),
    wrong(
        "baseline-includes-own-sample",
        "It subtracts the mean reward, each draw's own included. That shrinks the gradient by 1 - 1/K, and to nothing "
        "for one draw. Which number multiplies each score in the plain estimate?",
        lambda q, r: ((r.detach() - r.detach().mean()) * q).mean(),
        lambda q, r: ((r.detach() - r.detach().mean()) * q).sum(),
        lambda q, r: ((r - r.mean()) * q).mean(),
    ),
    wrong(
        "standardised-rewards",
        "The rewards are standardised before use. Dividing by their spread makes the gradient a ratio of random "
        "numbers, which is biased, and NaN for one draw. Which number multiplies each score?",
        lambda q, r: ((r.detach() - r.detach().mean()) / r.detach().std() * q).mean(),
        lambda q, r: ((r.detach() - r.detach().mean()) / r.detach().std(correction=0) * q).mean(),
    ),
    wrong(
        "sum-of-reward-and-score",
        "Reward and log density are added, so the reward does not decide which draws become likelier. How does the "
        "reward enter the estimate?",
        lambda q, r: (q + r).mean(),
        lambda q, r: (r - q).mean(),
    ),
    wrong(
        "other-function-of-the-reward",
        "It uses another function of the reward: its exponential, its absolute value or its square. The gradient then "
        "belongs to the expectation of that. Which expectation is to rise?",
        lambda q, r: (r.detach().exp() * q).mean(),
        lambda q, r: (r.detach().abs() * q).mean(),
        lambda q, r: (r.detach() ** 2 * q).mean(),
        lambda q, r: (r.detach().softmax(0) * q).sum(),
    ),
    wrong(
        "best-draw-only",
        "Only the best draw counts. The others say what to avoid, and without them the estimate is biased. How does "
        "each of the K draws count?",
        lambda q, r: q[r.argmax()] * r.detach().max(),
        lambda q, r: q[r.argmax()],
        lambda q, r: q[0] * r.detach()[0],
    ),
)
