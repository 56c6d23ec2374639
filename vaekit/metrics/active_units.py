"""How many latent units tell examples apart."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from vaekit._checks import all_finite, finite_number, float_tensor


def active_units(mu: Float[Tensor, "N L"], threshold: float = 0.01) -> int:
    """Count the units whose posterior mean varies over the data: Var_x(E_q[z_j|x]) > threshold.

    The variance is taken with 1/(N - 1). It is 0 where a unit says the same of every x, and about 1 where the means
    alone are spread as the prior N(0, 1) is. The count depends on the threshold; 0.01 is customary.
    Source: Burda et al. (2016).

    Args:
        mu: posterior means, one row for each example, `(N, L)`, N >= 2. Means, not samples: a sample varies anyway.
        threshold: the least variance that counts, at least 0.

    Returns:
        The number of active units, from 0 to L.

    Raises:
        TypeError: if `mu` is not a floating-point tensor.
        ValueError: if it has fewer than two rows or is not finite, or the threshold is negative.
    """
    if len(float_tensor("mu", mu, ndim=2)) < 2:
        raise ValueError(f"mu: got {len(mu)} rows; expected at least 2, since a variance over examples is taken")
    all_finite("mu", mu)
    return int((mu.var(0) > finite_number("threshold", threshold, low=0.0)).sum())
