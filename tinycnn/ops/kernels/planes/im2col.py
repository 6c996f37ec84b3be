"""Convolution as a matrix product with patches: any kernel, stride, dilation and padding.

With the patches ``D_j x`` as columns, forward is ``W @ columns``; the vjp to the input is ``W^T @ signal``,
put back where the patches came from; the vjp to the weight is ``signal @ columns^T``. All cost 2 k c a b h'
w' operations; each group has a product of its own. Forward cuts one panel of columns at a time, which stays
in the cache of its core: the matrix of all patches, a b times the size of the image, is never written.
Backward holds the columns of as many rows as fit in `_HELD` bytes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.product import ROWS, fill_starts, multiply, panel_width
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import load, store
from tinycnn.ops.kernels.planes.padding import pad, unwrap
from tinycnn.ops.types import Array, Pair, frozen

_HELD = 4 << 20
"""Bytes of columns that a backward pass holds at once: a part of a last-level cache."""
_PANELS = 1 << 18
"""Bytes of panels that are multiplied at once: a part of a second-level cache."""


def conv2d(x: Array, weight: Array, bias: Array, at: Window, groups: int) -> Array:
    """(n, c, h, w), (k, c / groups, a, b) and (k,) -> (n, k, h', w')."""
    (n, c), k, depth = x.shape[:2], len(weight), weight[0].size
    padded, (h, w) = pad(x, at).reshape(n * groups, c // groups, *at.padded), at.output
    if at.size == (1, 1) and at.stride == (1, 1):
        padded, h, w = padded.reshape(*padded.shape[:2], 1, h * w), 1, h * w
    y = empty((n, k, *at.output), x.dtype)
    matrix = frozen(weight).reshape(-1), depth, 1, frozen(bias), groups
    _run(padded, (h, w), (at.size, at.stride, at.dilation), matrix, y.reshape(n * groups, k // groups, h * w))
    return y


def conv2d_vjp_input(signal: Array, weight: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (k, c / groups, a, b) -> (n, c, h, w)."""
    if at.circular:
        whole = replace(at, image=at.padded, edges=((0, 0), (0, 0)), circular=False)
        return unwrap(conv2d_vjp_input(signal, weight, whole, groups), at)
    (n, k), rows = signal.shape[:2], weight[0].size
    (h, w), c = at.output, weight.shape[1] * groups
    matrix = frozen(weight).reshape(-1), 1, rows, frozen(np.zeros(groups * rows, signal.dtype)), groups
    y = empty((n, c, *at.image), signal.dtype)
    if at.size == at.stride == (1, 1) and at.image == at.output:
        flat = frozen(signal).reshape(n * groups, k // groups, 1, h * w)
        _run(flat, (1, h * w), ((1, 1),) * 3, matrix, y.reshape(n * groups, rows, h * w))
        return y
    held = min(h, max(1, _HELD // (groups * rows * w * signal.itemsize)))
    for image in range(n):
        for first in range(0, h, held):
            band = frozen(signal[image, :, first : first + held])
            places = band.shape[1] * w
            columns = empty((groups, rows, places), signal.dtype)
            flat = band.reshape(groups, k // groups, 1, places)
            _run(flat, (1, places), ((1, 1),) * 3, matrix, columns)
            cut = frozen(columns).reshape(c, *at.size, places // w, w)
            threads.run(_put_back, c * at.image[0], cut, first, y[image], at.stride, at.dilation, at.corner)
    return y


def matmul(a: Array, b: Array) -> Array:
    """(r, d) and (d, j) -> (r, j): the columns are the places of one image of d channels."""
    y = np.empty((1, len(a), b.shape[1]), b.dtype)
    matrix = frozen(a).reshape(-1), a.shape[1], 1, frozen(np.zeros(len(a), b.dtype)), 1
    _run(frozen(b)[None, :, None], (1, b.shape[1]), ((1, 1),) * 3, matrix, y)
    return y[0]


def conv2d_vjp_weight(signal: Array, x: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (n, c, h, w) -> (k, c / groups, a, b)."""
    k, c = signal.shape[1], x.shape[1]
    rows, places = c // groups * math.prod(at.size), math.prod(at.output)
    total, columns = np.zeros((groups, k // groups, rows), x.dtype), empty((c, *at.size, *at.output), x.dtype)
    for back, image in zip(signal, pad(x, at), strict=True):
        threads.run(_cut, c, image, columns, at.stride, at.dilation)
        patches = columns.reshape(groups, rows, places)
        total += back.reshape(groups, k // groups, places) @ patches.swapaxes(1, 2)
    return total.reshape(k, c // groups, *at.size)


def _run(x: Array, output: Pair, geometry: tuple[Pair, ...], matrix: tuple[Any, ...], y: Array) -> None:
    """Multiply patches with matrices, a few panels at a time: as many as caches and threads allow.

    x and y have an entry for each group of each image; matrices are those of all groups.
    """
    width = panel_width(x.itemsize)
    depth = x.shape[1] * math.prod(geometry[0])
    panels = -(-y.shape[2] // width)
    share = -(-len(x) * panels // (4 * threads.get_num_threads()))
    together = max(1, min(_PANELS // (depth * width * x.itemsize), share))
    threads.run(_product, len(x) * -(-panels // together), x, output, *geometry, *matrix, together, y)


@jit
def _product(start, stop, x, output, size, stride, dilation, matrix, row, step, bias, groups, together, y):
    """One item is a few panels of patches; entry (r, d) of a matrix is at ``r * row + d * step``."""
    width = panel_width(x.itemsize)
    rows, places = y.shape[1:]
    depth = x.shape[1] * size[0] * size[1]
    items = -(-places // (together * width))
    panels, shift = np.zeros((together, depth, width), x.dtype), np.zeros(ROWS, x.dtype)
    tile, starts = np.empty((ROWS, width), x.dtype), np.empty(ROWS, np.int64)
    for index in range(start, stop):
        n, first = index // items, index % items * together * width
        last, group = min(first + together * width, places), n % groups
        for j in range(first, last, width):
            panel = panels[(j - first) // width]
            _cut_panel(x, n, output, size, stride, dilation, j, min(width, last - j), panel)
        for r in range(0, rows, ROWS):
            here = min(ROWS, rows - r)
            fill_starts(starts, group * (matrix.size // groups) + r * row, row, here)
            for i in range(here):
                shift[i] = bias[group * rows + r + i]
            for j in range(first, last, width):
                b, at = (j - first) * depth, (n * rows + r) * places + j
                if here == ROWS and j + width <= last:
                    multiply(matrix, starts, step, here, panels, b, depth, shift, y, at, places)
                else:
                    multiply(matrix, starts, step, here, panels, b, depth, shift, tile, 0, width)
                    for i in range(here):
                        for l in range(min(width, last - j)):
                            y[n, r + i, j + l] = tile[i, l]


@jit
def _cut_panel(x, n, output, size, stride, dilation, first, count, panel):
    """Patches first, first + 1, ... of image n, as the columns of `panel`: one run of a row after another."""
    (s, t), (d, e), w = stride, dilation, output[1]
    width, half = panel.shape[1], panel.shape[1] // 2
    done = 0
    while done < count:
        i, j = divmod(first + done, w)
        run = min(w - j, count - done)
        depth = 0
        for c in range(x.shape[1]):
            for a in range(size[0]):
                at = ((n * x.shape[1] + c) * x.shape[2] + i * s + a * d) * x.shape[3] + j * t
                for b in range(size[1]):
                    if t == 1 and run == width:
                        store(panel, depth * width, load(x, at))
                        store(panel, depth * width + half, load(x, at + half))
                    else:
                        row, out = x[n, c, i * s + a * d, j * t + b * e :], panel[depth, done : done + run]
                        for l in range(run):
                            out[l] = row[l * t]
                    depth += 1
                    at += e
        done += run


@jit
def _put_back(start, stop, columns, first, image, stride, dilation, corner):
    """One item is a row of one channel: it collects what the windows of rows first, ... send there."""
    (s, t), (d, e) = stride, dilation
    down, across, rows, w = columns.shape[1:]
    for index in range(start, stop):
        channel, u = divmod(index, image.shape[1])
        out = image[channel, u]
        if first == 0:
            out[:] = 0
        for a in range(down):
            i, rest = divmod(u + corner[0] - a * d, s)
            if rest != 0 or not first <= i < first + rows:
                continue
            for b in range(across):
                back, shift = columns[channel, a, b, i - first], b * e - corner[1]
                begin = max(0, -(shift // t))
                end = min(w, (out.size - 1 - shift) // t + 1)
                if t == 1:
                    for j in range(begin, end):
                        out[j + shift] += back[j]
                else:
                    for j in range(begin, end):
                        out[j * t + shift] += back[j]


@jit
def _cut(start, stop, image, columns, stride, dilation):
    """One item is a channel of an image, all patches of which become columns."""
    (s, t), (d, e) = stride, dilation
    for c in range(start, stop):
        for a in range(columns.shape[1]):
            for b in range(columns.shape[2]):
                for i in range(columns.shape[3]):
                    row, out = image[c, i * s + a * d], columns[c, a, b, i]
                    for j in range(out.size):
                        out[j] = row[j * t + b * e]
