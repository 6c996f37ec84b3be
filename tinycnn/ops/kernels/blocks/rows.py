"""Rows of images in blocks, on their way to the tiles of `tinycnn.ops.kernels.blocks.winograd` and back."""

from __future__ import annotations

from tinycnn.ops.kernels.blocks.affine import TAPS, clip, finish, opened
from tinycnn.ops.kernels.blocks.layout import cut_row
from tinycnn.ops.kernels.blocks.tiles import WIDTH
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.simd import LANES, fma, keep, load, pick, splat, store, store_bytes, zero


@jit
def fill_strip(x, how, n, i, chunk, strip, first=0, stop=6):
    """The rows of pixels, six if not fewer, of row of tiles i in one register of channels of image n.

    how : (codes, bits, low, factors, size, corner)
        What `winograd` reads an image with: codes, bits and low of the gates, a factor for each channel, the
        size of the image, and how far its tiles begin above it and to its left.
    """
    codes, _, _, _, size, corner = how
    for a in range(first, stop):
        u = 4 * i - corner[0] + a
        if x.ndim == 4:
            cut_row(x, n, chunk * LANES, u, corner[1], strip, a)
        elif not 0 <= u < size[0]:
            strip[a] = 0
        elif codes.size == 0 or size == x.shape[2:4]:
            _read_row(x, how, n, chunk, u, strip, a)
        else:
            _unpool_row(x, how, n, chunk, u, strip, a)


@jit
def _read_row(x, how, n, chunk, u, strip, a):
    """Row u of a plane, scaled, into ``strip[a]``; the strip is 0 around it.

    With codes, the row is a signal, and passes the rule and the activation.
    """
    codes, bits, low, factors, _, (_, left) = how
    (depth, h, w), columns = x.shape[1:4], strip.shape[1]
    plane, coded, bit = n * depth + chunk, n % len(codes) * depth + chunk, bits[n]
    lowest, factor = splat(low, n), load(factors, chunk * LANES)
    for j in range(max(left, 0), min(columns, w + left)):
        at = (u * w + j - left) * LANES
        value = load(x, plane * h * w * LANES + at)
        if codes.size > 0:
            value = keep(pick(lowest, value, lowest, value), codes, coded * h * w * LANES + at, bit, bit)
        store(strip, (a * columns + j) * LANES, value * factor)


@jit
def _unpool_row(x, how, n, chunk, u, strip, a):
    """As `_read_row`, for a signal that passes the 2x2 pool, too: the first maximum receives it."""
    codes, bits, low, factors, (_, width), (_, left) = how
    (depth, h, w), columns, nothing = x.shape[1:4], strip.shape[1], zero(x)
    plane, coded, bit = n * depth + chunk, n % len(codes) * depth + chunk, bits[n]
    lowest, factor = splat(low, n), load(factors, chunk * LANES)
    for j in range(max(left, 0), min(columns, width + left)):
        v = j - left
        out = (a * columns + j) * LANES
        if u // 2 < h and v // 2 < w:
            at = (u // 2 * w + v // 2) * LANES
            wanted = u % 2 * 2 + v % 2 + bit
            signal = load(x, plane * h * w * LANES + at)
            signal = pick(lowest, signal, lowest, signal)
            store(strip, out, keep(signal, codes, coded * h * w * LANES + at, 3 + bit, wanted) * factor)
        else:
            store(strip, out, nothing)


@jit
def put_rows(strip, half, scale, shift, channel, constants, y, codes, plane, top):
    """Rows of a strip into a plane, through the activation."""
    (h, w), columns = y.shape[2:4], strip.shape[1]
    for a in range(min(4, h - top)):
        for j in range(w):
            value, at = load(strip, (a * columns + j) * WIDTH + half), ((plane * h + top + a) * w + j) * LANES
            finish(value, scale, shift, channel, constants, y, codes, at)


@jit
def pool_rows(strip, half, scale, shift, channel, constants, y, codes, plane, top):
    """The activation's maxima over 2x2 into a plane; bytes say which was first, and whether it is open."""
    (h, w), columns, nothing = y.shape[2:4], strip.shape[1], zero(y)
    factor, summand = load(scale, channel), load(shift, channel)
    for a in range(min(2, h - top)):
        for j in range(w):
            best, place = load(strip, (2 * a * columns + 2 * j) * WIDTH + half), nothing
            best = clip(fma(best, factor, summand), constants)
            for entry in range(1, 4):
                row, column = 2 * a + entry // 2, 2 * j + entry % 2
                value = load(strip, (row * columns + column) * WIDTH + half)
                value = clip(fma(value, factor, summand), constants)
                place = pick(value, best, splat(constants, TAPS + entry), place)
                best = pick(value, best, value, best) + (value - value)  # NaN is the largest
            at = ((plane * h + top + a) * w + j) * LANES
            if codes.size > 0:
                store_bytes(codes, at, place + opened(best, constants))
            store(y, at, best)
