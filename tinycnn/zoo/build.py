"""Building nets layer by layer, with random weights that depend on seed, position in the net, and shape."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import count
from math import prod

import numpy as np

from tinycnn.layers import (
    Add,
    BatchNorm2D,
    Branches,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    MaxPool2D,
    ReLU,
    ReLU6,
)
from tinycnn.ops.geometry import Padding, pool_window, window
from tinycnn.ops.types import Array
from tinycnn.zoo.init import Init, constant, he, stream


class Builder:
    """A chain of layers under construction.

    Parameters
    ----------
    shape : (c, h, w)
        Shape of the input.
    seed : int
    weight, bias : Init
        How weights and biases are drawn.
    """

    def __init__(
        self, shape: tuple[int, ...], seed: int, weight: Init = he, bias: Init = constant(0.0)
    ) -> None:
        self.layers: list[Layer] = []
        self.shape = shape
        self._seed, self._weight, self._bias = seed, weight, bias
        self._positions = count()

    def conv(
        self,
        name: str,
        filters: int,
        size: int,
        stride: int = 1,
        padding: Padding = "same",
        circular: bool = False,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        """Append a convolution."""
        c, h, w = self.shape
        at = window((h, w), (size, size), stride, padding)
        weight = self._draw(self._weight, (filters, c // groups, size, size))
        shift = self._draw(self._bias, (filters,)) if bias else None
        self.layers.append(
            Conv2D(weight, shift, stride, padding, groups=groups, circular=circular, name=name)
        )
        self.shape = (filters, *at.output)

    def batch_norm(self, name: str, epsilon: float = 1e-5) -> None:
        """Append a batch norm that does nothing yet: mean 0, variance 1, scale 1, shift 0."""
        zeros, ones = np.zeros(self.shape[0], np.float32), np.ones(self.shape[0], np.float32)
        self.layers.append(BatchNorm2D(ones, zeros, zeros, ones, epsilon, name=name))

    def relu(self, name: str) -> None:
        """Append a ReLU."""
        self.layers.append(ReLU(name=name))

    def relu6(self, name: str) -> None:
        """Append a ReLU6."""
        self.layers.append(ReLU6(name=name))

    def max_pool(self, name: str, size: int, stride: int, padding: Padding = 0) -> None:
        """Append a max-pool."""
        c, h, w = self.shape
        self.layers.append(MaxPool2D(size, stride, padding, name=name))
        self.shape = (c, *pool_window((h, w), size, stride, padding).output)

    def global_avg_pool(self, name: str) -> None:
        """Append a global average pool."""
        self.layers.append(GlobalAvgPool2D(name=name))
        self.shape = self.shape[:1]

    def flatten(self) -> None:
        """Append a flattening."""
        self.layers.append(Flatten(name="flatten"))
        self.shape = (prod(self.shape),)

    def dense(self, name: str, features: int) -> None:
        """Append a dense layer."""
        weight = self._draw(self._weight, (features, *self.shape))
        self.layers.append(Dense(weight, self._draw(self._bias, (features,)), name=name))
        self.shape = (features,)

    def dense_head(self, classes: int) -> None:
        """Append the three dense layers of AlexNet and VGG."""
        self.flatten()
        for index in (6, 7):
            self.dense(f"fc{index}", 4096)
            self.relu(f"relu{index}")
        self.dense("fc8", classes)

    def branches(self, name: str, merge: Add | Concatenate, *fill: Callable[[Builder], None]) -> None:
        """Append branches that read one input; each function fills one of them, or leaves it an identity."""
        sides = []
        for fill_one in fill:
            side = copy.copy(self)  # it shares the count of positions
            side.layers = []
            fill_one(side)
            sides.append(side)
        self.layers.append(Branches(tuple(tuple(side.layers) for side in sides), merge, name=name))
        channels = [side.shape[0] for side in sides]
        total = channels[0] if isinstance(merge, Add) else sum(channels)
        self.shape = (total, *sides[0].shape[1:])

    def _draw(self, init: Init, shape: tuple[int, ...]) -> Array:
        return init(stream(self._seed, next(self._positions), shape), shape)
