"""Numbers that several threads read and write, and work that one thread hands to others by its address.

Threads that meet here hold no interpreter lock, and take none: to hand that on costs tens of microseconds,
as much as many a kernel. So these are machine instructions, and nothing of them runs without a compiler.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.extending import intrinsic

from tinycnn.ops.kernels.machine.simd import address

_instruction: Any = intrinsic  # whose types say less than what it does
_WORD = ir.IntType(64)
_JOB = ir.FunctionType(ir.IntType(32), [_WORD] * 3)
"""Of the function that a job is: where what it needs is, start and stop -> 0, or the number of an error."""

_YIELD = [name for name in ("sched_yield", "SwitchToThread") if llvm.address_of_symbol(name)]
"""What the system calls it to let another thread have this core."""


@_instruction
def peek(typing: Any, counters: Any, index: Any) -> Any:
    """The entry as it is now; what another thread wrote before it is seen from here on."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(address(context, builder, counters, *arguments), "acquire", 8)

    return types.int64(counters, types.int64), build


@_instruction
def add(typing: Any, counters: Any, index: Any, number: Any) -> Any:
    """Add to an entry, as if no other thread ran meanwhile, and return what it was."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = address(context, builder, counters, *arguments[:2])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return types.int64(counters, types.int64, types.int64), build


@_instruction
def rest(typing: Any) -> Any:
    """Let another thread have this core, if one waits for it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        for name in _YIELD[:1]:
            done = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, done, name), [])
        return context.get_dummy_value()

    return types.void(), build


@_instruction
def offer(typing: Any, kernel: Any, arguments: Any) -> Any:
    """A job: the call of the kernel at an address with ``(start, stop, *arguments)``.

    Returns its address and that of what it needs; both hold until the caller returns. The kernel must be
    compiled for the types of these arguments, and return nothing.
    """
    types_of_kernel = (types.int64, types.int64, *arguments.types)

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        needs = cgutils.alloca_once_value(builder, cgutils.pack_struct(builder, values))
        job = ir.Function(builder.module, _JOB, builder.module.get_unique_name("job"))
        job.linkage = "internal"
        inside = ir.IRBuilder(job.append_basic_block())
        place, start, stop = job.args
        address, tuple_ = cgutils.unpack_tuple(inside, inside.load(inside.inttoptr(place, needs.type)))
        function = context.call_conv.get_function_type(types.none, types_of_kernel).as_pointer()
        called = [start, stop, *cgutils.unpack_tuple(inside, tuple_)]
        status, _ = context.call_conv.call_function(
            inside, inside.inttoptr(address, function), types.none, types_of_kernel, called
        )
        inside.ret(inside.select(status.is_error, status.code, status.code.type(0)))
        return cgutils.pack_array(builder, [builder.ptrtoint(pointer, _WORD) for pointer in (job, needs)])

    return types.UniTuple(types.int64, 2)(types.int64, arguments), build


def address_of(kernel: Any, arguments: tuple[Any, ...]) -> int:
    """The address of a kernel that is compiled for two integers and arguments like these."""
    compiled = kernel.get_compile_result(types.none(types.int64, types.int64, *typeof(arguments)))
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


@_instruction
def call(typing: Any, job: Any, needs: Any, start: Any, stop: Any) -> Any:
    """Do the outputs ``start <= index < stop`` of a job; whether that went wrong."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function = builder.inttoptr(values[0], _JOB.as_pointer())
        status = builder.call(function, values[1:])
        return builder.icmp_signed("!=", status, status.type(0))

    return types.boolean(*[types.int64] * 4), build
