"""ATen's operations that move numbers, and arithmetic with constants and between flows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from tinycnn.layers import Multiply, Resample2D
from tinycnn.ops.types import Array
from tinycnn.zoo.importing import onnx_moves
from tinycnn.zoo.importing.graph import Flow
from tinycnn.zoo.importing.torch_module import TorchCall, numbers
from tinycnn.zoo.importing.torch_patterns import kind_of
from tinycnn.zoo.importing.windows import linear, nearest, places

Translate: TypeAlias = Callable[[Any], Any]


def arithmetic(call: TorchCall) -> Flow:
    """Sums, differences, products and quotients of flows and constants."""
    graph, kind = call.graph, call.kind
    values = [_operand(call["self"]), _operand(call["other"])]
    if kind == "rsub":
        values.reverse()
    factor = float(call.get("alpha", 1) or 0)
    if kind in ("sub", "rsub"):
        factor = -factor
    first, second = values
    if kind == "mul":
        call.inputs = values  # type: ignore[attr-defined]
        return onnx_moves.multiply(call)  # type: ignore[arg-type]
    if kind == "div":
        if not isinstance(first, Flow) or isinstance(second, Flow) or call.get("rounding_mode"):
            raise call.refuse("of an image by an image, or rounded, is not supported")
        return graph.scaled(first, 1 / second.astype(float), None, call.name)
    if factor != 1:
        if isinstance(second, Flow):
            second = graph.scaled(second, np.array([factor]), None, f"{call.name}.factor")
        else:
            second = second * factor
    return onnx_moves.added(call, [first, second])  # type: ignore[arg-type]


def _operand(value: Any) -> Flow | Array:
    return value if isinstance(value, Flow) else np.asarray(numbers(value))


def negate(call: TorchCall) -> Flow:
    return call.graph.scaled(call.flow(), np.array([-1.0]), None, call.name)


def square(call: TorchCall) -> Flow:
    if call["exponent"] != 2:
        raise call.refuse(f"exponent {call['exponent']} is not supported, only 2")
    return call.graph.merged(Multiply(name=call.graph.name(call.name)), [call.flow()] * 2)


def cat(call: TorchCall) -> Flow:
    flows = call["tensors"]
    if not all(isinstance(flow, Flow) for flow in flows):
        raise call.refuse("with constants is not supported")
    return call.graph.stacked(flows, _axis(call, flows[0], call["dim"]), call.name)


def stack(call: TorchCall) -> Flow:
    """Side by side along a new axis."""
    flows = call["tensors"]
    if not all(isinstance(flow, Flow) for flow in flows):
        raise call.refuse("with constants is not supported")
    seen = list(flows[0].seen)
    axis = call["dim"] % (len(seen) + 1)
    if axis == 0:
        raise call.refuse("along the axis of images is not supported")
    seen.insert(axis, 1)
    rows = [call.graph.reshaped(flow, tuple(seen), f"{call.name}.row") for flow in flows]
    return call.graph.stacked(rows, axis, call.name)


def filled(call: TorchCall) -> Any:
    """A constant of the shape of an image."""
    import torch

    return call.node.target(torch.from_numpy(np.empty(call.flow().seen, call.graph.dtype)))


def _axis(call: TorchCall, flow: Flow, axis: int) -> int:
    return onnx_moves.axis_of(call, flow, axis)  # type: ignore[arg-type]


def split(call: TorchCall) -> list[Flow]:
    flow = call.flow()
    axis = _axis(call, flow, call["dim"])
    total = flow.seen[axis]
    if call.kind == "chunk":
        sizes: Any = -(-total // call["chunks"])
    else:
        sizes = call.get("split_size", call.get("split_sizes"))
    if isinstance(sizes, int):
        sizes = [min(sizes, total - at) for at in range(0, total, sizes)]
    ends = np.cumsum(sizes)
    return [_part(call, flow, axis, int(end - size), int(end)) for end, size in zip(ends, sizes, strict=True)]


def _part(call: TorchCall, flow: Flow, axis: int, first: int, end: int, step: int = 1) -> Flow:
    ranges = [(0, side, 1) for side in flow.seen[1:]]
    ranges[axis - 1] = first, end, step
    return call.graph.taken(flow, ranges, call.name)


def cut(call: TorchCall) -> Flow:
    flow, axis = call.flow(), call["dim"] % len(call.flow().seen)
    end = call["end"] if call["end"] is not None else flow.seen[axis]
    first, stop, step = slice(call["start"], end, call["step"]).indices(flow.seen[axis])
    if axis == 0 and (first, stop, step) == (0, 1, 1):
        return flow
    return _part(call, flow, _axis(call, flow, axis), first, stop, step)


def select(call: TorchCall) -> Flow:
    flow = call.flow()
    axis = _axis(call, flow, call["dim"])
    at = call["index"] % flow.seen[axis]
    seen = [side for place, side in enumerate(flow.seen) if place != axis]
    return call.graph.reshaped(_part(call, flow, axis, at, at + 1), tuple(seen), call.name)


def reshape(call: TorchCall) -> Flow:
    flow, wanted = call.flow(), list(call.get("size", call.get("shape")))
    known = math.prod(side for side in wanted if side != -1)
    sides = tuple(math.prod(flow.seen) // known if side == -1 else side for side in wanted)
    return call.graph.reshaped(flow, sides, call.name)


def flatten(call: TorchCall) -> Flow:
    flow = call.flow()
    seen, rank = flow.seen, len(flow.seen)
    first, last = call["start_dim"] % rank, call["end_dim"] % rank
    sides = (*seen[:first], math.prod(seen[first : last + 1]), *seen[last + 1 :])
    return call.graph.reshaped(flow, sides, call.name)


def squeeze(call: TorchCall) -> Flow:
    flow, given = call.flow(), call.get("dim")
    rank = len(flow.seen)
    if given is None:
        raise call.refuse("without an axis takes that of images, too; name one, as in squeeze(2)")
    over = {axis % rank for axis in ([given] if isinstance(given, int) else given)}
    seen = tuple(side for at, side in enumerate(flow.seen) if not (at in over and side == 1 and at))
    return call.graph.reshaped(flow, seen, call.name)


def unsqueeze(call: TorchCall) -> Flow:
    seen = list(call.flow().seen)
    seen.insert(call["dim"] % (len(seen) + 1), 1)
    return call.graph.reshaped(call.flow(), tuple(seen), call.name)


def permute(call: TorchCall) -> Flow:
    flow = call.flow()
    axes = list(range(len(flow.seen)))
    if call.kind == "permute":
        axes = [axis % len(axes) for axis in call["dims"]]
    else:
        a, b = call["dim0"], call["dim1"]
        axes[a], axes[b] = axes[b], axes[a]
    if axes[0] != 0:
        raise call.refuse("moves the axis of images")
    return call.graph.turned(flow, axes[1:])


def resample(call: TorchCall) -> Flow:
    image, graph, kind = call.image, call.graph, call.kind
    sizes = list(call["output_size"] or [])
    factors = call.get("scale_factors") or [None, None]
    sizes = sizes or [math.floor(a * b) for a, b in zip(image, factors, strict=True)]
    matrices = []
    for inner, outer, factor in zip(image, sizes, factors, strict=True):
        scale = factor or outer / inner
        if "nearest" in kind:
            matrices.append(nearest(inner, outer, places("asymmetric", inner, outer, scale)))
        else:
            aligned = "align_corners" if call["align_corners"] else "half_pixel"
            scale = outer / inner if call["align_corners"] else scale
            matrices.append(linear(inner, outer, places(aligned, inner, outer, scale)))
    rows, columns = map(graph.numbers, matrices)
    return graph.apply(call.flow(), Resample2D(rows, columns, name=graph.name(call.name)))


BORDERS = {"reflect": "reflect", "replicate": "edge", "constant": "constant"}


def pad(call: TorchCall) -> Flow:
    flow, given = call.flow(), list(call.get("pad", call.get("padding")))
    rank = len(flow.seen)
    before, after = [0] * rank, [0] * rank
    for at in range(len(given) // 2):
        before[rank - 1 - at], after[rank - 1 - at] = given[2 * at], given[2 * at + 1]
    mode = {"reflection_pad2d": "reflect", "replication_pad2d": "replicate"}.get(call.kind)
    mode = mode or call.get("mode") or "constant"
    border = BORDERS.get(mode, mode)
    return onnx_moves.padded(call, flow, before, after, border, float(call.get("value") or 0))  # type: ignore[arg-type]


def shuffle(call: TorchCall) -> Flow:
    """Channel shuffle, and pixels to channels and back."""
    flow, graph = call.flow(), call.graph
    _, c, h, w = flow.seen
    if call.kind == "channel_shuffle":
        g = call["groups"]
        flow = graph.turned(graph.reshaped(flow, (1, g, c // g, h, w), call.name), (2, 1, 3, 4))
        return graph.reshaped(flow, (1, c, h, w), call.name)
    if call.kind == "pixel_shuffle":
        r = call["upscale_factor"]
        flow = graph.reshaped(flow, (1, c // r // r, r, r, h, w), call.name)
        return graph.reshaped(graph.turned(flow, (1, 4, 2, 5, 3)), (1, c // r // r, h * r, w * r), call.name)
    r = call["downscale_factor"]
    flow = graph.reshaped(flow, (1, c, h // r, r, w // r, r), call.name)
    return graph.reshaped(graph.turned(flow, (1, 3, 5, 2, 4)), (1, c * r * r, h // r, w // r), call.name)


def same(call: TorchCall) -> Flow:
    if call.get("train"):
        raise call.refuse("is in training mode; call eval() first")
    return call.flow()


def expand(call: TorchCall) -> Flow:
    """A gate spread over its channel: the product that reads it spreads it anyway."""
    users = {kind_of(user) for user in call.node.users}
    sides = zip(call["size"], call.flow().seen, strict=False)
    if all(a in (-1, b) for a, b in sides) or users == {"mul"}:
        return call.flow()
    raise call.refuse(f"spreads {call.flow().seen} to {call['size']} for {', '.join(sorted(users))}")


def getitem(call: TorchCall) -> Flow:
    parts: Sequence[Flow] = call["input"]
    if not 0 <= call["index"] < len(parts):
        raise call.refuse(f"its output {call['index']} is not known here")
    return parts[call["index"]]


MOVES: Mapping[str, Translate] = MappingProxyType(
    {
        "add": arithmetic,
        "sub": arithmetic,
        "rsub": arithmetic,
        "mul": arithmetic,
        "div": arithmetic,
        "neg": negate,
        "pow": square,
        "cat": cat,
        "concat": cat,
        "stack": stack,
        "zeros_like": filled,
        "ones_like": filled,
        "split": split,
        "split_with_sizes": split,
        "chunk": split,
        "slice": cut,
        "select": select,
        "view": reshape,
        "reshape": reshape,
        "_unsafe_view": reshape,
        "flatten": flatten,
        "squeeze": squeeze,
        "unsqueeze": unsqueeze,
        "permute": permute,
        "transpose": permute,
        "upsample_nearest2d": resample,
        "upsample_bilinear2d": resample,
        "pad": pad,
        "constant_pad_nd": pad,
        "reflection_pad2d": pad,
        "replication_pad2d": pad,
        "channel_shuffle": shuffle,
        "pixel_shuffle": shuffle,
        "pixel_unshuffle": shuffle,
        "dropout": same,
        "alpha_dropout": same,
        "feature_dropout": same,
        "clone": same,
        "alias": same,
        "detach": same,
        "contiguous": same,
        "_assert_tensor_metadata": lambda call: call.flow("a"),
        "expand": expand,
        "getitem": getitem,
    }
)
"""Operations that are no layers with parameters, and what adds their layers to the graph."""
