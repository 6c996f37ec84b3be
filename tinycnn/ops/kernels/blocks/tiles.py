"""The three linear maps of Winograd's F(4x4, 3x3): a 3x3 convolution at a quarter of the multiplications.

Four outputs of a filter g of three taps on six pixels d are ``A^T ((G g) * (B^T d))``: 6 multiplications in
the place of 12. Both ways in turn, on tiles of 6x6 pixels that overlap by two, ``A^T (G g G^T * B^T d B) A``
takes 36 in the place of 144. The sum over channels is taken before A^T, so the work is 36 matrix products.

With points ``a_i``, ``M(x) = prod_j (x - a_j)`` and ``M_i(x) = M(x) / (x - a_i)``, row i of G is ``(1, a_i,
a_i^2) / M_i(a_i)``, column i of A^T is ``(1, a_i, a_i^2, a_i^3)``, and row i of B^T holds the coefficients of
``M_i``. Of the sixth point, infinity, they hold leading coefficients: ``(0, 0, 1)``, ``(0, 0, 0, 1)``, and
those of M. The page on kernels derives this. The points are 0, +-3/4 and +-3/2: exact in binary, with half of
the rounding errors of the customary 0, +-1, +-2; those of opposite sign share their even and odd parts.

The transpose of a convolution of stride 1 is a convolution with the kernels turned by 180 degrees and their
channels exchanged, padded by 2 - padding; so the same code takes a signal back.

Sources: Winograd, *Arithmetic complexity of computations*, SIAM 1980; Lavin and Gray, *Fast algorithms for
convolutional neural networks*, CVPR 2016; for the points, Barabasz et al., *Error analysis and improving
the accuracy of Winograd convolution*, ACM TOMS 2020.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.product import panel_width
from tinycnn.ops.kernels.machine.simd import LANES, load, peak, store, transpose, zero

POINTS = 36
WIDTH = panel_width(4)
"""Output channels that are worked on at once: two registers of them."""


@jit
def apart(length):
    """At least `length` float32: planes this far apart do not compete for the same places of a cache."""
    return (-(-length // 16) | 1) * 16


@jit
def _image(d):
    """``B^T d``."""
    d0, d1, d2, d3, d4, d5 = d
    even_p, odd_p = d4 - 2.25 * d2, 0.75 * (d3 - 2.25 * d1)
    even_q, odd_q = d4 - 0.5625 * d2, 1.5 * (d3 - 0.5625 * d1)
    zero = 1.265625 * d0 - 2.8125 * d2 + d4
    infinity = 1.265625 * d1 - 2.8125 * d3 + d5
    return zero, even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, infinity


@jit
def _filter(g0, g1, g2):
    """``G g``, with ``M_i(a_i)`` = 81/64, -243/128 and 243/32."""
    even_p, odd_p = (-128 / 243) * (g0 + 0.5625 * g2), (-96 / 243) * g1
    even_q, odd_q = (32 / 243) * (g0 + 2.25 * g2), (48 / 243) * g1
    return (64 / 81) * g0, even_p + odd_p, even_p - odd_p, even_q + odd_q, even_q - odd_q, g2


@jit
def _output(m):
    """``A^T m``."""
    m0, m1, m2, m3, m4, m5 = m
    even_p, odd_p, even_q, odd_q = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return (
        m0 + even_p + even_q,
        0.75 * odd_p + 1.5 * odd_q,
        0.5625 * even_p + 2.25 * even_q,
        0.421875 * odd_p + 3.375 * odd_q + m5,
    )


@jit
def images_to_points(strip, points, at, channels):
    """``B^T d B`` of one row of tiles, six rows of pixels in one register of channels.

    Returns the largest magnitudes of their pixels, or NaN.
    """
    columns, highest = strip.shape[1], zero(strip)
    line = columns * LANES
    for j in range(0, line, LANES):
        d = load6(strip, j, line)
        highest = peak(highest, peak(peak(peak(d[0], d[1]), peak(d[2], d[3])), peak(d[4], d[5])))
        _store6(strip, j, line, _image(d))
    for t in range(columns // 4):
        for a in range(6):
            d = load6(strip, (a * columns + 4 * t) * LANES, LANES)
            _store6(points, 6 * a * points.shape[1] + at + t * channels, points.shape[1], _image(d))
    return highest


@jit
def filters_to_points(weight, turned, first, filters):
    """``G g G^T`` for one panel of output channels from `first` on: (36, channels in, panel)."""
    depth, step = weight.shape[0] if turned else weight.shape[1], filters.shape[1]
    taps = np.empty((LANES, 9, WIDTH), np.float32)
    for d in range(0, depth, LANES):
        count = min(LANES, depth - d)
        cut_taps(weight, turned, d, count, first, taps)
        for i in range(count):
            for half in range(0, WIDTH, LANES):
                at, out = 9 * i * WIDTH + half, (d + i) * WIDTH + half
                u, v, w = _column(taps, at), _column(taps, at + WIDTH), _column(taps, at + 2 * WIDTH)
                _store6(filters, out, step, _filter(u[0], v[0], w[0]))
                _store6(filters, out + 6 * step, step, _filter(u[1], v[1], w[1]))
                _store6(filters, out + 12 * step, step, _filter(u[2], v[2], w[2]))
                _store6(filters, out + 18 * step, step, _filter(u[3], v[3], w[3]))
                _store6(filters, out + 24 * step, step, _filter(u[4], v[4], w[4]))
                _store6(filters, out + 30 * step, step, _filter(u[5], v[5], w[5]))


@jit
def _column(taps, at):
    """``G g`` for one column of a kernel."""
    return _filter(load(taps, at), load(taps, at + 3 * WIDTH), load(taps, at + 6 * WIDTH))


@jit
def cut_taps(weight, turned, d, count, first, taps):
    """``taps[i, o, l] = weight[first + l, d + i, o]``, zero where there is no such channel.

    Turned, it is ``weight[d + i, first + l, 8 - o]``.
    """
    if turned:
        _cut_turned(weight, d, count, first, taps)
        return
    k, c = weight.shape[:2]
    if first + WIDTH <= k and count == LANES:
        for half in range(0, WIDTH, LANES):
            for block in range(0, 9 * LANES, LANES):
                at = ((first + half) * c + d) * 9 + block
                transpose(weight, at, c * 9, taps, block * WIDTH + half, WIDTH)
        return
    taps[:] = 0
    for l in range(min(WIDTH, k - first)):
        for i in range(count):
            for o in range(9):
                taps[i, o, l] = weight[first + l, d + i, o // 3, o % 3]


@jit
def _cut_turned(weight, d, count, first, taps):
    """``taps[i, o, l] = weight[d + i, first + l, 8 - o]``, zero where there is no such channel."""
    c = weight.shape[1]
    taps[:] = 0
    for i in range(count):
        for l in range(min(WIDTH, c - first)):
            for o in range(9):
                taps[i, 8 - o, l] = weight[d + i, first + l, o // 3, o % 3]


@jit
def points_to_outputs(products, tile, bias, channel, strip):
    """``A^T m A`` plus bias for one row of tiles, four rows of pixels in one panel of channels."""
    columns, step = strip.shape[1], products.shape[1]
    for t in range(columns // 4):
        for half in range(0, WIDTH, LANES):
            shift, at = load(bias, channel + half), (tile + t) * WIDTH + half
            m0 = _output(load6(products, at, 6 * step))
            m1 = _output(load6(products, at + step, 6 * step))
            m2 = _output(load6(products, at + 2 * step, 6 * step))
            m3 = _output(load6(products, at + 3 * step, 6 * step))
            m4 = _output(load6(products, at + 4 * step, 6 * step))
            m5 = _output(load6(products, at + 5 * step, 6 * step))
            for a in range(4):
                r = _output((m0[a], m1[a], m2[a], m3[a], m4[a], m5[a]))
                out = (a * columns + 4 * t) * WIDTH + half
                store(strip, out, r[0] + shift)
                store(strip, out + WIDTH, r[1] + shift)
                store(strip, out + 2 * WIDTH, r[2] + shift)
                store(strip, out + 3 * WIDTH, r[3] + shift)


@jit
def load6(array, at, step):
    """Six registers, `step` entries apart."""
    return (
        load(array, at),
        load(array, at + step),
        load(array, at + 2 * step),
        load(array, at + 3 * step),
        load(array, at + 4 * step),
        load(array, at + 5 * step),
    )


@jit
def _store6(array, at, step, v):
    store(array, at, v[0])
    store(array, at + step, v[1])
    store(array, at + 2 * step, v[2])
    store(array, at + 3 * step, v[3])
    store(array, at + 4 * step, v[4])
    store(array, at + 5 * step, v[5])
