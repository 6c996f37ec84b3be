"""ONNX operators on constants: what a file computes without the image is computed as it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from tinycnn.ops.types import Array

MOST, REPEATED = 1 << 24, 1 << 28
"""Numbers that one constant may be made of, and that may all be one number, which takes no room."""

WORK, SWELL, WIDEST = 1 << 28, 16, 8
"""Bytes that operators may read and write in all, how many more for each byte of stored constants, and those
of a number that an operator may make of any other."""

MOVES = {"Constant", "Shape", "Size", "Identity"}
"""Operators that look at no number."""

DECLARING = {"Constant", "ConstantOfShape", "Expand"}
"""Operators that say in so many words how large an array is."""

Fold: TypeAlias = Callable[..., Any]


class Folding:
    """Computes with constants, within what a file of so many bytes of them may ask for."""

    def __init__(self, size: int) -> None:
        self.left = WORK + SWELL * size

    def __call__(self, call: Any, given: Sequence[Any]) -> Any:
        """What an operator makes of constants."""
        looks = call.kind not in MOVES
        if looks:
            self._spend(call, WIDEST * (sum(x.size for x in given) + _larger(call, given)))
        made = FOLDS[call.kind](*given, call)
        found = [np.asarray(x) for x in (made if isinstance(made, list) else [made])]  # not NumPy's scalars
        if looks:
            self._spend(call, sum(map(_held, found)))
        if call.kind == "Constant":
            self.left += SWELL * found[0].nbytes
        if call.kind in DECLARING:
            call.graph.declared += found[0].size
        return found

    def _spend(self, call: Any, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise call.refuse("computing the constants takes more than those of any net")


def _held(x: Array) -> int:
    """Bytes of memory; along an axis without a stride there is one number."""
    return x.itemsize * math.prod(side for side, step in zip(x.shape, x.strides, strict=True) if step)


def _larger(call: Any, given: Sequence[Array]) -> int:
    """Numbers of what may be larger than all that is read: arrays that are broadcast, or taken by indices."""
    if call.kind == "Gather":
        x, index = given
        return index.size * (x.size // max(1, x.shape[call.attribute("axis", 0)]))
    if call.kind in BROADCAST:
        passes = max(1, len(given) - 1)  # two inputs meet, then what they make and the third
        return passes * math.prod(np.broadcast_shapes(*(x.shape for x in given)))
    return 0


BROADCAST = {
    "Where", "Equal", "Greater", "Less", "And", "Or", "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum"
}  # fmt: skip
"""Operators whose inputs may have several shapes, which meet number by number."""


def _slice(x: Array, call: Any) -> Array:
    return x[tuple(slice(*each) for each in slices(call, x.shape))]


def slices(call: Any, shape: Sequence[int]) -> list[tuple[int, int | None, int]]:
    """(start, stop, step) for each axis, of an operator Slice of any version."""
    if len(call.inputs) == 1:
        starts, ends = call.attribute("starts"), call.attribute("ends")
        axes, steps = call.attribute("axes", range(len(starts))), [1] * len(starts)
    else:
        starts, ends = call.integers(1), call.integers(2)
        axes = call.integers(3) if call.has(3) else range(len(starts))
        steps = call.integers(4) if call.has(4) else [1] * len(starts)
    found: list[tuple[int, int | None, int]] = [(0, side, 1) for side in shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if not -len(shape) <= axis < len(shape) or step == 0:
            raise call.refuse(f"axis {axis}, step {step} of a slice of shape {tuple(shape)}")
        first, stop, step = slice(start, end, step).indices(shape[axis])
        found[axis] = first, stop if stop >= 0 else None, step
    return found


def sides(call: Any, shape: Sequence[int]) -> tuple[int, ...]:
    """The new shape of an operator Reshape; 0 keeps a side, -1 takes what is left."""
    wanted = call.integers(1) if len(call.inputs) > 1 else list(call.attribute("shape"))
    if not call.attribute("allowzero", 0):
        if any(side == 0 and at >= len(shape) for at, side in enumerate(wanted)):
            raise call.refuse(f"it keeps a side that {tuple(shape)} does not have")
        wanted = [side or shape[at] for at, side in enumerate(wanted)]
    known = math.prod(side for side in wanted if side != -1)
    if wanted.count(-1) > 1 or min(wanted, default=0) < -1 or (-1 in wanted and known < 1):
        raise call.refuse(f"{wanted} is no shape")
    found = tuple(math.prod(shape) // known if side == -1 else side for side in wanted)
    if math.prod(found) != math.prod(shape):
        raise call.refuse(f"it reshapes {tuple(shape)} to {found}, which has another number of entries")
    return found


def axes(call: Any, rank: int, at: int = 1, default: Sequence[int] = ()) -> list[int]:
    """Axes given by an attribute in older versions and by an input in newer ones, from 0."""
    given = call.integers(at) if call.has(at) else call.attribute("axes", default)
    if any(not -rank <= axis < rank for axis in given):
        raise call.refuse(f"axes {list(given)} of an array of {rank} axes")
    return sorted(axis % rank for axis in given)


def unsqueezed(call: Any, shape: Sequence[int]) -> tuple[int, ...]:
    """The new shape of an operator Unsqueeze."""
    given = call.integers(1) if call.has(1) else call.attribute("axes")
    left, new = list(shape), axes(call, len(shape) + len(given))
    return tuple(1 if at in new else left.pop(0) for at in range(len(shape) + len(given)))


def squeezed(call: Any, shape: Sequence[int]) -> tuple[int, ...]:
    """The new shape of an operator Squeeze."""
    given = axes(call, len(shape), default=[at for at, side in enumerate(shape) if side == 1])
    if any(shape[axis] != 1 for axis in given):
        raise call.refuse(f"it squeezes axes {given} of shape {tuple(shape)}, which are not all 1")
    return tuple(side for at, side in enumerate(shape) if at not in given)


def parts(call: Any, total: int) -> list[int]:
    """The sizes of the parts of an operator Split."""
    if call.has(1) or call.attribute("split", None) is not None:
        sizes = call.integers(1) if call.has(1) else list(call.attribute("split"))
    else:
        count = call.attribute("num_outputs", call.outputs)
        if count != call.outputs:
            raise call.refuse(f"num_outputs is {count}, but it has {call.outputs}")
        size = -(-total // max(1, count))
        sizes = [min(size, total - size * at) for at in range(count)]
    if sum(sizes) != total or min(sizes, default=0) < 1 or len(sizes) < call.outputs:
        raise call.refuse(f"{total} entries do not split into {sizes}")
    return sizes


def filled(call: Any, shape: Sequence[int], value: Any) -> Array:
    """An array of one number, which takes no room until a layer needs it."""
    if min(shape, default=0) < 0 or math.prod(shape) > REPEATED:
        raise call.refuse(f"a constant of shape {tuple(shape)} is too large")
    return np.broadcast_to(value, tuple(shape))


def _constant_of_shape(x: Array, call: Any) -> Array:
    value = call.attribute("value", np.zeros(1, np.float32))
    return filled(call, call.integers(0), np.asarray(value).reshape(-1)[0])


def _gather(x: Array, index: Array, call: Any) -> Array:
    return np.take(x, index.astype(np.int64), axis=call.attribute("axis", 0))


def _split(x: Array, *rest: Any) -> list[Array]:
    call = rest[-1]
    axis = call.attribute("axis", 0)
    return np.split(x, np.cumsum(parts(call, x.shape[axis]))[:-1], axis)


def _expand(x: Array, shape: Array, call: Any) -> Array:
    return filled(call, np.broadcast_shapes(x.shape, tuple(call.integers(1))), x)


def _range(start: Array, limit: Array, delta: Array, call: Any) -> Array:
    if abs(float(limit) - float(start)) > MOST * abs(float(delta)):
        raise call.refuse("a range is too long")
    return np.arange(start.item(), limit.item(), delta.item(), dtype=start.dtype)


def _tile(x: Array, repeats: Array, call: Any) -> Array:
    repeats = call.integers(1)
    if x.size * math.prod(repeats) > MOST or min(repeats, default=0) < 0:
        raise call.refuse(f"{repeats} times a constant of shape {x.shape} is too large, or less than nothing")
    return np.tile(x, repeats)


def _divide(x: Array, y: Array, call: Any) -> Array:
    if x.dtype.kind == "f":
        return x / y
    quotient = np.asarray(np.abs(x) // np.abs(y))  # rounds towards 0, as C does
    return np.negative(quotient, out=quotient, where=(x < 0) != (y < 0))


def _cast(x: Array, call: Any) -> Array:
    dtype = call.dtype("to")
    if dtype.kind not in "fiub":
        raise call.refuse(f"turns numbers into {dtype}, which is not supported")
    return x.astype(dtype)


def _plain(function: Callable[..., Any]) -> Fold:
    return lambda *inputs: function(*inputs[:-1])


def _reduced(function: Callable[..., Any]) -> Fold:
    def fold(x: Array, *rest: Any) -> Array:
        call = rest[-1]
        over = axes(call, x.ndim)
        if not over and not call.attribute("noop_with_empty_axes", 0):
            over = list(range(x.ndim))
        return np.asarray(function(x, axis=tuple(over), keepdims=bool(call.attribute("keepdims", 1))))

    return fold


FOLDS: Mapping[str, Fold] = MappingProxyType(
    {
        "Constant": lambda call: constant(call),
        "ConstantOfShape": _constant_of_shape,
        "Shape": lambda x, call: shape_part(call, x.shape),
        "Size": lambda x, call: np.array(x.size, np.int64),
        "Identity": _plain(lambda x: x),
        "Cast": _cast,
        "Gather": _gather,
        "Slice": lambda x, *rest: _slice(x, rest[-1]),
        "Split": _split,
        "Concat": lambda *xs: np.concatenate(xs[:-1], axis=xs[-1].attribute("axis")),
        "Reshape": lambda x, *rest: x.reshape(sides(rest[-1], x.shape)),
        "Flatten": lambda x, call: x.reshape(math.prod(x.shape[: call.attribute("axis", 1)]), -1),
        "Squeeze": lambda x, *rest: x.reshape(squeezed(rest[-1], x.shape)),
        "Unsqueeze": lambda x, *rest: x.reshape(unsqueezed(rest[-1], x.shape)),
        "Transpose": lambda x, call: x.transpose(call.attribute("perm", None)),
        "Expand": _expand,
        "Tile": _tile,
        "Range": _range,
        "Where": lambda c, x, y, call: np.where(c, x, y),
        "Equal": _plain(np.equal),
        "Greater": _plain(np.greater),
        "Less": _plain(np.less),
        "Not": _plain(np.logical_not),
        "And": _plain(np.logical_and),
        "Or": _plain(np.logical_or),
        "Add": _plain(np.add),
        "Sub": _plain(np.subtract),
        "Mul": _plain(np.multiply),
        "Div": _divide,
        "Pow": lambda x, y, call: np.power(x, y).astype(x.dtype),
        "Neg": _plain(np.negative),
        "Abs": _plain(np.abs),
        "Sqrt": _plain(np.sqrt),
        "Reciprocal": _plain(lambda x: (1 / x).astype(x.dtype)),
        "Exp": _plain(np.exp),
        "Floor": _plain(np.floor),
        "Ceil": _plain(np.ceil),
        "Min": _plain(lambda *xs: reduce(np.minimum, xs)),
        "Max": _plain(lambda *xs: reduce(np.maximum, xs)),
        "Sum": lambda *xs: sum(xs[1:-1], xs[0]),
        "ReduceProd": _reduced(np.prod),
        "ReduceSum": _reduced(np.sum),
        "ReduceMean": _reduced(np.mean),
        "ReduceMax": _reduced(np.max),
        "ReduceMin": _reduced(np.min),
    }
)
"""What each operator makes of constants: a function of its inputs and of the call itself."""


def constant(call: Any) -> Array:
    """The value of an operator Constant."""
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        value = call.attribute(name, None)
        if value is not None:
            kind = np.float32 if "float" in name else np.int64
            return value if isinstance(value, np.ndarray) else np.array(value, kind)
    raise call.refuse("a constant is neither numbers nor an array of them")


def shape_part(call: Any, shape: Sequence[int]) -> Array:
    """What an operator Shape says of a shape."""
    start, end = call.attribute("start", 0), call.attribute("end", None)
    return np.array(tuple(shape)[start:end], np.int64)
