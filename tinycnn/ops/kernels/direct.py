"""Convolution as the loops that define it. Any geometry, any groups; each thread owns whole channels."""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels import threads
from tinycnn.ops.kernels.jit import frozen, jit
from tinycnn.ops.kernels.padding import pad, pad_vjp
from tinycnn.types import Array


def conv2d(x: Array, weight: Array, at: Window) -> Array:
    """(n, c, h, w) and (k, c / groups, a, b) -> (n, k, h', w')."""
    n, k = x.shape[0], weight.shape[0]
    y = np.zeros((n, k, *at.output), x.dtype)
    threads.run(_forward, n * k, pad(x, at), frozen(weight), y, at.stride, at.dilation)
    return y


def conv2d_vjp_input(signal: Array, weight: Array, at: Window, channels: int) -> Array:
    """(n, k, h', w') and (k, c / groups, a, b) -> (n, c, h, w)."""
    n = signal.shape[0]
    total = np.zeros((n, channels, *at.padded), signal.dtype)
    threads.run(_to_input, n * channels, frozen(signal), frozen(weight), total, at.stride, at.dilation)
    return pad_vjp(total, at)


def conv2d_vjp_weight(signal: Array, x: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (n, c, h, w) -> (k, c / groups, a, b)."""
    k = signal.shape[1]
    total = np.zeros((k, x.shape[1] // groups, *at.size), x.dtype)
    threads.run(_to_weight, k, frozen(signal), pad(x, at), total, groups, at.stride, at.dilation)
    return total


@jit
def _forward(start, stop, x, weight, y, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e) = stride, dilation
    kernels, channels, taps_down, taps_across = weight.shape
    per_group = kernels // (x.shape[1] // channels)
    for index in range(start, stop):
        n, k = divmod(index, kernels)
        first = k // per_group * channels
        for c in range(channels):
            for a in range(taps_down):
                for b in range(taps_across):
                    tap = weight[k, c, a, b]
                    for i in range(y.shape[2]):
                        row, out = x[n, first + c, i * s + a * d], y[n, k, i]
                        if t == 1:
                            for j in range(out.size):
                                out[j] += tap * row[j + b * e]
                        else:
                            for j in range(out.size):
                                out[j] += tap * row[j * t + b * e]


@jit
def _to_input(start, stop, signal, weight, total, stride, dilation):  # type: ignore[no-untyped-def]
    (s, t), (d, e) = stride, dilation
    kernels, channels, taps_down, taps_across = weight.shape
    per_group = kernels // (total.shape[1] // channels)
    for index in range(start, stop):
        n, c = divmod(index, total.shape[1])
        first = c // channels * per_group
        for k in range(first, first + per_group):
            for a in range(taps_down):
                for b in range(taps_across):
                    tap = weight[k, c % channels, a, b]
                    for i in range(signal.shape[2]):
                        back, out = signal[n, k, i], total[n, c, i * s + a * d]
                        if t == 1:
                            for j in range(back.size):
                                out[j + b * e] += tap * back[j]
                        else:
                            for j in range(back.size):
                                out[j * t + b * e] += tap * back[j]


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
