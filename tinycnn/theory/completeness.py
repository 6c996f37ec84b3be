"""What maps sum up to, and how far numerical integrals miss it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.integrate import quad

from tinycnn.ops.types import Array

Nodes = tuple[Array, Array]
"""Places in [0, 1], ascending, and their weights, which sum to 1."""


def _midpoint(steps: int) -> Nodes:
    return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)


def _left(steps: int) -> Nodes:
    return np.arange(steps) / steps, np.full(steps, 1 / steps)


def _right(steps: int) -> Nodes:
    return np.arange(1, steps + 1) / steps, np.full(steps, 1 / steps)


def _trapezoid(steps: int) -> Nodes:
    weights = np.full(steps, 1 / (steps - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, steps), weights


def _gauss_legendre(steps: int) -> Nodes:
    places, weights = leggauss(steps)
    return (places + 1) / 2, weights / 2


QUADRATURES = MappingProxyType(
    {
        "midpoint": _midpoint,
        "trapezoid": _trapezoid,
        "left": _left,
        "right": _right,
        "gauss_legendre": _gauss_legendre,
    }
)
"""From so many nodes to places and weights."""

CONSTANTS: Mapping[str, float] = MappingProxyType(
    {
        "midpoint": 1.0,
        "trapezoid": 1.0,
        "left": 4.0,
        "right": 4.0,
        "gauss_legendre": math.pi**2 / (math.pi + 2),
    }
)
"""By which the midpoint rule's mean squared error is multiplied for many nodes, see `ig_error`."""


def ig_error(quadrature: str, steps: int, hidden: int, length: float = 1.0) -> float:
    """Root mean square of by how much integrated gradients miss ``f(x) - f(x')``, exactly.

    Parameters
    ----------
    quadrature : str
        One of `QUADRATURES`.
    steps : int
        m, nodes.
    hidden : int
        M, hidden units of a net with one hidden layer, ReLU, Gaussian weights of deviation 1, no biases.
    length : float
        Of image and baseline, which are orthogonal.

    Notes
    -----
    A unit whose z and z' have opposite signs is a step of height ``V (|z| + |z'|)`` at
    ``t = |z'| / (|z| + |z'|)``; the others are integrated exactly. In polar coordinates
    ``(|z|, |z'|) = R (cos a, sin a)``,

    ``E err^2 = M |x|^2 (2 / pi) int_0^(pi/2) (cos a + sin a)^2 e(t)^2 da``, ``t = sin a / (cos a + sin a)``,

    where e is the error of the quadrature for a step at t. For a smooth density of t it is uniform within a
    gap g of the nodes, ``g^2 / 12`` in the mean square, so that

    ``E err^2 -> M |x|^2 (1 + 2 / pi) C / (12 m^2)`` with C from `CONSTANTS`: the law is 1 / m whatever the
    quadrature. Gauss-Legendre's gaps are ``(pi / m) sqrt(t (1 - t))``, and
    ``E (dz)^2 t (1 - t) / E (dz)^2 = 1 / (pi + 2)``.
    """
    places, weights = QUADRATURES[quadrature](steps)
    ends = np.unique(np.concatenate([[0.0], places, [1.0]]))

    def squared(below: float, above: float) -> float:
        kept = float(weights[places >= above].sum())

        def density(angle: float) -> float:
            side = math.cos(angle) + math.sin(angle)
            return side**2 * (kept - 1 + math.sin(angle) / side) ** 2

        first, last = (math.atan2(t, 1 - t) for t in (below, above))
        return float(quad(density, first, last)[0])

    total = sum(squared(a, b) for a, b in pairwise(ends))
    return length * math.sqrt(hidden * 2 / math.pi * total)


def ig_law(quadrature: str, steps: int, hidden: int, length: float = 1.0) -> float:
    """`ig_error` for many nodes, ``|x| sqrt(M (1 + 2 / pi) C / 12) / m``; parameters as there."""
    return length * math.sqrt(hidden * (1 + 2 / math.pi) * CONSTANTS[quadrature] / 12) / steps


def kept_by_epsilon(z: Array, epsilon: float, bias: Array | float = 0.0) -> Array:
    """Share of its relevance that a unit passes on by LRP-epsilon: ``(z - b) / (z + epsilon sign z)``.

    Parameters
    ----------
    z : array
        Pre-activations, biases included.
    epsilon : float
        The sign of 0 is +1.
    bias : array or float
    """
    kept: Array = (z - bias) / (z + np.where(z < 0, -epsilon, epsilon))
    return kept
