"""The limit for filters that are Gaussian but not isotropic: the image, filtered by the bank."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.patches import cut, filters_as_rows, paste


def second_moment(weight: Array) -> Array:
    """``Sigma = sum_i w_i w_i^T / N`` of a bank of filters.

    Parameters
    ----------
    weight : (k, c, a, b)

    Returns
    -------
    (p, p)
    """
    rows = filters_as_rows(weight)
    return rows.T @ rows / len(rows)


def bank_limit(x: Array, at: Window, sigma: Array) -> Array:
    """Limit of guided backprop for filters w ~ N(0, Sigma).

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    sigma : (p, p)

    Returns
    -------
    (c, h, w)
        ``sum_j D_j^T Sigma y_j / sqrt(y_j^T Sigma y_j)``, which is `limit.limit_map` for Sigma = I.

    Notes
    -----
    With ``w = Sigma^(1/2) v`` the mask is ``v . Sigma^(1/2) y > 0``, so
    ``E[w 1(w.y > 0)] = Sigma^(1/2) Sigma^(1/2) y / |Sigma^(1/2) y| / sqrt(2 pi)``.
    """
    filtered = cut(x, at) @ sigma
    scale = np.sqrt(np.maximum((filtered * cut(x, at)).sum(axis=1, keepdims=True), 0))
    return paste(np.divide(filtered, scale, out=np.zeros_like(filtered), where=scale > 0), at)


def shifted_limit(x: Array, at: Window, mean: Array, sigma: Array) -> Array:
    """Limit of guided backprop for filters w ~ N(mean, Sigma): trained filters are not centred.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    mean : (p,)
    sigma : (p, p)
        Their covariance.

    Returns
    -------
    (c, h, w)
        ``sum_j D_j^T E[w 1(w.y_j > 0)]``, see `open_mean`; for mean 0 it is `bank_limit` over ``sqrt(2 pi)``.
    """
    return paste(open_mean(cut(x, at), mean, sigma), at)


def open_mean(y: Array, mean: Array, sigma: Array) -> Array:
    """Mean of a filter w ~ N(mean, Sigma) on the half-space where a patch opens it.

    Parameters
    ----------
    y : (J, p)
        Patches.
    mean : (p,)
    sigma : (p, p)

    Returns
    -------
    (J, p)
        ``E[w 1(w.y_j > 0)] = Phi(a_j) mean + phi(a_j) Sigma y_j / sd_j`` with
        ``sd_j = sqrt(y_j^T Sigma y_j)`` and ``a_j = mean . y_j / sd_j``.

    Notes
    -----
    ``w = Sigma y / sd^2 (w.y - mean.y) + rest``, where the rest has the mean of w and is independent of w.y;
    and ``E[z 1(z > 0)] - E[z] P(z > 0) = sd phi(a)`` for ``z ~ N(a sd, sd^2)``.
    """
    filtered = y @ sigma
    sd = np.sqrt(np.maximum((filtered * y).sum(axis=1, keepdims=True), 0))
    a = np.divide(y @ mean[:, None], sd, out=np.zeros_like(sd), where=sd > 0)
    units = np.divide(filtered, sd, out=np.zeros_like(filtered), where=sd > 0)
    return ndtr(a) * mean + density(a) * units


def density(a: Array) -> Array:
    """``phi(a)``, of the standard normal law."""
    return np.exp(-0.5 * np.square(a)) / np.sqrt(2 * np.pi)
