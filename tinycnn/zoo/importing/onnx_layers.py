"""What each ONNX operator is here: layers that it adds to the graph, by the formulas of ONNX's reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tinycnn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    BatchNorm2D,
    Clip,
    Conv2D,
    ConvTranspose2D,
    Dense,
    GroupNorm,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    Multiply,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Array, Edges, Pair
from tinycnn.zoo.importing import onnx_moves
from tinycnn.zoo.importing.graph import End, Erf, Flow
from tinycnn.zoo.importing.onnx_graph import Call
from tinycnn.zoo.importing.windows import avg_pool, images_again, max_pool

Translate: TypeAlias = Callable[[Call], "Flow | Array | list[Flow]"]


def _at(call: Call, image: Pair, size: Pair) -> Window:
    """Where the windows of a convolution or of a pool lie."""
    given = call.attribute("kernel_shape", list(size))
    if tuple(given) != size:
        raise call.refuse(f"kernel_shape is {given}, but the kernels are {size[0]}x{size[1]}")
    stride, dilation = _pair(call, "strides"), _pair(call, "dilations")
    edges = _edges(call, image, size, stride, dilation)
    return window(image, size, stride, edges, dilation)


def _pair(call: Call, name: str, default: int = 1) -> Pair:
    values = call.attribute(name, [default, default])
    if len(values) != 2:
        raise call.refuse(f"{name} has {len(values)} numbers; only images of two axes are supported")
    return int(values[0]), int(values[1])


def _edges(call: Call, image: Pair, size: Pair, stride: Pair, dilation: Pair) -> Edges:
    auto, pads = call.attribute("auto_pad", "NOTSET"), call.attribute("pads", [0, 0, 0, 0])
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        (a, b), (c, d) = window(image, size, stride, "same", dilation).edges
        return ((a, b), (c, d)) if auto == "SAME_UPPER" else ((b, a), (d, c))
    if auto not in ("NOTSET", "VALID", "") or len(pads) != 4:
        raise call.refuse(f"auto_pad {auto!r} with pads {pads} is not supported")
    return ((0, 0), (0, 0)) if auto == "VALID" else ((pads[0], pads[2]), (pads[1], pads[3]))


def _image(call: Call) -> Pair:
    seen = call.flow().seen
    if len(seen) != 4:
        raise call.refuse(f"expects images (n, c, h, w), got {seen}")
    return seen[2], seen[3]


def conv(call: Call) -> Flow:
    graph, weight = call.graph, call.array(1)
    if weight.ndim != 4:
        raise call.refuse(f"its kernels have the shape {weight.shape}; only images of two axes are supported")
    at = _at(call, _image(call), (weight.shape[2], weight.shape[3]))
    bias = graph.numbers(call.array(2)) if call.has(2) else None
    groups = call.attribute("group", 1)
    weight = graph.numbers(weight)
    return graph.apply(
        call.flow(),
        Conv2D(weight, bias, at.stride, at.edges, at.dilation, groups, name=graph.name(call.name)),
    )


def conv_transpose(call: Call) -> Flow:
    graph, weight, image = call.graph, call.array(1), _image(call)
    if weight.ndim != 4:
        raise call.refuse(f"its kernels have the shape {weight.shape}; only images of two axes are supported")
    size = weight.shape[2], weight.shape[3]
    stride, dilation = _pair(call, "strides"), _pair(call, "dilations")
    extra = _pair(call, "output_padding", 0)
    call.expect(kernel_shape=list(size))
    auto, wanted = call.attribute("auto_pad", "NOTSET"), call.attribute("output_shape", None)
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [a * b for a, b in zip(image, stride, strict=True)]
    if wanted is not None and len(wanted) != 2:
        raise call.refuse(f"output_shape {wanted} is not a height and a width")
    pads = call.attribute("pads", [0, 0, 0, 0])
    edges = [(pads[0], pads[2]), (pads[1], pads[3])]
    for i in range(2) if wanted is not None else ():
        total = stride[i] * (image[i] - 1) + extra[i] + (size[i] - 1) * dilation[i] + 1 - wanted[i]
        if total < 0:
            extra = (extra[0] - total, extra[1]) if i == 0 else (extra[0], extra[1] - total)
        less, more = max(0, total) // 2, max(0, total) - max(0, total) // 2
        edges[i] = (less, more) if auto == "SAME_UPPER" else (more, less)
    if min(min(side) for side in edges) < 0 or any(a >= b for a, b in zip(extra, stride, strict=True)):
        raise call.refuse(f"pads {edges} with output_padding {extra} and strides {stride} are not supported")
    bias = graph.numbers(call.array(2)) if call.has(2) else None
    options = (stride, (edges[0], edges[1]), dilation, call.attribute("group", 1), extra)
    layer = ConvTranspose2D(graph.numbers(weight), bias, *options, name=graph.name(call.name))
    return graph.apply(call.flow(), layer)


def pool(call: Call) -> Flow:
    graph, image, name = call.graph, _image(call), call.graph.name(call.name)
    at = _at(call, image, _pair(call, "kernel_shape", 0))
    up = bool(call.attribute("ceil_mode", 0))
    if call.kind == "MaxPool":
        return graph.apply(call.flow(), max_pool(at, up, name))
    layers = avg_pool(at, up, bool(call.attribute("count_include_pad", 0)), name)
    return graph.apply(call.flow(), *images_again(layers, call.flow().seen[1]))


def global_pool(call: Call) -> Flow:
    graph, image = call.graph, _image(call)
    name = graph.name(call.name)
    if call.kind == "GlobalMaxPool":
        return graph.apply(call.flow(), MaxPool2D(image, 1, name=name))
    layers = avg_pool(window(image, image), False, True, name)
    return graph.apply(call.flow(), *images_again(layers, call.flow().seen[1]))


def batch_norm(call: Call) -> Flow:
    call.expect(training_mode=0, spatial=1)
    flow, graph, epsilon = call.flow(), call.graph, call.attribute("epsilon", 1e-5)
    arrays = [call.array(at) for at in range(1, 5)]
    if any(array.shape != flow.seen[1:2] for array in arrays):
        raise call.refuse(f"has arrays of shapes {[array.shape for array in arrays]} for {flow.seen}")
    if len(flow.seen) == 4:
        weight, bias, mean, variance = map(graph.numbers, arrays)
        layer = BatchNorm2D(weight, bias, mean, variance, epsilon, name=graph.name(call.name))
        return graph.apply(flow, layer)
    weight, bias, mean, variance = (array.astype(np.float64) for array in arrays)
    scale = weight / np.sqrt(variance + epsilon)
    sides = (-1, *(1 for _ in flow.seen[2:]))
    shift = bias - mean * scale
    return graph.scaled(flow, scale.reshape(sides), shift.reshape(sides), call.name)


def group_norm(call: Call) -> Flow:
    flow, graph = call.flow(), call.graph
    weight, bias, c = call.array(1), call.array(2), flow.seen[1]
    call.expect(stash_type=1)
    groups = c if call.kind == "InstanceNormalization" else call.attribute("num_groups")
    if weight.size != c and c % max(1, weight.size) == 0:  # before opset 21: one number for each group
        weight, bias = (np.repeat(array, c // array.size) for array in (weight, bias))
    numbers = graph.numbers(weight), graph.numbers(bias)
    seen = flow.seen
    if len(seen) == 3:  # as exporters write group norm: a row for each group
        flow = graph.reshaped(flow, (*seen, 1), f"{call.name}.image")
    layer = GroupNorm(groups, *numbers, call.attribute("epsilon", 1e-5), name=graph.name(call.name))
    return graph.reshaped(graph.apply(flow, layer), seen, f"{call.name}.rows")


def response_norm(call: Call) -> Flow:
    numbers = (call.attribute(key, value) for key, value in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    layer = LocalResponseNorm(call.attribute("size"), *numbers, name=call.graph.name(call.name))
    return call.graph.apply(call.flow(), layer)


def gemm(call: Call) -> Flow:
    call.expect(transA=0)
    flow, graph, weight = call.flow(), call.graph, call.array(1)
    weight = weight if call.attribute("transB", 0) else weight.T
    alpha, beta = call.attribute("alpha", 1.0), call.attribute("beta", 1.0)
    weight = graph.numbers(weight if alpha == 1 else weight * weight.dtype.type(alpha))
    bias = None
    if call.has(2) and beta:
        bias = np.broadcast_to(call.array(2).reshape(-1), (len(weight),))
        bias = graph.numbers(bias if beta == 1 else bias * bias.dtype.type(beta))
    return graph.apply(flow, Dense(weight, bias, name=graph.name(call.name)))


def matmul(call: Call) -> Flow:
    """A dense layer; on images whose channels come last, a convolution of 1x1."""
    flow, graph, weight = call.flow(), call.graph, call.array(1)
    if weight.ndim != 2 or len(flow.seen) not in (2, 4):
        raise call.refuse(
            f"a product of {flow.seen} and {weight.shape} is neither a dense layer nor a 1x1 conv"
        )
    name = graph.name(call.name)
    if len(flow.seen) == 2:
        return graph.apply(flow, Dense(graph.numbers(weight.T), name=name))
    kernels = graph.numbers(weight.T[:, :, None, None])
    return graph.turned(graph.apply(graph.turned(flow, (3, 1, 2)), Conv2D(kernels, name=name)), (2, 3, 1))


def _activation(make: Callable[[Call, str], Activation | End]) -> Translate:
    def translate(call: Call) -> Flow:
        return call.graph.activate(call.flow(), make(call, call.graph.name(call.name)))

    return translate


def elu(call: Call, name: str) -> Activation:
    return ELU(call.attribute("alpha", 1.0), name=name)


def gelu(call: Call, name: str) -> Activation:
    return GELU(call.attribute("approximate", "none") == "tanh", name=name)


def swish(call: Call, name: str) -> Activation:
    call.expect(alpha=1.0)
    return SiLU(name=name)


def end(call: Call, name: str) -> End:
    call.attribute("axis", -1)
    return End(call.kind, name=name)


def clip(call: Call) -> Flow:
    if call.kind == "Clip" and call.opset < 11:
        low, high = call.attribute("min", -np.inf), call.attribute("max", np.inf)
    elif call.kind == "Clip":
        low, high = call.number(1, -np.inf), call.number(2, np.inf)
    else:
        if len(call.inputs) != 2:
            raise call.refuse(f"of {len(call.inputs)} values is not supported, only of an image and a number")
        call.inputs.sort(key=lambda value: not isinstance(value, Flow))
        bound = float(np.asarray(call.array(1)).item())
        low, high = (bound, np.inf) if call.kind == "Max" else (-np.inf, bound)
    name = call.graph.name(call.name)
    return call.graph.activate(call.flow(), clipping(low, high, name))


def clipping(low: float, high: float, name: str) -> Activation:
    """The clip to a range, by the name that it has if it has one."""
    low, high = _shortest(low), _shortest(high)
    if low == 0 and high in (6, np.inf):
        return ReLU6(name=name) if high == 6 else ReLU(name=name)
    return Clip(low, high, name=name)


def _shortest(number: float) -> float:
    """A number of single precision as it was written: 0.1, and not 0.10000000149."""
    with np.errstate(over="ignore"):
        single = np.float32(number)
    return float(str(single)) if single == number else number


def prelu(call: Call) -> Flow:
    slope, flow = call.array(1), call.flow()
    if slope.size > 1 and (
        slope.size != flow.shape[0] or slope.shape[: -len(flow.seen[2:]) or None][-1] != slope.size
    ):
        raise call.refuse(
            f"slopes of shape {slope.shape} for {flow.seen}; only one for each channel is supported"
        )
    layer = PReLU(call.graph.numbers(slope.reshape(-1)), name=call.graph.name(call.name))
    return call.graph.apply(flow, layer)


def hard_sigmoid(call: Call) -> Flow:
    alpha, beta = call.attribute("alpha", 0.2), call.attribute("beta", 0.5)
    graph, flow, name = call.graph, call.flow(), call.graph.name(call.name)
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return graph.activate(flow, HardSigmoid(name=name))
    line = graph.scaled(flow, np.array([alpha]), np.array([beta]), f"{call.name}.line")
    return graph.activate(line, Clip(0.0, 1.0, name=name))


def mish(call: Call) -> Flow:
    """``x * tanh(softplus(x))``."""
    graph, flow = call.graph, call.flow()
    gate = graph.activate(flow, Softplus(name=graph.name(f"{call.name}.softplus")))
    gate = graph.activate(gate, Tanh(name=graph.name(f"{call.name}.tanh")))
    return graph.merged(Multiply(name=graph.name(call.name)), [flow, gate])


def selu(call: Call) -> Flow:
    graph, name = call.graph, call.graph.name(call.name)
    alpha, gamma = call.attribute("alpha", SELU.ALPHA), call.attribute("gamma", SELU.SCALE)
    if abs(alpha - SELU.ALPHA) < 1e-6 and abs(gamma - SELU.SCALE) < 1e-6:
        return graph.activate(call.flow(), SELU(name=name))
    flow = graph.activate(call.flow(), ELU(alpha, name=name))
    return graph.scaled(flow, np.array([gamma]), None, f"{call.name}.gamma")


def celu(call: Call) -> Flow:
    """``max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)``: an ELU of x / alpha, times alpha."""
    graph, alpha = call.graph, np.array([call.attribute("alpha", 1.0)])
    flow = graph.scaled(call.flow(), 1 / alpha, None, f"{call.name}.in")
    return graph.scaled(
        graph.activate(flow, ELU(name=graph.name(call.name))), alpha, None, f"{call.name}.out"
    )


LAYERS: Mapping[str, Translate] = MappingProxyType(
    {
        "Conv": conv,
        "ConvTranspose": conv_transpose,
        "MaxPool": pool,
        "AveragePool": pool,
        "GlobalMaxPool": global_pool,
        "GlobalAveragePool": global_pool,
        "BatchNormalization": batch_norm,
        "InstanceNormalization": group_norm,
        "GroupNormalization": group_norm,
        "LRN": response_norm,
        "Gemm": gemm,
        "MatMul": matmul,
        "Relu": _activation(lambda call, name: ReLU(name=name)),
        "LeakyRelu": _activation(lambda call, name: LeakyReLU(call.attribute("alpha", 0.01), name=name)),
        "PRelu": prelu,
        "Elu": _activation(elu),
        "Celu": celu,
        "Selu": selu,
        "Gelu": _activation(gelu),
        "Erf": _activation(lambda call, name: Erf(name=name)),
        "Sigmoid": _activation(lambda call, name: Sigmoid(name=name)),
        "Tanh": _activation(lambda call, name: Tanh(name=name)),
        "Softplus": _activation(lambda call, name: Softplus(name=name)),
        "HardSwish": _activation(lambda call, name: HardSwish(name=name)),
        "Swish": _activation(swish),
        "HardSigmoid": hard_sigmoid,
        "Mish": mish,
        "Clip": clip,
        "Max": clip,
        "Min": clip,
        "Softmax": _activation(end),
        "LogSoftmax": _activation(end),
        **onnx_moves.MOVES,
    }
)
"""Every operator that may meet the image, and what adds its layers to the graph."""
