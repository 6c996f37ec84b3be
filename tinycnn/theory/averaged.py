"""Average pools: they choose no unit, so the limit of a map stays what it is, and only its noise changes."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.limit import limit_map
from tinycnn.theory.overlap import overlap
from tinycnn.theory.recovery import energy


def rho_averaged(x: Array, at: Window, pool: int, filters: int, eta: float = math.pi) -> float:
    """rho of guided backprop behind an average pool without overlap, exactly.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    pool : int
        Size and stride of the pool's windows.
    filters : int
        N.
    eta : float

    Notes
    -----
    ``[pi eta T + 2 pi (X_out + eta X_in) - |m|^2] / (N |m|^2)``: the units of a window share one signal V,
    so pairs of patches within it count with E h^2, all others with (E h)^2; X as in `overlap.overlap`.
    """
    size = float(np.sum(np.square(limit_map(x, at))))
    inside = overlap(x, at, pool=pool)
    pairs = overlap(x, at) + (eta - 1) * inside
    return (math.pi * eta * energy(x, at) + 2 * math.pi * pairs - size) / (filters * size)
