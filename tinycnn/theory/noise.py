"""Covariance of maps that contain nothing of the image: saliency, and DeconvNet without pooling.

Nie, Zhang and Patel (2018), Theorem 2, in exact form: the saliency map is white, DeconvNet is not.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad
from scipy.stats import chi2

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.rules.gate import Send, positive
from tinycnn.theory import sending
from tinycnn.theory.patches import cover, paste, taps_inside


def saliency_covariance(at: Window, channels: int) -> Array:
    """Covariance of the saliency map of a fixed logit, for one filter and c = 1: its diagonal.

    Parameters
    ----------
    at : Window
    channels : int

    Returns
    -------
    (c, h, w)
        ``cover(a) / 2``; N filters of deviation c make it ``N c^4`` times that. Everything off the
        diagonal is exactly 0.

    Notes
    -----
    V has mean 0 and is independent of one patch to the next, so no cross terms are left, and
    ``E[w_o w_o' 1(w.y > 0)] = delta_oo' / 2`` by symmetry under w -> -w. Patches must not be zero.
    """
    return np.broadcast_to(cover(at) / 2, (channels, *at.image)).copy()


def stacking_matrix(at: Window, channels: int) -> Array:
    """``A = sum_j D_j^T``: takes a filter to the sum of its copies at all positions.

    Parameters
    ----------
    at : Window
    channels : int

    Returns
    -------
    (d, p)
        1 where some patch has tap o at pixel a. Dense: meant for small images.
    """
    taps = taps_inside(at, channels).shape[1]
    columns = []
    for tap in range(taps):
        rows = np.zeros((at.output[0] * at.output[1], taps))
        rows[:, tap] = 1
        columns.append(paste(rows, at).ravel())
    return np.stack(columns, axis=1)


def deconvnet_covariance(at: Window, channels: int, send: Send = positive) -> Array:
    """Covariance of a map without a forward mask and without pooling, for one filter and c = 1.

    Parameters
    ----------
    at : Window
    channels : int
    send : function
        The backward function h; DeconvNet's unless told otherwise.

    Returns
    -------
    (d, d)
        For small images. N filters of deviation c make it ``N c^4`` times that.

    Notes
    -----
    ``(E h^2 - (E h)^2) diag(cover) + (E h)^2 A A^T``, for DeconvNet
    ``(1/2 - 1/2pi) diag(cover) + (1/2pi) A A^T``: the mean of h(V) sends every filter through the whole
    image, which is one constant per channel away from the border. Nothing depends on the image.
    """
    matrix = stacking_matrix(at, channels)
    first, second = sending.mean(send), sending.mean_square(send)
    own = np.broadcast_to(cover(at), (channels, *at.image)).ravel()
    return (second - first**2) * np.diag(own) + first**2 * matrix @ matrix.T


def constant_share(send: Send = positive) -> float:
    """Share of such a map's variance that is one constant per channel, and its correlation at any lag.

    Parameters
    ----------
    send : function

    Notes
    -----
    ``1 / eta``: 1 / pi for DeconvNet, 2 / pi for the magnitude, 0 for the identity.
    """
    return 1 / sending.eta(send)


def deconvnet_logit_cosine(channels: int = 3, send: Send = positive) -> float:
    """Mean cosine of the maps of two logits of one net, without mask or pool, for many filters.

    Parameters
    ----------
    channels : int
        C, of the image.
    send : function

    Notes
    -----
    Both maps share the constants of their channels, whose energy is chi^2_C / C; the rest is independent:
    ``E[X / (X + eta - 1)]``, ``X ~ chi^2_C / C``. As ``|s|^2`` varies, this is below ``1 / eta``.
    """
    rest = channels * (sending.eta(send) - 1)
    if not np.isfinite(rest):
        return 0.0
    return float(quad(lambda t: t / (t + rest) * chi2.pdf(t, channels), 0, np.inf)[0])


def deconvnet_logit_distance(channels: int = 3, send: Send = positive) -> float:
    """Mean distance of the same two maps, each scaled to norm one: ``E sqrt(2 - 2 cos)``, cos given X.

    Parameters
    ----------
    channels, send
        As for `deconvnet_logit_cosine`.
    """
    rest = channels * (sending.eta(send) - 1)
    if not np.isfinite(rest):
        return math.sqrt(2)
    return float(quad(lambda t: math.sqrt(2 * rest / (t + rest)) * chi2.pdf(t, channels), 0, np.inf)[0])


def deconvnet_centred_logit_cosine(at: Window, send: Send = positive) -> float:
    """Cosine of the same two maps after each channel's mean is removed: what the border leaves of it.

    Parameters
    ----------
    at : Window
        Of the convolution.
    send : function

    Notes
    -----
    ``tr(P A A^T P) / [tr(P A A^T P) + (eta - 1) tr(P diag(cover) P)]`` with P the centring. Tap o falls on
    ``n_o`` of the n pixels, so ``tr(P A A^T P) = sum_o n_o (1 - n_o / n)`` per channel.
    """
    pixels = at.image[0] * at.image[1]
    falls = stacking_matrix(at, 1).sum(axis=0)
    ramp = float((falls * (1 - falls / pixels)).sum())
    own = float(cover(at).sum()) * (1 - 1 / pixels)
    return ramp / (ramp + (sending.eta(send) - 1) * own)
