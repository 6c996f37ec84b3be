"""How fast signals that were independent become alike on their way down: cosine similarity convergence.

Sixt, Granz and Landgraf (2020) send two random signals from a layer down and compare them below. In a random
net of equal widths all curves are known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tinycnn.theory.depth import arc_cosine, kept_product
from tinycnn.theory.pooled_depth import (
    RIVALS,
    input_energy,
    inputs,
    kept,
    logit_correlations_pooled,
    next_ratio_pooled,
    ratios_pooled,
)


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


def guided_similarity(hidden: Sequence[int], below: int, pools: Collection[int] = ()) -> float:
    """Cosine of two signals of guided backprop at a hidden layer, from independent ones at the top one.

    Parameters
    ----------
    hidden : sequence of int
        Hidden units of the layers, the first layer's first; the signals start above the last one.
    below : int
        At how many layers below the start they are compared, 1 to ``len(hidden) - 1``.
    pools : collection of int
        Layers, counted from 1, behind which there is a 2x2 max-pool. Signals start, and are compared, behind
        it.

    Notes
    -----
    The signal is ``kappa h`` on what the layer above reads, and noise on all of it: ``(r^2 e + q) / (r^2 e +
    1)``, with r of `pooled_depth.ratios_pooled`, q of `pooled_depth.logit_correlations_pooled`, and e the
    energy of an input in units of ``E z^2``: 1/2, and more behind a pool, where every input is a winner.
    """
    place = len(hidden) - 1 - below
    along = ratios_pooled(hidden, pools)[place] ** 2 * input_energy(place + 1 in pools)
    return (along + logit_correlations_pooled(hidden, pools)[place + 1]) / (along + 1)


def deconvnet_similarity(size: int, hidden: Sequence[int], below: int, pools: Collection[int] = ()) -> float:
    """Cosine of two signals of DeconvNet, so many layers below where they were independent.

    Parameters
    ----------
    size : int
        d, pixels and channels of the image.
    hidden, pools
        As of `guided_similarity`.
    below : int
        1 to ``len(hidden)``, where the image is.

    Notes
    -----
    Without pools the backward ReLUs make signals alike, and nothing else: `depth.constant_share_deep`. With
    pools both signals pass the winners, whose weights lie along what they saw, so that they also share a part
    along it: ``(r^2 e + q) / (r^2 e + 1)``, with the recursion of `guided_similarity` over `passed`.
    """
    r = noise = 0.0
    last = len(hidden) - below + 1
    for layer in range(len(hidden), last - 1, -1):
        signal, energy, shared = passed(r, noise, layer in pools)
        r, noise = next_ratio_pooled(signal, energy, size, hidden, layer, pools), shared / energy
    along = r * r * inputs(size, hidden, last, pools)[1]
    return (along + noise) / (along + 1)


def passed(r: float, correlation: float, pooled: bool) -> tuple[float, float, float]:
    """What a hidden layer passes down by DeconvNet: signal, energy, and the product of two signals.

    Parameters
    ----------
    r : float
        Of `depth`: the part of a signal along the unit's own output h, over its noise.
    correlation : float
        Of the noise of the two signals.
    pooled : bool
        Whether a 2x2 max-pool is behind the layer.

    Returns
    -------
    ``E[z relu(r h + g)]``, ``E relu(r h + g)^2`` and ``E[relu(r h + g_1) relu(r h + g_2)]``, of winners alone

    Notes
    -----
    Where z > 0 this is what guided backprop passes. Units that are closed, ``h = 0``, pass as well; behind a
    pool only if all four of a window are closed, of which the first counts as the winner.
    """
    rivals = RIVALS if pooled else 0
    closed = 0.5**rivals / (1 + rivals)
    signal, energy = kept(r, pooled)
    return (
        signal - closed / (2 * math.pi),
        energy + closed / 4,
        kept_product(r, correlation, rivals) + closed * arc_cosine(correlation) / 4,
    )


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
