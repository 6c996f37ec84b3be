"""A network with all that it has learnt drawn anew: the random net beside a trained one."""

from __future__ import annotations

import dataclasses
from itertools import count

import numpy as np

from tinycnn.layers import BatchNorm2D, Conv2D, ConvTranspose2D, Dense, GroupNorm, Layer, transform
from tinycnn.model import Model
from tinycnn.zoo.init import he, stream


def redrawn(model: Model, seed: int) -> Model:
    """The same layers with random weights.

    Kernels and dense weights are He's, biases 0, and norms do nothing yet. Constants stay.

    Parameters
    ----------
    model : Model
    seed : int
    """
    positions = count()

    def change(layer: Layer) -> Layer:
        if isinstance(layer, Conv2D | ConvTranspose2D | Dense):
            weight = he(stream(seed, next(positions), layer.weight.shape), layer.weight.shape)
            bias = None if layer.bias is None else np.zeros_like(layer.bias)
            return dataclasses.replace(layer, weight=weight.astype(layer.weight.dtype), bias=bias)
        if isinstance(layer, BatchNorm2D | GroupNorm):
            fresh = {"weight": np.ones_like(layer.weight), "bias": np.zeros_like(layer.bias)}
            if isinstance(layer, BatchNorm2D):
                fresh |= {"mean": fresh["bias"], "variance": fresh["weight"]}
            return dataclasses.replace(layer, **fresh)  # type: ignore[arg-type]
        return layer

    layers = transform(model.layers, change)
    return dataclasses.replace(model, layers=layers, weights=f"random (seed {seed})")
