"""How frameworks lay out kernels and dense weights, and the way from theirs to ours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from tinycnn.layers import Dense, Flatten
from tinycnn.layers.sizes import Shape, output_shape
from tinycnn.model import Model
from tinycnn.ops.shape import Order
from tinycnn.ops.types import Array
from tinycnn.weights.names.transpose import transposed


@dataclass(frozen=True)
class Layout:
    """The order of the axes in a file.

    Parameters
    ----------
    kernel : {"oihw", "hwio"}
    dense : {"oi", "io"}
        Whether a dense weight is (k, c) or (c, k).
    flatten : {"chw", "hwc"}
        In which order an image's features enter the first dense layer.
    """

    kernel: Literal["oihw", "hwio"]
    dense: Literal["oi", "io"]
    flatten: Order

    def shape(self, ours: tuple[int, ...]) -> tuple[int, ...]:
        """The shape in the file of a parameter of our shape."""
        if len(ours) == 4 and self.kernel == "hwio":
            return ours[2], ours[3], ours[1], ours[0]
        return ours[::-1] if len(ours) == 2 and self.dense == "io" else ours

    def ours(self, array: Array, features: Features | None = None) -> Array:
        """A parameter as our layers hold it.

        Parameters
        ----------
        array : of ``shape(ours)``
            May be overwritten: an array of gigabytes is transposed in place.
        features : Features, optional
            What a dense weight's columns stand for, if an image was flattened before it.
        """
        if array.ndim == 4 and self.kernel == "hwio":
            return np.ascontiguousarray(array.transpose(3, 2, 0, 1))
        if array.ndim != 2:
            return array
        outer = None if features is None or features.order == self.flatten else features.outer(self.flatten)
        if self.dense == "io":
            return transposed(array, outer)
        return array if outer is None else _swapped(array, outer)


TORCH = Layout("oihw", "oi", "chw")
"""As here: channels before height and width."""

TENSORFLOW = Layout("hwio", "io", "hwc")
"""Channels last."""

LAYOUTS = (TORCH, TENSORFLOW, Layout("oihw", "io", "chw"), Layout("hwio", "oi", "hwc"))
"""All layouts, the likeliest first."""


@dataclass(frozen=True)
class Features:
    """The columns of a dense weight after a flattening: `pixels` x `channels`, in the model's own order."""

    channels: int
    pixels: int
    order: Order

    def outer(self, order: Order) -> int:
        """The length of the slower of the two axes."""
        return self.pixels if order == "hwc" else self.channels


def flattened(model: Model) -> dict[str, Features]:
    """The dense weights whose columns are an image's features, by their names."""
    found = {}
    shape: Shape = model.input_shape
    for layer, after in pairwise(model.layers):
        if isinstance(layer, Flatten) and isinstance(after, Dense):
            c, h, w = shape
            found[f"{after.name}.weight"] = Features(c, h * w, layer.order)
        shape = output_shape(layer, shape)
    return found


def _swapped(weight: Array, outer: int) -> Array:
    """Columns counted outer axis first become columns counted inner axis first."""
    k, c = weight.shape
    return np.ascontiguousarray(weight.reshape(k, outer, c // outer).swapaxes(1, 2)).reshape(k, c)
