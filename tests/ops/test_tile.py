"""Tiles, compiled, do what their definitions in NumPy say."""

from __future__ import annotations

import numpy as np
import pytest
from ops.strategies import normal

from tinycnn.ops.kernels.machine import tile
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.kernels.machine.simd import BYTES

LOW, MIDDLE, HIGH = tile.HEIGHTS
LINE = 100


def _steps(new, a, starts, b, y):  # type: ignore[no-untyped-def]
    total = tile.outer(tile.outer(new, a, starts, 0, b, 0), a, starts, 2, b, 5)
    tile.store_tile(tile.add_tiles(total, new), y, 3, LINE)


steps = jit(_steps)


def _low(a, starts, b, y):  # type: ignore[no-untyped-def]
    steps(tile.empty_rows(a, LOW), a, starts, b, y)


def _middle(a, starts, b, y):  # type: ignore[no-untyped-def]
    steps(tile.rows_of(a, MIDDLE), a, starts, b, y)


def _high(a, starts, b, y):  # type: ignore[no-untyped-def]
    steps(tile.rows_of(a, HIGH), a, starts, b, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "job"), [(LOW, _low), (MIDDLE, _middle), (HIGH, _high)])
def test_compiled_tiles(rows, job, dtype):  # type: ignore[no-untyped-def]
    width = 2 * BYTES // np.dtype(dtype).itemsize
    a, b = normal(0, (50,), dtype), normal(1, (width + 5,), dtype)
    starts = np.random.default_rng(2).integers(0, 48, rows)
    found = np.zeros((1, HIGH * LINE), dtype)
    jit(job)(a, starts, b, found)
    new = np.zeros((rows, width)) if rows == LOW else np.repeat(a[:rows, None].astype("f8"), width, axis=1)
    expected = 2 * new + a[starts][:, None] * b[:width] + a[starts + 2][:, None] * b[5 : 5 + width]
    for r in range(rows):
        np.testing.assert_allclose(
            found[0, 3 + r * LINE : 3 + r * LINE + width], expected[r], rtol=0, atol=1e-6
        )
