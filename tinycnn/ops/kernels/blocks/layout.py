"""Images in blocks: (n, chunks, h, w, LANES), the channels of one register next to each other.

All that lies between two turns of the layout works on whole registers, whatever the size of an image, and no
row is ever turned. Missing channels of the last chunk are 0, and every kernel leaves them so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import (
    LANES,
    fma,
    keep,
    load,
    pick,
    splat,
    store,
    store_bytes,
    transpose,
    zero,
)
from tinycnn.ops.kernels.planes.gate import Gates, Range
from tinycnn.ops.kernels.planes.shape import add
from tinycnn.ops.types import Array, Pair

OPEN = 4
"""The bit of a byte that says that an activation was open."""

NO_CODES = np.zeros((1, 0, 0, 0, LANES), np.uint8)


class Affine(NamedTuple):
    """What is done to a convolution's sums: ``min(max(scale * y + shift, low), high)``, channel by channel.

    Parameters
    ----------
    scale, shift : (k,)
    inside : Range
        What the activation leaves of the numbers.
    """

    scale: Array
    shift: Array
    inside: Range

    def arrays(self) -> tuple[Array, Array, Array]:
        """Scale and shift for two registers of channels at a time, 0 where there are none; and the constants.

        These are low and high, and what bytes are made of: OPEN, and 0 to 3.
        """
        whole = -(-len(self.scale) // (2 * LANES)) * 2 * LANES
        padded = np.zeros((2, whole), np.float32)
        padded[0, : len(self.scale)], padded[1, : len(self.scale)] = self.scale, self.shift
        return (
            frozen(padded[0]),
            frozen(padded[1]),
            frozen(np.array((*self.inside, OPEN, 0, 1, 2, 3), np.float32)),
        )


def plain(channels: int) -> Affine:
    """What leaves the sums as they are."""
    return Affine(np.ones(channels, np.float32), np.zeros(channels, np.float32), Range(-np.inf, np.inf))


def chunks(channels: int) -> int:
    """Registers that so many channels take."""
    return -(-channels // LANES)


def to_blocks(x: Array) -> Array:
    """(n, c, h, w) -> (n, chunks, h, w, LANES)"""
    n, c, h, w = x.shape
    blocks = empty((n, chunks(c), h, w, LANES))
    threads.run(_to_blocks, n * chunks(c), frozen(x).reshape(n, c, h * w), blocks)
    return blocks


def from_blocks(blocks: Array, c: int) -> Array:
    """(n, chunks, h, w, LANES) -> (n, c, h, w)"""
    n, _, h, w, _ = blocks.shape
    x = empty((n, c, h, w))
    threads.run(_from_blocks, n * chunks(c), frozen(blocks), x.reshape(n, c, h * w))
    return x


def gate_blocks(signal: Array, codes: Array, gates: Gates, edges: tuple[Pair, Pair], out: Array) -> None:
    """Take signals from the output of an activation to its input, with zeros around them.

    Parameters
    ----------
    signal : (n, chunks, h, w, LANES)
    codes : (images, chunks, h, w, LANES) uint8, or NO_CODES
        What the activation left; signal i belongs to image ``i % images``.
    gates : Gates
        Of the n signals.
    edges : ((top, bottom), (left, right))
    out : (n, chunks, top + h + bottom, left + w + right, LANES)
        Is written.
    """
    bits = OPEN * gates.masked.astype(np.int64)
    corner = (edges[0][0], edges[1][0])
    n, depth = signal.shape[:2]
    threads.run(_gate, n * depth, frozen(signal), frozen(codes), bits, frozen(gates.low), corner, out)


def pad_blocks(x: Array, at: Window, out: Array) -> None:
    """Write images with their padding to `out`."""
    nothing = np.zeros(len(x), np.int64), np.zeros(len(x), np.float32)
    corner = (at.edges[0][0], at.edges[1][0])
    threads.run(_gate, len(x) * x.shape[1], frozen(x), NO_CODES, *nothing, corner, out)


@jit
def finish(value, scale, shift, channel, numbers, y, codes, at):  # type: ignore[no-untyped-def]
    """Scale, shift and clip one register of sums, and write it; where codes are kept, also what was open."""
    value = clip(fma(value, load(scale, channel), load(shift, channel)), numbers)
    store(y, at, value)
    if codes.size > 0:
        store_bytes(codes, at, opened(value, numbers))


@jit
def clip(value, numbers):  # type: ignore[no-untyped-def]
    """``min(max(value, low), high)``. NaN stays, and infinity becomes NaN: neither is hidden by a clip."""
    low, high = splat(numbers, 0), splat(numbers, 1)
    value = value + (value - value)
    value = pick(low, value, low, value)
    return pick(value, high, high, value)


@jit
def opened(value, numbers):  # type: ignore[no-untyped-def]
    """OPEN where a clipped value lies strictly inside the range, else 0."""
    nothing = zero(numbers)
    below = pick(splat(numbers, 1), value, splat(numbers, 2), nothing)
    return pick(value, splat(numbers, 0), below, nothing)


def add_blocks(parts: Sequence[Array], inside: Range, codes: Array) -> Array:
    """The sum of branches, clipped; codes, if there are any, say where it was open."""
    *rest, last = parts
    total = rest[0] if len(rest) == 1 else add(rest)
    y, numbers = empty(last.shape), plain(LANES)._replace(inside=inside).arrays()[2]
    threads.run(_add, y.size // LANES, frozen(total), frozen(last), numbers, y, codes, least=1 << 10)
    return y


@jit
def _add(start, stop, x, other, numbers, y, codes):  # type: ignore[no-untyped-def]
    for at in range(start * LANES, stop * LANES, LANES):
        value = clip(load(x, at) + load(other, at), numbers)
        store(y, at, value)
        if codes.size > 0:
            store_bytes(codes, at, opened(value, numbers))


@jit
def _gate(start, stop, x, codes, bits, low, corner, out):  # type: ignore[no-untyped-def]
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


@jit
def _to_blocks(start, stop, x, blocks):  # type: ignore[no-untyped-def]
    """One item is one register of channels of an image."""
    (c, places), depth = x.shape[1:], blocks.shape[1]
    for index in range(start, stop):
        n, chunk = divmod(index, depth)
        count, j = min(LANES, c - chunk * LANES), 0
        corner, out = (n * c + chunk * LANES) * places, index * places * LANES
        while count == LANES and j + LANES <= places:
            transpose(x, corner + j, places, blocks, out + j * LANES, LANES)
            j += LANES
        plane = blocks[n, chunk].reshape(places, LANES)
        for place in range(j, places):
            for l in range(LANES):
                plane[place, l] = x[n, chunk * LANES + l, place] if l < count else 0


@jit
def _from_blocks(start, stop, blocks, x):  # type: ignore[no-untyped-def]
    """One item is one register of channels of an image."""
    (c, places), depth = x.shape[1:], -(-x.shape[1] // LANES)
    for index in range(start, stop):
        n, chunk = divmod(index, depth)
        count, j = min(LANES, c - chunk * LANES), 0
        corner, out = (n * blocks.shape[1] + chunk) * places * LANES, (n * c + chunk * LANES) * places
        while count == LANES and j + LANES <= places:
            transpose(blocks, corner + j * LANES, LANES, x, out + j, places)
            j += LANES
        plane = blocks[n, chunk].reshape(places, LANES)
        for place in range(j, places):
            for l in range(count):
                x[n, chunk * LANES + l, place] = plane[place, l]
