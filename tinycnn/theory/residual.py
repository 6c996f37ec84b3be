"""Guided backprop through a random residual net: many weak blocks, each of which sends a little of the image.

Of L blocks, block l adds ``Delta_l = B_l relu(A_l x_(l-1))`` to its input, with ``A ~ N(0, 1/d)`` and
``B ~ N(0, 2 alpha^2 / M)``, so that ``|Delta_l| = alpha |x_(l-1)|``. The identity is not rectified backward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from tinycnn.ops.types import Array
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

    Notes
    -----
    The signal S comes down block by block, and what matters of it is its length and its products with what
    every block had added, ``u_k = <S, Delta_k>``, the input being ``Delta_0``. A block's units receive a part
    along their own input in the ratio ``r = sqrt(2 d / M) cos(S, Delta_l)`` to the rest, see `depth`, and so
    ``S <- S + |S| alpha [sqrt(2 M / d) m1(r) xhat_(l-1) + sqrt(2 q(r)) xi]``, xi of length 1 and independent
    of all else.
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


@dataclass(frozen=True)
class Sent:
    """What comes back to the sum of one block whose sum passes a ReLU: a signal S.

    Parameters
    ----------
    along : float
        ``E <S, x> / |x|``.
    branch : float
        ``E <S, Delta> / |Delta|``: of what the block had added.
    square : float
        ``E |S|^2``.
    """

    along: float
    branch: float
    square: float


def sent_to_sum(x: Array, strength: float) -> Sent:
    """The signal behind the ReLU of one block's sum, in guided backprop of a random logit.

    Parameters
    ----------
    x : array
        The block's input.
    strength : float
        alpha, the block's output over its input.

    Notes
    -----
    What a wide block adds to the entry x_i is normal, of the deviation ``sigma = alpha |x| / sqrt(d)``. The
    entry is open with the probability ``Phi(x_i / sigma)``: ``E S_i = E h(V) Phi(x_i / sigma)``, the image
    squashed, on grey, and ``E S_i Delta_i = E h(V) sigma phi(x_i / sigma)``.
    """
    norm = float(np.linalg.norm(x))
    sigma = strength * norm / math.sqrt(x.size)
    open_, mean = ndtr(x / sigma), 1 / math.sqrt(2 * math.pi)
    density = np.exp(-((x / sigma) ** 2) / 2) / math.sqrt(2 * math.pi)
    return Sent(
        along=mean * float(np.sum(open_ * x)) / norm,
        branch=mean * float(np.sum(density)) / math.sqrt(x.size),
        square=float(np.sum(open_)) / 2,
    )


def rectified_cosine(x: Array, hidden: int, strength: float) -> float:
    """Cosine of guided backprop with the input of one wide block, behind whose sum there is a ReLU.

    Parameters
    ----------
    x : array
    hidden : int
        M, units inside the block.
    strength : float

    Notes
    -----
    From `sent_to_sum` on as in `residual_cosine`, with ``r = sqrt(2 d / M) <S, Delta> / (|S| |Delta|)``.
    """
    sent = sent_to_sum(x, strength)
    length = math.sqrt(sent.square)
    r = math.sqrt(2 * x.size / hidden) * sent.branch / length
    added = length * strength * math.sqrt(2 * hidden / x.size) * kept_signal(r)
    noise = sent.square * strength**2 * 2 * kept_energy(r)
    along = sent.along + added
    return along / math.sqrt(sent.square + 2 * added * sent.along + added**2 + noise)
