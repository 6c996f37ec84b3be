"""The recursion of `depth` through 2x2 max-pools and changing widths.

Behind a pool only the winner of a window gets a signal, and a winner's z is large: four units share what one
unit sends back. The winner is taken to have three independent rivals; neighbours of a photograph are
correlated, which makes their switches say less, so r is a little too large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
from scipy.integrate import quad
from scipy.special import ndtr

from tinycnn.theory.depth import kept_energy, kept_product, kept_signal

RIVALS = 3
"""Of the winner of a 2x2 window."""


def kept_signal_pooled(r: float) -> float:
    """``E[z relu(r z + g) 1(z > 0) 1(z wins)]``, per unit below the pool; a fourth of them win."""
    return _winners(lambda z: float(z * (r * z * ndtr(r * z) + _density(r * z))))


def kept_energy_pooled(r: float) -> float:
    """``E[relu(r z + g)^2 1(z > 0) 1(z wins)]``, per unit below the pool."""
    return _winners(lambda z: float((1 + (r * z) ** 2) * ndtr(r * z) + r * z * _density(r * z)))


def kept(r: float, pooled: bool) -> tuple[float, float]:
    """The signal m1 and the energy q that one hidden layer keeps, with a pool behind it or without."""
    return (kept_signal_pooled(r), kept_energy_pooled(r)) if pooled else (kept_signal(r), kept_energy(r))


def ratios_pooled(hidden: Sequence[int], pools: Collection[int]) -> list[float]:
    """r of every hidden layer, the first layer's first.

    Parameters
    ----------
    hidden : sequence of int
        Hidden units ``M_1, ..., M_L``: channels times positions, before the pool if there is one.
    pools : collection of int
        Layers, counted from 1, behind which there is a 2x2 max-pool.

    Notes
    -----
    r is 0 at the top, and `next_ratio_pooled` of `kept` from there down. Without a pool a layer reads ``n =
    M_{l-1}`` numbers with ``E h^2 = 1/2``; behind one there are a fourth as many, each the largest of four.
    """
    found = [0.0]
    for layer in range(len(hidden), 1, -1):
        found.append(next_ratio_pooled(*kept(found[-1], layer in pools), 0, hidden, layer, pools))
    return found[::-1]


def next_ratio_pooled(
    signal: float, energy: float, size: int, hidden: Sequence[int], layer: int, pools: Collection[int]
) -> float:
    """r one hidden layer further down: ``sqrt(M_l / (n E h^2)) m1 / sqrt(q)``, n inputs h of layer l.

    Parameters
    ----------
    signal, energy : float
        m1 and q, what layer l keeps of a signal.
    size, hidden, layer, pools
        As for `inputs`.
    """
    count, mean_square = inputs(size, hidden, layer, pools)
    return math.sqrt(hidden[layer - 1] / (count * mean_square)) * signal / math.sqrt(energy)


def rho_pooled(size: int, hidden: Sequence[int], pools: Collection[int]) -> float:
    """Relative variance of the map of guided backprop around its limit.

    Parameters
    ----------
    size : int
        d, pixels and channels of the image.
    hidden, pools
        As for `ratios_pooled`.

    Notes
    -----
    ``rho = d / M_1 * q(r_1) / m1(r_1)^2``, as `depth.rho_deep`.
    """
    signal, energy = kept(ratios_pooled(hidden, pools)[0], 1 in pools)
    return size / hidden[0] * energy / np.square(signal)


def logit_correlations_pooled(
    hidden: Sequence[int], pools: Collection[int], kept: int | None = None
) -> list[float]:
    """Correlation of the noise of two signals below every layer that they share, the first layer's first.

    Parameters
    ----------
    hidden, pools
        As for `ratios_pooled`.
    kept : int, optional
        As of `depth.logit_correlations`, which this is where there are no pools.

    Notes
    -----
    Two signals that meet the same switches pass the same winners: ``E[relu(rz + g_1) relu(rz + g_2) 1(z > 0)
    1(z wins)] / q(r)``, with q from `kept`.
    """
    shared = [0.0]
    layers = list(enumerate(ratios_pooled(hidden, pools), start=1))
    for layer, r in layers[:kept][::-1]:
        pooled = layer in pools
        product = kept_product(r, shared[-1], RIVALS if pooled else 0)
        shared.append(product / (kept_energy_pooled(r) if pooled else kept_energy(r)))
    return shared[:0:-1]


def winner_energy() -> float:
    """``E h^2`` behind a pool of four: four times ``E[z^2 1(z > 0) 1(z wins)]``, in units of ``E z^2``."""
    return (1 + RIVALS) * _winners(lambda z: z * z)


def inputs(size: int, hidden: Sequence[int], layer: int, pools: Collection[int]) -> tuple[float, float]:
    """How many numbers a layer reads, and their mean square, in units of ``E z^2`` or of the image's own.

    Parameters
    ----------
    size : int
        Of the image, which layer 1 reads.
    hidden, pools
        As for `ratios_pooled`.
    layer : int
        Counted from 1.
    """
    if layer == 1:
        return size, 1.0
    pooled = layer - 1 in pools
    return hidden[layer - 2] / (1 + RIVALS if pooled else 1), input_energy(pooled)


def input_energy(pooled: bool) -> float:
    """``E h^2`` of what a layer reads, behind a pool or straight from a ReLU, in units of ``E z^2``."""
    return winner_energy() if pooled else 0.5


def active_winners(r: float) -> float:
    """``P(R > 0 | z > 0, z wins)``: how many winners let the signal of guided backprop pass.

    Notes
    -----
    A winner's z is large, and so is its part of ``R = kappa z + tau g``: without a pool it is
    `depth.active_fraction`.
    """
    return _winners(lambda z: float(ndtr(r * z))) / _winners(lambda z: 1.0)


def _density(z: float) -> float:
    """Of a standard normal number."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _winners(f: Callable[[float], float]) -> float:
    """``E[f(z) 1(z > 0) 1(z wins)]``, per unit below the pool."""
    return float(quad(lambda z: f(z) * _density(z) * ndtr(z) ** RIVALS, 0, 12)[0])
