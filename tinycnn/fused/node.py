"""A few layers as one step each way: forward returns what the way back needs, a byte per entry at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.types import Array

ImageShape = tuple[int, int, int]
"""(c, h, w)"""


class Node(Protocol):
    """A few layers. Arrays are planes, (n, c, h, w), or blocks, (n, chunks, h, w, LANES)."""

    @property
    def output(self) -> ImageShape:
        """Shape of the output of one image."""

    @property
    def widest(self) -> int:
        """How many numbers the largest signal of one image has, inside the node or at either end."""

    def forward(self, x: Array, keep: bool) -> tuple[Array, Any]:
        """The output, and what `backward` needs; without `keep` that may be left out."""

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        """Take signals at the output to the input; signal i belongs to image ``i % n``."""


def forward(nodes: Sequence[Node], x: Array, keep: bool) -> tuple[Array, tuple[Any, ...]]:
    """Run nodes, and keep what the way back needs."""
    kept = []
    for node in nodes:
        x, saved = node.forward(x, keep)
        kept.append(saved)
    return x, tuple(kept)


def backward(nodes: Sequence[Node], signal: Array, saved: Sequence[Any], gates: Gates) -> Array:
    """Send signals of several rules back through nodes."""
    for node, own in zip(reversed(nodes), reversed(saved), strict=True):
        signal = node.backward(signal, own, gates)
    return signal
