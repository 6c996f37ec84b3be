"""Rows of blocked images on their way into and out of the tiles of `tinycnn.ops.kernels.blocked`."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.kernels.jit import jit
from tinycnn.ops.kernels.simd import LANES, keep, load, pick, splat, store, store_bytes, zero
from tinycnn.ops.kernels.winograd import WIDTH

OPEN = 4
"""The bit that says that a ReLU was open."""


@jit
def copy_row(x, plane, u, left, strip, a):  # type: ignore[no-untyped-def]
    """Row u of a plane into ``strip[a]``, from column -left on; what lies outside is 0 already."""
    h, w = x.shape[2:4]
    columns = strip.shape[1]
    for j in range(max(left, 0), min(columns, w + left)):
        store(strip, (a * columns + j) * LANES, load(x, ((plane * h + u) * w + j - left) * LANES))


@jit
def gate_row(  # type: ignore[no-untyped-def]
    x, codes, plane, coded, u, left, bits, low, n, strip, a
):
    """The same, through the rule and the ReLU."""
    h, w = x.shape[2:4]
    columns, lowest = strip.shape[1], splat(low, n)
    for j in range(max(left, 0), min(columns, w + left)):
        at = (u * w + j - left) * LANES
        signal = load(x, plane * h * w * LANES + at)
        signal = pick(lowest, signal, lowest, signal)
        store(strip, (a * columns + j) * LANES, keep(signal, codes, coded * h * w * LANES + at, bits, bits))


@jit
def unpool_row(  # type: ignore[no-untyped-def]
    x, codes, plane, coded, u, left, bits, low, n, strip, a, width
):
    """The same, through the rule, the ReLU and the pool before it: the first maximum receives the signal."""
    h, w = x.shape[2:4]
    columns, lowest, nothing = strip.shape[1], splat(low, n), zero(x)
    for j in range(max(left, 0), min(columns, width + left)):
        v = j - left
        out = (a * columns + j) * LANES
        if u // 2 < h and v // 2 < w:
            at = (u // 2 * w + v // 2) * LANES
            wanted = u % 2 * 2 + v % 2 + bits
            signal = load(x, plane * h * w * LANES + at)
            signal = pick(lowest, signal, lowest, signal)
            store(strip, out, keep(signal, codes, coded * h * w * LANES + at, 3 + bits, wanted))
        else:
            store(strip, out, nothing)


@jit
def put_rows(strip, half, y, codes, plane, top, relu):  # type: ignore[no-untyped-def]
    """Rows of a strip into a plane, through the ReLU if there is one; its bytes say where it was open."""
    (h, w), columns = y.shape[2:4], strip.shape[1]
    nothing, numbers = zero(y), np.array([OPEN], np.float32)
    opened = splat(numbers, 0)
    for a in range(min(4, h - top)):
        for j in range(w):
            value, at = load(strip, (a * columns + j) * WIDTH + half), ((plane * h + top + a) * w + j) * LANES
            if relu:
                value = pick(nothing, value, nothing, value)
                store_bytes(codes, at, pick(value, nothing, opened, nothing))
            store(y, at, value)


@jit
def pool_rows(strip, half, y, codes, plane, top):  # type: ignore[no-untyped-def]
    """The ReLU's maxima over 2x2 into a plane; bytes say which was the first, and whether it is open."""
    (h, w), columns = y.shape[2:4], strip.shape[1]
    nothing, numbers = zero(y), np.array([0, 1, 2, 3, OPEN], np.float32)
    opened = splat(numbers, 4)
    for a in range(min(2, h - top)):
        for j in range(w):
            best, place = load(strip, (2 * a * columns + 2 * j) * WIDTH + half), nothing
            best = pick(nothing, best, nothing, best)
            for entry in range(1, 4):
                row, column = 2 * a + entry // 2, 2 * j + entry % 2
                value = load(strip, (row * columns + column) * WIDTH + half)
                value = pick(nothing, value, nothing, value)
                place = pick(value, best, splat(numbers, entry), place)
                best = pick(value, best, value, best) + (value - value)  # the difference is 0, or NaN
            at = ((plane * h + top + a) * w + j) * LANES
            store_bytes(codes, at, place + pick(best, nothing, opened, nothing))
            store(y, at, best)
