"""The trunk of any net: convolutions, each with its batch norm and activation, pools, and branches.

A node takes an array forward and returns besides what its way back needs, which is a byte per entry instead
of the numbers themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.fused.blocks import chain
from tinycnn.layers import Add, AvgPool2D, BatchNorm2D, Branches, Conv2D, Layer, MaxPool2D, ReLU, ReLU6
from tinycnn.ops import kernels
from tinycnn.ops.geometry import pair, pool_window, window
from tinycnn.ops.kernels.gate import Gates, Range, activate, gate
from tinycnn.ops.kernels.norm import scale_and_shift
from tinycnn.rules import GRADIENT
from tinycnn.trace import Step
from tinycnn.types import Array, Pair

Shape = tuple[int, int, int]
"""(c, h, w)"""

RANGES: dict[type[Layer], Range] = {ReLU: Range(0, math.inf), ReLU6: Range(0, 6)}
"""What each activation leaves of the numbers."""


class Node(Protocol):
    """A few layers as one step each way."""

    @property
    def output(self) -> Shape: ...

    @property
    def widest(self) -> int: ...

    def forward(self, x: Array) -> tuple[Array, Any]: ...

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array: ...


@dataclass(frozen=True)
class Unit:
    """A convolution, perhaps with a batch norm, perhaps with an activation."""

    conv: Conv2D
    image: Pair
    output: Shape
    norm: BatchNorm2D | None = None
    activation: Layer | None = None

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        inside = self.conv.weight.shape[1] * self.conv.groups * math.prod(self.image)
        return max(inside, math.prod(self.output))

    def forward(self, x: Array) -> tuple[Array, Array | None]:
        y, _ = self.conv.forward(x)
        if self.activation is not None:
            return y, activate(y, *self._affine, RANGES[type(self.activation)])
        return (y if self.norm is None else self.norm.forward(y)[0]), None

    def backward(self, signal: Array, saved: Array | None, gates: Gates) -> Array:
        if saved is not None:
            signal = gate(signal, saved, gates, self._affine[0])
        elif self.norm is not None:
            signal = GRADIENT[self.norm](signal, Step(self.norm, None, signal, None))
        return kernels.conv2d_vjp_input(signal, self.conv.weight, self.image, **self.conv.geometry)

    @property
    def _affine(self) -> tuple[Array, Array]:
        """The batch norm as a factor and a summand for every channel."""
        norm, nothing = self.norm, np.zeros(self.output[0], self.conv.weight.dtype)
        if norm is None:
            return nothing + 1, nothing
        return scale_and_shift(norm.weight, norm.bias, norm.mean, norm.variance, norm.epsilon)


@dataclass(frozen=True)
class Pool:
    """A pool on its own."""

    layer: MaxPool2D | AvgPool2D
    image: Pair
    output: Shape

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return self.output[0] * math.prod(self.image)

    def forward(self, x: Array) -> tuple[Array, Array | None]:
        return self.layer.forward(x)

    def backward(self, signal: Array, saved: Array | None, gates: Gates) -> Array:
        if saved is None:
            return kernels.avg_pool2d_vjp(signal, self.image, **self.layer.geometry)
        n, k, h, w = signal.shape  # the switches of all images belong to each rule's signals
        signal, switches = signal.reshape(-1, len(saved) * k, h, w), saved.reshape(1, len(saved) * k, h, w)
        return kernels.max_pool2d_vjp(signal, switches, self.image).reshape(n, k, *self.image)


@dataclass(frozen=True)
class Fork:
    """Branches that are added or stacked, perhaps with an activation after it. A branch may be empty."""

    branches: tuple[tuple[Node, ...], ...]
    channels: tuple[int, ...]
    add: bool
    output: Shape
    activation: Layer | None = None

    @property
    def widest(self) -> int:
        """Entries of the largest signals that are held at once: one for each branch."""
        inside = (max((node.widest for node in branch), default=0) for branch in self.branches)
        return max(math.prod(self.output) * len(self.branches), *inside)

    def forward(self, x: Array) -> tuple[Array, Any]:
        parts, saved = zip(*(forward(nodes, x) for nodes in self.branches), strict=True)
        y = kernels.add(parts) if self.add else kernels.concatenate(parts)
        if self.activation is None:
            return y, (saved, None)
        nothing = np.zeros(self.output[0], y.dtype)
        return y, (saved, activate(y, nothing + 1, nothing, RANGES[type(self.activation)]))

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        branches, codes = saved
        if codes is not None:
            signal = gate(signal, codes, gates, np.ones(self.output[0], signal.dtype))
        parts = [signal] * len(branches) if self.add else kernels.concatenate_vjp(signal, self.channels)
        ways = zip(self.branches, parts, branches, strict=True)
        return kernels.add([backward(nodes, part, own, gates) for nodes, part, own in ways])


def forward(nodes: Sequence[Node], x: Array) -> tuple[Array, tuple[Any, ...]]:
    """Run nodes, and keep what the way back needs."""
    kept = []
    for node in nodes:
        x, saved = node.forward(x)
        kept.append(saved)
    return x, tuple(kept)


def backward(nodes: Sequence[Node], signal: Array, saved: Sequence[Any], gates: Gates) -> Array:
    """Send signals of several rules back through nodes."""
    for node, own in zip(reversed(nodes), reversed(saved), strict=True):
        signal = node.backward(signal, own, gates)
    return signal


def nodes(layers: Sequence[Layer], shape: Shape) -> tuple[list[Node], int]:
    """The longest chain of nodes that a net starts with, and of how many layers it is made."""
    found: list[Node] = []
    end = 0
    while end < len(layers):
        try:
            node, count = _node(layers[end:], shape)
        except ShapeError:  # the general path says which layer it is
            return [], 0
        if node is None or not all(node.output):
            break
        found.append(node)
        shape, end = node.output, end + count
    return found, end


def _node(layers: Sequence[Layer], shape: Shape) -> tuple[Node | None, int]:
    c, image, layer = shape[0], shape[1:], layers[0]
    blocks, count = chain(layers, c, image)
    if blocks is not None:
        return blocks, count
    if type(layer) is Conv2D and layer.weight.shape[1] * layer.groups == c:
        return _unit(layer, layers[1:], image)
    if type(layer) is MaxPool2D:
        at = pool_window(image, layer.size, layer.stride, layer.padding)
        return Pool(layer, image, (c, *at.output)), 1
    if type(layer) is AvgPool2D:
        at = window(image, pair(layer.size), layer.stride, layer.padding)
        return Pool(layer, image, (c, *at.output)), 1
    if isinstance(layer, Branches):
        return _fork(layer, layers[1:], shape)
    return None, 0


def _unit(conv: Conv2D, after: Sequence[Layer], image: Pair) -> tuple[Unit, int]:
    k, _, *size = conv.weight.shape
    at = window(image, (size[0], size[1]), conv.stride, conv.padding, conv.dilation, conv.circular)
    norm = after[0] if after and type(after[0]) is BatchNorm2D and len(after[0].weight) == k else None
    activation = _activation(after[1:] if norm else after)
    return Unit(conv, image, (k, *at.output), norm, activation), 1 + sum(map(bool, (norm, activation)))


def _fork(layer: Branches, after: Sequence[Layer], shape: Shape) -> tuple[Fork | None, int]:
    found = [nodes(branch, shape) for branch in layer.branches]
    outputs = [branch[-1].output if branch else shape for branch, _ in found]
    add, channels = type(layer.merge) is Add, tuple(output[0] for output in outputs)
    whole = all(end == len(branch) for (_, end), branch in zip(found, layer.branches, strict=True))
    if not whole or len({output if add else output[1:] for output in outputs}) > 1:
        return None, 0
    output = outputs[0] if add else (sum(channels), *outputs[0][1:])
    activation = _activation(after)
    branches = tuple(tuple(branch) for branch, _ in found)
    return Fork(branches, channels, add, output, activation), 1 + bool(activation)


def _activation(after: Sequence[Layer]) -> Layer | None:
    return after[0] if after and type(after[0]) in RANGES else None
