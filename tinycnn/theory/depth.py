"""Guided backprop through a random net of any depth: a recursion over its hidden layers.

On an active unit write the signal that arrives as ``R = kappa z + tau g``: a part along the unit's own
input z ~ N(0, 1), and an independent part g ~ N(0, 1). All that matters is ``r = kappa / tau``. At the top
layer the signal knows nothing of z, so r = 0; from there down, r grows to a fixed point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from tinycnn.ops.types import Array


def kept_energy(r: float) -> float:
    """``q(r) = E[relu(r z + g)^2 1(z > 0)] = [(1 + r^2)(pi/2 + arctan r) + r] / 2pi``."""
    return ((1 + r * r) * (math.pi / 2 + math.atan(r)) + r) / (2 * math.pi)


def kept_signal(r: float) -> float:
    """``m1(r) = E[z relu(r z + g) 1(z > 0)] = [1 + r (pi/2 + arctan r)] / 2pi``."""
    return (1 + r * (math.pi / 2 + math.atan(r))) / (2 * math.pi)


def next_ratio(r: float, widening: float = 1.0) -> float:
    """r one hidden layer further down.

    Parameters
    ----------
    r : float
    widening : float
        ``M_l / M_{l-1}``: hidden units of this layer over those of the one below.

    Notes
    -----
    ``r_{l-1} = sqrt(2 M_l / M_{l-1}) m1(r_l) / sqrt(q(r_l))``.
    """
    return math.sqrt(2 * widening) * kept_signal(r) / math.sqrt(kept_energy(r))


def ratios(hidden: Sequence[int]) -> list[float]:
    """r of every hidden layer, the first layer's first.

    Parameters
    ----------
    hidden : sequence of int
        Hidden units ``M_1, ..., M_L``: channels times positions.
    """
    found = [0.0]
    for upper, lower in zip(hidden[:0:-1], hidden[-2::-1], strict=True):
        found.append(next_ratio(found[-1], upper / lower))
    return found[::-1]


def rho_deep(size: int, hidden: Sequence[int]) -> float:
    """Relative variance of the map of guided backprop around its limit.

    Parameters
    ----------
    size : int
        d, pixels and channels of the image.
    hidden : sequence of int
        As for `ratios`.

    Notes
    -----
    ``rho = d / M_1 * q(r_1) / m1(r_1)^2``; for one hidden layer ``pi^2 d / M``.
    """
    r = ratios(hidden)[0]
    return size / hidden[0] * kept_energy(r) / kept_signal(r) ** 2


def active_fraction(r: float) -> float:
    """``P(R > 0 | z > 0) = 1/2 + arctan(r) / pi``: how many active units let the signal of GBP pass."""
    return 0.5 + math.atan(r) / math.pi


def arc_cosine(correlation: float) -> float:
    """``kappa_1``: correlation of ReLUs of two Gaussians of that correlation, means included.

    Notes
    -----
    ``[sqrt(1 - q^2) + q (pi - arccos q)] / pi`` (Cho and Saul 2009); 0 goes to 1 / pi.
    """
    q = min(max(correlation, -1.0), 1.0)
    return (math.sqrt(1 - q * q) + q * (math.pi - math.acos(q))) / math.pi


def constant_share_deep(depth: int) -> float:
    """Share of a DeconvNet map that is one constant per channel, without pooling.

    Parameters
    ----------
    depth : int
        Hidden layers. Each sends the share through `arc_cosine` once: .318, .494, .605, ...
    """
    share = 0.0
    for _ in range(depth):
        share = arc_cosine(share)
    return share


def logit_correlations(hidden: Sequence[int], kept: int | None = None) -> list[float]:
    """Correlation of the noise of two logits' signals below every hidden layer, the first layer's first.

    Parameters
    ----------
    hidden : sequence of int
        As for `ratios`.
    kept : int, optional
        How many hidden layers the two share, from the first one up: all of one net, fewer if the layers above
        are drawn anew for the second signal.

    Returns
    -------
    list of `kept` floats

    Notes
    -----
    Above the top layer that is shared the two are independent. Where they meet a layer with the same z and
    with noise of correlation q, they leave it with ``E[relu(rz + g_1) relu(rz + g_2) 1(z > 0)] / q(r)``.
    """
    shared = [0.0]
    for r in ratios(hidden)[:kept][::-1]:
        shared.append(kept_correlation(r, shared[-1]))
    return shared[:0:-1]


def kept_correlation(r: float, correlation: float, nodes: int = 200) -> float:
    """Correlation of the noise of two signals below a layer of ratio r, from that above it.

    Parameters
    ----------
    r : float
    correlation : float
        In [0, 1).
    nodes : int
        Of each of the two quadratures.
    """
    return kept_product(r, correlation, nodes=nodes) / kept_energy(r)


def kept_product(r: float, correlation: float, rivals: int = 0, nodes: int = 200) -> float:
    """``E[relu(r z + g_1) relu(r z + g_2) 1(z > 0) 1(z wins)]`` of two signals with correlated noise.

    Parameters
    ----------
    r, correlation, nodes
        As of `kept_correlation`.
    rivals : int
        Units that z has to be larger than, in the window of a pool behind the layer.

    Notes
    -----
    Both signals depend on z and on the shared part of the noise; given these they are independent.
    """
    points, weights = np.polynomial.legendre.leggauss(nodes)
    z, common = 4.5 * (points + 1), 9 * points
    own = math.sqrt(1 - correlation)
    mean = r * z[:, None] + math.sqrt(correlation) * common
    winning = norm.pdf(z) * norm.cdf(z) ** rivals
    density = 4.5 * 9 * np.outer(weights * winning, weights * norm.pdf(common))
    return float((density * _rectified_mean(mean, own) ** 2).sum())


def _rectified_mean(mean: Array, sd: float) -> Array:
    """``E relu(mean + sd g)``."""
    return mean * norm.cdf(mean / sd) + sd * norm.pdf(mean / sd)
