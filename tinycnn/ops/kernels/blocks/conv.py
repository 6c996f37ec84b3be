"""Convolution of images in blocks, forward and back to the input: the one place that chooses its method.

Winograd's method takes 3x3 kernels of stride 1 where it pays, loops over the taps take depthwise layers, and
a matrix product takes the rest. `forward` and `backward` are for images that stay in blocks between layers,
with all that follows the convolution; `conv2d` and `conv2d_vjp_input` are the convolution alone, on planes.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import ModuleType

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks import depthwise, lattice, matmul, winograd
from tinycnn.ops.kernels.blocks.affine import NO_CODES, Affine, gate_blocks, pad_blocks, plain
from tinycnn.ops.kernels.blocks.layout import NO_EDGES, empty_blocks, from_blocks, to_blocks
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.kernels.planes.few import CHANNELS
from tinycnn.ops.kernels.planes.gate import Gates, open_gates
from tinycnn.ops.types import Array

_TILES, _MANY, _DEEP = 4, 9, 256
"""With fewer tiles of 4x4 outputs in an image, transforming kernels costs more than it saves. From so many
channels on, kernels in points outgrow a second-level cache, and that takes many tiles."""
_CHANNELS = 16
"""With fewer channels, in or out, transforming images costs more than it saves."""
_PLACES = 64
"""With fewer outputs in a plane, turning kernels to lie as `matmul` reads them does."""

EXACT: ContextVar[bool] = ContextVar("exact", default=False)
"""Whether Winograd's method, which rounds more, is not to be used."""


def suits(weight: Array, at: Window, groups: int) -> bool:
    """Whether images in blocks can be convolved: one group, or one for each channel; no circular padding."""
    return not at.circular and (groups == 1 or weight.shape[:2] == (groups, 1))


def tiled(weight: Array, at: Window, groups: int) -> bool:
    """Whether Winograd's method applies and pays. For an image of so few channels as `few` takes, it does."""
    k, c = weight.shape[:2]
    applies = at.size == (3, 3) and at.stride == at.dilation == (1, 1) and groups == 1 and not at.circular
    if not applies or EXACT.get() or k < _CHANNELS or CHANNELS < c < _CHANNELS:
        return False
    h, w = at.output
    return -(-h // 4) * -(-w // 4) >= (_TILES if max(c, k) <= _DEEP else _MANY)


def turned(weight: Array, at: Window, groups: int) -> bool:
    """Whether a convolution of planes is faster in blocks, although they have to be turned there and back.

    A 1x1 kernel does too little with each number for that; and with few channels much of a register is empty.
    Depthwise layers are, and may have several kernels for each channel.
    """
    (k, c), (h, w) = weight.shape[:2], at.output
    if at.circular or groups > 1:
        return not at.circular and c == 1
    wide = min(c, k) >= 2 * LANES and at.size != (1, 1) and h * w >= _PLACES
    return wide or (c > CHANNELS and tiled(weight, at, groups))


def forward(
    x: Array, weight: Array, affine: Affine, at: Window, groups: int, coded: bool, pooled: bool
) -> tuple[Array, Array]:
    """Convolve, and apply bias, batch norm and activation; then perhaps a 2x2 max-pool, if it is `tiled`.

    Parameters
    ----------
    x : (n, chunks, h, w, LANES)
    weight : (k, c / groups, a, b)
    affine : Affine
        Of k channels.
    at : Window
    groups : int
    coded : bool
        Whether to keep the bytes that `backward` needs.
    pooled : bool

    Returns
    -------
    y : (n, chunks, h', w', LANES)
    codes : the shape of y, uint8; or NO_CODES
    """
    h, w = at.output
    y = empty_blocks(len(x), len(weight), (h // 2, w // 2) if pooled else (h, w))
    codes = empty(y.shape, np.uint8) if coded else NO_CODES
    if tiled(weight, at, groups):
        winograd.convolve(x, weight, affine, at, y, codes)
    else:
        padded = x if at.edges == NO_EDGES else pad_blocks(x, at.edges)
        _method(groups).convolve(padded, weight, lattice.forward(at), affine, y, codes)
    return y, codes


def backward(
    signal: Array, codes: Array, gates: Gates, weight: Array, scale: Array, at: Window, groups: int
) -> Array:
    """Take signals from the output of `forward` to its input.

    Parameters
    ----------
    signal : (n, chunks, h', w', LANES)
    codes : (images, chunks, h', w', LANES) uint8; or NO_CODES
        As `forward` returned them; signal i belongs to image ``i % images``.
    gates : Gates
        Of the n signals.
    weight, at, groups
        As given to `forward`.
    scale : (k,)
        A factor for each channel of the signal.

    Returns
    -------
    (n, chunks, h, w, LANES)
    """
    if tiled(weight, at, groups):
        y = empty_blocks(len(signal), weight.shape[1], at.image)
        winograd.convolve_back(signal, codes, gates, weight, scale, at, y)
        return y
    _, edges = lattice.backward(at)
    if codes.size > 0 or edges != NO_EDGES:
        signal = gate_blocks(signal, codes, gates, edges)
    return _back(signal, weight, scale, at, groups)


def conv2d(x: Array, weight: Array, bias: Array, at: Window, groups: int) -> Array:
    """(n, c, h, w), (k, c / groups, a, b) and (k,) -> (n, k, h', w'), where `turned` says so."""
    affine = plain(len(weight))._replace(shift=bias)
    if tiled(weight, at, groups):
        y = empty((len(x), len(weight), *at.output))
        winograd.convolve(x, weight, affine, at, y, NO_CODES)
        return y
    if len(weight) > groups > 1:  # several kernels for each channel: each has a copy of its own
        x = np.repeat(x, len(weight) // groups, axis=1)
    y = empty_blocks(len(x), len(weight), at.output)
    _method(groups).convolve(to_blocks(x, at.edges), weight, lattice.forward(at), affine, y, NO_CODES)
    return from_blocks(y, len(weight))


def conv2d_vjp_input(signal: Array, weight: Array, at: Window, groups: int) -> Array:
    """(n, k, h', w') and (k, c / groups, a, b) -> (n, c, h, w), where `turned` says so."""
    (n, k), c, ones = signal.shape[:2], weight.shape[1], np.ones(len(weight), np.float32)
    if tiled(weight, at, groups):
        y = empty((n, c, *at.image))
        winograd.convolve_back(signal, NO_CODES, open_gates(n), weight, ones, at, y)
        return y
    _, edges = lattice.backward(at)
    back = from_blocks(_back(to_blocks(signal, edges), weight, ones, at, groups), c if groups == 1 else k)
    return back.reshape(n, groups, k // groups, *at.image).sum(2) if k > groups > 1 else back


def _method(groups: int) -> ModuleType:
    return matmul if groups == 1 else depthwise


def _back(signal: Array, weight: Array, scale: Array, at: Window, groups: int) -> Array:
    """The transpose by matrix products or loops; the signal has zeros around it, as `lattice` asks for."""
    y = empty_blocks(len(signal), weight.shape[1] if groups == 1 else len(weight), at.image)
    for part in lattice.backward(at)[0]:
        _method(groups).convolve_back(signal, weight, scale, part, y)
    return y
