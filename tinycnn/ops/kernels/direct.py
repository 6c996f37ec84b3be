"""Convolution as the loops that define it, for groups of few channels: depthwise layers above all.

A thread takes one group of one image. It lays the group's planes out with their padding and with the
columns sorted by their remainder modulo the stride, so that neighbouring outputs read neighbouring numbers,
one register at a time; every output is summed in a register over all taps and written once.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import BYTES, fma, load, splat, store, zero
from tinycnn.ops.kernels.planes.padding import pad, pad_vjp
from tinycnn.ops.types import Array


def conv2d(x: Array, weight: Array, bias: Array, at: Window) -> Array:
    """(n, c, h, w), (k, c / groups, a, b) and (k,) -> (n, k, h', w')."""
    n, k, groups = x.shape[0], weight.shape[0], x.shape[1] // weight.shape[1]
    y = empty((n, k, *at.output), x.dtype)
    threads.run(_forward, n * groups, pad(x, at), frozen(weight), frozen(bias), y, at.stride, at.dilation)
    return y


def conv2d_vjp_input(signal: Array, weight: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (k, c / groups, a, b) -> (n, c, h, w)."""
    n = signal.shape[0]
    y = empty((n, groups * weight.shape[1], *at.padded), signal.dtype)
    threads.run(_to_input, n * groups, frozen(signal), frozen(weight), y, at.stride, at.dilation)
    return pad_vjp(y, at)


def conv2d_vjp_weight(signal: Array, x: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (n, c, h, w) -> (k, c / groups, a, b)."""
    k = signal.shape[1]
    total = np.zeros((k, x.shape[1] // groups, *at.size), x.dtype)
    threads.run(_to_weight, k, frozen(signal), pad(x, at), total, groups, at.stride, at.dilation)
    return total


@jit
def _forward(start, stop, x, weight, bias, y, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e), lanes = stride, dilation, BYTES // x.itemsize
    kernels, channels, _, across = weight.shape
    groups, (h, w) = x.shape[1] // channels, y.shape[2:]
    per_group, whole = kernels // groups, -(-w // lanes) * lanes
    planes = np.zeros((channels, x.shape[2], t, whole + (across - 1) * e // t + 1), x.dtype)
    line = np.empty(whole, x.dtype)
    for index in range(start, stop):
        n, group = divmod(index, groups)
        _sort_columns(x[n, group * channels : (group + 1) * channels], planes)
        for k in range(group * per_group, (group + 1) * per_group):
            for i in range(h):
                out = y[n, k, i]
                for j in range(0, whole, lanes):
                    store(line, j, _sum_taps(planes, weight, bias, k, i * s, j, d, e))
                for j in range(w):
                    out[j] = line[j]


@jit
def _sort_columns(x, planes):  # type: ignore[no-untyped-def]
    """``planes[c, i, q, j] = x[c, i, j * t + q]``, t the stride."""
    t, length = planes.shape[2:]
    for c in range(x.shape[0]):
        for i in range(x.shape[1]):
            for q in range(t):
                row, out = x[c, i, q:], planes[c, i, q]
                for j in range(min(length, (row.size - 1) // t + 1)):
                    out[j] = row[j * t]


@jit
def _sum_taps(planes, weight, bias, k, u, j, d, e):  # type: ignore[no-untyped-def]
    """One register of outputs of kernel k, from column j on, whose window starts in row u."""
    channels, down, across = weight.shape[1:]
    rows, t, length = planes.shape[1:]
    total = splat(bias, k)
    for c in range(channels):
        for a in range(down):
            tap, at = ((k * channels + c) * down + a) * across, (c * rows + u + a * d) * t * length + j
            for b in range(across):
                value = load(planes, at + b * e % t * length + b * e // t)
                total = fma(splat(weight, tap + b), value, total)
    return total


@jit
def _to_input(start, stop, signal, weight, y, stride, dilation):  # type: ignore[no-untyped-def]
    t, lanes = stride[1], BYTES // signal.itemsize
    kernels, channels, _, across = weight.shape
    groups, (h, w) = y.shape[1] // channels, signal.shape[2:]
    per_group, columns = kernels // groups, -(-y.shape[3] // t)
    whole = -(-columns // lanes) * lanes
    margin = (across - 1) * dilation[1] // t + 1
    planes = np.zeros((per_group, h, margin + max(whole, w)), signal.dtype)
    line = np.empty((t, whole), signal.dtype)
    for index in range(start, stop):
        n, group = divmod(index, groups)
        for k in range(per_group):
            for i in range(h):
                row, out = signal[n, group * per_group + k, i], planes[k, i, margin:]
                for j in range(w):
                    out[j] = row[j]
        for c in range(channels):
            for u in range(y.shape[2]):
                for q in range(t):
                    for j in range(0, whole, lanes):
                        value = _hear_taps(planes, weight, group, c, u, q, margin + j, stride, dilation)
                        store(line, q * whole + j, value)
                out = y[n, group * channels + c, u]
                for q in range(t):
                    for j in range((out.size - 1 - q) // t + 1):
                        out[j * t + q] = line[q, j]


@jit
def _hear_taps(planes, weight, group, c, u, q, j, stride, dilation):  # type: ignore[no-untyped-def]
    """One register of inputs of channel c in row u, at columns ``j * t + q``.

    They hear tap (a, b) from output row ``(u - a * d) / s`` and column ``j + (q - b * e) / t``, if whole.
    """
    (s, t), (d, e) = stride, dilation
    channels, down, across = weight.shape[1:]
    kernels, h, length = planes.shape
    total = zero(planes)
    for k in range(kernels):
        for a in range(down):
            i = (u - a * d) // s
            if i * s == u - a * d and 0 <= i < h:
                tap = (((group * kernels + k) * channels + c) * down + a) * across
                for b in range(across):
                    shift = (q - b * e) // t
                    if shift * t == q - b * e:
                        value = load(planes, (k * h + i) * length + j + shift)
                        total = fma(splat(weight, tap + b), value, total)
    return total


@jit
def _to_weight(start, stop, signal, x, total, groups, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e) = stride, dilation
    kernels, channels, taps_down, taps_across = total.shape
    for k in range(start, stop):
        first = k // (kernels // groups) * channels
        for n in range(len(x)):
            for c in range(channels):
                for a in range(taps_down):
                    for b in range(taps_across):
                        for i in range(signal.shape[2]):
                            back, row = signal[n, k, i], x[n, first + c, i * s + a * d]
                            for j in range(back.size):
                                total[k, c, a, b] += back[j] * row[j * t + b * e]
