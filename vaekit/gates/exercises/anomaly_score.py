"""The task: from a bound to an anomaly score."""

from __future__ import annotations

from vaekit.gates.banks import anomaly_score as bank
from vaekit.gates.orders import ordered
from vaekit.gates.task import Ladder, Task

TASK = Task(
    name="anomaly_score",
    chapter="08",
    statement="A score for each of B inputs from its ELBO in nats: the larger, the more anomalous. Any strictly "
    "decreasing function is right, as long as ELBOs between -10 000 and 10 000 nats stay apart in float64.",
    shapes={"elbo": "(B,)"},
    returns="(B,)",
    difficulty=1,
    minutes=5,
    hints=(
        "The ELBO is a lower bound of log p(x). Do you want a high score where the model finds x likely, or where it "
        "finds x unlikely?",
        "Only the order of the scores counts. Which is the simplest function that reverses an order?",
        "Keep it on the log scale and do not cut it off: probabilities of images are 0 in floating point, and a "
        "threshold is chosen later. One sign is all that has to change.",
    ),
    ladder=Ladder(
        worked="""
# How uncertain is a classifier? One score for each example, larger where
# its best class has less probability, and no threshold yet
def uncertainty(logits):  # (B, C) -> (B,)
    log_best = logits.log_softmax(dim=-1).max(dim=-1).values
    return -log_best  # stays on the log scale
""",
        completion="""
def anomaly_score(elbo):  # (B,) -> (B,)
    surprise = ▢elbo  # in nats
    return ▢
""",
        blanks=("-", "surprise"),
        broken=bank.BROKEN,
        bug="It decides where it should score: everything on one side of a limit gets the same number. And the limit "
        "depends on what else is in the batch.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=ordered,
)
