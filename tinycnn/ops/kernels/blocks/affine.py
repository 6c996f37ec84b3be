"""What lies between two convolutions of images in blocks: batch norm or bias, activation, and a rule's gate.

Forward, every sum becomes ``min(max(scale * y + shift, low), high)``, and a byte, its code, says whether it
was open, that is strictly inside the range. Back, a signal is raised to the rule's `low`, and passes only
where it was open, if the rule has a mask. `tinycnn.ops.kernels.planes.gate` is the same on planes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinycnn.ops.kernels.blocks.layout import NO_EDGES, empty_blocks
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES, fma, keep, load, pick, splat, store, store_bytes, zero
from tinycnn.ops.kernels.planes.gate import Gates, Range, open_gates
from tinycnn.ops.kernels.planes.shape import add
from tinycnn.ops.types import Array, Edges, frozen

OPEN = 4
"""The bit of a code that says that an activation was open; the bits below it are a pool's."""

NO_CODES = np.zeros((1, 0, 0, 0, LANES), np.uint8)
"""Instead of codes, where there is no activation or no way back."""

LOW, HIGH, OPENED, TAPS = range(4)
"""Where the constants of `Affine.arrays` lie: the range, OPEN, and the four taps of a 2x2 pool, 0 to 3."""


class Affine(NamedTuple):
    """What is done to a convolution's sums: ``min(max(scale * y + shift, low), high)``, channel by channel.

    Parameters
    ----------
    scale, shift : (k,)
    inside : Range
        What the activation leaves of the constants.
    """

    scale: Array
    shift: Array
    inside: Range

    def arrays(self) -> tuple[Array, Array, Array]:
        """The numbers as kernels take them: scale and shift, padded with 0 to pairs of registers; constants.

        The constants are read with `splat` at LOW, HIGH, OPENED and ``TAPS + tap``.
        """
        padded = np.zeros((2, 2 * LANES * -(-len(self.scale) // (2 * LANES))), np.float32)
        padded[0, : len(self.scale)], padded[1, : len(self.scale)] = self.scale, self.shift
        constants = np.array((*self.inside, OPEN, 0, 1, 2, 3), np.float32)
        return frozen(padded[0]), frozen(padded[1]), frozen(constants)


def plain(channels: int) -> Affine:
    """The `Affine` that leaves the sums as they are."""
    return Affine(np.ones(channels, np.float32), np.zeros(channels, np.float32), Range(-np.inf, np.inf))


def gate_blocks(signal: Array, codes: Array, gates: Gates, edges: Edges = NO_EDGES) -> Array:
    """Take signals from the output of an activation to its input, with zeros around them.

    Parameters
    ----------
    signal : (n, chunks, h, w, LANES)
    codes : (images, chunks, h, w, LANES) uint8, or NO_CODES
        What the activation left; signal i belongs to image ``i % images``.
    gates : Gates
        Of the n signals.
    edges : ((top, bottom), (left, right))

    Returns
    -------
    (n, chunks, top + h + bottom, left + w + right, LANES)
    """
    (n, depth, h, w), bits = signal.shape[:4], OPEN * gates.masked.astype(np.int64)
    out = empty_blocks(n, depth * LANES, (h, w), edges)
    corner = (edges[0][0], edges[1][0])
    threads.run(_gate, n * depth, frozen(signal), frozen(codes), bits, frozen(gates.low), corner, out)
    return out


def pad_blocks(x: Array, edges: Edges) -> Array:
    """Images with zeros around them."""
    return gate_blocks(x, NO_CODES, open_gates(len(x)), edges)


def add_blocks(parts: Sequence[Array], inside: Range, coded: bool) -> tuple[Array, Array]:
    """The sum of branches, clipped; and where it was open, if it is to be `coded`, else NO_CODES."""
    *rest, last = parts
    total = rest[0] if len(rest) == 1 else add(rest)
    y, constants = empty(last.shape), plain(1)._replace(inside=inside).arrays()[2]
    codes = empty(y.shape, np.uint8) if coded else NO_CODES
    threads.run(_add, y.size // LANES, frozen(total), frozen(last), constants, y, codes, least=1 << 10)
    return y, codes


@jit
def finish(value, scale, shift, channel, constants, y, codes, at):
    """Scale, shift and clip one register of sums, and write it; where codes are kept, also what was open."""
    value = clip(fma(value, load(scale, channel), load(shift, channel)), constants)
    store(y, at, value)
    if codes.size > 0:
        store_bytes(codes, at, opened(value, constants))


@jit
def clip(value, constants):
    """``min(max(value, low), high)``. NaN stays, and infinity becomes NaN: neither is hidden by a clip."""
    low, high = splat(constants, LOW), splat(constants, HIGH)
    value = value + (value - value)
    value = pick(low, value, low, value)
    return pick(value, high, high, value)


@jit
def opened(value, constants):
    """OPEN where a clipped value lies strictly inside the range, else 0."""
    nothing = zero(constants)
    below = pick(splat(constants, HIGH), value, splat(constants, OPENED), nothing)
    return pick(value, splat(constants, LOW), below, nothing)


@jit
def _add(start, stop, x, other, constants, y, codes):
    for at in range(start * LANES, stop * LANES, LANES):
        value = clip(load(x, at) + load(other, at), constants)
        store(y, at, value)
        if codes.size > 0:
            store_bytes(codes, at, opened(value, constants))


@jit
def _gate(start, stop, x, codes, bits, low, corner, out):
    """One item is a plane of one register of channels."""
    (depth, h, w), (rows, columns) = x.shape[1:4], out.shape[2:4]
    (top, left), nothing = corner, zero(x)
    for index in range(start, stop):
        n, chunk = divmod(index, depth)
        lowest, coded = splat(low, n), n % len(codes) * depth + chunk
        for u in range(rows):
            i, line = u - top, (index * rows + u) * columns
            inside = 0 <= i < h
            for v in range(columns):
                j, at = v - left, (line + v) * LANES
                if not (inside and 0 <= j < w):
                    store(out, at, nothing)
                    continue
                place = (i * w + j) * LANES
                value = load(x, index * h * w * LANES + place)
                if codes.size > 0:
                    value = pick(lowest, value, lowest, value)
                    value = keep(value, codes, coded * h * w * LANES + place, bits[n], bits[n])
                store(out, at, value)
