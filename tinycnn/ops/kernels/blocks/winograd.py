"""Winograd's F(4x4, 3x3) with all that follows the convolution, in one pass; and the way back through it.

The maps are those of `tinycnn.ops.kernels.blocks.tiles`. Images are transformed row by row of tiles,
multiplied panel by panel of output channels, and transformed back, as many rows at a time as caches hold.

Forward writes the output of the activation, or of the 2x2 max-pool after it, and one byte per entry of that:

    4 where the activation was open; after a pool also which of its four inputs was the first maximum, 0 to 3

Those bytes are all that the way back needs. It takes a signal at the output of the activation or pool,
applies the rule and the bytes while loading it, and sends it through the transposed convolution:

    signal_in = conv^T(scale * unpool(mask * max(signal, low)))

with mask and low as in `tinycnn.ops.kernels.planes.gate`. Signals of several rules and seeds form one batch.

Without activation and gates, images may lie in planes, (n, c, h, w), before and after: rows are cut out of
them and pasted into them, so that none is turned to blocks as a whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks.affine import NO_CODES, OPEN, Affine, plain
from tinycnn.ops.kernels.blocks.layout import chunks, paste_row
from tinycnn.ops.kernels.blocks.peaks import judge, mend, new_strip
from tinycnn.ops.kernels.blocks.rows import fill_strip, pool_rows, put_rows
from tinycnn.ops.kernels.blocks.tiles import (
    POINTS,
    WIDTH,
    apart,
    filters_to_points,
    images_to_points,
    points_to_outputs,
)
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.product import ROWS, fill_starts, multiply
from tinycnn.ops.kernels.machine.scratch import empty, lined
from tinycnn.ops.kernels.machine.simd import LANES, store
from tinycnn.ops.kernels.planes.gate import Gates, open_gates
from tinycnn.ops.types import Array, Pair, frozen

_HELD = 8 << 20
"""Bytes of transformed images that are held at once: a part of a last-level cache."""
_TILES = 64
"""Tiles that are multiplied at once, about: their products stay in a second-level cache."""

_REMEMBERED = 256
"""Widths for which rows of tiles are remembered: a net asks for its own again and again."""


def convolve(x: Array, weight: Array, affine: Affine, at: Window, y: Array, codes: Array) -> None:
    """Convolve, and apply the activation and, if y is half as high and wide, the 2x2 max-pool.

    Parameters are those of `tinycnn.ops.kernels.blocks.conv.forward`; y and codes, its results, are written.
    """
    ones = np.ones(weight.shape[1], np.float32)
    how = _how(NO_CODES, open_gates(len(x)), ones, at.image, at.corner)
    _run(x, how, weight, False, affine, at.output, y, codes)


def convolve_back(
    signal: Array, codes: Array, gates: Gates, weight: Array, scale: Array, at: Window, y: Array
) -> None:
    """Take signals from the output of `convolve` to its input.

    Parameters are those of `tinycnn.ops.kernels.blocks.conv.backward`; y, its result, is written.
    """
    how = _how(codes, gates, scale, at.output, (2 - at.corner[0], 2 - at.corner[1]))
    _run(signal, how, weight, True, plain(weight.shape[1]), at.image, y, NO_CODES)


def _how(codes: Array, gates: Gates, scale: Array, size: Pair, corner: Pair) -> tuple[Any, ...]:
    """What images are read with, as `tinycnn.ops.kernels.blocks.rows.fill_strip` takes it."""
    factors = np.ones(chunks(len(scale)) * LANES, np.float32)
    factors[: len(scale)] = scale
    return frozen(codes), OPEN * gates.masked.astype(np.int64), gates.low, factors, size, corner


def _run(
    x: Array,
    how: tuple[Any, ...],
    weight: Array,
    turned: bool,
    affine: Affine,
    output: Pair,
    y: Array,
    codes: Array,
) -> None:
    """Transform as many rows of tiles as fit, multiply them panel by panel, transform back."""
    n, (h, w), k, x, weight = len(x), output, len(affine.scale), frozen(x), frozen(weight)
    depth, down, across, panels = len(how[3]) // LANES, -(-h // 4), -(-w // 4), -(-k // WIDTH)
    at_once, arrays, pooled = rows_at_once(across), affine.arrays(), output != y.shape[2:4]
    held = max(1, min(n * down, _HELD // (POINTS * across * depth * LANES * 4)))
    parts = -(-held // (4 * at_once))
    points = empty((POINTS, apart(held * across * depth * LANES)))
    highest, marks = empty((held, depth, LANES)), np.empty((held, across), np.int64)
    for first in range(0, n * down, held):
        rows = min(held, n * down - first)
        threads.run(_transform, rows * depth, x, how, points, highest, first, down, across)
        threads.run(judge, rows, x, how, highest, marks, first, down, output)
        order = (first, rows, parts, at_once, down, across, pooled)
        threads.run(_multiply, panels * parts, points, weight, turned, arrays, y, codes, order, x, how, marks)


@lru_cache(_REMEMBERED)
def rows_at_once(across: int) -> int:
    """Rows of tiles to multiply at once, so that few rows of the product's last block stay empty."""

    def waste(rows: int) -> float:
        return -(-rows * across // ROWS) * ROWS / (rows * across)

    return min(range(max(1, _TILES // across), 0, -1), key=waste)


@jit
def _transform(start, stop, x, how, points, highest, first, down, across):
    """One item is a row of tiles in one register of channels."""
    strip, depth = new_strip(across), how[3].size // LANES
    for index in range(start, stop):
        row, chunk = divmod(index, depth)
        n, i = divmod(first + row, down)
        fill_strip(x, how, n, i, chunk, strip)
        top = images_to_points(strip, points, (row * across * depth + chunk) * LANES, depth * LANES)
        store(highest, index * LANES, top)


@jit
def _multiply(start, stop, points, weight, turned, affine, y, codes, order, x, how, marks):
    """One item is a panel of output channels, for one part of the rows of tiles."""
    first, rows, parts, at_once, down, across, pooled = order
    depth = weight.shape[0] if turned else weight.shape[1]
    line, length = apart(depth * WIDTH), apart((at_once * across + ROWS) * WIDTH)
    filters = lined(POINTS * line).reshape(POINTS, line)
    products = lined(POINTS * length).reshape(POINTS, length)
    lines, nothing = lined(16 * across * WIDTH).reshape(4, 4 * across, WIDTH), np.zeros(WIDTH, np.float32)
    held = -1
    for index in range(start, stop):
        panel, part = divmod(index, parts)
        if panel != held:
            filters_to_points(weight, turned, panel * WIDTH, filters)
            held = panel
        end = rows * (part + 1) // parts
        for row in range(rows * part // parts, end, at_once):
            count = min(at_once, end - row)
            multiply_points(points, row * across, count * across, filters, depth, products)
            for r in range(count):
                n, i = divmod(first + row + r, down)
                bias, channel = (affine[1], panel * WIDTH) if y.ndim == 4 else (nothing, 0)
                points_to_outputs(products, r * across, bias, channel, lines)
                mend(marks[row + r], x, how, n, i, weight, turned, panel * WIDTH, bias, channel, lines)
                _put_tiles(lines, affine, panel, y, codes, n, i, pooled)


@jit
def multiply_points(points, first, tiles, filters, depth, products):
    """The 36 matrix products: (tiles, channels in) times (channels in, one panel of channels out)."""
    channels, nothing = -(-depth // LANES) * LANES, np.zeros(ROWS, np.float32)
    starts = np.empty(ROWS, np.int64)
    for p in range(POINTS):
        a, b, at = p * points.shape[1] + first * channels, p * filters.shape[1], p * products.shape[1]
        for t in range(0, tiles, ROWS):
            rows = min(ROWS, tiles - t)
            fill_starts(starts, a + t * channels, channels, rows)
            multiply(points, starts, 1, rows, filters, b, depth, nothing, products, at + t * WIDTH, WIDTH)


@jit
def _put_tiles(lines, affine, panel, y, codes, n, i, pooled):
    """Row of tiles i of image n in one panel of output channels."""
    scale, shift, constants = affine
    if y.ndim == 4:
        for lane in range(0, min(WIDTH, y.shape[1] - panel * WIDTH), LANES):
            for a in range(min(4, y.shape[2] - 4 * i)):
                paste_row(lines, a, lane, y, n, panel * WIDTH + lane, 4 * i + a)
        return
    for half in range(min(2, y.shape[1] - 2 * panel)):
        plane, channel = n * y.shape[1] + 2 * panel + half, panel * WIDTH + half * LANES
        if pooled:
            pool_rows(lines, half * LANES, scale, shift, channel, constants, y, codes, plane, 2 * i)
        else:
            put_rows(lines, half * LANES, scale, shift, channel, constants, y, codes, plane, 4 * i)
