"""How far a net of N filters is from its limit: rho, the relative variance of a map around its mean.

``rho = E|s - E s|^2 / |E s|^2``. What decides it is the number of hidden units, not the kind of net.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.limit import limit_map
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import cut, taps_inside


def rho_patch(filters: int, size: int, eta: float = math.pi) -> float:
    """rho of the map of one patch of `size` pixels, exactly.

    Parameters
    ----------
    filters : int
        N.
    size : int
        p, all channels counted.
    eta : float
        Of the backward function, see `sending.eta`; the ReLU's unless told otherwise.

    Notes
    -----
    ``(pi eta p - 1) / N``. This is the per-patch accuracy of Nie, Zhang and Patel (2018), Theorem 1.
    """
    return (math.pi * eta * size - 1) / filters


def rho_dense(hidden: int, size: int, eta: float = math.pi, bias: float = 0.0) -> float:
    """rho of a fully connected three-layer net, exactly.

    Parameters
    ----------
    hidden : int
        Hidden units.
    size : int
        d, pixels and channels of the image.
    eta : float
    bias : float
        ``beta = b / (c |x|)``: the bias in units of a pre-activation's standard deviation.

    Notes
    -----
    ``(eta [d Phi(beta) - beta phi(beta)] / phi(beta)^2 - 1) / M``, which is `rho_patch` without a bias.
    """
    density = norm.pdf(bias)
    energy = size * norm.cdf(bias) - bias * density
    return float((eta * energy / density**2 - 1) / hidden)


def rho_image(x: Array, at: Window, filters: int, eta: float = math.pi, shared: bool = True) -> float:
    """rho of a whole map of a three-layer net without biases, exactly.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    filters : int
        N.
    eta : float
    shared : bool
        False for a locally connected net, in which every position has filters of its own.

    Notes
    -----
    ``(pi eta T + 2 pi X - |m|^2) / (N |m|^2)`` with T from `energy`, X from `overlap.overlap`. Without shared
    weights, patches are independent: ``(pi eta T - J) / (N |m|^2)`` for J patches that are not zero.
    """
    size = float(np.sum(np.square(limit_map(x, at))))
    own = math.pi * eta * energy(x, at)
    if not shared:
        return (own - int(np.count_nonzero(cut(x, at).any(axis=1)))) / (filters * size)
    return (own + 2 * math.pi * overlap(x, at) - size) / (filters * size)


def rho_law(units: int, size: int, eta: float = math.pi) -> float:
    """The law that all nets share to first order: ``rho = pi eta d / M`` for M hidden units.

    Parameters
    ----------
    units : int
        M: filters times positions, or the width of a dense layer.
    size : int
        d, pixels and channels of the image.
    eta : float
    """
    return math.pi * eta * size / units


def energy(x: Array, at: Window) -> float:
    """T: how many taps of patches that are not zero lie on the image; ``sum_a cover(a)``."""
    inside = taps_inside(at, x.shape[0])
    return float(inside[cut(x, at).any(axis=1)].sum())


def expected_cosine(rho: float) -> float:
    """Cosine of a map with its limit: ``(1 + rho)^(-1/2)``, up to terms of the next order."""
    return 1 / math.sqrt(1 + rho)


def mean_dense_cosine(hidden: int, size: int) -> float:
    """Mean cosine of guided backprop with the image over fully connected nets, to second order in 1 / M.

    Parameters
    ----------
    hidden : int
        M, hidden units.
    size : int
        d, pixels and channels of the image.

    Notes
    -----
    With ``a = sum_i h(V_i) (z_i)_+`` along the image and ``e = |sum_i h(V_i) 1(z_i > 0) w_i|^2`` across it,
    ``cos = (1 + e / a^2)^(-1/2)``. Given V and the masks, e is ``sum_i h(V_i)^2 1(z_i > 0)`` times a chi^2 of
    d - 1 degrees, so ``e / a^2`` has the mean ``rho (1 + [3 (pi^2 - 1) - 14] / M)`` and the relative variance
    ``(4 pi^2 - 21) / M + 2 / (d - 1)``, where ``rho = pi^2 (d - 1) / M`` leaves out the noise along the
    image: that lowers no cosine. The rest is Taylor's.
    """
    rho = math.pi**2 * (size - 1) / hidden
    part = rho / (1 + rho)
    shift = (3 * (math.pi**2 - 1) - 14) / hidden
    spread = (4 * math.pi**2 - 21) / hidden + 2 / (size - 1)
    return (1 + rho) ** -0.5 * (1 - part / 2 * shift + 3 / 8 * part**2 * spread)


def filters_for_cosine(cosine: float, rho_of_one: float) -> float:
    """How many filters, or hidden units, bring a map to a cosine with its limit.

    Parameters
    ----------
    cosine : float
        In (0, 1).
    rho_of_one : float
        N rho, such as ``rho_image(x, at, 1)``; rho is proportional to 1 / N.

    Returns
    -------
    float
        Not rounded.
    """
    return rho_of_one * cosine**2 / (1 - cosine**2)
