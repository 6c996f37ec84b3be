"""The way back to groups of few channels, such as the colours of an image, for any kernel and stride.

Every entry of the image collects what it was multiplied with:

    y[c, u, v] = sum_kab w[k, c, a, b] g[k, i, j]

over all taps with ``i * s + a * d = u`` and ``j * t + b * e = v``. Three channels and four registers of
columns are 12 running sums; each step reads four registers of the signal and three weights. Columns are taken
by their remainder modulo the stride t, so that neighbours read neighbours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty, zeros
from tinycnn.ops.kernels.machine.simd import BYTES, fma, load, splat, store, zero
from tinycnn.ops.kernels.planes.gate import Gates, open_gates
from tinycnn.ops.types import Array, frozen

CHANNELS = 3
"""Channels of a group, at most."""
_REGISTERS = 4
_BAND = 16
"""Rows of the image that are worked on at once: what one has read is near when the next reads it again."""
_HELD = 4 << 20
"""Bytes of padded signals that are held at once, kernel by kernel."""


def suits(weight: Array, at: Window) -> bool:
    """Whether there are few enough channels in a group, and no circular padding."""
    return weight.shape[1] <= CHANNELS and not at.circular


def reverses(weight: Array, at: Window, groups: int) -> bool:
    """Whether a convolution is itself a way back: depthwise, in steps of one, with little padding."""
    depthwise = weight.shape[:2] == (groups, 1) and at.stride == (1, 1) and not at.circular
    return depthwise and all(max(edges) < extent for edges, extent in zip(at.edges, at.extent, strict=True))


def conv2d(x: Array, weight: Array, bias: Array, at: Window, groups: int) -> Array:
    """(n, c, h, w), (c, 1, a, b) and (c,) -> (n, c, h', w'): the way back by the kernels turned round."""
    (top, bottom), (left, right), (down, across) = *at.edges, at.extent
    edges = (down - 1 - top, down - 1 - bottom), (across - 1 - left, across - 1 - right)
    y = conv2d_vjp_input(x, weight[..., ::-1, ::-1], replace(at, image=at.output, edges=edges), groups)
    return np.add(y, bias[:, None, None], out=y)


def conv2d_vjp_input(signal: Array, weight: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (k, c / groups, a, b) -> (n, c, h, w)."""
    n, k = len(signal), len(weight) // groups
    nothing, ones = np.zeros((1, 0, 0, 0), np.uint8), np.ones(k, signal.dtype)
    parts, kernels = signal.reshape(n * groups, k, *at.output), weight.reshape(groups, k, *weight.shape[1:])
    y = _collected(parts, nothing, open_gates(n * groups), ones, kernels, at)
    return y.reshape(n, groups * weight.shape[1], *at.image)


def gated_vjp_input(
    signal: Array, codes: Array, gates: Gates, scale: Array, weight: Array, at: Window
) -> Array:
    """The same, in one group, for a signal at the activation after it, which it passes as `gate` says."""
    return _collected(signal, codes, gates, scale, weight[None], at)


