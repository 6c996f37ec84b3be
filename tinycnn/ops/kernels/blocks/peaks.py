"""Tiles in which numbers far apart meet: there Winograd's method gives way to the definition.

The six rows and columns of a tile are mixed before they are multiplied, and unmixed after it. So rounding
harms each of its outputs in proportion to the largest number of the tile, also those outputs that do not see
this number; and one infinite number, or NaN, makes all of them NaN. In the definition an output depends on
nothing but the 3x3 pixels that it sees. A tile is therefore computed

- by Winograd's method, if every output sees a number of at least ``1 / RANGE`` of the largest one in the
  tile, over all channels: then its error is at most `RANGE` times what it is among numbers of one size;
- by the definition, if an output sees only smaller numbers than that, but some that are not 0; and if the
  largest one is not finite, or exceeds `LIMIT`, from where on sums in the transforms might overflow.

Outputs that see nothing but zeros get 0, or their bias, whatever is beside them.

To look costs little. Every output sees one of the four pixels in the middle of its tile, and what they are
compared with may be the largest magnitude in the row of tiles, which the transform has noted. For most rows
of tiles a few channels of these pixels are enough.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.kernels.blocks.rows import fill_strip
from tinycnn.ops.kernels.blocks.tiles import WIDTH, cut_taps, load6
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import lined
from tinycnn.ops.kernels.machine.simd import LANES, fma, load, peak, reaches, splat, store, zero

RANGE, LIMIT, LEAST = np.float32(64), np.float32(2.0**100), np.float32(2.0**-149)
"""As above; and the smallest number that is not 0."""

ALL, DIRECT = 0x0F0F0F0F, -1
"""Marks of a tile: its outputs that see enough, a byte for each row and a bit for each column; or DIRECT."""


@jit
def judge(start, stop, x, how, highest, marks, first, down, output):
    """Mark the tiles. One item is a row of tiles.

    highest : (rows, chunks, LANES)
        The largest magnitudes of each row.
    marks : (rows, tiles) int64
        Written: for each tile `ALL`, `DIRECT`, or the outputs that see any number but 0.
    """
    across = marks.shape[1]
    strip = new_strip(across)
    bounds, enough = np.empty(across, np.float32), np.empty(across, np.int64)
    for row in range(start, stop):
        n, i = divmod(first + row, down)
        top, depth = zero(highest), highest.shape[1]
        for chunk in range(depth):
            top = peak(top, load(highest, (row * depth + chunk) * LANES))
        bounds[:] = _bound(top, highest[row, 0])
        if _is_good(x, how, n, i, bounds[0], output, strip, enough):
            marks[row] = ALL
            continue
        _find_bounds(x, how, n, i, strip, bounds)
        _look(x, how, n, i, bounds, output, strip, enough)
        wrong = np.isnan(bounds)
        bounds[:] = LEAST
        _look(x, how, n, i, bounds, output, strip, marks[row])
        for t in range(across):
            if wrong[t] or enough[t] != marks[row, t]:
                marks[row, t] = DIRECT


@jit
def _is_good(x, how, n, i, bound, output, strip, missing):
    """Whether in row of tiles i the four pixels in the middle of all tiles reach the bound.

    Those on the right or below are not asked for where no output sees only them.
    """
    across, depth, line = len(missing), how[3].size // LANES, strip.shape[1] * LANES
    below = output[0] - 4 * i > 3
    missing[:] = 3 + 12 * below
    if output[1] % 4 > 0:
        missing[across - 1] = 1 + 4 * below
    for chunk in range(depth):
        fill_strip(x, how, n, i, chunk, strip, 2, 3 + below)
        left = 0
        for t in range(across):
            for pixel in range(4):
                if missing[t] >> pixel & 1:
                    value = load(strip, (2 + pixel // 2) * line + (4 * t + 2 + pixel % 2) * LANES)
                    missing[t] ^= reaches(peak(value, value), bound) << pixel
            left += missing[t]
        if left == 0:
            return True
    return False


@jit
def new_strip(across):
    strip = lined((24 * across + 12) * LANES).reshape(6, 4 * across + 2, LANES)
    strip[:] = 0
    return strip


@jit
def _bound(top, room):
    """What outputs must reach where `top` is the largest; NaN, which nothing reaches, if that is too large.

    room : (LANES,), is overwritten.
    """
    store(room, 0, top)
    largest = np.float32(0)
    for value in room:
        if not value <= LIMIT:
            return np.float32(np.nan)
        largest = max(largest, value)
    return max(largest / RANGE, min(largest, LEAST))


@jit
def _find_bounds(x, how, n, i, strip, bounds):
    """The bound of each tile in row i of image n."""
    across, depth, line = len(bounds), how[3].size // LANES, strip.shape[1] * LANES
    tops, room = np.zeros((across, LANES), np.float32), np.empty(LANES, np.float32)
    for chunk in range(depth):
        fill_strip(x, how, n, i, chunk, strip)
        for t in range(across):
            top = load(tops, t * LANES)
            for j in range(6):
                d = load6(strip, (4 * t + j) * LANES, line)
                top = peak(top, peak(peak(peak(d[0], d[1]), peak(d[2], d[3])), peak(d[4], d[5])))
            store(tops, t * LANES, top)
    for t in range(across):
        bounds[t] = _bound(load(tops, t * LANES), room)


@jit
def _look(x, how, n, i, bounds, output, strip, seen):
    """Find which outputs of row of tiles i see a number that reaches the tile's bound, or do not exist."""
    across, depth, line = len(bounds), how[3].size // LANES, strip.shape[1] * LANES
    for t in range(across):
        seen[t] = _outside(output[0] - 4 * i, output[1] - 4 * t)
    for chunk in range(depth):
        fill_strip(x, how, n, i, chunk, strip)
        missing = 0
        for t in range(across):
            if seen[t] != ALL:
                seen[t] |= _windows(strip, 4 * t * LANES, line, bounds[t])
                missing += seen[t] != ALL
        if missing == 0:
            return


