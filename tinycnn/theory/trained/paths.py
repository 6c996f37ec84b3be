"""Who lets a signal pass: active paths, and what the forward mask has to do with the backward signal."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.theory.trained.moments import correlation
from tinycnn.theory.trained.stages import Stage


def open_share(stage: Stage) -> float:
    """``P(z > 0)``: the share of units whose forward mask is open. 1/2 in a random net without biases."""
    return float(stage.mask.mean())


def active_share(stage: Stage) -> float:
    """``P(R > 0 | z > 0)``: of the open units that a signal reaches, the share that it reaches positively.

    Notes
    -----
    Units that a max-pool gives nothing (R = 0) are not counted. In a random net 1/2 for saliency, and
    ``1/2 + arctan(r) / pi`` for guided backprop, see `tinycnn.theory.depth.active_fraction`.
    """
    reached = stage.arriving[np.broadcast_to(stage.mask, stage.arriving.shape) & (stage.arriving != 0)]
    return float((reached > 0).mean()) if reached.size else math.nan


def mask_correlation(stage: Stage) -> float:
    """Correlation of the forward mask with the positive part of the signal, over units that one reaches.

    Notes
    -----
    0 where mask and signal are independent, as Theorem 1 has it for its single hidden layer.
    """
    reached = stage.arriving != 0
    if not reached.any():
        return math.nan
    mask = np.broadcast_to(stage.mask, stage.arriving.shape)
    return correlation(mask[reached], np.maximum(stage.arriving[reached], 0))


def patch_energy(stage: Stage) -> Array:
    """``e_j^k = sum_i (a_ij^k)^2``: how much signal every patch of a stage sends for every map, (n, J)."""
    energy = np.square(stage.gated, dtype=np.float64).sum(axis=1)
    found: Array = energy.reshape(len(energy), -1)
    return found
