"""Nodes on images in blocks: convolutions with batch norm, activation and pool; pools; and branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.fused.activations import Activation, affine_of
from tinycnn.fused.fork import Fork
from tinycnn.fused.node import Node, Shape, backward, forward
from tinycnn.layers import Conv2D
from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks import depthwise, lattice, matmul, winograd
from tinycnn.ops.kernels.blocks.layout import (
    NO_CODES,
    add_blocks,
    chunks,
    from_blocks,
    gate_blocks,
    pad_blocks,
    plain,
    to_blocks,
)
from tinycnn.ops.kernels.blocks.pool import max_pool, max_pool_back
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.types import Array, Edges


@dataclass(frozen=True)
class Blocks:
    """Nodes one after another; between them, images stay in blocks."""

    nodes: tuple[Node, ...]
    input: Shape

    @property
    def output(self) -> Shape:
        return self.nodes[-1].output

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return max(whole(self.input), *(node.widest for node in self.nodes))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Any]:
        y, saved = forward(self.nodes, to_blocks(x), keep)
        return from_blocks(y, self.output[0]), saved

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        return from_blocks(backward(self.nodes, to_blocks(signal), saved, gates), self.input[0])


@dataclass(frozen=True)
class Winograd:
    """A 3x3 convolution of stride 1, perhaps with a 2x2 max-pool at its end."""

    conv: Conv2D
    at: Window
    activation: Activation
    pool: bool

    @property
    def output(self) -> Shape:
        h, w = self.at.output
        return len(self.conv.weight), *((h // 2, w // 2) if self.pool else (h, w))

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return max(whole((channels, *self.at.output)) for channels in self.conv.weight.shape[:2])

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array]:
        y, codes = _outputs(len(x), self.output, keep and (self.pool or self.activation.clips))
        affine = affine_of(self.conv, self.activation)
        winograd.convolve(x, self.conv.weight, affine, self.at, y, codes)
        return y, codes

    def backward(self, signal: Array, saved: Array, gates: Gates) -> Array:
        y, _ = _outputs(len(signal), (self.conv.weight.shape[1], *self.at.image), False)
        scale = affine_of(self.conv, self.activation).scale
        winograd.convolve_back(signal, saved, gates, self.conv.weight, scale, self.at, y)
        return y


@dataclass(frozen=True)
class Direct:
    """Any other convolution, of one group or of a group for each channel."""

    conv: Conv2D
    at: Window
    activation: Activation

    @property
    def output(self) -> Shape:
        return len(self.conv.weight), *self.at.output

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return max(whole((self._channels, *self.at.padded)), whole(self.output))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array]:
        y, codes = _outputs(len(x), self.output, keep and self.activation.clips)
        affine = affine_of(self.conv, self.activation)
        if self.at.padded != self.at.image:
            image, x = x, _around(x, self.at.edges)
            pad_blocks(image, self.at, x)
        method = matmul if self.conv.groups == 1 else depthwise
        method.convolve(x, self.conv.weight, lattice.forward(self.at), affine, y, codes)
        return y, codes

    def backward(self, signal: Array, saved: Array, gates: Gates) -> Array:
        y, _ = _outputs(len(signal), (self._channels, *self.at.image), False)
        weight, scale = self.conv.weight, affine_of(self.conv, self.activation).scale
        parts, edges = lattice.backward(self.at)
        if saved.size > 0 or edges != ((0, 0), (0, 0)):
            above, signal = signal, _around(signal, edges)
            gate_blocks(above, saved, gates, edges, signal)
        if self.conv.groups == 1:
            for part in parts:
                matmul.convolve_back(signal, weight, scale, part, y)
            return y
        scaled, affine = weight * scale[:, None, None, None], plain(self._channels)
        for part in parts:
            depthwise.convolve(signal, scaled, part, affine, y, NO_CODES)
        return y

    @property
    def _channels(self) -> int:
        return int(self.conv.weight.shape[1] * self.conv.groups)


@dataclass(frozen=True)
class Pooled:
    """A max-pool on its own."""

    at: Window
    channels: int

    @property
    def output(self) -> Shape:
        return self.channels, *self.at.output

    @property
    def widest(self) -> int:
        """Entries of the largest signal."""
        return whole((self.channels, *self.at.image))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array]:
        return max_pool(x, self.at)

    def backward(self, signal: Array, saved: Array, gates: Gates) -> Array:
        return max_pool_back(signal, saved, self.at)


class BlockedFork(Fork):
    """Branches in blocks. Only those that are added have an activation."""

    def join(self, parts: Sequence[Array], keep: bool) -> tuple[Array, Array]:
        if not self.add:
            return np.concatenate(parts, axis=1), NO_CODES
        codes = empty(parts[0].shape, np.uint8) if keep and self.activation.clips else NO_CODES
        return add_blocks(parts, self.activation.inside, codes), codes

    def part(self, signal: Array, codes: Any, gates: Gates) -> Sequence[Array]:
        if not self.add:
            edges = np.cumsum([chunks(channels) for channels in self.channels])[:-1]
            return np.split(signal, edges, axis=1)
        if codes.size > 0:
            above, signal = signal, empty(signal.shape)
            gate_blocks(above, codes, gates, ((0, 0), (0, 0)), signal)
        return [signal] * len(self.branches)


def whole(shape: Shape) -> int:
    """Entries that (c, h, w) takes in blocks."""
    return chunks(shape[0]) * LANES * shape[1] * shape[2]


def _outputs(n: int, shape: Shape, coded: bool) -> tuple[Array, Array]:
    y = empty((n, chunks(shape[0]), *shape[1:], LANES))
    return y, empty(y.shape, np.uint8) if coded else NO_CODES


def _around(x: Array, edges: Edges) -> Array:
    """Room for x with so much around it."""
    (top, bottom), (left, right) = edges
    n, depth, h, w, lanes = x.shape
    return empty((n, depth, top + h + bottom, left + w + right, lanes))
