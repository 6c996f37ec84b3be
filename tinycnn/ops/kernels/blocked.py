"""Convolution, ReLU and pool in one pass, and the way back through all three: for whole nets of 3x3 kernels.

Images are held in blocks: (n, chunks, h, w, LANES), the channels of one register next to each other, so no
row is ever turned. Forward writes the output of the ReLU, or of the 2x2 max-pool after it, and one byte per
entry of that:

    4 where the ReLU was open; and, after a pool, which of its four inputs was the first maximum (0 to 3)

Those bytes are all that the way back needs. It takes a signal at the output of the ReLU or pool, applies
the rule and the bytes while loading it, and sends it through the transposed convolution:

    signal_in = conv^T(unpool(mask * max(signal, low)))

The gradient has a mask and low = -inf, DeconvNet no mask and low = 0, guided backprop a mask and low = 0.
Signals of several rules and seeds form one batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels import threads
from tinycnn.ops.kernels.blocked_rows import OPEN, copy_row, gate_row, pool_rows, put_rows, unpool_row
from tinycnn.ops.kernels.gate import Gates
from tinycnn.ops.kernels.jit import frozen, jit
from tinycnn.ops.kernels.product import ROWS
from tinycnn.ops.kernels.scratch import borrow
from tinycnn.ops.kernels.simd import LANES
from tinycnn.ops.kernels.winograd import HELD, WIDTH, multiply_points, rows_at_once
from tinycnn.ops.kernels.winograd_tiles import (
    POINTS,
    apart,
    filters_to_points,
    images_to_points,
    points_to_outputs,
)
from tinycnn.types import Array, Pair

_PLAIN, _RELU, _POOL = 0, 1, 2


def to_blocks(x: Array) -> Array:
    """(n, c, h, w) -> (n, chunks, h, w, LANES); missing channels are 0."""
    n, c, h, w = x.shape
    blocks = np.zeros((n, -(-c // LANES), h, w, LANES), np.float32)
    for chunk in range(blocks.shape[1]):
        part = x[:, chunk * LANES : (chunk + 1) * LANES]
        blocks[:, chunk, :, :, : part.shape[1]] = part.transpose(0, 2, 3, 1)
    return blocks


def from_blocks(blocks: Array, c: int) -> Array:
    """(n, chunks, h, w, LANES) -> (n, c, h, w)."""
    n, chunks, h, w, lanes = blocks.shape
    return np.ascontiguousarray(blocks.transpose(0, 1, 4, 2, 3).reshape(n, chunks * lanes, h, w)[:, :c])


def conv_relu(x: Array, weight: Array, bias: Array, at: Window, pool: bool) -> tuple[Array, Array]:
    """Convolve, apply the ReLU and, if asked for, the 2x2 max-pool; returns the output and its bytes.

    Parameters
    ----------
    x : (n, chunks, h, w, LANES)
    weight : (k, c, 3, 3)
    bias : (k,)
    at : Window
        Of the convolution; stride 1.
    pool : bool
    """
    size = (at.output[0] // 2, at.output[1] // 2) if pool else at.output
    y = np.empty((len(x), -(-len(weight) // LANES), *size, LANES), np.float32)
    codes = np.empty(y.shape, np.uint8)
    source = _Source(x, _NO_CODES, np.zeros(len(x), np.int64), np.zeros(len(x), np.float32), at.image)
    corner = (at.edges[0][0], at.edges[1][0])
    _run(source, corner, _Filters(weight, False, bias), at.output, y, codes, _POOL if pool else _RELU)
    return y, codes


def conv_relu_back(signal: Array, codes: Array, gates: Gates, weight: Array, at: Window) -> Array:
    """Take signals from the output of `conv_relu` to its input.

    Parameters
    ----------
    signal : (n, chunks, h', w', LANES)
    codes : (images, chunks, h', w', LANES) uint8
        As `conv_relu` returned them; signal i belongs to image ``i % images``.
    gates : Gates
    weight, at
        As given to `conv_relu`.
    """
    c = weight.shape[1]
    y = np.empty((len(signal), -(-c // LANES), *at.image, LANES), np.float32)
    source = _Source(signal, codes, OPEN * gates.masked.astype(np.int64), gates.low, at.output)
    corner = (2 - at.edges[0][0], 2 - at.edges[1][0])
    _run(source, corner, _Filters(weight, True, np.zeros(c, np.float32)), at.image, y, _NO_CODES, _PLAIN)
    return y


_NO_CODES = np.zeros((1, 0, 0, 0, LANES), np.uint8)


class _Source(NamedTuple):
    """What a convolution reads: blocks, and how they are gated and unpooled to `size` while they are read."""

    x: Array
    codes: Array
    bits: Array
    low: Array
    size: Pair


class _Filters(NamedTuple):
    """Kernels, whether they are turned for the way back, and what is added."""

    weight: Array
    turned: bool
    bias: Array


def _run(
    source: _Source, corner: Pair, filters: _Filters, output: Pair, y: Array, codes: Array, kind: int
) -> None:
    """As the convolution of `winograd`: rows of tiles to points, multiplied panel by panel, and back."""
    (n, chunks), (h, w), k = source.x.shape[:2], output, len(filters.bias)
    down, across, panels = -(-h // 4), -(-w // 4), -(-k // WIDTH)
    held = min(n * down, max(1, HELD // (POINTS * across * chunks * LANES * 4)))
    at_once = rows_at_once(across)
    parts = -(-held // (4 * at_once))
    bias = np.zeros(panels * WIDTH, np.float32)
    bias[:k] = filters.bias
    weight, arrays = frozen(filters.weight), [frozen(array) for array in source[:4]]
    with borrow((POINTS, apart(held * across * chunks * LANES)), np.float32) as points:
        for first in range(0, n * down, held):
            rows = min(held, n * down - first)
            threads.run(_transform, rows * chunks, *arrays, source.size, corner, points, first, down, across)
            order = (first, rows, parts, at_once, down, across, kind)
            threads.run(_multiply, panels * parts, points, weight, filters.turned, bias, y, codes, *order)


@jit
def _transform(  # type: ignore[no-untyped-def]
    start, stop, x, codes, bits, low, size, corner, points, first, down, across
):
    """One item is a row of tiles in one register of channels."""
    strip = np.zeros((6, 4 * across + 2, LANES), np.float32)
    chunks = x.shape[1]
    for index in range(start, stop):
        row, chunk = divmod(index, chunks)
        n, i = divmod(first + row, down)
        plane, coded = n * chunks + chunk, n % len(codes) * chunks + chunk
        for a in range(6):
            u = 4 * i - corner[0] + a
            if not 0 <= u < size[0]:
                strip[a] = 0
            elif codes.size == 0:
                copy_row(x, plane, u, corner[1], strip, a)
            elif size == x.shape[2:4]:
                gate_row(x, codes, plane, coded, u, corner[1], bits[n], low, n, strip, a)
            else:
                unpool_row(x, codes, plane, coded, u, corner[1], bits[n], low, n, strip, a, size[1])
        at = row * across * chunks * LANES + chunk * LANES
        images_to_points(strip, points, at, chunks * LANES)


@jit
def _multiply(  # type: ignore[no-untyped-def]
    start, stop, points, weight, turned, bias, y, codes, first, rows, parts, at_once, down, across, kind
):
    """One item is a panel of output channels, for one part of the rows of tiles."""
    depth = weight.shape[0] if turned else weight.shape[1]
    filters = np.empty((POINTS, apart(depth * WIDTH)), np.float32)
    products = np.empty((POINTS, apart((at_once * across + ROWS) * WIDTH)), np.float32)
    strip = np.empty((4, 4 * across, WIDTH), np.float32)
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
                points_to_outputs(products, r * across, bias, panel * WIDTH, strip)
                for half in range(min(2, y.shape[1] - 2 * panel)):
                    plane = n * y.shape[1] + 2 * panel + half
                    if kind == _POOL:
                        pool_rows(strip, half * LANES, y, codes, plane, 2 * i)
                    else:
                        put_rows(strip, half * LANES, y, codes, plane, 4 * i, kind == _RELU)
