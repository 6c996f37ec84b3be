"""Which numbers a convolution's outputs are made of, as offsets into images in blocks.

Outputs lie on a lattice, and each collects the same taps around its own place:

    y[first + i * row + j * column] = sum_taps w[tap] x[i * step_down + j * step_across + offset[tap]]

A convolution is one such lattice. Its transpose with strides (s, t) is s * t of them: entries of the image
whose row is u and column v modulo the strides collect the same taps.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.types import Array, Edges, Pair, frozen

_REMEMBERED = 256
"""Geometries of which lattices are remembered: a net asks for its own again and again."""


class Lattice(NamedTuple):
    """Outputs with the same taps; offsets count float32 within one plane of blocks.

    Parameters
    ----------
    size : (rows, columns)
        Of the outputs on the lattice.
    steps : (int, int)
        From an output's window to that of the next one down, and across.
    first, lines : int, (int, int)
        Where the first output is written, and how far the next one down, and across, is from it.
    offsets, taps : (taps,) int64
        Offset of each tap, and which of the kernel's taps it is, in row-major order.
    """

    size: Pair
    steps: Pair
    first: int
    lines: Pair
    offsets: Array
    taps: Array

    @property
    def where(self) -> tuple[int, ...]:
        """Rows, columns, steps down and across, first, lines down and across: as kernels take them."""
        return *self.size, *self.steps, self.first, *self.lines


@lru_cache(_REMEMBERED)
def forward(at: Window) -> Lattice:
    """The lattice of a convolution of padded images."""
    (s, t), (d, e), across = at.stride, at.dilation, at.padded[1]
    taps = [
        (a * d * across + b * e, a * at.size[1] + b) for a in range(at.size[0]) for b in range(at.size[1])
    ]
    lines = (at.output[1] * LANES, LANES)
    return Lattice(at.output, (s * across * LANES, t * LANES), 0, lines, *_taps(taps))


@lru_cache(_REMEMBERED)
def backward(at: Window) -> tuple[tuple[Lattice, ...], Edges]:
    """The lattices of the transpose; and the zeros around the signal: ((top, bottom), (left, right))."""
    down = _phases(at.image[0], at.size[0], at.stride[0], at.dilation[0], at.edges[0][0])
    across = _phases(at.image[1], at.size[1], at.stride[1], at.dilation[1], at.edges[1][0])
    edges = _margins(down, at.output[0]), _margins(across, at.output[1])
    width = edges[1][0] + at.output[1] + edges[1][1]
    lines = (at.stride[0] * at.image[1] * LANES, at.stride[1] * LANES)
    found = []
    for u, (rows, taps_down) in enumerate(down):
        for v, (columns, taps_across) in enumerate(across):
            taps = [
                ((i + edges[0][0]) * width + j + edges[1][0], a * at.size[1] + b)
                for a, i in taps_down
                for b, j in taps_across
            ]
            first = (u * at.image[1] + v) * LANES
            found.append(Lattice((rows, columns), (width * LANES, LANES), first, lines, *_taps(taps)))
    return tuple(lattice for lattice in found if min(lattice.size) > 0), edges


Phase = tuple[int, list[Pair]]
"""How many entries have one remainder, and pairs (tap a, output i) that the first of them collects."""


def _phases(length: int, size: int, stride: int, dilation: int, before: int) -> list[Phase]:
    """Entry ``u + stride * r`` collects tap a of output ``i + r``.

    That is so for all r if ``stride * i + dilation * a = u + before``.
    """
    return [
        (
            -(-(length - u) // stride),
            [
                (a, (u + before - a * dilation) // stride)
                for a in range(size)
                if (u + before - a * dilation) % stride == 0
            ],
        )
        for u in range(stride)
    ]


def _margins(phases: list[Phase], outputs: int) -> Pair:
    first = [i for _, taps in phases for _, i in taps]
    last = [rows - 1 + i for rows, taps in phases for _, i in taps]
    return max(0, -min(first)), max(0, max(last) - outputs + 1)


def _taps(found: list[Pair]) -> tuple[Array, Array]:
    offsets, taps = np.array(found, np.int64).reshape(-1, 2).T
    return frozen(offsets * LANES), frozen(taps)
