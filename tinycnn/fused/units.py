"""Nodes on images as they are, (n, c, h, w): first layers, and what does not go on images in blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinycnn.fused.activations import Epilogue
from tinycnn.fused.node import ImageShape
from tinycnn.layers import AvgPool2D, Conv2D, MaxPool2D
from tinycnn.ops import kernels
from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.planes import few
from tinycnn.ops.kernels.planes.gate import Gates, activate, gate
from tinycnn.ops.types import Array, Pair
from tinycnn.rules import GRADIENT
from tinycnn.trace import Step


@dataclass(frozen=True)
class Unit:
    """A convolution, with the batch norm and the activation after it, if there are any."""

    conv: Conv2D
    at: Window
    epilogue: Epilogue

    @property
    def output(self) -> ImageShape:
        return len(self.conv.weight), *self.at.output

    @property
    def widest(self) -> int:
        inside = self.conv.weight.shape[1] * self.conv.groups * math.prod(self.at.image)
        return max(inside, math.prod(self.output))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array | None]:
        y, _ = self.conv.forward(x)
        if self.epilogue.clips:
            affine = self.epilogue.scale_and_shift(len(self.conv.weight))
            return y, activate(y, *affine, self.epilogue.inside)
        norm = self.epilogue.norm
        return (y if norm is None else norm.forward(y)[0]), None

    def backward(self, signal: Array, saved: Array | None, gates: Gates) -> Array:
        weight, at = self.conv.weight, self.at
        scale, _ = self.epilogue.scale_and_shift(len(weight))
        if saved is not None and self.conv.groups == 1 and few.suits(weight, at):
            return few.gated_vjp_input(signal, saved, gates, scale, weight, at)
        if saved is not None:
            signal = gate(signal, saved, gates, scale)
        elif (norm := self.epilogue.norm) is not None:
            signal = GRADIENT[norm](signal, Step(norm, None, signal, None))
        return kernels.conv2d_vjp_input(signal, weight, at.image, **self.conv.geometry)


@dataclass(frozen=True)
class Pool:
    """A max-pool or average pool."""

    layer: MaxPool2D | AvgPool2D
    image: Pair
    output: ImageShape

    @property
    def widest(self) -> int:
        return self.output[0] * math.prod(self.image)

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array | None]:
        return self.layer.forward(x)

    def backward(self, signal: Array, saved: Array | None, gates: Gates) -> Array:
        if saved is None:
            return kernels.avg_pool2d_vjp(signal, self.image, **self.layer.geometry)
        n, k, h, w = signal.shape  # the switches of all images belong to each rule's signals
        signal, switches = signal.reshape(-1, len(saved) * k, h, w), saved.reshape(1, len(saved) * k, h, w)
        return kernels.max_pool2d_vjp(signal, switches, self.image).reshape(n, k, *self.image)
