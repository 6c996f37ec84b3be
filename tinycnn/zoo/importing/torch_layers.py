"""What each operation of ATen is here: layers that it adds to the graph; arguments are its schema's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tinycnn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Dense,
    GroupNorm,
    HardSigmoid,
    HardSwish,
    Layer,
    LeakyReLU,
    MaxPool2D,
    Multiply,
    PReLU,
    ReLU,
    Resample2D,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array, Pair
from tinycnn.zoo.importing import onnx_moves
from tinycnn.zoo.importing.graph import End, Flow
from tinycnn.zoo.importing.onnx_layers import clipping, mish
from tinycnn.zoo.importing.torch_module import TorchCall, numbers
from tinycnn.zoo.importing.torch_patterns import kind_of
from tinycnn.zoo.importing.windows import (
    adaptive,
    avg_pool,
    images_again,
    linear,
    max_pool,
    nearest,
    places,
)

Translate: TypeAlias = Callable[[Any], Any]

One = TypeVar("One", bound=Layer)


def _learnt(call: TorchCall, make: Callable[[str], One]) -> One:
    """A layer with parameters; where a module is used again in the same way, the same layer."""
    target = next(iter(call.targets.values()), "")
    options = tuple(str(value) for value in call.values.values() if isinstance(value, int | float | list))
    key = (call.kind, tuple(sorted(call.targets.items())), options)
    if key not in call.shared or not target:
        name = target.rpartition(".")[0] or call.name
        call.shared[key] = make(call.graph.name(name))
    return call.shared[key]  # type: ignore[return-value]


def _images(call: TorchCall) -> Pair:
    seen = call.flow().seen
    if len(seen) != 4:
        raise call.refuse(f"expects images (n, c, h, w), got {seen}")
    return seen[2], seen[3]


def _bias(call: TorchCall) -> Array | None:
    return None if call["bias"] is None else call.graph.numbers(call.array("bias"))


def conv(call: TorchCall) -> Flow:
    image, weight, graph = _images(call), call.array("weight"), call.graph
    if isinstance(call["padding"], str):
        rows, columns = (
            divmod((side - 1) * step, 2) if call["padding"] == "same" else (0, 0)
            for side, step in zip(weight.shape[2:], call.pair("dilation"), strict=True)
        )
        edges = (rows[0], sum(rows)), (columns[0], sum(columns))
    else:
        edges = tuple((side, side) for side in call.pair("padding"))  # type: ignore[assignment]
    window(image, (weight.shape[2], weight.shape[3]), call.pair("stride"), edges, call.pair("dilation"))
    options = call.pair("stride"), edges, call.pair("dilation"), call["groups"]
    layer = _learnt(call, lambda name: Conv2D(graph.numbers(weight), _bias(call), *options, name=name))
    return graph.apply(call.flow(), layer)


def conv_transpose(call: TorchCall) -> Flow:
    _images(call)
    edges = tuple((side, side) for side in call.pair("padding"))
    options = call.pair("stride"), edges, call.pair("dilation"), call["groups"], call.pair("output_padding")
    if any(a >= b for a, b in zip(options[4], options[0], strict=True)):
        raise call.refuse(f"output_padding {options[4]} is not less than the stride {options[0]}")
    weight = call.graph.numbers(call.array("weight"))
    layer = _learnt(call, lambda name: ConvTranspose2D(weight, _bias(call), *options, name=name))  # type: ignore[arg-type]
    return call.graph.apply(call.flow(), layer)


def dense(call: TorchCall) -> Flow:
    """A dense layer; on images whose channels come last, a convolution of 1x1."""
    flow, graph, weight = call.flow(), call.graph, call.array("weight")
    if len(flow.seen) == 2:
        return graph.apply(
            flow, _learnt(call, lambda name: Dense(graph.numbers(weight), _bias(call), name=name))
        )
    if len(flow.seen) != 4:
        raise call.refuse(f"a dense layer on {flow.seen} is not supported")
    kernels = graph.numbers(weight[:, :, None, None])
    layer = _learnt(call, lambda name: Conv2D(kernels, _bias(call), name=name))
    return graph.turned(graph.apply(graph.turned(flow, (3, 1, 2)), layer), (2, 3, 1))


def batch_norm(call: TorchCall) -> list[Flow]:
    flow, graph = call.flow(), call.graph
    if call["running_mean"] is None:
        raise call.refuse("uses the numbers of the batch; only running statistics are supported")
    mean, variance = call.array("running_mean"), call.array("running_var")
    weight = np.ones_like(mean) if call["weight"] is None else call.array("weight")
    bias = np.zeros_like(mean) if call["bias"] is None else call.array("bias")
    if len(flow.seen) == 4:
        arrays = tuple(map(graph.numbers, (weight, bias, mean, variance)))
        return [graph.apply(flow, _learnt(call, lambda name: BatchNorm2D(*arrays, call["eps"], name=name)))]  # type: ignore[arg-type, misc]
    scale = weight.astype(float) / np.sqrt(variance.astype(float) + call["eps"])
    sides = (-1, *(1 for _ in flow.seen[2:]))
    return [graph.scaled(flow, scale.reshape(sides), (bias - mean * scale).reshape(sides), call.name)]


def group_norm(call: TorchCall) -> Flow:
    flow, graph = call.flow(), call.graph
    c = flow.seen[1]
    if call.kind == "instance_norm" and call["use_input_stats"] is False:
        raise call.refuse("with running statistics is not supported")
    weight = np.ones(c) if call["weight"] is None else call.array("weight")
    bias = np.zeros(c) if call["bias"] is None else call.array("bias")
    groups = c if call.kind == "instance_norm" else call["num_groups"]
    arrays = graph.numbers(weight), graph.numbers(bias)
    return graph.apply(flow, _learnt(call, lambda name: GroupNorm(groups, *arrays, call["eps"], name=name)))


def max_pool2d(call: TorchCall) -> Flow:
    size = call.pair("kernel_size")
    stride = call.pair("stride") if call["stride"] else size
    edges = tuple((side, side) for side in call.pair("padding"))
    at = window(_images(call), size, stride, edges, call.pair("dilation"))  # type: ignore[arg-type]
    return call.graph.apply(call.flow(), max_pool(at, call["ceil_mode"], call.graph.name(call.name)))


def avg_pool2d(call: TorchCall) -> Flow:
    size = call.pair("kernel_size")
    stride = call.pair("stride") if call["stride"] else size
    edges = tuple((side, side) for side in call.pair("padding"))
    if call["divisor_override"] not in (None, size[0] * size[1]):
        raise call.refuse(f"divisor_override = {call['divisor_override']} is not supported")
    at = window(_images(call), size, stride, edges)  # type: ignore[arg-type]
    layers = avg_pool(at, call["ceil_mode"], call["count_include_pad"], call.graph.name(call.name))
    return call.graph.apply(call.flow(), *images_again(layers, call.flow().seen[1]))


def adaptive_pool(call: TorchCall) -> Any:
    image, wanted = _images(call), call.pair("output_size")
    at = adaptive(image, wanted)
    if at is None:
        raise call.refuse(
            f"pools {image[0]}x{image[1]} to {wanted[0]}x{wanted[1]}, which does not divide it; "
            "give images of another size"
        )
    name, graph = call.graph.name(call.name), call.graph
    if "max" in call.kind:
        return [graph.apply(call.flow(), MaxPool2D(at.size, at.stride, name=name))]
    return graph.apply(call.flow(), *images_again(avg_pool(at, False, True, name), call.flow().seen[1]))


def reduced(call: TorchCall) -> Flow | list[Flow]:
    flow = call.flow()
    rank = len(flow.seen)
    if "dim" not in call.values:
        raise call.refuse("of two images, or of all numbers, is not supported")
    given = call["dim"]
    given = range(rank) if given is None or given == [] else given
    over = sorted({axis % rank for axis in ([given] if isinstance(given, int) else given)})
    found = onnx_moves.reduced(call, flow, over, call["keepdim"])  # type: ignore[arg-type]
    return [found] if call.kind == "max" else found  # the other output is where it was


def _activation(make: Callable[[TorchCall, str], Activation | End]) -> Translate:
    def translate(call: TorchCall) -> Flow:
        return call.graph.activate(call.flow(), make(call, call.graph.name(call.name)))

    return translate


def clip(call: TorchCall) -> Flow:
    low = call.get("min", call.get("min_val"))
    high = call.get("max", call.get("max_val"))
    bounds = -np.inf if low is None else float(low), np.inf if high is None else float(high)
    return call.graph.activate(call.flow(), clipping(*bounds, call.graph.name(call.name)))


def elu(call: TorchCall) -> Flow:
    if (call["scale"], call["input_scale"]) != (1, 1):
        raise call.refuse("with scales is not supported")
    return call.graph.activate(call.flow(), ELU(float(call["alpha"]), name=call.graph.name(call.name)))


def celu(call: TorchCall) -> Flow:
    graph, alpha = call.graph, np.array([float(call["alpha"])])
    flow = graph.scaled(call.flow(), 1 / alpha, None, f"{call.name}.in")
    return graph.scaled(
        graph.activate(flow, ELU(name=graph.name(call.name))), alpha, None, f"{call.name}.out"
    )


def prelu(call: TorchCall) -> Flow:
    slopes = call.graph.numbers(call.array("weight").reshape(-1))
    return call.graph.apply(call.flow(), _learnt(call, lambda name: PReLU(slopes, name=name)))


def softplus(call: TorchCall, name: str) -> Activation:
    return Softplus(float(call["beta"]), name=name)


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

    return call.node.target(torch.empty(call.flow().seen))


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
    image, graph, kind = _images(call), call.graph, call.kind
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
    border = BORDERS.get(mode or call.get("mode") or "constant", "")
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


LAYERS: Mapping[str, Translate] = MappingProxyType(
    {
        "conv2d": conv,
        "conv_transpose2d": conv_transpose,
        "linear": dense,
        "_native_batch_norm_legit_no_training": batch_norm,
        "group_norm": group_norm,
        "instance_norm": group_norm,
        "max_pool2d": max_pool2d,
        "avg_pool2d": avg_pool2d,
        "adaptive_avg_pool2d": adaptive_pool,
        "adaptive_max_pool2d": adaptive_pool,
        "mean": reduced,
        "sum": reduced,
        "amax": reduced,
        "max": reduced,
        "relu": _activation(lambda call, name: ReLU(name=name)),
        "relu6": clip,
        "hardtanh": clip,
        "clamp": clip,
        "clamp_min": clip,
        "clamp_max": clip,
        "leaky_relu": _activation(lambda call, name: LeakyReLU(float(call["negative_slope"]), name=name)),
        "prelu": prelu,
        "_prelu_kernel": prelu,
        "elu": elu,
        "celu": celu,
        "selu": _activation(lambda call, name: SELU(name=name)),
        "gelu": _activation(lambda call, name: GELU(call["approximate"] == "tanh", name=name)),
        "silu": _activation(lambda call, name: SiLU(name=name)),
        "mish": mish,
        "hardswish": _activation(lambda call, name: HardSwish(name=name)),
        "hardsigmoid": _activation(lambda call, name: HardSigmoid(name=name)),
        "sigmoid": _activation(lambda call, name: Sigmoid(name=name)),
        "tanh": _activation(lambda call, name: Tanh(name=name)),
        "softplus": _activation(softplus),
        "softmax": _activation(lambda call, name: End("Softmax", name=name)),
        "log_softmax": _activation(lambda call, name: End("LogSoftmax", name=name)),
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
        "expand": expand,
        "getitem": getitem,
    }
)
"""Every operation that may meet the image, and what adds its layers to the graph."""
