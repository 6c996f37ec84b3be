"""The heart of every fast convolution: a small matrix product whose result never leaves the registers.

``y[r, l] = sum_d a[r, d] b[d, l]`` for 6 rows r and two registers of columns l: 12 running sums. Together
with two registers of b and one entry of a they fill the 16 registers that every vector machine has. Each
step reads two registers and 6 single numbers and does 12 multiply-adds, so that reading never holds up
arithmetic.

Source: Goto and van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 2008, section 4.
"""

from __future__ import annotations

from numba.extending import register_jitable

from tinycnn.ops.kernels.jit import jit
from tinycnn.ops.kernels.simd import BYTES, fma, load, splat, store, zero

ROWS = 6
"""Rows of one tile of the product."""


@register_jitable
def panel_width(itemsize: int) -> int:
    """Columns of one tile of the product: two registers."""
    return 2 * (BYTES // itemsize)


_RUN = 32
"""Terms that are summed in one go."""


@jit
def multiply(a, start, row, step, rows, b, first, depth, shift, y, at, line):  # type: ignore[no-untyped-def]
    """Write one tile: its row r goes to ``y[at + r * line :]``, and `shift[r]` is added to it.

    ``a[r, d]`` is at ``start + r * row + d * step``, ``b[d, l]`` at ``first + d * width + l``. Only `rows`
    rows of a exist; the tile's other rows repeat the last of them.
    """
    half, last = BYTES // a.itemsize, rows - 1
    width = 2 * half
    a0, a1, a2 = start, start + row * min(1, last), start + row * min(2, last)
    a3, a4, a5 = start + row * min(3, last), start + row * min(4, last), start + row * min(5, last)
    s0, s1, s2, s3, s4, s5 = _spread(shift)
    t0, t1, t2, t3, t4, t5 = s0, s1, s2, s3, s4, s5
    for begin in range(0, depth, _RUN):
        y0 = y1 = y2 = y3 = y4 = y5 = z0 = z1 = z2 = z3 = z4 = z5 = zero(a)
        for d in range(begin, min(begin + _RUN, depth)):
            left, right, now = load(b, first + d * width), load(b, first + d * width + half), d * step
            x = splat(a, a0 + now)
            y0, z0 = fma(x, left, y0), fma(x, right, z0)
            x = splat(a, a1 + now)
            y1, z1 = fma(x, left, y1), fma(x, right, z1)
            x = splat(a, a2 + now)
            y2, z2 = fma(x, left, y2), fma(x, right, z2)
            x = splat(a, a3 + now)
            y3, z3 = fma(x, left, y3), fma(x, right, z3)
            x = splat(a, a4 + now)
            y4, z4 = fma(x, left, y4), fma(x, right, z4)
            x = splat(a, a5 + now)
            y5, z5 = fma(x, left, y5), fma(x, right, z5)
        s0, s1, s2, s3, s4, s5 = s0 + y0, s1 + y1, s2 + y2, s3 + y3, s4 + y4, s5 + y5
        t0, t1, t2, t3, t4, t5 = t0 + z0, t1 + z1, t2 + z2, t3 + z3, t4 + z4, t5 + z5
    _put(y, at, s0, t0)
    _put(y, at + line, s1, t1)
    _put(y, at + 2 * line, s2, t2)
    _put(y, at + 3 * line, s3, t3)
    _put(y, at + 4 * line, s4, t4)
    _put(y, at + 5 * line, s5, t5)


@jit
def _spread(shift):  # type: ignore[no-untyped-def]
    return (
        splat(shift, 0),
        splat(shift, 1),
        splat(shift, 2),
        splat(shift, 3),
        splat(shift, 4),
        splat(shift, 5),
    )


@jit
def _put(y, at, left, right):  # type: ignore[no-untyped-def]
    store(y, at, left)
    store(y, at + BYTES // y.itemsize, right)
