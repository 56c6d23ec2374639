"""How much of the labels a representation holds, by scikit-learn's models on top of it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from vaekit._checks import data_tensor, positive_int


def probe_accuracy(
    codes: Float[Tensor, "N F"],
    labels: Int[Tensor, " N"],
    test_codes: Float[Tensor, "M F"],
    test_labels: Int[Tensor, " M"],
    *,
    max_iter: int = 1000,
) -> float:
    """Return the test accuracy of a multinomial logistic regression on standardised codes.

    Args:
        codes: a representation of the training examples, `(N, F)`.
        labels: their classes, `(N,)`, at least two of them.
        test_codes: that of the test examples, `(M, F)`.
        test_labels: their classes, `(M,)`.
        max_iter: steps of the solver.

    Returns:
        The share of test examples that are classified correctly.

    Raises:
        ValueError: if shapes do not fit, values are not finite, or there is one class alone.
    """
    from sklearn.linear_model import LogisticRegression  # here, because importing scikit-learn takes a second
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data_tensor("test_codes", test_codes, width=data_tensor("codes", codes).shape[1])
    for name, classes, rows in (("labels", labels, codes), ("test_labels", test_labels, test_codes)):
        if classes.shape != rows.shape[:1]:
            raise ValueError(f"{name}: got shape {tuple(classes.shape)}; expected ({len(rows)},), one for each code")
    known, train = np.asarray(labels.cpu()), np.asarray(codes.detach().cpu())
    if len(np.unique(known)) < 2:
        raise ValueError("labels: got one class; expected at least two")
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=positive_int("max_iter", max_iter)))
    probe.fit(train, known)
    return float(probe.score(np.asarray(test_codes.detach().cpu()), np.asarray(test_labels.cpu())))
