"""A trained first layer under a random head: exact, whatever its filters are.

Given the filters and the image only the head is random, so what guided backprop sends back is a sum of
independent terms: its mean, its variance and the product of two logits' maps have no approximation in them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinycnn.layers import Conv2D
from tinycnn.ops.types import Array
from tinycnn.theory.patches import cut, filters_as_rows, paste, taps_inside


@dataclass(frozen=True)
class HeadLimit:
    """The law of guided backprop over random heads.

    Parameters
    ----------
    mean : (c, h, w)
        C: ``E s = E h(V) C``.
    rho : float
        Relative variance of a map around its mean.
    """

    mean: Array
    rho: float


def random_head_limit(x: Array, layer: Conv2D, most: float = math.inf, eta: float = math.pi) -> HeadLimit:
    """Mean and variance of guided backprop through one layer with given weights, V independent above it.

    Parameters
    ----------
    x : (c, h, w)
        The layer's input.
    layer : Conv2D
    most : float
        Where the activation behind the layer is flat again, such as 6.
    eta : float
        Of the backward function, see `sending.eta`; the ReLU's unless told otherwise.

    Returns
    -------
    HeadLimit

    Notes
    -----
    ``C = sum_j D_j^T sum_i 1(0 < z_ij < most) w_i`` with ``z_ij = w_i . y_j + b_i``, and
    ``rho = (eta - 1) sum_ij 1(...) |w_i|^2 / |C|^2``, where of every w_i only the taps on the image count.
    Two logits share C and nothing else: ``E <s_k, s_l> = (E h)^2 |C|^2``.
    """
    at, rows = layer.window((x.shape[1], x.shape[2])), filters_as_rows(layer.weight)
    z = cut(x, at) @ rows.T + (0 if layer.bias is None else layer.bias)
    mask = ((z > 0) & (z < most)).astype(np.float64)
    mean = paste(mask @ rows, at)
    energy = float(np.sum((mask.T @ taps_inside(at, x.shape[0])) * rows**2))
    return HeadLimit(mean, (eta - 1) * energy / float(np.sum(mean**2)))
