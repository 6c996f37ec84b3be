"""Maps averaged over noisy images: SmoothGrad in closed form, for one hidden layer."""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad
from scipy.special import betaln, gammaln
from scipy.stats import norm

from tinycnn.ops.types import Array


def open_share(z: Array, weight: Array, sigma: float) -> Array:
    """How often each unit is open under noise: the mask of SmoothGrad, ``Phi(z / (sigma |w|))``.

    Parameters
    ----------
    z : (..., k)
        Pre-activations without noise, biases included.
    weight : (k, d)
    sigma : float
        Standard deviation of the noise on every pixel.

    Notes
    -----
    ``w.(x + sigma e)`` is normal around z with the deviation ``sigma |w|``. So SmoothGrad of a net with one
    hidden layer is one backward pass with this mask, and the gradient of the net blurred by the noise.
    """
    found: Array = norm.cdf(z / (sigma * np.linalg.norm(weight, axis=1)))
    return found


def smooth_gain(length: float, taps: int, sigma: float) -> float:
    """Length of ``E[w Phi(w.y / (sigma |w|))]``, which is along y, for w ~ N(0, I), exactly.

    Parameters
    ----------
    length : float
        ``|y|``.
    taps : int
        p, numbers of the patch; at least 2.
    sigma : float

    Notes
    -----
    Length and direction of w are independent: ``E|w| E[v Phi(v |y| / sigma)]`` with v a coordinate of a
    random unit vector, whose density is ``(1 - v^2)^((p - 3) / 2)``. See `smooth_gain_law`.
    """
    radius = math.sqrt(2) * math.exp(gammaln((taps + 1) / 2) - gammaln(taps / 2))
    log_norm = betaln(0.5, (taps - 1) / 2)

    def density(v: float) -> float:
        weight = math.exp((taps - 3) / 2 * math.log1p(-v * v) - log_norm)
        return v * float(norm.cdf(v * length / sigma)) * weight

    return radius * float(quad(density, -1, 1)[0])


def smooth_gain_law(length: float, taps: int, sigma: float) -> float:
    """`smooth_gain` for many taps, ``|y| / sqrt(2 pi (|y|^2 + sigma^2 p))``; parameters as there.

    Without noise every patch counts alike; with much noise, by its own length, so that smoothing guided
    backprop gives back the contrast that its limit has lost.
    """
    return length / math.sqrt(2 * math.pi * (length**2 + sigma**2 * taps))


def lipschitz_bound(distance: float, sigma: float, slope: float = 1.0) -> float:
    """How far two maps of SmoothGrad can be apart along any direction.

    Parameters
    ----------
    distance : float
        ``|x - y|`` of the two images.
    sigma : float
    slope : float
        L, the largest gradient anywhere.

    Notes
    -----
    ``2 L (2 Phi(|x - y| / (2 sigma)) - 1)``: L times twice the total variation of two normal laws. The
    function ``L |u.x|`` attains it.
    """
    return 2 * slope * (2 * float(norm.cdf(distance / (2 * sigma))) - 1)
