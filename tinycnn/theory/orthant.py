"""How likely all of several correlated Gaussians are positive."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_normal

from tinycnn.ops.types import Array


def orthant(correlation: Array, seed: int = 0) -> float:
    """``P(g_1 >= 0, ..., g_n >= 0)`` for g ~ N(0, R).

    Parameters
    ----------
    correlation : (n, n)
        R. It may be singular.
    seed : int
        Of the quasi-random points of the numeric integral.

    Notes
    -----
    Closed form up to n = 3: ``1/2``, ``1/4 + asin r / 2pi``, and ``1/8 + (sum of the three asin) / 4pi``.
    Beyond that there is none, and Genz's method (1992) is used, to about 1e-4.
    """
    n = len(correlation)
    if n <= 3:
        angles = np.arcsin(np.clip(correlation[np.triu_indices(n, 1)], -1, 1))
        return float(0.5**n + angles.sum() / (2 ** (n - 1) * np.pi)) if n else 1.0
    law = multivariate_normal(np.zeros(n), correlation, allow_singular=True, seed=seed)
    return float(law.cdf(np.zeros(n), rng=np.random.default_rng(seed)))
