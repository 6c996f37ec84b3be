"""Branches that are added or stacked, whatever the layout of the images in them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tinycnn.fused.activations import Activation
from tinycnn.fused.node import Node, Shape, backward, forward
from tinycnn.ops import kernels
from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.types import Array


@dataclass(frozen=True)
class Fork(ABC):
    """Branches, and perhaps an activation after them. A branch may be empty."""

    branches: tuple[tuple[Node, ...], ...]
    channels: tuple[int, ...]
    add: bool
    output: Shape
    activation: Activation

    @property
    def widest(self) -> int:
        """Entries of the largest signals that are held at once: one for each branch."""
        inside = (max((node.widest for node in branch), default=0) for branch in self.branches)
        return max(math.prod(self.output) * len(self.branches), *inside)

    def forward(self, x: Array, keep: bool) -> tuple[Array, Any]:
        parts, saved = zip(*(forward(nodes, x, keep) for nodes in self.branches), strict=True)
        y, codes = self.join(parts, keep)
        return y, (saved, codes)

    def backward(self, signal: Array, saved: Any, gates: Gates) -> Array:
        branches, codes = saved
        ways = zip(self.branches, self.part(signal, codes, gates), branches, strict=True)
        return kernels.add([backward(nodes, part, own, gates) for nodes, part, own in ways])

    @abstractmethod
    def join(self, parts: Sequence[Array], keep: bool) -> tuple[Array, Array | None]:
        """What the branches make together, through the activation; and the bytes of that."""

    @abstractmethod
    def part(self, signal: Array, codes: Any, gates: Gates) -> Sequence[Array]:
        """Each branch's signal."""
