"""Depthwise convolution of images in blocks: every register of channels for itself, tap by tap.

Neighbouring outputs of a row are summed together, so that a tap's weights are read once for all of them.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.kernels.blocks.affine import NO_CODES, Affine, finish, plain
from tinycnn.ops.kernels.blocks.lattice import Lattice
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.scratch import empty
from tinycnn.ops.kernels.machine.simd import LANES, fma, load, zero
from tinycnn.ops.types import Array, frozen


def convolve(x: Array, weight: Array, lattice: Lattice, affine: Affine, y: Array, codes: Array) -> None:
    """Outputs of a depthwise convolution on a lattice.

    Parameters are those of `tinycnn.ops.kernels.blocks.matmul.convolve`; weight : (c, 1, a, b).
    """
    taps = np.zeros((x.shape[1] * LANES, len(lattice.taps)), np.float32)
    taps[: len(weight)] = weight.reshape(len(weight), -1)[:, lattice.taps]
    turned = empty((x.shape[1], len(lattice.taps), LANES))
    turned[:] = taps.reshape(x.shape[1], LANES, -1).transpose(0, 2, 1)
    how = lattice.where, lattice.offsets, *affine.arrays()
    threads.run(_sum, len(x) * x.shape[1], frozen(x), frozen(turned), *how, y, codes)


def convolve_back(signal: Array, weight: Array, scale: Array, lattice: Lattice, y: Array) -> None:
    """The transpose on a lattice: a signal, times a factor for each channel.

    Parameters are those of `convolve`; scale : (c,).
    """
    convolve(signal, weight * scale[:, None, None, None], lattice, plain(len(weight)), y, NO_CODES)


@jit
def _sum(start, stop, x, taps, where, offsets, scale, shift, constants, y, codes):
    """One item is one register of channels of an image."""
    rows, columns, down, across, first, line_down, line_across = where
    depth, source = x.shape[1], x.shape[2] * x.shape[3] * LANES
    target = y.shape[2] * y.shape[3] * LANES
    for index in range(start, stop):
        chunk = index % depth
        weights, channel = chunk * offsets.size * LANES, chunk * LANES
        for i in range(rows):
            for j in range(0, columns, 4):
                last, at = min(3, columns - 1 - j), index * source + i * down + j * across
                at1, at2, at3 = at + min(1, last) * across, at + min(2, last) * across, at + last * across
                sum0 = sum1 = sum2 = sum3 = zero(x)
                for t in range(offsets.size):
                    w, o = load(taps, weights + t * LANES), offsets[t]
                    sum0, sum1 = fma(load(x, at + o), w, sum0), fma(load(x, at1 + o), w, sum1)
                    sum2, sum3 = fma(load(x, at2 + o), w, sum2), fma(load(x, at3 + o), w, sum3)
                out = index * target + first + i * line_down + j * line_across
                finish(sum0, scale, shift, channel, constants, y, codes, out)
                if last >= 1:
                    finish(sum1, scale, shift, channel, constants, y, codes, out + line_across)
                if last >= 2:
                    finish(sum2, scale, shift, channel, constants, y, codes, out + 2 * line_across)
                if last >= 3:
                    finish(sum3, scale, shift, channel, constants, y, codes, out + 3 * line_across)
