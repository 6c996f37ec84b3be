"""A random dense first layer under any head: its map is the input, and across it noise of a known size."""

from __future__ import annotations

import math


def tangent_bound(hidden: int, size: int, risk: float) -> float:
    """What ``tan^2`` of guided backprop's angle with the input exceeds with a probability of at most `risk`.

    Parameters
    ----------
    hidden : int
        M, hidden units of a random fully connected three-layer net.
    size : int
        p, numbers of the input.
    risk : float
        In (0, 1).

    Returns
    -------
    float
        Infinite for fewer than ``2 pi^2 log(3 / risk)`` units.

    Notes
    -----
    ``[M/4 + sqrt(1.5 M L) + 2 L] [(p - 1) + 2 sqrt((p - 1) L) + 2 L] / [M / 2 pi (1 - pi sqrt(2 L / M))]^2``
    with ``L = log(3 / risk)``: Bernstein's bound for ``sum h(V)^2 1(z > 0)``, Laurent and Massart's (2000)
    for the chi^2 across the input, and Maurer's (2003) for the sum along it, each with a third of the risk.
    So ``N = pi^2 p / eps^2 (1 + o(1))`` units bring the tangent below eps: the published order, with its
    constant.
    """
    level = math.log(3 / risk)
    if math.pi * math.sqrt(2 * level / hidden) >= 1:
        return math.inf
    energy = hidden / 4 + math.sqrt(1.5 * hidden * level) + 2 * level
    across = (size - 1) + 2 * math.sqrt((size - 1) * level) + 2 * level
    along = hidden / (2 * math.pi) * (1 - math.pi * math.sqrt(2 * level / hidden))
    return energy * across / along**2
