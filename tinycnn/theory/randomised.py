"""What a map keeps of a random net when layers are drawn anew: model parameter randomisation, predicted.

The test is that of Adebayo et al. (2018): a map that depends on what the net has learnt should change when
its weights are replaced, from the output layer down. In a random net the new weights are as good as the old
ones, so what two such maps have in common is what the rule shows of every net.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tinycnn.theory.pooled_depth import logit_correlations_pooled, rho_pooled
from tinycnn.theory.recovery import rho_dense
from tinycnn.theory.sensitivity import logit_cosine


def redrawn_output_dense(hidden: int, size: int) -> float:
    """``E <s, s'> / E |s|^2`` of guided backprop in a dense net whose output weights are drawn anew, exactly.

    Parameters
    ----------
    hidden : int
        M, hidden units.
    size : int
        d, pixels and channels of the image.

    Notes
    -----
    New output weights are those of another logit: what two maps share is their mean over V,
    ``(1 + rho(eta = 1)) / (1 + rho)``, see `sensitivity.logit_cosine_image`; about
    ``(1 + rho / pi) / (1 + rho)``.
    """
    return (1 + rho_dense(hidden, size, 1.0)) / (1 + rho_dense(hidden, size))


def redrawn_all(rho: float) -> float:
    """``E <s, s'> / E |s|^2`` of the maps of two nets that share no weight: ``1 / (1 + rho)``, exactly.

    Both maps are the limit plus independent noise, and the limit is that of every net.
    """
    return 1 / (1 + rho)


def redrawn_above(size: int, hidden: Sequence[int], kept: int, pools: Collection[int] = ()) -> float:
    """Cosine of guided backprop's maps in a deep net and with all layers above the first few drawn anew.

    Parameters
    ----------
    size : int
        d, pixels and channels of the image.
    hidden : sequence of int
        Hidden units of every layer, the first layer's first.
    kept : int
        How many of the hidden layers are kept.
    pools : collection of int
        Layers, counted from 1, behind which there is a 2x2 max-pool; the hidden units are those before it.

    Notes
    -----
    ``(1 + rho q) / (1 + rho)``, with q the correlation that the kept layers' masks and switches make of
    independent noise, see `pooled_depth.logit_correlations_pooled`; 0 if none is kept.
    """
    shared = logit_correlations_pooled(hidden, pools, kept)
    return logit_cosine(rho_pooled(size, hidden, pools), shared[0] if shared else 0.0)


def spearman_normal(correlation: float, count: int) -> float:
    """Mean rank correlation of `count` independent pairs of jointly normal numbers, exactly.

    Parameters
    ----------
    correlation : float
        Of a pair.
    count : int

    Notes
    -----
    ``6 / (pi (n + 1)) [asin c + (n - 2) asin(c / 2)]``, which tends to ``(6 / pi) asin(c / 2)`` (Moran 1948).
    """
    pairs = math.asin(correlation) + (count - 2) * math.asin(correlation / 2)
    return 6 / (math.pi * (count + 1)) * pairs


def louder(ratio: float) -> float:
    """Chance that the louder of two inputs adds more to a random unit: ``(2 / pi) arctan(a_1 / a_2)``.

    Parameters
    ----------
    ratio : float
        ``a_1 / a_2``, of positive numbers.

    Notes
    -----
    ``|w_1| a_1 > |w_2| a_2`` holds in a double cone of directions of w, whose law is the same everywhere.
    """
    return 2 / math.pi * math.atan(ratio)
