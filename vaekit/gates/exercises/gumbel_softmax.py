"""The task: a draw of a class that gradients can pass through."""

from __future__ import annotations

from vaekit.gates.banks import gumbel_softmax as bank
from vaekit.gates.relaxing import relaxed
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="gumbel_softmax",
    chapter="12",
    statement="A fresh relaxed draw of one of C classes for each of the B inputs, with gradients to the logits: "
    "softmax((logits + g) / tau), where g is Gumbel noise of its own for each number. The largest share is that of a "
    "class drawn from softmax(logits), at every temperature tau. Logits of ±100 must not overflow.",
    shapes={"logits": "(B, C)", "tau": "float"},
    returns="(B, C)",
    difficulty=2,
    minutes=10,
    hints=(
        "The argmax of logits + g is an exact draw of a class. The relaxation puts something smooth in the place of "
        "the argmax. What does tau divide?",
        "If u is uniform between 0 and 1, -log u is exponential, and minus the logarithm of that is Gumbel.",
        "Draw one uniform number for each logit, turn it into Gumbel noise with two logarithms and two minus signs, "
        "add it to the logits, divide the sum by tau, and take a softmax over the classes.",
    ),
    ladder=Ladder(
        worked="""
# A relaxed coin: where logit + noise > 0 would be an exact draw of heads,
# a sigmoid of the same sum lets a gradient through
def relaxed_coin(logit, tau):  # (B,), float -> (B,)
    uniform = torch.rand_like(logit)
    logistic = uniform.log() - (1 - uniform).log()
    return torch.sigmoid((logit + logistic) / tau)
""",
        completion="""
def gumbel_softmax(logits, tau):
    uniform = torch.rand_like(▢)
    gumbel = -(▢).log()
    return ((logits + gumbel) / ▢).softmax(dim=▢)
""",
        blanks=("logits", "-uniform.log()", "tau", "-1"),
        broken=bank.BROKEN,
        bug="The outer minus is lost, so the noise is Gumbel upside down. The classes are not drawn with the "
        "probabilities softmax(logits).",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=relaxed,
)
