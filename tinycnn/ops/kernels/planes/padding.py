"""Numba twins of `pad`, with zeros, and of `pad_vjp`, for circular padding: what `im2col` needs of them."""

from __future__ import annotations

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.types import Array, frozen


def pad(x: Array, window: Window) -> Array:
    """Twin of `tinycnn.ops.patches.pad`; without padding it returns x itself."""
    x = frozen(x)
    if window.padded == window.image:
        return x
    y = empty((*x.shape[:2], *window.padded), x.dtype)
    planes = x.shape[0] * x.shape[1]
    flat = x.reshape(planes, *window.image), y.reshape(planes, *window.padded)
    threads.run(_pad, planes, *flat, *window.corner, window.circular)
    return frozen(y)


def unwrap(signal: Array, window: Window) -> Array:
    """Twin of `tinycnn.ops.patches.pad_vjp` for circular padding: copies are added to their originals."""
    if window.padded == window.image:
        return signal
    y = empty((*signal.shape[:2], *window.image), signal.dtype)
    planes = y.shape[0] * y.shape[1]
    flat = frozen(signal).reshape(planes, *window.padded), y.reshape(planes, *window.image)
    threads.run(_unwrap, planes, *flat, *window.corner)
    return y


@jit
def _pad(start, stop, x, y, top, left, circular):
    h, w = x.shape[1:]
    for p in range(start, stop):
        for i in range(y.shape[1]):
            u, out = i - top, y[p, i]
            if circular:
                for j in range(out.size):
                    out[j] = x[p, u % h, (j - left) % w]
            elif 0 <= u < h:
                row, middle = x[p, u], out[left : left + w]
                out[:left] = 0
                out[left + w :] = 0
                for j in range(w):
                    middle[j] = row[j]
            else:
                out[:] = 0


@jit
def _unwrap(start, stop, signal, y, top, left):
    h, w = y.shape[1:]
    for p in range(start, stop):
        y[p] = 0
        for i in range(signal.shape[1]):
            for j in range(signal.shape[2]):
                y[p, (i - top) % h, (j - left) % w] += signal[p, i, j]
