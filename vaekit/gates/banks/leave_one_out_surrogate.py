"""The right surrogate with a leave-one-out baseline, and the wrong ones."""

from __future__ import annotations

from torch import Tensor

from vaekit.gates.task import wrong


def solution(log_q: Tensor, reward: Tensor) -> Tensor:
    """Each reward is measured against the mean of the others, which its own draw does not touch."""
    gain = reward.detach()
    others = (gain.sum() - gain) / (len(gain) - 1)  # (K,)
    return ((gain - others) * log_q).mean()


def _own_included(log_q: Tensor, reward: Tensor) -> Tensor:
    gain = reward.detach()
    baseline = gain.mean()
    return ((gain - baseline) * log_q).mean()


def _others(r: Tensor) -> Tensor:
    return (r.sum() - r) / (len(r) - 1)


BROKEN = _own_included
BANK = (
    wrong(
        "baseline-includes-own-sample",
        "The baseline of each draw contains its own reward. It then depends on the draw, which shrinks the gradient "
        "by 1 - 1/K on average: by half for two draws. Whose rewards may a baseline use?",
        _own_included,
    ),
    wrong(
        "no-baseline",
        "No baseline is subtracted. The gradient is right on average and needlessly noisy: add 1000 to every reward, "
        "and the noise drowns it. What does each reward have to be compared with?",
        lambda q, r: (r.detach() * q).mean(),
    ),
    wrong(
        "descent-sign",
        "Its gradient points downhill: maximising this surrogate lowers the expected reward. Is the result to be "
        "minimised or maximised?",
        lambda q, r: -((r - _others(r)).detach() * q).mean(),
        lambda q, r: -((r - r.mean()).detach() * q).mean(),
    ),
    wrong(
        "sum-over-samples",
        "It adds up the draws where the mean is wanted: the gradient is K times too large, so more draws mean a "
        "larger step instead of a better one. What estimates an expectation?",
        lambda q, r: ((r - _others(r)).detach() * q).sum(),
        lambda q, r: ((r - r.mean()).detach() * q).sum(),
    ),
    wrong(
        "reward-not-detached",
        "The rewards pass a gradient on, multiplied by log q. That is not part of the estimate: whatever computes the "
        "reward is trained on something that nobody asked for. What does the score-function estimate treat as "
        "constants?",
        lambda q, r: ((r - _others(r)) * q).mean(),
        lambda q, r: ((r - r.mean()) * q).mean(),
    ),
    wrong(
        "baseline-not-detached",
        "The reward or the baseline is detached, and the other is not, so a gradient still reaches whatever computes "
        "the rewards. Of which tensors is the baseline made?",
        lambda q, r: ((r.detach() - _others(r)) * q).mean(),
        lambda q, r: ((r - _others(r).detach()) * q).mean(),
        lambda q, r: ((r.detach() - r.mean()) * q).mean(),
        lambda q, r: ((r - r.mean().detach()) * q).mean(),
    ),
    wrong(
        "others-divided-by-k",
        "The other rewards are added up and divided by K, but there are K - 1 of them. A part of every reward stays "
        "uncentred, so a constant added to all of them makes noise. How many numbers does the mean of the others "
        "average?",
        lambda q, r: ((r - (r.sum() - r) / len(r)).detach() * q).mean(),
    ),
    wrong(
        "others-not-averaged",
        "The other rewards are added up and not averaged. The baseline is K - 1 times too large, and the noise grows "
        "with K. What is a typical reward of the others?",
        lambda q, r: ((r - (r.sum() - r)).detach() * q).mean(),
    ),
    wrong(
        "divides-by-k-minus-one-twice",
        "The scale is off by K / (K - 1): the mean over the draws divides by K - 1, or the correction is made twice. "
        "Which of the two means runs over K numbers and which over K - 1?",
        lambda q, r: ((r - _others(r)).detach() * q).sum() / (len(r) - 1),
    ),
    wrong(
        "own-reward-missing",
        "It uses the mean of the others and forgets the reward itself. The gradient of that is zero on average: "
        "nothing is learned. What is to be compared with the baseline?",
        lambda q, r: (_others(r).detach() * q).mean(),
        lambda q, r: -(_others(r).detach() * q).mean(),
    ),
    wrong(
        "baseline-added",
        "The baseline is added where it must be subtracted: it makes the noise larger. What does a reward mean if all "
        "the others are just as high?",
        lambda q, r: ((r + _others(r)).detach() * q).mean(),
    ),
    wrong(
        "log-q-detached",
        "log q is held constant and the reward is not. The gradient then flows through the reward alone. Which of the "
        "two carries the parameters of q?",
        lambda q, r: ((r - _others(r)) * q.detach()).mean(),
        lambda q, r: r.mean(),
    ),
    wrong(
        "density-for-log-density",
        "It uses the density where its logarithm belongs: likely draws count twice, unlikely ones hardly at all. "
        "Whose derivative is the score?",
        lambda q, r: ((r - _others(r)).detach() * q.exp()).mean(),
        lambda q, r: ((r - _others(r)).detach() * q.exp()).sum(),
    ),
    wrong(
        "baseline-of-log-densities",
        "The baseline is made of log densities, not of rewards. What must a baseline not depend on, and what is it "
        "compared with?",
        lambda q, r: ((r.detach() - _others(q)) * q).mean(),
        lambda q, r: ((r - _others(q)).detach() * q).mean(),
    ),
    wrong(
        "standardised-rewards",
        "The rewards are divided by their spread, which depends on the draw itself: the estimate is biased, and its "
        "size says nothing about the size of the rewards. Which numbers may a draw's own reward touch?",
        lambda q, r: ((r - _others(r)).detach() / r.detach().std() * q).mean(),
        lambda q, r: ((r - r.mean()).detach() / r.detach().std() * q).mean(),
        lambda q, r: ((r - r.mean()).detach() / r.detach().std(correction=0) * q).mean(),
    ),
    wrong(
        "neighbour-as-baseline",
        "Each draw is compared with one other draw, not with all of them. That is unbiased, and noisier than it need "
        "be: the baseline is as noisy as the reward. How many other draws are there?",
        lambda q, r: ((r - r.roll(1)).detach() * q).mean(),
        lambda q, r: ((r - r.roll(-1)).detach() * q).mean(),
        lambda q, r: ((r - r.flip(0)).detach() * q).mean(),
    ),
    wrong(
        "extreme-as-baseline",
        "The baseline is the best or the worst of all rewards, or their median, which depends on the draw itself: the "
        "estimate is biased. Whose rewards may a baseline use?",
        lambda q, r: ((r - r.max()).detach() * q).mean(),
        lambda q, r: ((r - r.min()).detach() * q).mean(),
        lambda q, r: ((r - r.median()).detach() * q).mean(),
    ),
)
