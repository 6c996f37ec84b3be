"""Which of several patches wins a max-pool window, and the mean of the filters that make it win.

For the cone ``A_j = {w : w.y_j >= w.y_l for all l}`` of patch j among its rivals,

    E[w 1(w in A_j)] = 1 / sqrt(2 pi) sum_{l != j} n_jl P_jl,       w ~ N(0, I),

with ``n_jl = (y_j - y_l) / |y_j - y_l|`` and P_jl the probability that j beats everyone else when it ties
with l. A ReLU before the pool adds the fictitious patch ``y_0 = 0``, whose cone is the dead windows.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.orthant import orthant

SMALL = 1e-9
"""Relative length below which a difference of patches counts as zero."""


def cone_means(y: Array) -> Array:
    """``E[w 1(w in A_j)]`` for every patch of every window, in closed form for at most five patches.

    Parameters
    ----------
    y : (..., n, p)
        The candidates of each window, in the order in which ties are resolved; with a ReLU, a patch of
        zeros is among them.

    Returns
    -------
    (..., n, p)
        For n > 5 each weight is a numeric integral, which is meant for a few windows only.

    Notes
    -----
    Divergence theorem: ``w`` times the Gaussian density is minus its gradient, so the mean over a cone is
    an integral over its faces. Of equal patches the first takes all. Means over all n sum to 0.
    """
    y = np.asarray(y, np.float64)
    flat = y.reshape(-1, *y.shape[-2:])
    means = np.zeros_like(flat)
    for j in range(y.shape[-2]):
        difference = flat[:, j : j + 1] - flat
        weights = cone_weights(difference, j)
        lengths = np.linalg.norm(difference, axis=-1)
        scale = np.divide(weights, lengths, out=np.zeros_like(weights), where=weights > 0)
        means[:, j] = np.einsum("jl,jlp->jp", scale, difference) / np.sqrt(2 * np.pi)
    return means.reshape(y.shape)


def cone_weights(difference: Array, j: int) -> Array:
    """``P_jl`` for one candidate j of many windows.

    Parameters
    ----------
    difference : (J, n, p)
        ``y_j - y_l``.
    j : int
        Which of the n candidates; its own weight is 0.

    Returns
    -------
    (J, n)

    Notes
    -----
    Given ``w.(y_j - y_l) = 0``, the other differences are Gaussian with the part along n_jl removed, so
    P_jl is an orthant probability; for five candidates
    ``1/8 + (asin r12 + asin r13 + asin r23) / 4 pi`` and for four ``1/4 + asin r / 2 pi``.
    """
    n = difference.shape[1]
    lengths = np.linalg.norm(difference, axis=-1)
    scale = lengths.max(axis=-1, keepdims=True)
    equal = lengths <= SMALL * scale
    beaten = equal[:, :j].any(axis=1)
    weights = np.zeros(lengths.shape)
    for rival in set(range(n)) - {j}:
        others = [m for m in range(n) if m not in (j, rival)]
        weights[:, rival] = _weight(difference, lengths, equal, rival, others)
        weights[equal[:, rival] | beaten, rival] = 0
    return weights


def _weight(difference: Array, lengths: Array, equal: Array, rival: int, others: list[int]) -> Array:
    """P_jl before ties: project, correlate, integrate; constraints that always hold are left out."""
    normal = difference[:, rival] / np.where(equal[:, rival], 1, lengths[:, rival])[:, None]
    rest = difference[:, others]
    along = np.einsum("jmp,jp->jm", rest, normal)
    across = rest - along[..., None] * normal[:, None]
    size = np.linalg.norm(across, axis=-1)
    parallel = size <= SMALL * lengths[:, others]
    unit = across / np.where(parallel, 1, size)[..., None]
    unit[parallel] = 0
    certain = equal[:, others]
    same, against = (parallel & ~certain & (along > 0)), (parallel & ~certain & (along < 0))
    twice = (same & (np.array(others) < rival)).any(axis=1)
    weight = _orthants(np.einsum("jmp,jlp->jml", unit, unit), certain | same)
    return np.where(twice | against.any(axis=1), 0, weight)


def _orthants(correlation: Array, certain: Array) -> Array:
    """Orthant probabilities of many correlation matrices; a certain variable is no constraint."""
    n = correlation.shape[-1]
    if n > 3:
        return np.array([orthant(r[np.ix_(~c, ~c)]) for r, c in zip(correlation, certain, strict=True)])
    upper = np.triu_indices(n, 1)
    angles = np.arcsin(np.clip(correlation[:, upper[0], upper[1]], -1, 1)).sum(axis=1)
    free = 2.0 ** certain.sum(axis=1)
    return free * (0.5**n + angles / (2 ** (n - 1) * np.pi)) if n else np.ones(len(certain))
