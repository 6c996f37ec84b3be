"""A tile of a matrix product that never leaves the registers: a few rows of two registers of columns.

As in `tinycnn.ops.kernels.machine.simd`, each operation is defined here on NumPy arrays, which is what runs
without a compiler, and the second half of the file gives it its machine instructions. A tile is an array of
(rows, columns); compiled, its rows and halves are that many registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model

from tinycnn.ops.kernels.machine.simd import BYTES, Vector, address, held, spread, typed
from tinycnn.ops.types import Array

HEIGHTS = (4, 8, 12) if BYTES == 64 else (2, 4, 6)
"""Rows of a tile. With 12 rows, 24 running sums and what they are made of fill the 32 registers of AVX-512;
with 6 rows, 12 running sums fill the 16 registers that every vector machine has."""


def rows_of(values: Array, rows: int) -> Array:
    """The tile whose row r is ``values[r]`` throughout."""
    return np.repeat(values[:rows, None], 2 * BYTES // values.itemsize, axis=1)


def empty_rows(values: Array, rows: int) -> Array:
    """A tile of zeros of the array's type."""
    return np.zeros((rows, 2 * BYTES // values.itemsize), values.dtype)


def outer(tile: Array, a: Array, starts: Array, now: int, b: Array, at: int) -> Array:
    """Add an outer product: ``tile[r, l] + a[starts[r] + now] * b[at + l]``."""
    column, row = a.reshape(-1)[starts[: len(tile)] + now], b.reshape(-1)[at : at + tile.shape[1]]
    return tile + column[:, None] * row


def add_tiles(tile: Array, other: Array) -> Array:
    """The sum of two tiles."""
    return tile + other


def store_tile(tile: Array, y: Array, at: int, line: int) -> None:
    """Write row r to the entries of y from ``at + r * line`` on."""
    for r, row in enumerate(tile):
        y.reshape(-1)[at + r * line : at + r * line + row.size] = row


class _Tile(types.Type):
    def __init__(self, dtype: types.Float, rows: int) -> None:
        self.dtype, self.rows = dtype, rows
        super().__init__(name=f"Tile({dtype}, {rows})")


@register_model(_Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager: Any, tile: _Tile) -> None:
        register = manager.lookup(Vector(tile.dtype)).get_value_type()
        super().__init__(manager, tile, ir.ArrayType(register, 2 * tile.rows))


typed(
    rows_of,
    empty_rows,
    by=lambda values, rows: (
        _Tile(values.dtype, rows.literal_value) if isinstance(rows, types.IntegerLiteral) else None
    ),
)
typed(outer, by=lambda tile, a, starts, now, b, at: tile if held(a) and held(b) else None)
typed(add_tiles, by=lambda tile, other: tile)
typed(store_tile, by=lambda tile, y, at, line: types.void if held(y) else None)


@lower_builtin(empty_rows, types.Array, types.IntegerLiteral)
def _lower_empty(context, builder, signature, arguments):
    return ir.Constant(context.get_value_type(signature.return_type), None)


@lower_builtin(rows_of, types.Array, types.IntegerLiteral)
def _lower_rows(context, builder, signature, arguments):
    tile = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
    for r in range(signature.return_type.rows):
        place = address(context, builder, signature.args[0], arguments[0], ir.IntType(64)(r))
        value = spread(builder, builder.load(place), tile.type.element)
        tile = builder.insert_value(builder.insert_value(tile, value, 2 * r), value, 2 * r + 1)
    return tile


@lower_builtin(outer, _Tile, types.Array, types.Array, types.Integer, types.Array, types.Integer)
def _lower_outer(context, builder, signature, arguments):
    tile, a, starts, now, b, at = arguments
    _, a_type, starts_type, _, b_type, _ = signature.args
    register, halves = tile.type.element, []
    for half in range(2):
        index = builder.add(at, at.type(half * register.count))
        halves.append(builder.load(address(context, builder, b_type, b, index, register)))
        halves[half].align = signature.args[0].dtype.bitwidth // 8
    name = f"llvm.fmuladd.v{register.count}f{signature.args[0].dtype.bitwidth}"
    fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(register, [register] * 3), name)
    for r in range(signature.args[0].rows):
        start = builder.load(address(context, builder, starts_type, starts, ir.IntType(64)(r)))
        entry = builder.load(address(context, builder, a_type, a, builder.add(start, now)))
        factor = spread(builder, entry, register)
        for half in range(2):
            total = builder.call(fma, [factor, halves[half], builder.extract_value(tile, 2 * r + half)])
            tile = builder.insert_value(tile, total, 2 * r + half)
    return tile


@lower_builtin(add_tiles, _Tile, _Tile)
def _lower_add(context, builder, signature, arguments):
    tile, other = arguments
    for i in range(tile.type.count):
        total = builder.fadd(builder.extract_value(tile, i), builder.extract_value(other, i))
        tile = builder.insert_value(tile, total, i)
    return tile


@lower_builtin(store_tile, _Tile, types.Array, types.Integer, types.Integer)
def _lower_store(context, builder, signature, arguments):
    tile, y, at, line = arguments
    register = tile.type.element
    for i in range(tile.type.count):
        place = address(context, builder, signature.args[1], y, at, register)
        builder.store(builder.extract_value(tile, i), place).align = signature.args[0].dtype.bitwidth // 8
        at = builder.add(
            at, at.type(register.count) if i % 2 == 0 else builder.sub(line, line.type(register.count))
        )
    return context.get_dummy_value()
