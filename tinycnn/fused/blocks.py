"""Nodes on images in blocks: convolutions with all that follows them, max-pools, and branches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.fused.activations import Epilogue, affine_of
from tinycnn.fused.node import ImageShape, Node, backward, forward
from tinycnn.layers import Conv2D
from tinycnn.ops import kernels
from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks import conv
from tinycnn.ops.kernels.blocks.affine import NO_CODES, add_blocks, gate_blocks
from tinycnn.ops.kernels.blocks.layout import chunks, from_blocks, to_blocks
from tinycnn.ops.kernels.blocks.pool import max_pool, max_pool_back
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.types import Array


@dataclass(frozen=True)
class Blocks:
    """A chain of nodes on images in blocks: planes, (n, c, h, w), are turned before it and after it."""

    nodes: tuple[Node, ...]
    input: ImageShape

    @property
    def output(self) -> ImageShape:
        return self.nodes[-1].output

    @property
    def widest(self) -> int:
        return max(_entries(self.input), *(node.widest for node in self.nodes))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Any]:
        y, saved = forward(self.nodes, to_blocks(x), keep)
        return from_blocks(y, self.output[0]), saved

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        return from_blocks(backward(self.nodes, to_blocks(signal), saved, gates), self.input[0])


@dataclass(frozen=True)
class Convolution:
    """A convolution, batch norm and activation, and perhaps the 2x2 max-pool after them."""

    conv: Conv2D
    at: Window
    epilogue: Epilogue
    pool: bool

    @property
    def output(self) -> ImageShape:
        h, w = self.at.output
        return len(self.conv.weight), *((h // 2, w // 2) if self.pool else (h, w))

    @property
    def widest(self) -> int:
        k, c = self.conv.weight.shape[:2]
        return max(_entries((c * self.conv.groups, *self.at.padded)), _entries((k, *self.at.output)))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array]:
        """x : (n, chunks, h, w, LANES); saved are the codes of `tinycnn.ops.kernels.blocks.conv.forward`."""
        weight, affine = self.conv.weight, affine_of(self.conv, self.epilogue)
        coded = keep and (self.pool or self.epilogue.clips)
        return conv.forward(x, weight, affine, self.at, self.conv.groups, coded, self.pool)

    def backward(self, signal: Array, saved: Array, gates: Gates) -> Array:
        weight, scale = self.conv.weight, affine_of(self.conv, self.epilogue).scale
        return conv.backward(signal, saved, gates, weight, scale, self.at, self.conv.groups)


@dataclass(frozen=True)
class Pooled:
    """A max-pool that follows no convolution, or is not 2x2."""

    at: Window
    channels: int

    @property
    def output(self) -> ImageShape:
        return self.channels, *self.at.output

    @property
    def widest(self) -> int:
        return _entries((self.channels, *self.at.image))

    def forward(self, x: Array, keep: bool) -> tuple[Array, Array]:
        """Pool x, (n, chunks, h, w, LANES); saved is each window's first maximum, a byte per output."""
        return max_pool(x, self.at)

    def backward(self, signal: Array, saved: Array, gates: Gates) -> Array:
        return max_pool_back(signal, saved, self.at)


@dataclass(frozen=True)
class Fork:
    """Branches that are added, with an activation after the sum, or concatenated. A branch may be empty.

    Concatenated branches have whole registers of `channels`, and the activation in each branch.
    """

    branches: tuple[tuple[Node, ...], ...]
    channels: tuple[int, ...]
    add: bool
    output: ImageShape
    epilogue: Epilogue

    @property
    def widest(self) -> int:
        """All branches' signals are held at once."""
        inside = (max((node.widest for node in branch), default=0) for branch in self.branches)
        return max(math.prod(self.output) * len(self.branches), *inside)

    def forward(self, x: Array, keep: bool) -> tuple[Array, Any]:
        """x : (n, chunks, h, w, LANES); saved is what each branch saved, and the codes of the epilogue."""
        parts, saved = zip(*(forward(nodes, x, keep) for nodes in self.branches), strict=True)
        if not self.add:
            return np.concatenate(parts, axis=1), (saved, NO_CODES)
        y, codes = add_blocks(parts, self.epilogue.inside, coded=keep and self.epilogue.clips)
        return y, (saved, codes)

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        branches, codes = saved
        if codes.size > 0:
            signal = gate_blocks(signal, codes, gates)
        edges = np.cumsum([chunks(channels) for channels in self.channels])[:-1]
        parts = [signal] * len(self.branches) if self.add else np.split(signal, edges, axis=1)
        ways = zip(self.branches, parts, branches, strict=True)
        return kernels.add([backward(nodes, part, own, gates) for nodes, part, own in ways])


def _entries(shape: ImageShape) -> int:
    """Numbers that (c, h, w) takes in blocks."""
    return chunks(shape[0]) * LANES * shape[1] * shape[2]
