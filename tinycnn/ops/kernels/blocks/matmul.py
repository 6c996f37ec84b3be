"""Convolution of images in blocks as a matrix product, for any kernel and stride, without cutting patches.

The rows of a tile are places, each with the offset of its window; its columns are two registers of output
channels. A tile collects one register of input channels at one tap after another:

    y[place, k] = sum_(chunk, tap) sum_l x[window(place) + offset(chunk, tap) + l] filters[chunk, tap, l, k]

Filters are turned to lie so, one panel of output channels at a time.
"""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.kernels.blocks.affine import NO_CODES, Affine, finish, plain
from tinycnn.ops.kernels.blocks.lattice import Lattice
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.product import LOW, MIDDLE, ROWS
from tinycnn.ops.kernels.machine.scratch import lined
from tinycnn.ops.kernels.machine.simd import LANES, load, splat, store, transpose
from tinycnn.ops.kernels.machine.tile import add_tiles, empty_rows, outer, store_tile
from tinycnn.ops.types import Array, frozen

_WIDTH = 2 * LANES
_PLACES = 32 * ROWS
"""Places that one panel of filters is multiplied with, at most: it is turned anew for the next."""


def convolve(x: Array, weight: Array, lattice: Lattice, affine: Affine, y: Array, codes: Array) -> None:
    """Outputs of a convolution on a lattice, into y; codes say which were open, if there are any.

    Parameters
    ----------
    x : (n, chunks, h, w, LANES)
        With its padding.
    weight : (k, c, a, b)
    lattice : Lattice
    affine : Affine
        Of k channels.
    y : (n, chunks, h', w', LANES)
    codes : the shape of y, uint8; or NO_CODES
    """
    _run(x, (frozen(weight), False, _ONE), lattice, affine.arrays(), y, codes)


def convolve_back(signal: Array, weight: Array, scale: Array, lattice: Lattice, y: Array) -> None:
    """The transpose on a lattice: a signal, times a factor for each of the k channels, to c channels.

    Parameters are those of `convolve`; scale : (k,).
    """
    filters = frozen(weight), True, frozen(scale)
    _run(signal, filters, lattice, plain(weight.shape[1]).arrays(), y, NO_CODES)


_ONE = frozen(np.ones(1, np.float32))


