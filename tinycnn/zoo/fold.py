"""Batch norms folded into the convolutions before them: the same function in fewer layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache

import numpy as np

from tinycnn.layers import BatchNorm2D, Branches, Conv2D, Layer
from tinycnn.model import Model


def fold_batch_norm(model: Model) -> Model:
    """Merge each batch norm that directly follows a convolution into it.

    Logits and gradients stay what they were. Batch norms elsewhere stay layers.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Model
        Its convolutions keep their names and all have a bias.

    Notes
    -----
    With the scale ``s = weight / sqrt(variance + epsilon)`` of a batch norm, kernel and bias of the
    convolution become ``s K`` and ``s (b - mean) + bias``: Jacob et al. 2018, section 3.2. Computed in
    float64, then rounded to the convolution's precision.
    """
    merged = cache(_merged)  # a pair that is used twice stays one layer

    def folded(layers: Sequence[Layer]) -> tuple[Layer, ...]:
        done: list[Layer] = []
        for layer in layers:
            last = done[-1] if done else None
            if isinstance(layer, BatchNorm2D) and isinstance(last, Conv2D):
                done[-1] = merged(last, layer)
            elif isinstance(layer, Branches):
                branches = tuple(map(folded, layer.branches))
                done.append(dataclasses.replace(layer, branches=branches))
            else:
                done.append(layer)
        return tuple(done)

    return dataclasses.replace(model, layers=folded(model.layers))


def _merged(conv: Conv2D, norm: BatchNorm2D) -> Conv2D:
    dtype = conv.weight.dtype
    scale = norm.weight / np.sqrt(norm.variance.astype(np.float64) + norm.epsilon)
    bias = scale * ((0 if conv.bias is None else conv.bias) - norm.mean) + norm.bias
    weight = scale[:, None, None, None] * conv.weight
    return dataclasses.replace(conv, weight=weight.astype(dtype), bias=bias.astype(dtype))
