"""Stacking layers with random weights: each draw knows its position in the net, and its shape."""

from __future__ import annotations

from math import prod

from tinycnn.init import Init, constant, he, stream
from tinycnn.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU
from tinycnn.ops.geometry import Padding, pool_window, window
from tinycnn.types import Array


class Stack:
    """A chain of layers under construction.

    Parameters
    ----------
    shape : (c, h, w)
        Of the input.
    seed : int
    weight, bias : Init
        How to draw them.
    """

    def __init__(
        self, shape: tuple[int, ...], seed: int, weight: Init = he, bias: Init = constant(0.0)
    ) -> None:
        self.layers: list[Layer] = []
        self.shape = shape
        self._seed, self._weight, self._bias = seed, weight, bias
        self._position = 0

    def conv(
        self,
        name: str,
        filters: int,
        size: int,
        stride: int = 1,
        padding: Padding = "same",
        circular: bool = False,
    ) -> None:
        """Append a convolution."""
        c, h, w = self.shape
        at = window((h, w), (size, size), stride, padding)
        weight, bias = self._draw((filters, c, size, size))
        self.layers.append(Conv2D(weight, bias, stride, padding, circular=circular, name=name))
        self.shape = (filters, *at.output)

    def relu(self, name: str) -> None:
        """Append a ReLU."""
        self.layers.append(ReLU(name=name))

    def max_pool(self, name: str, size: int, stride: int, padding: Padding = 0) -> None:
        """Append a max-pool."""
        c, h, w = self.shape
        self.layers.append(MaxPool2D(size, stride, padding, name=name))
        self.shape = (c, *pool_window((h, w), size, stride, padding).output)

    def flatten(self) -> None:
        """Append a flattening."""
        self.layers.append(Flatten(name="flatten"))
        self.shape = (prod(self.shape),)

    def dense(self, name: str, features: int) -> None:
        """Append a dense layer."""
        weight, bias = self._draw((features, *self.shape))
        self.layers.append(Dense(weight, bias, name=name))
        self.shape = (features,)

    def _draw(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        weight = self._weight(stream(self._seed, self._position, shape), shape)
        bias = self._bias(stream(self._seed, self._position + 1, shape[:1]), shape[:1])
        self._position += 2
        return weight, bias
