"""Max-pool of images in blocks: a byte per output says which tap was the first maximum."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES, keep, load, pick, splat, store, store_bytes, zero
from tinycnn.ops.types import Array, frozen

MOST = 256
"""Taps that a byte can tell apart."""


def max_pool(x: Array, at: Window) -> tuple[Array, Array]:
    """(n, chunks, h, w, LANES) -> the maxima of windows, and their bytes."""
    y = empty((*x.shape[:2], *at.output, LANES))
    switches = empty(y.shape, np.uint8)
    numbers = np.arange(at.size[0] * at.size[1], dtype=np.float32)
    threads.run(_max, len(x) * x.shape[1], frozen(x), at.size, at.stride, at.corner, numbers, y, switches)
    return y, switches


def max_pool_back(signal: Array, switches: Array, at: Window) -> Array:
    """Each signal goes to its window's first maximum; signal i belongs to image ``i % len(switches)``."""
    total = empty((*signal.shape[:2], *at.image, LANES))
    arrays = frozen(signal), frozen(switches)
    threads.run(_route, len(signal) * signal.shape[1], *arrays, at.size, at.stride, at.corner, total)
    return total


@jit
def _max(start, stop, x, size, stride, corner, numbers, y, switches):
    """One item is a plane of one register of channels; taps outside the image take no part."""
    (h, w), (rows, columns) = x.shape[2:4], y.shape[2:4]
    for index in range(start, stop):
        plane = index * h * w
        for i in range(rows):
            for j in range(columns):
                u, v = i * stride[0] - corner[0], j * stride[1] - corner[1]
                top, left = max(0, -u), max(0, -v)
                best = load(x, (plane + (u + top) * w + v + left) * LANES)
                place = splat(numbers, top * size[1] + left)
                for a in range(top, min(size[0], h - u)):
                    for b in range(left, min(size[1], w - v)):
                        value = load(x, (plane + (u + a) * w + v + b) * LANES)
                        place = pick(value, best, splat(numbers, a * size[1] + b), place)
                        best = pick(value, best, value, best) + (value - value)  # the difference is 0, or NaN
                at = ((index * rows + i) * columns + j) * LANES
                store(y, at, best)
                store_bytes(switches, at, place)


@jit
def _route(start, stop, signal, switches, size, stride, corner, total):
    """One item is a plane of one register of channels."""
    (rows, columns), (h, w), depth = signal.shape[2:4], total.shape[2:4], signal.shape[1]
    nothing = zero(total)
    for index in range(start, stop):
        n, chunk = divmod(index, depth)
        plane, coded = index * h * w, n % len(switches) * depth + chunk
        for place in range(h * w):
            store(total, (plane + place) * LANES, nothing)
        for i in range(rows):
            for j in range(columns):
                u, v, place = i * stride[0] - corner[0], j * stride[1] - corner[1], i * columns + j
                value = load(signal, (index * rows * columns + place) * LANES)
                code = (coded * rows * columns + place) * LANES
                for a in range(max(0, -u), min(size[0], h - u)):
                    for b in range(max(0, -v), min(size[1], w - v)):
                        at = (plane + (u + a) * w + v + b) * LANES
                        tap = a * size[1] + b
                        store(total, at, load(total, at) + keep(value, switches, code, 255, tap))
