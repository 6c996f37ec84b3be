"""How much the maps of two logits of one image differ, in a random net."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.depth import logit_correlations, rho_deep
from tinycnn.theory.recovery import rho_image


def distance(cosine: float) -> float:
    """Euclidean distance of two maps of norm one: ``sqrt(2 - 2 cos)``."""
    return math.sqrt(max(2 - 2 * cosine, 0.0))


def logit_cosine(rho: float, correlation: float = 1 / math.pi) -> float:
    """Cosine of two logits' maps that share a limit, and whose noise is correlated.

    Parameters
    ----------
    rho : float
        Relative variance of each map around the limit.
    correlation : float
        Of the noise of the two maps: ``1 / eta`` in a three-layer net, `depth.logit_correlations` in a
        deeper one.

    Notes
    -----
    ``(1 + rho q) / (1 + rho)``. For guided backprop in three layers the distance is ``6.35 / sqrt(N)``.
    """
    return (1 + rho * correlation) / (1 + rho)


def logit_cosine_image(x: Array, at: Window, filters: int, eta: float = math.pi) -> float:
    """`logit_cosine` of a three-layer net with overlapping patches accounted for.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
    filters : int
    eta : float

    Notes
    -----
    What two logits share is their mean over V, a map of the constant rule:
    ``(1 + rho(eta = 1)) / (1 + rho(eta))``.
    """
    return (1 + rho_image(x, at, filters, 1.0)) / (1 + rho_image(x, at, filters, eta))


def logit_cosine_deep(size: int, hidden: Sequence[int]) -> float:
    """`logit_cosine` of guided backprop in a deep random net.

    Parameters
    ----------
    size : int
        d, pixels and channels of the image.
    hidden : sequence of int
        Hidden units of every layer, the first layer's first.
    """
    return logit_cosine(rho_deep(size, hidden), logit_correlations(hidden)[0])
