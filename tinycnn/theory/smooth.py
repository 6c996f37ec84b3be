"""Guided backprop through activations that are not ReLUs: leaky, smooth, with a derivative g for a mask.

For a filter w ~ N(0, c^2 I) and a patch y, split ``w = c t u + w'`` with u the patch's direction, t ~ N(0, 1)
and w' independent of t: only moments of ``g(c |y| t)`` are left, numbers of one variable.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from tinycnn.ops.types import Array

Slope = Callable[[float], float]
"""g, the derivative of an activation."""


def leaky(slope: float) -> Slope:
    """Derivative of the leaky ReLU, ``max(z, slope z)``."""
    return lambda z: 1.0 if z > 0 else slope


def gelu(z: float) -> float:
    """Derivative of GELU, ``z Phi(z)``."""
    return float(norm.cdf(z) + z * norm.pdf(z))


def softplus(z: float) -> float:
    """Derivative of softplus, ``log(1 + exp z)``."""
    return float(expit(z))


def silu(z: float) -> float:
    """Derivative of SiLU, ``z / (1 + exp(-z))``."""
    return float(expit(z) * (1 + z * expit(-z)))


def mask_moment(g: Slope, scale: float, powers: tuple[int, int]) -> float:
    """``E[g(scale t)^a t^b]`` for t ~ N(0, 1).

    Parameters
    ----------
    g : Slope
    scale : float
        ``c |y|``.
    powers : (a, b)
    """
    a, b = powers

    def density(t: float) -> float:
        return g(scale * t) ** a * t**b * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

    return sum(float(quad(density, *ends, epsabs=1e-12)[0]) for ends in ((-12, 0), (0, 12)))


def mask_mean(g: Slope, y: Array, sd: float) -> Array:
    """``E[w g(w.y)]``: along the patch, ``c E[g t] u``, which is ``c^2 y E g'``.

    Parameters
    ----------
    g : Slope
    y : (p,)
    sd : float
        c.

    Notes
    -----
    For leaky slopes a, ``(1 - a) / sqrt(2 pi) c u``. For GELU ``E g' = (2 + s^2) / (sqrt(2 pi) (1 +
    s^2)^(3/2))`` with ``s = c |y|``: where s is small the image itself, where it is large its direction, with
    contrast evened out.
    """
    size = float(np.linalg.norm(y))
    return sd * mask_moment(g, sd * size, (1, 1)) * y / size


def rho_smooth(g: Slope, y: Array, sd: float, filters: int, eta: float = math.pi) -> float:
    """rho of the map of one patch, exactly.

    Parameters
    ----------
    g, y, sd
        As for `mask_mean`.
    filters : int
        N.
    eta : float

    Notes
    -----
    ``(eta [(p - 1) E g^2 + E g^2 t^2] / (E g t)^2 - 1) / N``, which is `recovery.rho_patch` for a ReLU.
    """
    scale = sd * float(np.linalg.norm(y))
    across, along, mean = (mask_moment(g, scale, powers) for powers in ((2, 0), (2, 2), (1, 1)))
    return (eta * ((y.size - 1) * across + along) / mean**2 - 1) / filters