def _collected(signal: Array, codes: Array, gates: Gates, scale: Array, weight: Array, at: Window) -> Array:
    """(n, k, h', w') and (groups, k, c, a, b) -> (n, c, h, w): signal i is of group ``i % groups``."""
    n, k, down, across = *signal.shape[:2], *at.output
    (t, e), width = (at.stride[1], at.dilation[1]), _REGISTERS * (BYTES // signal.itemsize)
    margin = (at.size[1] - 1) * e // t + 1
    whole = -(-at.image[1] // (t * width)) * width
    last = (whole * t + at.corner[1]) // t
    plane = down * (margin + max(across, last + 1))
    held = min(k, max(1, _HELD // max(1, n * plane * signal.itemsize)))
    padded = empty((n, held, down, plane // down), signal.dtype)
    rules = frozen(codes), gates.masked, frozen(gates.low.astype(signal.dtype)), frozen(scale)
    y = zeros((n, weight.shape[2], *at.image), signal.dtype)
    bands = -(-at.image[0] // _BAND)
    for first in range(0, k, held):
        part = frozen(weight[:, first : first + held])
        count = part.shape[1]
        threads.run(_pad_rows, n * count, frozen(signal), *rules, first, count, padded, margin)
        threads.run(_collect, n * bands, padded, part, y, at.stride, at.dilation, at.corner, margin)
    return y


@jit
def _pad_rows(start, stop, signal, codes, masked, low, scale, first, count, padded, margin):
    """One item is a plane of one of `count` kernels, from `first` on."""
    (h, w), zero = signal.shape[2:], scale.dtype.type(0)
    for index in range(start, stop):
        n, own = divmod(index, count)
        k, least = first + own, low[n]
        factor = scale[k]
        for i in range(h):
            out, row = padded[n, own, i], signal[n, k, i]
            middle = out[margin : margin + w]
            out[:margin] = 0
            out[margin + w :] = 0
            if masked[n]:
                code = codes[n % len(codes), k, i]
                for j in range(w):
                    middle[j] = factor * (least if row[j] < least else row[j]) if code[j] else zero
            else:
                for j in range(w):
                    middle[j] = factor * (least if row[j] < least else row[j])


@jit
def _collect(start, stop, signal, weight, y, stride, dilation, corner, margin):
    """One item is a band of rows of an image."""
    (channels, h, w), (s, t) = y.shape[1:], stride
    width, bands = _REGISTERS * (BYTES // y.itemsize), -(-h // _BAND)
    line = np.empty((CHANNELS, width), y.dtype)
    rows, columns = np.empty((weight.shape[3], 2), np.int64), np.empty((weight.shape[4], 2), np.int64)
    for index in range(start, stop):
        n, band = divmod(index, bands)
        for u in range(band * _BAND, min(h, (band + 1) * _BAND)):
            down = _taps(u + corner[0], s, dilation[0], signal.shape[2], rows)
            for q in range(min(t, w)):
                across = _taps(q + corner[1] + margin * t, t, dilation[1], signal.shape[3], columns)
                count = (w - 1 - q) // t + 1
                for j in range(0, count, width):
                    _sum_taps(signal, n, weight, rows[:down], columns[:across], j, line)
                    for c in range(channels):
                        out = y[n, c, u, j * t + q :]
                        for l in range(min(width, count - j)):
                            out[l * t] += line[c, l]


@jit
def _taps(u, s, d, size, found):
    """Which taps reach place u, and from where in the signal: pairs (a, i) with ``i * s + a * d = u``."""
    count = 0
    for a in range(len(found)):
        i = (u - a * d) // s
        if i * s == u - a * d and 0 <= i < size:
            found[count, 0], found[count, 1] = a, i
            count += 1
    return count


@jit
def _sum_taps(signal, n, weight, rows, columns, first, line):
    """One line of columns from `first` on, in all channels, over the taps (row and column) that reach it."""
    kernels, channels, down, across = weight.shape[1:]
    group = n % len(weight) * kernels
    (held, h, length), lanes = signal.shape[1:], BYTES // line.itemsize
    second, third = min(1, channels - 1) * down * across, min(2, channels - 1) * down * across
    x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = z0 = z1 = z2 = z3 = zero(line)
    for a, i in rows:
        for k in range(kernels):
            for b, j in columns:
                place = ((n * held + k) * h + i) * length + first + j
                tap = ((group + k) * channels * down + a) * across + b
                g0, g1 = load(signal, place), load(signal, place + lanes)
                g2, g3 = load(signal, place + 2 * lanes), load(signal, place + 3 * lanes)
                v = splat(weight, tap)
                x0, x1, x2, x3 = fma(v, g0, x0), fma(v, g1, x1), fma(v, g2, x2), fma(v, g3, x3)
                if channels > 1:
                    v = splat(weight, tap + second)
                    y0, y1, y2, y3 = fma(v, g0, y0), fma(v, g1, y1), fma(v, g2, y2), fma(v, g3, y3)
                    v = splat(weight, tap + third)
                    z0, z1, z2, z3 = fma(v, g0, z0), fma(v, g1, z1), fma(v, g2, z2), fma(v, g3, z3)
    _put(line, 0, x0, x1, x2, x3)
    _put(line, 4 * lanes, y0, y1, y2, y3)
    _put(line, 8 * lanes, z0, z1, z2, z3)


@jit
def _put(line, at, v0, v1, v2, v3):
    lanes = BYTES // line.itemsize
    store(line, at, v0)
    store(line, at + lanes, v1)
    store(line, at + 2 * lanes, v2)
    store(line, at + 3 * lanes, v3)
