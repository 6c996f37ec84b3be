"""What each operation of ATen is here: layers that it adds to the graph; arguments are its schema's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

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
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.zoo.importing import onnx_moves, torch_moves
from tinycnn.zoo.importing.graph import End, Flow
from tinycnn.zoo.importing.onnx_layers import clipping, mish
from tinycnn.zoo.importing.torch_module import TorchCall
from tinycnn.zoo.importing.torch_moves import Translate
from tinycnn.zoo.importing.windows import adaptive, avg_pool, images_again, max_pool

One = TypeVar("One", bound=Layer)


def _learnt(call: TorchCall, make: Callable[[str], One]) -> One:
    """A layer with parameters; where a module is used again in the same way, the same layer."""
    target = next(iter(call.targets.values()), "")
    given = (value for value in call.values.values() if not isinstance(value, Flow))
    key = call.kind, *(id(value) if hasattr(value, "detach") else str(value) for value in given)
    if key not in call.shared or not target:
        name = target.rpartition(".")[0] or call.name
        call.shared[key] = make(call.graph.name(name))
    return call.shared[key]  # type: ignore[return-value]


def _bias(call: TorchCall) -> Array | None:
    return None if call["bias"] is None else call.graph.numbers(call.array("bias"))


def conv(call: TorchCall) -> Flow:
    image, weight, graph = call.image, call.array("weight"), call.graph
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
    at = window(call.image, size, stride, edges, call.pair("dilation"))  # type: ignore[arg-type]
    return call.graph.apply(call.flow(), max_pool(at, call["ceil_mode"], call.graph.name(call.name)))


def avg_pool2d(call: TorchCall) -> Flow:
    size = call.pair("kernel_size")
    stride = call.pair("stride") if call["stride"] else size
    edges = tuple((side, side) for side in call.pair("padding"))
    if call["divisor_override"] not in (None, size[0] * size[1]):
        raise call.refuse(f"divisor_override = {call['divisor_override']} is not supported")
    at = window(call.image, size, stride, edges)  # type: ignore[arg-type]
    layers = avg_pool(at, call["ceil_mode"], call["count_include_pad"], call.graph.name(call.name))
    return call.graph.apply(call.flow(), *images_again(layers, call.flow().seen[1]))


def adaptive_pool(call: TorchCall) -> Any:
    image, wanted = call.image, call.pair("output_size")
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
    if call["threshold"] < 20:  # what is beyond is passed on as it is; beyond 20 that changes 2e-9
        raise call.refuse(f"threshold = {call['threshold']} is not supported, only 20")
    return Softplus(float(call["beta"]), name=name)


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
        "relu6": _activation(lambda call, name: ReLU6(name=name)),
        "hardtanh": clip,
        "clamp": clip,
        "clip": clip,
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
        **torch_moves.MOVES,
    }
)
"""Every operation that may meet the image, and what adds its layers to the graph."""
