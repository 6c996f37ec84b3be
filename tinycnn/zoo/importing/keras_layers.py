"""What each Keras layer is here: from its configuration, as Keras writes it, to layers of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tinycnn.layers import (
    ELU,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Dense,
    LeakyReLU,
    MaxPool2D,
    PReLU,
)
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Pair
from tinycnn.zoo.importing import keras_moves
from tinycnn.zoo.importing.graph import Flow
from tinycnn.zoo.importing.keras_call import KerasCall, Translate, activate
from tinycnn.zoo.importing.onnx_layers import clipping
from tinycnn.zoo.importing.windows import avg_pool, images_again, max_pool


def _at(call: KerasCall, size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Window:
    padding = call.config.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise call.refuse(f"padding {padding!r} is not supported")
    _, _, h, w = call.images.seen
    edges: Any = "same" if padding == "same" else 0
    return window((h, w), size, stride, edges, dilation)


def conv(call: KerasCall) -> Flow:
    bias = [1] if call.config.get("use_bias", True) else []
    kernel, *rest = call.arrays(4, *bias)
    depth = call.kind == "DepthwiseConv2D"
    size = kernel.shape[0], kernel.shape[1]
    at = _at(call, size, call.pair("strides"), call.pair("dilation_rate"))
    groups = call.config.get("groups", 1) or 1
    if depth:  # (a, b, c, m) -> (c m, 1, a, b)
        groups = kernel.shape[2]
        weight = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *size)
    else:
        weight = kernel.transpose(3, 2, 0, 1)
    options = at.stride, at.edges, at.dilation, groups
    layer = call.learnt(lambda name: Conv2D(weight, rest[0] if rest else None, *options, name=name))
    return call.activated(call.back(call.graph.apply(call.images, layer)))


def separable(call: KerasCall) -> Flow:
    bias = [1] if call.config.get("use_bias", True) else []
    depth, point, *rest = call.arrays(4, 4, *bias)
    size = depth.shape[0], depth.shape[1]
    at = _at(call, size, call.pair("strides"), call.pair("dilation_rate"))
    weight = depth.transpose(2, 3, 0, 1).reshape(-1, 1, *size)
    options = at.stride, at.edges, at.dilation, depth.shape[2]
    first = call.learnt(lambda name: Conv2D(weight, None, *options, name=name), ".depth")
    bias_array = rest[0] if rest else None
    last = call.learnt(lambda name: Conv2D(point.transpose(3, 2, 0, 1), bias_array, name=name), ".point")
    return call.activated(call.back(call.graph.apply(call.images, first, last)))


def conv_transpose(call: KerasCall) -> Flow:
    bias = [1] if call.config.get("use_bias", True) else []
    kernel, *rest = call.arrays(4, *bias)
    call.expect(output_padding=None, dilation_rate=[1, 1], groups=1)
    size, stride = (kernel.shape[0], kernel.shape[1]), call.pair("strides")
    less = [
        max(0, a - b) if call.config.get("padding") == "same" else 0
        for a, b in zip(size, stride, strict=True)
    ]
    edges = tuple((total // 2, total - total // 2) for total in less)
    extra = max(0, stride[0] - size[0]), max(0, stride[1] - size[1])
    weight, options = kernel.transpose(3, 2, 0, 1), (stride, edges, 1, 1, extra)
    layer = call.learnt(lambda name: ConvTranspose2D(weight, rest[0] if rest else None, *options, name=name))  # type: ignore[arg-type]
    return call.activated(call.back(call.graph.apply(call.images, layer)))


def dense(call: KerasCall) -> Flow:
    bias = [1] if call.config.get("use_bias", True) else []
    kernel, *rest = call.arrays(2, *bias)
    flow, graph, shift = call.flow, call.graph, rest[0] if rest else None
    if len(flow.seen) == 2:
        return call.activated(graph.apply(flow, call.learnt(lambda name: Dense(kernel.T, shift, name=name))))
    if len(flow.seen) != 4:
        raise call.refuse(f"on {flow.seen} is not supported")
    layer = call.learnt(lambda name: Conv2D(kernel.T[:, :, None, None], shift, name=name))
    return call.activated(graph.turned(graph.apply(graph.turned(flow, (3, 1, 2)), layer), (2, 3, 1)))


def batch_norm(call: KerasCall) -> Flow:
    flow, graph = call.flow, call.graph
    axis = call.config.get("axis", -1)
    axis = (axis[0] if isinstance(axis, list) else axis) % len(flow.seen)
    learnt = [call.config.get(key, True) for key in ("scale", "center")]
    found = call.arrays(*[1] * (2 + sum(learnt)))
    mean, variance = found[-2:]
    weight = found[0] if learnt[0] else np.ones_like(mean)
    bias = found[sum(learnt) - 1] if learnt[1] else np.zeros_like(mean)
    epsilon = float(call.config.get("epsilon", 1e-3))
    if len(flow.seen) == 4 and axis in (1, 3):
        images = graph.turned(flow, (3, 1, 2)) if axis == 3 else flow
        layer = call.learnt(lambda name: BatchNorm2D(weight, bias, mean, variance, epsilon, name=name))
        done = graph.apply(images, layer)
        return graph.turned(done, (2, 3, 1)) if axis == 3 else done
    if axis != len(flow.seen) - 1:
        raise call.refuse(f"over axis {axis} of {flow.seen} is not supported")
    scale = weight / np.sqrt(variance.astype(float) + epsilon)
    return graph.scaled(flow, scale, bias - mean * scale, call.name)


def pool(call: KerasCall) -> Flow:
    """A mean of what is inside the image: padding does not count, as with TensorFlow and JAX.

    Keras on PyTorch repeats the edge instead where padding "same" is not the same on both sides.
    """
    size = call.pair("pool_size", 2)
    at = _at(call, size, call.pair("strides", size))
    name, graph = call.graph.name(call.name), call.graph
    if call.kind == "MaxPooling2D":
        return call.back(graph.apply(call.images, max_pool(at, False, name)))
    layers = images_again(avg_pool(at, False, False, name), call.images.seen[1])
    return call.back(graph.apply(call.images, *layers))


def global_pool(call: KerasCall) -> Flow:
    images, graph, name = call.images, call.graph, call.graph.name(call.name)
    _, c, h, w = images.seen
    if call.kind == "GlobalMaxPooling2D":
        flow = graph.apply(images, MaxPool2D((h, w), 1, name=name))
    else:
        flow = graph.apply(images, *avg_pool(window((h, w), (h, w)), False, True, name))
    keep = call.config.get("keepdims", False)
    return graph.reshaped(flow, ((1, 1, 1, c) if call.last else (1, c, 1, 1)) if keep else (1, c), call.name)


def activation(call: KerasCall) -> Flow:
    return activate(call, call.flow, call.config.get("activation"), call.name)


def relu(call: KerasCall) -> Flow:
    high, slope = call.config.get("max_value"), float(call.config.get("negative_slope") or 0)
    call.expect(threshold=0.0)
    name = call.graph.name(call.name)
    if slope and high is not None:
        raise call.refuse("with both a negative slope and a largest value is not supported")
    if slope:
        return call.graph.activate(call.flow, LeakyReLU(slope, name=name))
    return call.graph.activate(call.flow, clipping(0.0, np.inf if high is None else float(high), name))


def leaky_relu(call: KerasCall) -> Flow:
    slope = call.config.get("negative_slope", call.config.get("alpha", 0.3))
    return call.graph.activate(call.flow, LeakyReLU(float(slope), name=call.graph.name(call.name)))


def elu(call: KerasCall) -> Flow:
    alpha = float(call.config.get("alpha", 1.0))
    return call.graph.activate(call.flow, ELU(alpha, name=call.graph.name(call.name)))


def prelu(call: KerasCall) -> Flow:
    (slopes,) = call.stored()
    seen = call.flow.seen
    own = [axis for axis, side in enumerate(slopes.shape, 1) if side != 1] or [3]
    if len(seen) != 4 or slopes.ndim != 3 or len(own) > 1 or slopes.size not in (1, seen[own[0]]):
        raise call.refuse(f"slopes of shape {slopes.shape} for {seen} are not one for each channel")
    array = call.graph.numbers(slopes.reshape(-1))
    order = (own[0], *(axis for axis in (1, 2, 3) if axis != own[0]))
    images = call.graph.turned(call.flow, order)
    done = call.graph.apply(images, call.learnt(lambda name: PReLU(array, name=name)))
    return call.graph.turned(done, [order.index(axis) + 1 for axis in (1, 2, 3)])


def softmax(call: KerasCall) -> Flow:
    return activate(call, call.flow, "softmax", call.name)


LAYERS: Mapping[str, Translate] = MappingProxyType(
    {
        "Conv2D": conv,
        "DepthwiseConv2D": conv,
        "SeparableConv2D": separable,
        "Conv2DTranspose": conv_transpose,
        "Dense": dense,
        "BatchNormalization": batch_norm,
        "MaxPooling2D": pool,
        "AveragePooling2D": pool,
        "GlobalAveragePooling2D": global_pool,
        "GlobalMaxPooling2D": global_pool,
        "Activation": activation,
        "ReLU": relu,
        "LeakyReLU": leaky_relu,
        "ELU": elu,
        "PReLU": prelu,
        "Softmax": softmax,
        **keras_moves.MOVES,
    }
)
"""Every class of Keras that is read."""
