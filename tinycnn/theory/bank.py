"""The limit for filters that are Gaussian but not isotropic: the image, filtered by the bank."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.theory.patches import cut, filters_as_rows, paste
from tinycnn.types import Array


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
