"""One register full of numbers: the few vector operations in which the fastest kernels are written.

Compilers turn simple loops into vector instructions by themselves, and most kernels rely on that. Where it
matters which numbers stay in registers, as in a matrix product, a kernel says so with these functions. Each
is defined here on slices of NumPy arrays, which is what runs without a compiler (``NUMBA_DISABLE_JIT=1``);
the second half of the file gives each its machine instruction. Arrays are C-contiguous, and indices count
their entries in that order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.codegen import get_host_cpu_features
from numba.extending import lower_builtin, models, register_model, type_callable

from tinycnn.ops.types import Array

_CHOSEN: str | None = config.CPU_FEATURES  # type: ignore[attr-defined]
_FEATURES = (get_host_cpu_features() if _CHOSEN is None else _CHOSEN).split(",")

BYTES: int = 64 if "+avx512f" in _FEATURES else 32 if "+avx2" in _FEATURES else 16
"""Width of a register of the machine that Numba compiles for: this one, or what ``NUMBA_CPU_NAME`` says."""

LANES: int = BYTES // 4
"""How many float32 a register holds."""


def load(array: Array, index: int) -> Array:
    """The register that starts at `index`."""
    return array.reshape(-1)[index : index + BYTES // array.itemsize].copy()


def store(array: Array, index: int, vector: Array) -> None:
    """Write a register to the entries from `index` on."""
    array.reshape(-1)[index : index + vector.size] = vector


def splat(array: Array, index: int) -> Array:
    """The one entry at `index`, in every lane."""
    return np.full(BYTES // array.itemsize, array.reshape(-1)[index])


def zero(array: Array) -> Array:
    """A register of zeros of the array's type."""
    return np.zeros(BYTES // array.itemsize, array.dtype)


def fma(x: Array, y: Array, z: Array) -> Array:
    """``x * y + z``, rounded once where the machine can."""
    return x * y + z


def pick(x: Array, y: Array, larger: Array, other: Array) -> Array:
    """`larger` in the lanes where ``x > y``, `other` in the rest, and where one of the two is NaN."""
    return np.where(x > y, larger, other)


def peak(x: Array, y: Array) -> Array:
    """``max(|x|, |y|)``, where NaN is larger than every number."""
    return np.maximum(np.abs(x), np.abs(y))


def reaches(vector: Array, bound: float) -> bool:
    """Whether any lane is `bound` or more; no lane reaches NaN."""
    return bool((vector >= bound).any())


def keep(vector: Array, codes: Array, index: int, bits: int, wanted: int) -> Array:
    """The lanes of a float32 register whose byte at `index` and on has ``code & bits == wanted``; else 0."""
    code = codes.reshape(-1)[index : index + vector.size]
    return np.where(code & bits == wanted, vector, vector.dtype.type(0))


def store_bytes(codes: Array, index: int, vector: Array) -> None:
    """Write the lanes of a float32 register, small whole numbers, to as many bytes from `index` on."""
    codes.reshape(-1)[index : index + vector.size] = vector.astype(np.uint8)


def transpose(source: Array, index: int, row: int, target: Array, at: int, column: int) -> None:
    """Turn LANES rows into LANES columns: ``target[at + i * column + j] = source[index + j * row + i]``."""
    lanes = BYTES // source.itemsize
    block = [load(source, index + j * row) for j in range(lanes)]
    for i, vector in enumerate(np.stack(block, axis=1)):
        store(target, at + i * column, vector)


class Vector(types.Type):
    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        number = ir.FloatType() if vector.dtype.bitwidth == 32 else ir.DoubleType()
        super().__init__(manager, vector, ir.VectorType(number, BYTES * 8 // vector.dtype.bitwidth))


def held(array: Any) -> bool:
    """Whether registers can be taken from an array: of floats, one after another in memory."""
    return isinstance(array, types.Array) and array.layout == "C" and isinstance(array.dtype, types.Float)


def typed(*functions: Callable[..., Any], by: Callable[..., Any]) -> None:
    """Say from the types of a function's arguments which type its result is; None refuses them."""
    for function in functions:
        type_callable(function)(lambda context: by)


typed(load, splat, by=lambda array, index: Vector(array.dtype) if held(array) else None)
typed(zero, by=lambda array: Vector(array.dtype) if held(array) else None)
typed(store, by=lambda array, index, vector: types.void if held(array) else None)
typed(fma, by=lambda x, y, z: x)
typed(pick, by=lambda x, y, larger, other: larger)
typed(peak, by=lambda x, y: x)
typed(reaches, by=lambda vector, bound: types.boolean)
typed(keep, by=lambda vector, codes, index, bits, wanted: vector if codes.layout == "C" else None)
typed(store_bytes, by=lambda codes, index, vector: types.void if codes.layout == "C" else None)
typed(
    transpose,
    by=lambda source, index, row, target, at, column: types.void if held(source) and held(target) else None,
)
typed(
    operator.add,
    operator.sub,
    operator.mul,
    by=lambda x, y: x if isinstance(x, Vector) and x == y else None,
)
typed(operator.mul, by=lambda x, y: y if isinstance(y, Vector) and isinstance(x, types.Float) else None)


def address(context: Any, builder: Any, array_type: Any, array: Any, index: Any, vector: Any = None) -> Any:
    """Pointer to an entry, as a pointer to a whole register if `vector` names its type."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, value=array).data
    entry = builder.gep(data, [index])
    return entry if vector is None else builder.bitcast(entry, vector.as_pointer())


def spread(builder: Any, number: Any, vector: Any) -> Any:
    """A scalar in every lane of a register."""
    nothing, index = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first = builder.insert_element(nothing, number, ir.Constant(index, 0))
    zeros = ir.Constant(ir.VectorType(index, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, nothing, zeros)


@lower_builtin(load, types.Array, types.Integer)
def _lower_load(context, builder, signature, arguments):
    array, index = arguments
    vector = context.get_value_type(signature.return_type)
    found = builder.load(address(context, builder, signature.args[0], array, index, vector))
    found.align = signature.return_type.dtype.bitwidth // 8
    return found


@lower_builtin(store, types.Array, types.Integer, Vector)
def _lower_store(context, builder, signature, arguments):
    array, index, value = arguments
    place = address(context, builder, signature.args[0], array, index, value.type)
    builder.store(value, place).align = signature.args[2].dtype.bitwidth // 8
    return context.get_dummy_value()


@lower_builtin(splat, types.Array, types.Integer)
def _lower_splat(context, builder, signature, arguments):
    number = builder.load(address(context, builder, signature.args[0], *arguments))
    return spread(builder, number, context.get_value_type(signature.return_type))


@lower_builtin(zero, types.Array)
def _lower_zero(context, builder, signature, arguments):
    return ir.Constant(context.get_value_type(signature.return_type), None)


@lower_builtin(fma, Vector, Vector, Vector)
def _lower_fma(context, builder, signature, arguments):
    vector = arguments[0].type
    name = f"llvm.fmuladd.v{vector.count}f{signature.return_type.dtype.bitwidth}"
    instruction = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
    return builder.call(instruction, arguments)


@lower_builtin(pick, Vector, Vector, Vector, Vector)
def _lower_pick(context, builder, signature, arguments):
    x, y, larger, other = arguments
    return builder.select(builder.fcmp_ordered(">", x, y), larger, other)


@lower_builtin(peak, Vector, Vector)
def _lower_peak(context, builder, signature, arguments):
    """The bits of numbers without a sign are in their order, as whole numbers, and those of NaN come last."""
    vector, bits = arguments[0].type, signature.return_type.dtype.bitwidth
    several = ir.VectorType(ir.IntType(bits), vector.count)
    positive = ir.Constant(several, [(1 << bits - 1) - 1] * vector.count)
    x, y = (builder.and_(builder.bitcast(number, several), positive) for number in arguments)
    return builder.bitcast(builder.select(builder.icmp_unsigned(">", x, y), x, y), vector)


@lower_builtin(reaches, Vector, types.Float)
def _lower_reaches(context, builder, signature, arguments):
    value, bound = arguments
    bound = context.cast(builder, bound, signature.args[1], signature.args[0].dtype)
    lanes = builder.fcmp_ordered(">=", value, spread(builder, bound, value.type))
    several = ir.IntType(value.type.count)
    return builder.icmp_unsigned("!=", builder.bitcast(lanes, several), several(0))


@lower_builtin(keep, Vector, types.Array, types.Integer, types.Integer, types.Integer)
def _lower_keep(context, builder, signature, arguments):
    value, codes, index, bits, wanted = arguments
    byte = ir.IntType(8)
    several = ir.VectorType(byte, value.type.count)
    code = builder.load(address(context, builder, signature.args[1], codes, index, several))
    code.align = 1
    bits, wanted = (spread(builder, builder.trunc(number, byte), several) for number in (bits, wanted))
    return builder.select(
        builder.icmp_signed("==", builder.and_(code, bits), wanted), value, value.type(None)
    )


@lower_builtin(store_bytes, types.Array, types.Integer, Vector)
def _lower_store_bytes(context, builder, signature, arguments):
    codes, index, value = arguments
    several = ir.VectorType(ir.IntType(8), value.type.count)
    place = address(context, builder, signature.args[0], codes, index, several)
    builder.store(builder.fptoui(value, several), place).align = 1
    return context.get_dummy_value()


def _lower_arithmetic(operation: Callable[..., Any], name: str) -> None:
    lower_builtin(operation, Vector, Vector)(
        lambda context, builder, signature, arguments: getattr(builder, name)(*arguments, flags=("contract",))
    )


_lower_arithmetic(operator.add, "fadd")
_lower_arithmetic(operator.sub, "fsub")
_lower_arithmetic(operator.mul, "fmul")


@lower_builtin(operator.mul, types.Float, Vector)
def _lower_scale(context, builder, signature, arguments):
    factor, vector = arguments
    number = context.cast(builder, factor, signature.args[0], signature.return_type.dtype)
    return builder.fmul(spread(builder, number, vector.type), vector, flags=("contract",))


@lower_builtin(transpose, *(types.Array, types.Integer, types.Integer) * 2)
def _lower_transpose(context, builder, signature, arguments):
    """Exchange ever larger blocks between pairs of registers, as one transposes a 2x2 block matrix."""
    source, index, row, target, at, column = arguments
    vector = context.get_value_type(Vector(signature.args[0].dtype))
    lanes, align = vector.count, signature.args[0].dtype.bitwidth // 8
    block = []
    for j in range(lanes):
        offset = builder.add(index, builder.mul(row, row.type(j)))
        block.append(builder.load(address(context, builder, signature.args[0], source, offset, vector)))
        block[j].align = align
    distance = 1
    while distance < lanes:
        for j in range(lanes):
            if not j & distance:
                block[j], block[j + distance] = _exchange(builder, block[j], block[j + distance], distance)
        distance *= 2
    for i in range(lanes):
        offset = builder.add(at, builder.mul(column, column.type(i)))
        place = address(context, builder, signature.args[3], target, offset, vector)
        builder.store(block[i], place).align = align
    return context.get_dummy_value()


def _exchange(builder: Any, x: Any, y: Any, distance: int) -> tuple[Any, Any]:
    """Off-diagonal blocks of `distance` lanes change places: x keeps its even blocks, y its odd ones."""
    lanes, index = x.type.count, ir.IntType(32)
    even = [i if not i & distance else i - distance + lanes for i in range(lanes)]
    odd = [i + distance if not i & distance else i + lanes for i in range(lanes)]
    mask = ir.VectorType(index, lanes)
    return (
        builder.shuffle_vector(x, y, ir.Constant(mask, even)),
        builder.shuffle_vector(x, y, ir.Constant(mask, odd)),
    )
