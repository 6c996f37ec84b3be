"""Convolution, activation and pool of images in blocks in one pass, and the way back through all three.

The convolution is `tinycnn.ops.kernels.winograd`'s. Forward writes the output of the activation, or of the
2x2 max-pool after it, and one byte per entry of that:

    4 where the activation was open; after a pool also which of its four inputs was the first maximum, 0 to 3

Those bytes are all that the way back needs. It takes a signal at the output of the activation or pool,
applies the rule and the bytes while loading it, and sends it through the transposed convolution:

    signal_in = conv^T(scale * unpool(mask * max(signal, low)))

The gradient has a mask and low = -inf, DeconvNet no mask and low = 0, guided backprop a mask and low = 0.
Signals of several rules and seeds form one batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks.layout import NO_CODES, OPEN, Affine, plain
from tinycnn.ops.kernels.blocks.rows import copy_row, gate_row, pool_rows, put_rows, unpool_row
from tinycnn.ops.kernels.blocks.tiles import (
    POINTS,
    apart,
    filters_to_points,
    images_to_points,
    points_to_outputs,
)
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.kernels.machine.product import ROWS
from tinycnn.ops.kernels.machine.scratch import empty, lined
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.kernels.winograd import HELD, WIDTH, multiply_points, rows_at_once
from tinycnn.ops.types import Array, Pair


def convolve(x: Array, weight: Array, affine: Affine, at: Window, y: Array, codes: Array) -> None:
    """Convolve and apply the activation and, if y is half as high and wide, the 2x2 max-pool.

    Parameters
    ----------
    x : (n, chunks, h, w, LANES)
    weight : (k, c, 3, 3)
    affine : Affine
        Of k channels.
    at : Window
        Of the convolution; stride 1.
    y : (n, chunks, h', w', LANES)
        Is written.
    codes : the shape of y, uint8; or NO_CODES
        Is written.
    """
    n, depth = x.shape[:2]
    source = _Source(x, NO_CODES, np.zeros(n, np.int64), np.zeros(n, np.float32), _ones(depth), at.image)
    corner = (at.edges[0][0], at.edges[1][0])
    _run(source, corner, _Filters(weight, False, affine), at.output, y, codes)


def convolve_back(
    signal: Array, codes: Array, gates: Gates, weight: Array, scale: Array, at: Window, y: Array
) -> None:
    """Take signals from the output of `convolve` to its input.

    Parameters
    ----------
    signal : (n, chunks, h', w', LANES)
    codes : (images, chunks, h', w', LANES) uint8; or NO_CODES
        As `convolve` wrote them; signal i belongs to image ``i % images``.
    gates : Gates
    weight, at
        As given to `convolve`.
    scale : (k,)
        A factor for each channel of the signal.
    y : (n, chunks, h, w, LANES)
        Is written.
    """
    factors = _ones(signal.shape[1])
    factors[: len(scale)] = scale
    bits = OPEN * gates.masked.astype(np.int64)
    source = _Source(signal, codes, bits, gates.low, factors, at.output)
    corner = (2 - at.edges[0][0], 2 - at.edges[1][0])
    _run(source, corner, _Filters(weight, True, plain(weight.shape[1])), at.image, y, NO_CODES)


class _Source(NamedTuple):
    """What a convolution reads: blocks, and how they are gated, scaled and unpooled to `size` meanwhile."""

    x: Array
    codes: Array
    bits: Array
    low: Array
    factors: Array
    size: Pair


class _Filters(NamedTuple):
    """Kernels, whether they are turned for the way back, and what is done to their sums."""

    weight: Array
    turned: bool
    affine: Affine


def _ones(depth: int) -> Array:
    return np.ones(depth * LANES, np.float32)


def _run(source: _Source, corner: Pair, filters: _Filters, output: Pair, y: Array, codes: Array) -> None:
    """As the convolution of `winograd`: rows of tiles to points, multiplied panel by panel, and back."""
    (n, chunks), (h, w), k = source.x.shape[:2], output, len(filters.affine.scale)
    down, across, panels = -(-h // 4), -(-w // 4), -(-k // WIDTH)
    at_once = rows_at_once(across)
    weight, turned, affine = frozen(filters.weight), filters.turned, filters.affine.arrays()
    arrays = (*(frozen(array) for array in source[:5]), source.size, corner)
    pooled = output != y.shape[2:4]
    held = min(n * down, max(1, HELD // (POINTS * across * chunks * LANES * 4)))
    parts = -(-held // (4 * at_once))
    points = empty((POINTS, apart(held * across * chunks * LANES)))
    for first in range(0, n * down, held):
        rows = min(held, n * down - first)
        threads.run(_transform, rows * chunks, arrays, points, first, down, across)
        order = (first, rows, parts, at_once, down, across, pooled)
        threads.run(_multiply, panels * parts, points, weight, turned, affine, y, codes, order)


@jit
def _transform(start, stop, source, points, first, down, across):  # type: ignore[no-untyped-def]
    """One item is a row of tiles in one register of channels."""
    strip = lined((24 * across + 12) * LANES).reshape(6, 4 * across + 2, LANES)
    strip[:] = 0
    chunks = source[0].shape[1]
    for index in range(start, stop):
        row, chunk = divmod(index, chunks)
        n, i = divmod(first + row, down)
        _row_to_points(source, n, i, chunk, strip, points, (row * across * chunks + chunk) * LANES)


@jit
def _row_to_points(source, n, i, chunk, strip, points, at):  # type: ignore[no-untyped-def]
    """Row of tiles i of image n in one register of channels."""
    x, codes, bits, low, factors, size, corner = source
    chunks = x.shape[1]
    plane, coded = n * chunks + chunk, n % len(codes) * chunks + chunk
    for a in range(6):
        u = 4 * i - corner[0] + a
        if not 0 <= u < size[0]:
            strip[a] = 0
        elif codes.size == 0:
            copy_row(x, plane, u, corner[1], factors, chunk, strip, a)
        elif size == x.shape[2:4]:
            gate_row(x, codes, plane, coded, u, corner[1], bits[n], low, n, factors, chunk, strip, a)
        else:
            unpool_row(
                x, codes, plane, coded, u, corner[1], bits[n], low, n, factors, chunk, strip, a, size[1]
            )
    images_to_points(strip, points, at, chunks * LANES)


@jit
def _multiply(start, stop, points, weight, turned, affine, y, codes, order):  # type: ignore[no-untyped-def]
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
                _put_tiles(products, r * across, nothing, lines, affine, panel, y, codes, n, i, pooled)


@jit
def _put_tiles(products, tile, nothing, lines, affine, panel, y, codes, n, i, pooled):  # type: ignore[no-untyped-def]
    """Row of tiles i of image n in one panel of output channels."""
    scale, shift, numbers = affine
    points_to_outputs(products, tile, nothing, 0, lines)
    for half in range(min(2, y.shape[1] - 2 * panel)):
        plane, channel = n * y.shape[1] + 2 * panel + half, panel * WIDTH + half * LANES
        if pooled:
            pool_rows(lines, half * LANES, scale, shift, channel, numbers, y, codes, plane, 2 * i)
        else:
            put_rows(lines, half * LANES, scale, shift, channel, numbers, y, codes, plane, 4 * i)
