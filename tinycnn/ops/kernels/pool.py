"""Numba twins of `tinycnn.ops.pool`."""

from __future__ import annotations

import math

import numpy as np

from tinycnn.ops.geometry import Padding, Window, pair, pool_window, window
from tinycnn.ops.kernels import threads
from tinycnn.ops.kernels.jit import frozen, jit
from tinycnn.types import Array, Pair


def max_pool2d(x: Array, size: int | Pair, stride: int | Pair, padding: Padding = 0) -> tuple[Array, Array]:
    """Twin of `tinycnn.ops.max_pool2d`."""
    at = pool_window((x.shape[2], x.shape[3]), size, stride, padding)
    shape = (*x.shape[:2], *at.output)
    y, switches = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    threads.run(_max, _planes(x), _flat(frozen(x)), _flat(y), _flat(switches), *_integers(at))
    return y, switches


def max_pool2d_vjp(signal: Array, switches: Array, image: Pair) -> Array:
    """Twin of `tinycnn.ops.max_pool2d_vjp`."""
    total = np.zeros((*signal.shape[:2], *image), signal.dtype)
    rows = _flat(total).reshape(_planes(total), image[0] * image[1])
    threads.run(_route, _planes(signal), _flat(frozen(signal)), _flat(frozen(switches)), rows)
    return total


def avg_pool2d(x: Array, size: int | Pair, stride: int | Pair, padding: Padding = 0) -> Array:
    """Twin of `tinycnn.ops.avg_pool2d`."""
    at = window((x.shape[2], x.shape[3]), pair(size), stride, padding)
    y = np.empty((*x.shape[:2], *at.output), x.dtype)
    threads.run(_average, _planes(x), _flat(frozen(x)), _flat(y), *_integers(at))
    return y


def avg_pool2d_vjp(
    signal: Array, image: Pair, size: int | Pair, stride: int | Pair, padding: Padding = 0
) -> Array:
    """Twin of `tinycnn.ops.avg_pool2d_vjp`."""
    at = window(image, pair(size), stride, padding)
    total = np.zeros((*signal.shape[:2], *image), signal.dtype)
    threads.run(_spread, _planes(signal), _flat(frozen(signal)), _flat(total), *_integers(at))
    return total


def center_unpool2d(
    signal: Array, image: Pair, size: int | Pair, stride: int | Pair, padding: Padding = 0
) -> Array:
    """Twin of `tinycnn.ops.center_unpool2d`."""
    at = window(image, pair(size), stride, padding)
    total = np.zeros((*signal.shape[:2], *image), signal.dtype)
    threads.run(_center, _planes(signal), _flat(frozen(signal)), _flat(total), *_integers(at))
    return total


def global_avg_pool2d(x: Array) -> Array:
    """Twin of `tinycnn.ops.global_avg_pool2d`."""
    return avg_pool2d(x, (x.shape[2], x.shape[3]), 1)[:, :, 0, 0]


def global_avg_pool2d_vjp(signal: Array, image: Pair) -> Array:
    """Twin of `tinycnn.ops.global_avg_pool2d_vjp`."""
    return avg_pool2d_vjp(signal[:, :, None, None], image, image, 1)


def _planes(array: Array) -> int:
    return array.shape[0] * array.shape[1]


def _flat(array: Array) -> Array:
    """(n, c, h, w) -> (n * c, h, w)."""
    return array.reshape(math.prod(array.shape[:2]), *array.shape[2:])


def _integers(at: Window) -> tuple[Pair, Pair, Pair]:
    return at.size, at.stride, (at.edges[0][0], at.edges[1][0])


@jit
def _max(start, stop, x, y, switches, size, stride, corner):  # type: ignore[no-untyped-def]
    h, w = x.shape[1:]
    for p in range(start, stop):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                top, left = i * stride[0] - corner[0], j * stride[1] - corner[1]
                best, place = x[p, 0, 0], -1
                for u in range(max(top, 0), min(top + size[0], h)):
                    for v in range(max(left, 0), min(left + size[1], w)):
                        value = x[p, u, v]
                        if place < 0 or value > best or (value != value and best == best):
                            best, place = value, u * w + v
                y[p, i, j], switches[p, i, j] = best, place


@jit
def _route(start, stop, signal, switches, total):  # type: ignore[no-untyped-def]
    for p in range(start, stop):
        at = switches[p % len(switches)]
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                total[p, at[i, j]] += signal[p, i, j]


@jit
def _average(start, stop, x, y, size, stride, corner):  # type: ignore[no-untyped-def]
    h, w = x.shape[1:]
    taps = x.dtype.type(size[0] * size[1])
    for p in range(start, stop):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                top, left = i * stride[0] - corner[0], j * stride[1] - corner[1]
                total = x.dtype.type(0)
                for u in range(max(top, 0), min(top + size[0], h)):
                    for v in range(max(left, 0), min(left + size[1], w)):
                        total += x[p, u, v]
                y[p, i, j] = total / taps


@jit
def _spread(start, stop, signal, total, size, stride, corner):  # type: ignore[no-untyped-def]
    h, w = total.shape[1:]
    taps = signal.dtype.type(size[0] * size[1])
    for p in range(start, stop):
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                top, left = i * stride[0] - corner[0], j * stride[1] - corner[1]
                share = signal[p, i, j] / taps
                for u in range(max(top, 0), min(top + size[0], h)):
                    for v in range(max(left, 0), min(left + size[1], w)):
                        total[p, u, v] += share


@jit
def _center(start, stop, signal, total, size, stride, corner):  # type: ignore[no-untyped-def]
    h, w = total.shape[1:]
    for p in range(start, stop):
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                u = i * stride[0] - corner[0] + (size[0] - 1) // 2
                v = j * stride[1] - corner[1] + (size[1] - 1) // 2
                if 0 <= u < h and 0 <= v < w:
                    total[p, u, v] += signal[p, i, j]