def _run(
    x: Array,
    filters: tuple[Array, bool, Array],
    lattice: Lattice,
    affine: tuple[Array, ...],
    y: Array,
    codes: Array,
) -> None:
    weight, turned, _ = filters
    panels = -(-(weight.shape[1] if turned else len(weight)) // _WIDTH)
    places = len(x) * math.prod(lattice.size)
    share = places * panels // (8 * threads.get_num_threads())
    parts = -(-places // max(4 * ROWS, min(_PLACES, share)))
    how = lattice.where, lattice.offsets, lattice.taps
    threads.run(_multiply, parts * panels, frozen(x), filters, how, affine, y, codes, panels, parts)


@jit
def _multiply(start, stop, x, filters, how, affine, y, codes, panels, parts):
    """One item is a panel of output channels at one part of the places."""
    (weight, turned, factors), (where, offsets, taps) = filters, how
    (scale, shift, constants), depth = affine, x.shape[1] * LANES * taps.size
    panel_of = lined(depth * _WIDTH).reshape(depth, _WIDTH)
    tile = lined(ROWS * _WIDTH).reshape(ROWS, _WIDTH)
    starts, outputs = np.empty(ROWS, np.int64), np.empty(ROWS, np.int64)
    panel_of[:] = 0
    places, plane, held = len(x) * where[0] * where[1], y.shape[2] * y.shape[3] * LANES, -1
    for index in range(start, stop):
        part, panel = divmod(index, panels)
        if panel != held:
            for half in range(0, _WIDTH, LANES):
                if turned:
                    _turn_back(weight, factors, taps, panel * _WIDTH + half, panel_of, half)
                else:
                    _turn(weight, panel * _WIDTH + half, panel_of, half)
            held = panel
        last = places * (part + 1) // parts
        for q in range(places * part // parts, last, ROWS):
            rows = min(ROWS, last - q)
            _find(q, rows, where, x[0].size, y[0].size, starts, outputs)
            _sum_tile(x, starts, rows, panel_of, offsets, tile)
            for half in range(min(2, y.shape[1] - 2 * panel)):
                at, channel = (2 * panel + half) * plane, panel * _WIDTH + half * LANES
                for r in range(rows):
                    total = load(tile, r * _WIDTH + half * LANES)
                    finish(total, scale, shift, channel, constants, y, codes, outputs[r] + at)


@jit
def _find(q, rows, where, source, target, starts, outputs):
    """Where the windows of places q and following begin, and where their outputs go.

    Images are `source` and `target` entries apart. Rows of a tile that do not exist repeat the last one.
    """
    height, width, down, across, first, line_down, line_across = where
    n, place = divmod(q, height * width)
    i, j = divmod(place, width)
    for r in range(ROWS):
        starts[r] = n * source + i * down + j * across
        outputs[r] = n * target + first + i * line_down + j * line_across
        if r < rows - 1:
            j += 1
            if j == width:
                i, j = i + 1, 0
            if i == height:
                n, i = n + 1, 0


@jit
def _sum_tile(x, starts, rows, filters, offsets, tile):
    if rows <= LOW:
        store_tile(_sum(empty_rows(x, LOW), x, starts, filters, offsets), tile, 0, _WIDTH)
    elif rows <= MIDDLE:
        store_tile(_sum(empty_rows(x, MIDDLE), x, starts, filters, offsets), tile, 0, _WIDTH)
    else:
        store_tile(_sum(empty_rows(x, ROWS), x, starts, filters, offsets), tile, 0, _WIDTH)


@jit
def _sum(nothing, x, starts, filters, offsets):
    """Two registers of input channels are summed in one go: rounding errors grow with that only."""
    total, taps, plane = nothing, offsets.size, x.shape[2] * x.shape[3] * LANES
    chunk, tap = 0, 0
    for left in range(x.shape[1] * taps, 0, -2):
        part = nothing
        for _ in range(min(2, left)):
            at, row = chunk * plane + offsets[tap], (chunk * LANES * taps + tap) * _WIDTH
            for l in range(LANES):
                part = outer(part, x, starts, at + l, filters, row + l * taps * _WIDTH)
            tap += 1
            if tap == taps:
                chunk, tap = chunk + 1, 0
        total = add_tiles(total, part)
    return total


@jit
def _turn(weight, first, filters, half):
    """``filters[d, half + l] = weight[first + l, d]``, the entries of a kernel in their own order."""
    k, depth = weight.shape[0], weight.size // weight.shape[0]
    rows, whole = weight.reshape(k, depth), depth // LANES * LANES if first + LANES <= k else 0
    for d in range(0, whole, LANES):
        transpose(weight, first * depth + d, depth, filters, d * _WIDTH + half, _WIDTH)
    for l in range(LANES):
        for d in range(whole, depth):
            filters[d, half + l] = rows[first + l, d] if first + l < k else 0


@jit
def _turn_back(weight, factors, taps, first, filters, half):
    """``filters[(k, tap), half + l] = factors[k] * weight[k, first + l, tap]``."""
    kernels, channels = weight.shape[:2]
    entries, count = weight.reshape(kernels, channels, -1), max(0, min(LANES, channels - first))
    if entries.shape[2] == taps.size == 1 and count == LANES:
        for k in range(kernels):
            row = load(weight, k * channels + first)
            store(filters, k * _WIDTH + half, row * splat(factors, k))
        return
    for k in range(kernels):
        for t in range(taps.size):
            at, factor, tap = k * taps.size + t, factors[k], taps[t]
            for l in range(count):
                filters[at, half + l] = factor * entries[k, first + l, tap]
            for l in range(count, LANES):
                filters[at, half + l] = 0
