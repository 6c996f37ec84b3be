"""ONNX operators that move numbers, and arithmetic with constants and between flows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tinycnn.layers import Add, MaxPool2D, Multiply, Pad2D, Resample2D
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.zoo.importing import constants
from tinycnn.zoo.importing.graph import ENTRIES, Flow
from tinycnn.zoo.importing.onnx_graph import Call
from tinycnn.zoo.importing.windows import avg_pool, images_again, linear, nearest, places

Translate: TypeAlias = Callable[[Call], "Flow | Array | list[Flow]"]


def reshape(call: Call) -> Flow:
    return call.graph.reshaped(call.flow(), constants.sides(call, call.flow().seen), call.name)


def flatten(call: Call) -> Flow:
    flow = call.flow()
    seen, axis = flow.seen, call.attribute("axis", 1)
    return call.graph.reshaped(flow, (math.prod(seen[:axis]), math.prod(seen[axis:])), call.name)


def squeeze(call: Call) -> Flow:
    return call.graph.reshaped(call.flow(), constants.squeezed(call, call.flow().seen), call.name)


def unsqueeze(call: Call) -> Flow:
    return call.graph.reshaped(call.flow(), constants.unsqueezed(call, call.flow().seen), call.name)


def transpose(call: Call) -> Flow:
    flow = call.flow()
    perm = call.attribute("perm", list(reversed(range(len(flow.seen)))))
    if sorted(perm) != list(range(len(flow.seen))) or perm[0] != 0:
        raise call.refuse(f"perm {perm} moves the axis of images, or is no order of {len(flow.seen)} axes")
    return call.graph.turned(flow, perm[1:])


def concat(call: Call) -> Flow:
    flows = [call.flow(at) for at in range(len(call.inputs))]
    return call.graph.stacked(flows, axis_of(call, flows[0], call.attribute("axis")), call.name)


def axis_of(call: Call, flow: Flow, axis: int) -> int:
    """An axis of an image, from 1."""
    if not -len(flow.seen) <= axis < len(flow.seen) or axis % len(flow.seen) == 0:
        raise call.refuse(f"axis {axis} of {flow.seen} is that of images, or none")
    return axis % len(flow.seen)


def split(call: Call) -> list[Flow]:
    flow = call.flow()
    axis = axis_of(call, flow, call.attribute("axis", 0))
    ends = np.cumsum(constants.parts(call, flow.seen[axis]))
    return [
        call.graph.taken(flow, _range(flow, axis, int(end - size), int(end)), call.name)
        for end, size in zip(ends, np.diff(ends, prepend=0), strict=True)
    ]


def _range(flow: Flow, axis: int, first: int, end: int, step: int = 1) -> list[tuple[int, int, int]]:
    ranges = [(0, side, 1) for side in flow.seen[1:]]
    ranges[axis - 1] = first, end, step
    return ranges


def cut(call: Call) -> Flow:
    flow = call.flow()
    found = constants.slices(call, flow.seen)
    if found[0] != (0, 1, 1) or any(step < 0 or stop is None for _, stop, step in found):
        raise call.refuse("it takes images away, or runs backwards")
    return call.graph.taken(flow, [(a, b or 0, step) for a, b, step in found[1:]], call.name)


def gather(call: Call) -> Flow:
    """One entry of an axis, or entries at equal distances."""
    flow, index = call.flow(), call.array(1)
    axis = axis_of(call, flow, call.attribute("axis", 0))
    side = flow.seen[axis]
    if np.any((index < -side) | (index >= side)):
        raise call.refuse(f"it takes entries beyond the {side} that there are")
    at = index.reshape(-1).astype(int) % side
    steps = set(np.diff(at).tolist())
    if index.ndim > 1 or len(steps) > 1 or min(steps, default=1) < 1 or not at.size:
        raise call.refuse("it takes entries in an order that no range has")
    step = min(steps, default=1)
    taken = call.graph.taken(flow, _range(flow, axis, int(at[0]), int(at[-1]) + 1, step), call.name)
    if index.ndim:
        return taken
    return call.graph.reshaped(taken, tuple(np.delete(taken.seen, axis).tolist()), call.name)


def pad(call: Call) -> Flow:
    flow, rank = call.flow(), len(call.flow().seen)
    pads = call.integers(1) if call.opset >= 11 else call.attribute("pads")
    value = call.number(2, 0.0) if call.opset >= 11 else call.attribute("value", 0.0)
    on = call.integers(3) if call.has(3) else range(rank)
    before, after = [0] * rank, [0] * rank
    for at, axis in enumerate(on):
        before[axis], after[axis] = pads[at], pads[at + len(pads) // 2]
    return padded(call, flow, before, after, call.attribute("mode", "constant"), value)


def padded(
    call: Call, flow: Flow, before: Sequence[int], after: Sequence[int], border: str, value: float
) -> Flow:
    """A border around images, whichever of the axes seen their height and width are."""
    if not any(before) and not any(after):
        return flow
    moved = [axis for axis in range(len(before)) if before[axis] or after[axis]]
    stored = {flow.axes[axis - 1]: (before[axis], after[axis]) for axis in moved if axis}
    known = border in ("constant", "reflect", "edge")
    if 0 in moved or len(flow.shape) != 3 or len(stored) > 2 or not known:
        raise call.refuse(f"padding {list(before)}, {list(after)} of the kind {border!r} is not supported")
    others = [axis for axis in (1, 2, 3) if axis not in stored]
    order = (1, 2, 3) if 1 in others else (others[0], *sorted({1, 2, 3} - {others[0]}))
    edges = stored.get(order[1], (0, 0)), stored.get(order[2], (0, 0))
    graph = call.graph
    plain = graph.arranged(flow, [flow.axes.index(axis) + 1 for axis in order])
    layer = Pad2D(edges, border, value, name=graph.name(call.name))  # type: ignore[arg-type]
    done = graph.apply(plain, layer)
    return graph.turned(done, [order.index(axis) + 1 for axis in flow.axes])


def resize(call: Call) -> Flow:
    flow = call.flow()
    if len(flow.seen) != 4:
        raise call.refuse(f"expects images (n, c, h, w), got {flow.seen}")
    scales, sizes = _resized(call, flow)
    old = call.kind == "Upsample" or call.opset < 11
    mode = call.attribute("mode", "nearest")
    kind = call.attribute("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    rounding = call.attribute("nearest_mode", "floor" if old else "round_prefer_floor")
    call.expect(antialias=0, exclude_outside=0, extrapolation_value=0.0, keep_aspect_ratio_policy="stretch")
    call.attribute("cubic_coeff_a", -0.75)
    if mode not in ("nearest", "linear", "bilinear") or sizes[:2] != list(flow.seen[:2]):
        raise call.refuse(f"mode {mode!r} from {flow.seen} to {sizes} is not supported")
    if math.prod(sizes) > ENTRIES:
        raise call.refuse(f"makes images of {sizes[2]}x{sizes[3]}; at most {ENTRIES} numbers can be held")
    graph, matrices = call.graph, []
    for axis in (2, 3):
        place = places(kind, flow.seen[axis], sizes[axis], scales[axis])
        of = flow.seen[axis], sizes[axis], place
        matrices.append(graph.numbers(nearest(*of, rounding) if mode == "nearest" else linear(*of)))
    return graph.apply(flow, Resample2D(matrices[0], matrices[1], name=graph.name(call.name)))


def _resized(call: Call, flow: Flow) -> tuple[list[float], list[int]]:
    """The factor and the new size along every axis."""
    seen = flow.seen
    on = [axis % len(seen) for axis in call.attribute("axes", list(range(len(seen))))]
    scales, sizes = [1.0] * len(seen), list(seen)
    at = 1 if call.kind == "Upsample" or call.opset < 11 else 2
    if call.has(3):
        for axis, size in zip(on, call.integers(3), strict=True):
            scales[axis], sizes[axis] = size / seen[axis], size
        return scales, sizes
    given = call.attribute("scales", None) if call.kind == "Upsample" and not call.has(1) else call.array(at)
    for axis, scale in zip(on, np.asarray(given, float).tolist(), strict=True):
        if not 0 < scale < 1 << 16:
            raise call.refuse(f"it scales by {scale}")
        scales[axis], sizes[axis] = scale, math.floor(seen[axis] * scale)
    return scales, sizes


def reduce(call: Call) -> Flow:
    """The mean, the sum or the largest of whole channels."""
    flow = call.flow()
    over = constants.axes(call, len(flow.seen))
    keep = call.attribute("keepdims", 1)
    if not over and call.attribute("noop_with_empty_axes", 0):
        return flow
    call.attribute("noop_with_empty_axes", 0)
    return reduced(call, flow, over or range(len(flow.seen)), bool(keep))


def reduced(call: Call, flow: Flow, over: Sequence[int], keep: bool) -> Flow:
    """Pooled over one or two axes of what is seen; one that is left plays the part of channels."""
    graph = call.graph
    left = [axis for axis in range(1, len(flow.seen)) if axis not in over]
    if len(flow.shape) != 3 or 0 in over or len(over) not in (1, 2):
        raise call.refuse(f"over the axes {list(over)} of {flow.seen}; one or two axes of images are pooled")
    order = (left[0], *over, *left[1:])
    images = graph.arranged(flow, order)
    size = (*(flow.seen[axis] for axis in over), 1)[:2]
    at = window(images.shape[1:], size)  # type: ignore[arg-type]
    name = graph.name(call.name)
    if "Max" in call.kind or "max" in call.kind:
        pooled = graph.apply(images, MaxPool2D(at.size, 1, name=name))
    else:
        pooled = graph.apply(images, *images_again(avg_pool(at, False, True, name), images.shape[0]))
    if "Sum" in call.kind or "sum" in call.kind:
        pooled = graph.scaled(pooled, np.array([float(math.prod(at.size))]), None, call.name)
    pooled = graph.turned(pooled, [order.index(axis) + 1 for axis in (1, 2, 3)])
    return pooled if keep else graph.reshaped(pooled, (1, *(flow.seen[axis] for axis in left)), call.name)


def depth_to_space(call: Call) -> Flow:
    flow, graph, b = call.flow(), call.graph, call.attribute("blocksize")
    mode = call.attribute("mode", "DCR")
    (_, c, h, w) = flow.seen
    if call.kind == "SpaceToDepth":
        flow = graph.reshaped(flow, (1, c, h // b, b, w // b, b), call.name)
        order = (3, 5, 1, 2, 4) if mode == "DCR" else (1, 3, 5, 2, 4)
        return graph.reshaped(graph.turned(flow, order), (1, c * b * b, h // b, w // b), call.name)
    if mode == "DCR":
        flow = graph.turned(graph.reshaped(flow, (1, b, b, c // b // b, h, w), call.name), (3, 4, 1, 5, 2))
    else:
        flow = graph.turned(graph.reshaped(flow, (1, c // b // b, b, b, h, w), call.name), (1, 4, 2, 5, 3))
    return graph.reshaped(flow, (1, c // b // b, h * b, w * b), call.name)


def add(call: Call) -> Flow:
    return added(call, [value for value in call.inputs if value is not None])


def added(call: Call, values: Sequence[Flow | Array]) -> Flow:
    """The sum of flows and constants."""
    graph = call.graph
    flows = [value for value in values if isinstance(value, Flow)]
    total = flows[0] if len(flows) == 1 else graph.merged(Add(name=graph.name(call.name)), flows)
    for value in values:
        if not isinstance(value, Flow):
            total = graph.scaled(total, None, value, call.name)
    return total


def subtract(call: Call) -> Flow:
    graph, (first, second) = call.graph, call.inputs
    if isinstance(first, Flow) and not isinstance(second, Flow):
        return graph.scaled(first, None, -call.array(1), call.name)
    negative = graph.scaled(call.flow(1), np.array([-1.0]), None, f"{call.name}.minus")
    return added(call, [negative, first if first is not None else call.array(0)])


def multiply(call: Call) -> Flow:
    graph, values = call.graph, call.inputs
    flows = [value for value in values if isinstance(value, Flow)]
    if len(flows) > 1:
        return graph.merged(Multiply(name=graph.name(call.name)), flows)
    constant = next(value for value in values if isinstance(value, np.ndarray))
    return graph.scaled(flows[0], constant, None, call.name)


def divide(call: Call) -> Flow:
    with np.errstate(divide="ignore"):
        return call.graph.scaled(call.flow(), 1 / call.array(1).astype(float), None, call.name)


def mean(call: Call) -> Flow:
    total = add(call)
    return call.graph.scaled(total, np.array([1 / len(call.inputs)]), None, f"{call.name}.share")


def negate(call: Call) -> Flow:
    return call.graph.scaled(call.flow(), np.array([-1.0]), None, call.name)


def same(call: Call) -> Flow:
    if call.kind == "Dropout" and call.has(2) and bool(call.array(2)):
        raise call.refuse("is in training mode; export the network in evaluation mode")
    return call.flow()


def cast(call: Call) -> Flow:
    dtype = call.dtype("to")
    call.attribute("round_mode", "up")
    if dtype.name not in ("float16", "float32", "float64"):
        raise call.refuse(f"turns images into {dtype}; only floating point of 16, 32 or 64 bits is supported")
    if dtype.name == "float16":
        call.graph.note("numbers are not rounded to half precision where the file does so")
    return call.flow()


def shape(call: Call) -> Array:
    return constants.shape_part(call, call.flow().seen)


MOVES: Mapping[str, Translate] = MappingProxyType(
    {
        "Reshape": reshape,
        "Flatten": flatten,
        "Squeeze": squeeze,
        "Unsqueeze": unsqueeze,
        "Transpose": transpose,
        "Concat": concat,
        "Split": split,
        "Slice": cut,
        "Gather": gather,
        "Pad": pad,
        "Resize": resize,
        "Upsample": resize,
        "ReduceMean": reduce,
        "ReduceSum": reduce,
        "ReduceMax": reduce,
        "DepthToSpace": depth_to_space,
        "SpaceToDepth": depth_to_space,
        "Add": add,
        "Sum": add,
        "Sub": subtract,
        "Mul": multiply,
        "Div": divide,
        "Mean": mean,
        "Neg": negate,
        "Identity": same,
        "Dropout": same,
        "Cast": cast,
        "Shape": shape,
    }
)
"""Operators that are no layers with parameters, and what adds their layers to the graph."""
