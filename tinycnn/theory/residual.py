"""Guided backprop through a random residual net: many weak blocks, each of which sends a little of the image.

Of L blocks, block l adds ``Delta_l = B_l relu(A_l x_(l-1))`` to its input, with ``A ~ N(0, 1/d)`` and
``B ~ N(0, 2 alpha^2 / M)``, so that ``|Delta_l| = alpha |x_(l-1)|``. The identity is not rectified backward.
"""

from __future__ import annotations

import math

import numpy as np

from tinycnn.theory.depth import kept_energy, kept_signal


def residual_cosine(size: int, hidden: int, depth: int, strength: float) -> float:
    """Cosine of guided backprop with the input, through wide blocks.

    Parameters
    ----------
    size : int
        d, numbers of the input and of the sum.
    hidden : int
        M, units inside a block.
    depth : int
        L, blocks.
    strength : float
        alpha, a block's output over its input.

    Notes ----- The signal S comes down block by block, and what matters of it is its length and its products
    with what every block had added, ``u_k = <S, Delta_k>``, the input being ``Delta_0``. A block's units
    receive a part along their own input in the ratio ``r = sqrt(2 d / M) cos(S, Delta_l)`` to the rest, see
    `depth`, and so ``S <- S + |S| alpha [sqrt(2 M / d) m1(r) xhat_(l-1) + sqrt(2 q(r)) xi]``, xi of length 1
    and independent of all else.
    """
    lengths = [1.0, *(strength * (1 + strength**2) ** ((block - 1) / 2) for block in range(1, depth + 1))]
    u, square = np.zeros(depth + 1), 1.0
    for block in range(depth, 0, -1):
        below = np.array(lengths[:block])
        inside = float(np.linalg.norm(below))
        r = math.sqrt(2 * size / hidden) * u[block] / (math.sqrt(square) * lengths[block])
        along = math.sqrt(square) * strength * math.sqrt(2 * hidden / size) * kept_signal(r)
        noise = square * strength**2 * 2 * kept_energy(r)
        square += 2 * along * u[:block].sum() / inside + along**2 + noise
        u[:block] += along * below**2 / inside
    return float(u[0] / math.sqrt(square))
