"""How much a map changes if the image changes a little, as an attack changes it: the same net, x and x'."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.depth import arc_cosine
from tinycnn.theory.limit import limit_map
from tinycnn.theory.overlap import overlap
from tinycnn.theory.patches import cut, taps_inside, units
from tinycnn.theory.recovery import rho_image


def angles(x: Array, other: Array, at: Window) -> Array:
    """``theta_j`` between the two patches at every position, in radians: (J,). Patches must not be zero."""
    u, v = units(cut(x, at)), units(cut(other, at))
    found: Array = 2 * np.arcsin(np.clip(np.linalg.norm(u - v, axis=1) / 2, 0, 1))
    return found


def saliency_change(x: Array, other: Array, at: Window) -> float:
    """``E |s - s'|^2 / E |s|^2`` of the saliency map, for any number of filters.

    Parameters
    ----------
    x, other : (c, h, w)
    at : Window
        Of the convolution.

    Notes
    -----
    ``2 / pi sum_j p_j theta_j / sum_j p_j`` with p_j taps of patch j on the image: a unit's term is lost or
    gained if just one of the two patches opens it, which is so with probability ``theta_j / pi``.
    """
    taps = taps_inside(at, x.shape[0]).sum(axis=1)
    return float(2 / np.pi * (taps * angles(x, other, at)).sum() / taps.sum())


def guided_change(x: Array, other: Array, at: Window, filters: int) -> float:
    """``E |s - s'|^2 / E |s|^2`` of guided backprop.

    Parameters
    ----------
    x, other, at
        As for `saliency_change`.
    filters : int
        N.

    Notes
    -----
    ``E |s - s'|^2 = N [sum_j p_j theta_j + dX] / 2 pi + N (N - 1) / 4 pi^2 |m - m'|^2``, where
    ``dX = X(x, x) + X(x', x') - X(x, x') - X(x', x)`` and X sums ``M_oo'(theta(a_j, b_j'))`` over the
    patches that overlap, as in `overlap.overlap`; ``E |s|^2 = N^2 |m|^2 (1 + rho) / 4 pi^2``.
    """
    taps = taps_inside(at, x.shape[0]).sum(axis=1)
    own = float((taps * angles(x, other, at)).sum())
    crossed = sum(
        sign * overlap(a, at, other=b)
        for a, b, sign in ((x, x, 1), (other, other, 1), (x, other, -1), (other, x, -1))
    )
    m, moved = limit_map(x, at), limit_map(other, at)
    change = filters * (own + crossed) / (2 * math.pi)
    change += filters * (filters - 1) / (4 * math.pi**2) * float(np.sum((m - moved) ** 2))
    size = filters**2 / (4 * math.pi**2) * float(np.sum(m**2)) * (1 + rho_image(x, at, filters))
    return change / size


def saliency_cosine_deep(angle: float, depth: int) -> float:
    """Cosine of the saliency maps of two images at an angle, through hidden layers that are wide.

    Parameters
    ----------
    angle : float
        Between the images, or their patches, in radians.
    depth : int
        Hidden layers.

    Notes
    -----
    ``prod_l (1 - theta_l / pi)``, where every layer brings its two outputs nearer to each other:
    ``cos theta_(l+1) = kappa_1(cos theta_l)``, see `depth.arc_cosine`.
    """
    cosine, kept = math.cos(angle), 1.0
    for _ in range(depth):
        kept *= 1 - math.acos(min(cosine, 1.0)) / math.pi
        cosine = arc_cosine(cosine)
    return kept
