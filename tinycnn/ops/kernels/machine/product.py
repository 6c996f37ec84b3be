"""The heart of every fast convolution: a small matrix product whose result never leaves the registers.

``y[r, l] = sum_d a[r, d] b[d, l]`` for a few rows r and two registers of columns l. Each step reads two
registers of b and one number of a for every row, and does two multiply-adds with each, so that reading never
holds up arithmetic.

Source: Goto and van de Geijn, *Anatomy of high-performance matrix multiplication*, ACM TOMS 2008, section 4.
"""

from __future__ import annotations

from numba.extending import register_jitable

from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.simd import BYTES
from tinycnn.ops.kernels.machine.tile import HEIGHTS, add_tiles, empty_rows, outer, rows_of, store_tile

LOW, MIDDLE, ROWS = HEIGHTS
"""Rows of a tile of the product; the lower ones are for what is left at an edge."""


@register_jitable
def panel_width(itemsize: int) -> int:
    """Columns of one tile of the product: two registers."""
    return 2 * (BYTES // itemsize)


_RUN = 32
"""Terms that are summed in one go: rounding errors grow with that, and not with the depth."""


@jit
def multiply(a, starts, step, rows, b, first, depth, shift, y, at, line):
    """Write one tile: its row r goes to ``y[at + r * line :]``, and `shift[r]` is added to it.

    ``a[r, d]`` is at ``starts[r] + d * step``, ``b[d, l]`` at ``first + d * width + l``. At least `rows` rows
    are written, and at most ROWS: `starts` and `shift` have that many entries, and y has room for as many.
    """
    if rows <= LOW:
        total = _sum(rows_of(shift, LOW), empty_rows(a, LOW), a, starts, step, b, first, depth)
        store_tile(total, y, at, line)
    elif rows <= MIDDLE:
        total = _sum(rows_of(shift, MIDDLE), empty_rows(a, MIDDLE), a, starts, step, b, first, depth)
        store_tile(total, y, at, line)
    else:
        total = _sum(rows_of(shift, ROWS), empty_rows(a, ROWS), a, starts, step, b, first, depth)
        store_tile(total, y, at, line)


@jit
def _sum(total, nothing, a, starts, step, b, first, depth):
    width = panel_width(a.itemsize)
    for begin in range(0, depth, _RUN):
        part = nothing
        for d in range(begin, min(begin + _RUN, depth)):
            part = outer(part, a, starts, d * step, b, first + d * width)
        total = add_tiles(total, part)
    return total


@jit
def fill_starts(starts, first, row, rows):
    """Row r of a tile begins at ``first + r * row``; rows that do not exist repeat the last one."""
    for r in range(starts.size):
        starts[r] = first + min(r, rows - 1) * row