@jit
def _outside(rows, columns):
    """The outputs of a tile beyond so many rows and columns."""
    inside = 0
    for a in range(min(4, rows)):
        inside |= ((1 << min(4, columns)) - 1) << (8 * a)
    return ALL ^ inside


@jit
def _windows(strip, at, line, bound):
    """The outputs of a tile whose 3x3 pixels, in one register of channels, reach the bound."""
    columns = 0
    for j in range(6):
        d = load6(strip, at + j * LANES, line)
        upper, lower = peak(d[1], d[2]), peak(d[3], d[4])
        columns |= reaches(peak(d[0], upper), bound) << j
        columns |= reaches(peak(upper, d[3]), bound) << (8 + j)
        columns |= reaches(peak(d[2], lower), bound) << (16 + j)
        columns |= reaches(peak(lower, d[5]), bound) << (24 + j)
    return (columns | columns >> 1 | columns >> 2) & ALL


@jit
def mend(marks, x, how, n, i, weight, turned, first, bias, channel, lines):
    """Put right the marked tiles of row i of image n, in the panel of output channels from `first` on.

    lines : (4, 4 * tiles, WIDTH)
        Outputs with their bias, ``bias[channel + lane]``.
    """
    direct = False
    for t in range(len(marks)):
        if marks[t] != ALL:
            _clear(marks[t], lines, 4 * t, bias, channel)
            direct |= marks[t] == DIRECT
    if direct:
        _add(marks, x, how, n, i, weight, turned, first, lines)


@jit
def _clear(mark, lines, left, bias, channel):
    """Of outputs that see nothing, and of a tile that is computed directly, leave the bias."""
    for a in range(4):
        for b in range(4):
            for l in range(WIDTH):
                if mark == DIRECT:
                    lines[a, left + b, l] = bias[channel + l]
                elif not mark >> (8 * a + b) & 1:  # times 0, for a kernel that is not finite has a say
                    lines[a, left + b, l] = bias[channel + l] + 0 * lines[a, left + b, l]


@jit
def _add(marks, x, how, n, i, weight, turned, first, lines):
    """Add the sums of the definition to the tiles that are computed directly."""
    (k, c), across = weight.shape[:2], len(marks)
    if turned:
        k, c = c, k
    strip, taps = new_strip(across), np.empty((LANES, 9, WIDTH), np.float32)
    for d in range(0, c, LANES):
        count = min(LANES, c - d)
        fill_strip(x, how, n, i, d // LANES, strip)
        cut_taps(weight, turned, d, count, first, taps)
        for t in range(across):
            if marks[t] == DIRECT:
                _add_tile(strip, taps, count, 4 * t, lines)
    lines[:, :, max(0, k - first) :] = 0  # channels that do not exist, where 0 met infinity


@jit
def _add_tile(strip, taps, count, left, lines):
    """Add the products of `count` channels to 4x4 outputs."""
    for a in range(4):
        for b in range(4):
            out = (a * lines.shape[1] + left + b) * WIDTH
            first, second = load(lines, out), load(lines, out + LANES)
            for o in range(9):
                pixel = ((a + o // 3) * strip.shape[1] + left + b + o % 3) * LANES
                for l in range(count):
                    value, at = splat(strip, pixel + l), (9 * l + o) * WIDTH
                    first = fma(value, load(taps, at), first)
                    second = fma(value, load(taps, at + LANES), second)
            store(lines, out, first)
            store(lines, out + LANES, second)
