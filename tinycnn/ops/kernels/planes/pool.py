"""Numba twins of `tinycnn.ops.pool`."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.geometry import Window, pool_window, window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty, zeros
from tinycnn.ops.types import Array, Pair, frozen


@twin
def max_pool2d(x, size, stride, padding, dilation):
    at = pool_window((x.shape[2], x.shape[3]), size, stride, padding, dilation)
    shape = (*x.shape[:2], *at.output)
    y, switches = empty(shape, x.dtype), empty(shape, np.int64)
    threads.run(_max, _planes(x), _flat(frozen(x)), _flat(y), _flat(switches), *_integers(at))
    return y, switches


@twin
def max_pool2d_vjp(signal, switches, image):
    total = zeros((*signal.shape[:2], *image), signal.dtype)
    rows = _flat(total).reshape(_planes(total), image[0] * image[1])
    threads.run(_route, _planes(signal), _flat(frozen(signal)), _flat(frozen(switches)), rows)
    return total


@twin
def avg_pool2d(x, size, stride, padding, dilation, count_padding):
    at = window((x.shape[2], x.shape[3]), size, stride, padding, dilation)
    y = empty((*x.shape[:2], *at.output), x.dtype)
    threads.run(_average, _planes(x), _flat(frozen(x)), _flat(y), *_integers(at), count_padding)
    return y


@twin
def avg_pool2d_vjp(signal, image, size, stride, padding, dilation, count_padding):
    at = window(image, size, stride, padding, dilation)
    total = zeros((*signal.shape[:2], *image), signal.dtype)
    threads.run(_spread, _planes(signal), _flat(frozen(signal)), _flat(total), *_integers(at), count_padding)
    return total


@twin
def center_unpool2d(signal, image, size, stride, padding, dilation):
    at = window(image, size, stride, padding, dilation)
    total = zeros((*signal.shape[:2], *image), signal.dtype)
    threads.run(_center, _planes(signal), _flat(frozen(signal)), _flat(total), *_integers(at))
    return total


@twin
def global_avg_pool2d(x):
    return avg_pool2d(x, (x.shape[2], x.shape[3]), 1)[:, :, 0, 0]


@twin
def global_avg_pool2d_vjp(signal, image):
    return avg_pool2d_vjp(signal[:, :, None, None], image, image, 1)


def _planes(array: Array) -> int:
    return array.shape[0] * array.shape[1]


def _flat(array: Array) -> Array:
    """(n, c, h, w) -> (n * c, h, w)."""
    return array.reshape(math.prod(array.shape[:2]), *array.shape[2:])


def _integers(at: Window) -> tuple[Pair, Pair, Pair, Pair]:
    return at.size, at.stride, at.dilation, at.corner


@jit
def _max(start, stop, x, y, switches, size, stride, dilation, corner):
    """First along the rows, then across them: a + b comparisons for a window of a x b.

    The first maximum in row-major order is the first column of the first row that holds it, so ties stay
    right. Columns are sorted by their remainder modulo the stride: neighbours are compared with neighbours.
    """
    (h, w), (s, t) = x.shape[1:], stride
    best, column = np.empty((h, y.shape[2]), x.dtype), np.empty((h, y.shape[2]), np.int32)
    place, sorted_row = np.empty(y.shape[2], np.int32), np.empty((min(t, w), (w - 1) // t + 1), x.dtype)
    for p in range(start, stop):
        for u in range(h):
            for q in range(min(t, w)):
                for j in range((w - 1 - q) // t + 1):
                    sorted_row[q, j] = x[p, u, j * t + q]
            column[u] = -1
            for b in range(size[1]):
                _take(sorted_row, b * dilation[1] - corner[1], t, w, best[u], column[u])
        for i in range(y.shape[1]):
            top, out = i * s - corner[0], y[p, i]
            place[:] = -1
            first, last = _inside(top, size[0], dilation[0], h)
            for a in range(first, last):
                u = top + a * dilation[0]
                _take_row(best[u], column[u], np.int32(u * w), out, place)
            for j in range(place.size):
                switches[p, i, j] = place[j]


@jit
def _take(sorted_row, first, t, w, best, column):
    """Let entry ``first + j * t`` of a row challenge the best of window j."""
    begin, end = max(0, -(first // t)), min(best.size, (w - 1 - first) // t + 1)
    if begin < end:
        at = begin * t + first
        row, best, column = sorted_row[at % t, at // t :], best[begin:end], column[begin:end]
        now, step = np.int32(at), np.int32(min(t, w))  # of a longer stride there is one window
        for j in range(best.size):
            wins = _beats(row[j], best[j], column[j])
            best[j] = row[j] if wins else best[j]
            column[j] = now + np.int32(j) * step if wins else column[j]


@jit
def _take_row(row, column, offset, best, place):
    """Let the best of every window in one row challenge the best of the rows above."""
    for j in range(best.size):
        wins = _beats(row[j], best[j], place[j])
        best[j] = row[j] if wins else best[j]
        place[j] = offset + column[j] if wins else place[j]


@jit
def _beats(value, best, place):
    """A NaN counts as the largest; anything beats a place that is not taken."""
    return (value > best) | ((value != value) & (best == best)) | (place < 0)


@jit
def _route(start, stop, signal, switches, total):
    for p in range(start, stop):
        at = switches[p % len(switches)]
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                total[p, at[i, j]] += signal[p, i, j]


@jit
def _average(start, stop, x, y, size, stride, dilation, corner, count_padding):
    h, w = x.shape[1:]
    for p in range(start, stop):
        for i in range(y.shape[1]):
            top = i * stride[0] - corner[0]
            a0, a1 = _inside(top, size[0], dilation[0], h)
            for j in range(y.shape[2]):
                left = j * stride[1] - corner[1]
                b0, b1 = _inside(left, size[1], dilation[1], w)
                total = x.dtype.type(0)
                for a in range(a0, a1):
                    for b in range(b0, b1):
                        total += x[p, top + a * dilation[0], left + b * dilation[1]]
                taps = size[0] * size[1] if count_padding else max(1, (a1 - a0) * (b1 - b0))
                y[p, i, j] = total / x.dtype.type(taps)


@jit
def _spread(start, stop, signal, total, size, stride, dilation, corner, count_padding):
    h, w = total.shape[1:]
    for p in range(start, stop):
        for i in range(signal.shape[1]):
            top = i * stride[0] - corner[0]
            a0, a1 = _inside(top, size[0], dilation[0], h)
            for j in range(signal.shape[2]):
                left = j * stride[1] - corner[1]
                b0, b1 = _inside(left, size[1], dilation[1], w)
                taps = size[0] * size[1] if count_padding else max(1, (a1 - a0) * (b1 - b0))
                share = signal[p, i, j] / signal.dtype.type(taps)
                for a in range(a0, a1):
                    for b in range(b0, b1):
                        total[p, top + a * dilation[0], left + b * dilation[1]] += share


@jit
def _inside(top, size, dilation, h):
    """The first tap of a window that lies on the image, and the first after it that does not."""
    first = max(0, -(top // dilation))
    return first, max(first, min(size, (h - 1 - top) // dilation + 1))


@jit
def _center(start, stop, signal, total, size, stride, dilation, corner):
    h, w = total.shape[1:]
    for p in range(start, stop):
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                u = i * stride[0] - corner[0] + (size[0] - 1) // 2 * dilation[0]
                v = j * stride[1] - corner[1] + (size[1] - 1) // 2 * dilation[1]
                if 0 <= u < h and 0 <= v < w:
                    total[p, u, v] += signal[p, i, j]
