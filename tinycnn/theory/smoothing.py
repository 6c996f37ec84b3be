"""Maps averaged over noisy images: SmoothGrad in closed form, for one hidden layer."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln
from scipy.stats import norm

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.patches import cut


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
    random unit vector. See `smooth_gain_law`.
    """
    [gain], _ = _gains(np.array([length]), taps, sigma)
    return float(gain)


def _gains(lengths: Array, taps: int, sigma: float) -> tuple[Array, Array]:
    """`smooth_gain` of each length, and ``E[Phi(v |y| / sigma)^2]``.

    v is the sine of an angle of density ``cos^(p - 2)``. As v and -v are equally likely, half of the angles
    are enough, and nodes are closest where Phi may be a step.
    """
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    angle = math.pi / 4 * (points + 1)
    v, density = np.sin(angle), weights * np.cos(angle) ** (taps - 2)
    density /= density.sum()
    more = norm.cdf(v * lengths[:, None] / sigma) - 0.5  # than half of the time
    return _mean_length(taps) * more @ (density * v), (more**2 + 0.25) @ density


_NODES = 200
"""Angles at which an integral over directions is evaluated."""


def _mean_length(taps: int) -> float:
    """``E|w|`` of so many independent standard normal numbers."""
    return math.sqrt(2) * math.exp(gammaln((taps + 1) / 2) - gammaln(taps / 2))


def smooth_gain_law(length: float, taps: int, sigma: float) -> float:
    """`smooth_gain` for many taps, ``|y| / sqrt(2 pi (|y|^2 + sigma^2 p))``; parameters as there.

    Without noise every patch counts alike; with much noise, by its own length, so that smoothing guided
    backprop gives back the contrast that its limit has lost.
    """
    return length / math.sqrt(2 * math.pi * (length**2 + sigma**2 * taps))


def smooth_cosine(x: Array, at: Window, filters: float, sigma: float, samples: float) -> float:
    """Cosine with the image of SmoothGrad of guided backprop, in a random net with one hidden layer.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution, whose patches share no pixel and leave none out; at least 2 numbers in each.
    filters, samples : float
        N and n, filters and noisy images; infinity is their limit.
    sigma : float
        Standard deviation of the noise on every pixel, above 0.

    Notes
    -----
    By `smooth_gain` the mean map is ``N E h sum_j g_j y_j / |y_j|``, h being the backward ReLU of the output
    weights. M, a filter's mask averaged over the noisy images, has the mean square ``m_j = (1 - 1/n)
    E[Phi(v |y_j| / sigma)^2] + 1/(2 n)``, v a coordinate of a random unit vector. Two filters see the same
    noise, which leaves ``q_j = (1 - 1/n) g_j^2 + 1/(2 pi n)`` of their product. With eta = pi and p taps::

        cos = sum_j g_j |y_j| / (|x| sqrt(sum_j (1 - 1/N) q_j + (eta p / N) m_j))

    to first order in 1/N. Without noise it is ``(1 + rho)^(-1/2)`` times the cosine of the limit; as sigma
    grows the mean map tends to the image, while what is not mean grows beside it.
    """
    y = cut(x, at)
    lengths, taps = np.linalg.norm(y, axis=1), y.shape[1]
    gains, squares = _gains(lengths, taps, sigma)
    each = (1 - 1 / samples) * gains**2 + 1 / (2 * math.pi * samples)
    own = math.pi * taps * ((1 - 1 / samples) * squares + 1 / (2 * samples))
    energy = float(np.sum((1 - 1 / filters) * each + own / filters))
    return float(gains @ lengths) / (float(np.linalg.norm(lengths)) * math.sqrt(energy))


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
