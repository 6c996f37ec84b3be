"""Convolution with 3x3 kernels at a quarter of the multiplications: Winograd's F(4x4, 3x3).

**One dimension.** Four outputs of a 3-tap filter, ``y_t = sum_b g_b d_{t+b}``, take 12 multiplications.
Transposed, the same numbers multiply polynomials: g of degree 2 with y of degree 3, giving degree 5. A
polynomial of degree 5 is known from its values at 6 points, and there the product is a product of values,
so 6 multiplications are enough:

    y = A^T ((G g) * (B^T d))

With points ``a_i``, ``M(x) = prod_j (x - a_j)`` and ``M_i(x) = M(x) / (x - a_i)``: row i of G is ``(1, a_i,
a_i^2) / M_i(a_i)``, column i of A^T is ``(1, a_i, a_i^2, a_i^3)``, row i of B^T holds the coefficients of
``M_i``. The sixth point is infinity, where a polynomial's value is its leading coefficient: ``(0, 0, 1)``
in G, ``(0, 0, 0, 1)`` in A^T, the coefficients of M in B^T.

**Two dimensions.** Both ways in turn, on tiles of 6x6 pixels that overlap by two: ``Y = A^T (G g G^T * B^T
d B) A``, 36 multiplications where 144 were. The sum over channels is taken before A^T, so the work is 36
matrix products.

**Points.** 0, +-3/4, +-3/2 and infinity. They are exact in binary, and rounding errors are half of those of
the customary 0, +-1, +-2. Points of opposite sign share their even and odd parts: M_i for a and -a differ
in sign only.

**Backward.** The transpose of a convolution of stride 1 is a convolution with the kernels turned by 180
degrees and their channels exchanged, padded by 2 - padding; so the same code takes a signal back.

Sources: Winograd, *Arithmetic complexity of computations*, SIAM 1980; Lavin and Gray, *Fast algorithms for
convolutional neural networks*, CVPR 2016; for the points, Barabasz et al., *Error analysis and improving
the accuracy of Winograd convolution*, ACM TOMS 2020.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.geometry import Window
from tinycnn.ops.kernels.blocks.tiles import (
    POINTS,
    apart,
    cut_row,
    filters_to_points,
    images_to_points,
    paste_row,
    points_to_outputs,
)
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import frozen, jit
from tinycnn.ops.kernels.machine.product import ROWS, fill_starts, multiply, panel_width
from tinycnn.ops.kernels.machine.scratch import empty, lined
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.ops.types import Array, Pair

WIDTH = panel_width(4)
HELD = 8 << 20
"""Bytes of transformed images that are held at once: a part of a last-level cache."""
_TILES = 64
"""Tiles that are multiplied at once, about: their products stay in a second-level cache."""


def suits(x: Array, channels: int, at: Window) -> bool:
    """Whether the method applies and pays: 3x3, stride 1, float32, and enough channels on both sides."""
    plain = at.size == (3, 3) and at.stride == at.dilation == (1, 1) and not at.circular
    return plain and x.dtype == np.float32 and min(x.shape[1], channels) >= LANES and min(at.output) >= 4


def conv2d(x: Array, weight: Array, bias: Array, at: Window) -> Array:
    """(n, c, h, w), (k, c, 3, 3) and (k,) -> (n, k, h', w')."""
    return _convolve(x, weight, bias, at.output, (at.edges[0][0], at.edges[1][0]), turned=False)


def conv2d_vjp_input(signal: Array, weight: Array, at: Window) -> Array:
    """(n, k, h', w') and (k, c, 3, 3) -> (n, c, h, w)."""
    corner = (2 - at.edges[0][0], 2 - at.edges[1][0])
    nothing = np.zeros(weight.shape[1], weight.dtype)
    return _convolve(signal, weight, nothing, at.image, corner, turned=True)


def _convolve(x: Array, weight: Array, bias: Array, output: Pair, corner: Pair, turned: bool) -> Array:
    """Transform as many rows of tiles as fit, multiply them panel by panel, transform back."""
    (n, c), k, (h, w) = x.shape[:2], len(bias), output
    down, across = -(-h // 4), -(-w // 4)
    chunks, panels = -(-c // LANES), -(-k // WIDTH)
    held = max(1, min(n * down, HELD // (POINTS * across * chunks * LANES * 4)))
    at_once = rows_at_once(across)
    parts = -(-held // (4 * at_once))
    biases = np.zeros(panels * WIDTH, np.float32)
    biases[:k] = bias
    y = empty((n, k, h, w))
    points = empty((POINTS, apart(held * across * chunks * LANES)))
    for first in range(0, n * down, held):
        rows = min(held, n * down - first)
        threads.run(_transform, rows * chunks, frozen(x), points, first, down, across, corner)
        order = (first, rows, parts, at_once)
        threads.run(_multiply, panels * parts, points, frozen(weight), turned, biases, y, *order)
    return y


def rows_at_once(across: int) -> int:
    """Rows of tiles to multiply at once, so that few rows of the product's last block stay empty."""

    def waste(rows: int) -> float:
        return -(-rows * across // ROWS) * ROWS / (rows * across)

    return min(range(max(1, _TILES // across), 0, -1), key=waste)


@jit
def _transform(start, stop, x, points, first, down, across, corner):  # type: ignore[no-untyped-def]
    """One item is a row of tiles in one register of channels."""
    strip = lined((24 * across + 12) * LANES).reshape(6, 4 * across + 2, LANES)
    chunks = -(-x.shape[1] // LANES)
    for index in range(start, stop):
        row, chunk = divmod(index, chunks)
        n, i = divmod(first + row, down)
        at = row * across * chunks * LANES + chunk * LANES
        for a in range(6):
            cut_row(x, n, chunk * LANES, 4 * i - corner[0] + a, corner[1], strip, a)
        images_to_points(strip, points, at, chunks * LANES)


@jit
def _multiply(start, stop, points, weight, turned, bias, y, first, rows, parts, at_once):  # type: ignore[no-untyped-def]
    """One item is a panel of output channels, for one part of the rows of tiles."""
    down, across = -(-y.shape[2] // 4), -(-y.shape[3] // 4)
    depth = weight.shape[0] if turned else weight.shape[1]
    filters = lined(POINTS * apart(depth * WIDTH)).reshape(POINTS, apart(depth * WIDTH))
    length = apart((at_once * across + ROWS) * WIDTH)
    products = lined(POINTS * length).reshape(POINTS, length)
    strip = lined(16 * across * WIDTH).reshape(4, 4 * across, WIDTH)
    held = -1
    for index in range(start, stop):
        panel, part = divmod(index, parts)
        if panel != held:
            filters_to_points(weight, turned, panel * WIDTH, filters)
            held = panel
        end = rows * (part + 1) // parts
        for row in range(rows * part // parts, end, at_once):
            count = min(at_once, end - row)
            multiply_points(points, row * across, count * across, filters, depth, products)
            for r in range(count):
                n, i = divmod(first + row + r, down)
                points_to_outputs(products, r * across, bias, panel * WIDTH, strip)
                for a in range(min(4, y.shape[2] - 4 * i)):
                    paste_row(strip, a, y, n, panel * WIDTH, 4 * i + a)


@jit
def multiply_points(points, first, tiles, filters, depth, products):  # type: ignore[no-untyped-def]
    """The 36 matrix products: (tiles, channels in) times (channels in, one panel of channels out)."""
    channels, nothing = -(-depth // LANES) * LANES, np.zeros(ROWS, np.float32)
    starts = np.empty(ROWS, np.int64)
    for p in range(POINTS):
        a, b, at = p * points.shape[1] + first * channels, p * filters.shape[1], p * products.shape[1]
        for t in range(0, tiles, ROWS):
            rows = min(ROWS, tiles - t)
            fill_starts(starts, a + t * channels, channels, rows)
            multiply(points, starts, 1, rows, filters, b, depth, nothing, products, at + t * WIDTH, WIDTH)
