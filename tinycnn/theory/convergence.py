"""How fast signals that were independent become alike on their way down: cosine similarity convergence.

Sixt, Granz and Landgraf (2020) send two random signals from a layer down and compare them below. In a random
net of equal widths all curves are known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinycnn.theory.depth import logit_correlations, ratios


def gradient_similarity(layers: int, width: int, masks: bool = True) -> float:
    """Mean ``|cos|`` of two signals of the gradient, so many layers below where they were independent.

    Parameters
    ----------
    layers : int
        0 where they start.
    width : int
        n, of all layers.
    masks : bool
        Whether ReLUs stand between the layers, half of whose units are open.

    Notes
    -----
    ``E cos^2 = (1 + 2 l) / n``: independent directions have 1 / n; a mask that leaves half of the units
    adds 1 / n, and a layer of Gaussian weights as much again. Without masks ``(1 + l) / n``. To first order
    in l / n the cosine is normal, so that ``E |cos| = sqrt(2 / pi E cos^2)``.
    """
    return math.sqrt(2 / math.pi * (1 + (2 if masks else 1) * layers) / width)


def guided_similarity(hidden: Sequence[int], below: int) -> float:
    """Cosine of two signals of guided backprop at a hidden layer, from independent ones at the top one.

    Parameters
    ----------
    hidden : sequence of int
        Hidden units of the layers, the first layer's first; the signals start above the last one.
    below : int
        At how many layers below the start they are compared, 1 to ``len(hidden) - 1``.

    Notes
    -----
    The signal is ``kappa z`` on units that are active, and noise on all: ``(r^2 / 2 + q) / (r^2 / 2 + 1)``,
    with r of `depth.ratios` and q of `depth.logit_correlations`.
    """
    place = len(hidden) - 1 - below
    along = ratios(hidden)[place] ** 2 / 2
    return (along + logit_correlations(hidden)[place + 1]) / (along + 1)


def positive_rate(width: int, magnitude: bool = False) -> float:
    """Factor by which ``1 - cos`` shrinks in a layer of positive random weights: ``s^2 / (mu^2 n)``.

    Parameters
    ----------
    width : int
        n, of all layers.
    magnitude : bool
        Whether the weights are ``|w|``, ``(pi / 2 - 1) / n``, or ``relu(w)``, ``(pi - 1) / n``; w ~ N(0, 1).

    Notes
    -----
    Entries of mean mu and variance s^2 take the cosine c of two signals to
    ``(k mu^2 + s^2 c) / (k mu^2 + s^2)``, ``k = (sum u)^2 / |u|^2``, which is ``n - s^2 / mu^2`` after some
    layers.
    """
    return ((math.pi / 2 if magnitude else math.pi) - 1) / width


def zplus_rate(width: int) -> float:
    """The same for the z+ rule in a random ReLU net, to leading order: ``pi (pi - 1) / n``.

    Parameters
    ----------
    width : int
        n, of all layers.

    Notes
    -----
    Activations multiply what comes down, so that ``k = (sum u)^2 / |u|^2`` is ``n / pi - (pi - 1)``.
    """
    return math.pi * (math.pi - 1) / width
