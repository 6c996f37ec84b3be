"""What guided backprop of a random net converges to as filters are added: the image times a gain."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.patches import cut, paste, units


def gain(x: Array, at: Window, bias: float = 0.0, sd: float = 1.0) -> Array:
    """The factor by which every pixel of the image is scaled in the limit.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution; `patches.whole` for a fully connected net.
    bias : float
        Of every filter.
    sd : float
        Standard deviation c of the filters' entries. It matters only next to a bias.

    Returns
    -------
    (h, w)
        Positive or zero everywhere, and the same for +bias and -bias.

    Notes
    -----
    ``G_a = sum_{j covers a} exp(-b^2 / (2 c^2 |y_j|^2)) / |y_j|``; zero patches count for nothing. It is
    a local contrast normalisation.
    """
    norms = np.linalg.norm(cut(x, at), axis=1)
    seen = norms > 0
    weights = np.zeros_like(norms)
    weights[seen] = _mask_factor(norms[seen], bias, sd) / norms[seen]
    taps = at.size[0] * at.size[1]
    return paste(np.repeat(weights[:, None], taps, axis=1), at)[0]


def limit_map(x: Array, at: Window, bias: float = 0.0, sd: float = 1.0) -> Array:
    """The limit of guided backprop in a random three-layer net, whatever the logit.

    Parameters
    ----------
    x, at, bias, sd
        As for `gain`.

    Returns
    -------
    (c, h, w)
        ``m = sum_j D_j^T u_j``, which is ``x * gain``; ``E s = N * mean_scale * m``.

    Notes
    -----
    Nie, Zhang and Patel (2018), Theorem 1, in exact form. Split a filter into ``w = (w.u) u + w'``, with
    u the patch's direction. w' is independent of the mask ``1(w.y > 0)`` and has mean 0, so
    ``E[w 1(w.y > 0)] = E[z 1(z > 0)] u = c / sqrt(2 pi) u``. With a bias b the mask is ``w.y > -b``, and
    the factor becomes ``exp(-b^2 / (2 c^2 |y|^2))`` times that.
    """
    y = cut(x, at)
    norms = np.linalg.norm(y, axis=1)
    factor = np.zeros_like(norms)
    factor[norms > 0] = _mask_factor(norms[norms > 0], bias, sd)
    return paste(factor[:, None] * units(y), at)


def mean_scale(send_mean: float, sd: float = 1.0) -> float:
    """``E s = N * mean_scale * m``: the mean of the backward function, times ``c / sqrt(2 pi)``.

    Parameters
    ----------
    send_mean : float
        ``E h(V)``, see `sending.mean`; ``c / sqrt(2 pi)`` for the backward ReLU.
    sd : float
        Standard deviation c of the filters' entries.
    """
    return send_mean * sd / float(np.sqrt(2 * np.pi))


def share(s: Array, m: Array) -> Array:
    """How much of a picture a map contains; 1 on average, if the picture is the map's mean.

    Parameters
    ----------
    s, m : (..., c, h, w)
        A map and a picture, or several whose leading axes broadcast.

    Returns
    -------
    (...)
        ``<s, m> / |m|^2``, so that ``s - share(s, m) m`` is orthogonal to m.
    """
    found: Array = np.sum(s * m, axis=(-3, -2, -1)) / np.sum(m * m, axis=(-3, -2, -1))
    return found


def _mask_factor(norms: Array, bias: float, sd: float) -> Array:
    return np.exp(-0.5 * np.square(bias / (sd * norms)))
