"""What each Keras layer is here: from its configuration, as Keras writes it, to layers of the graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tinycnn.errors import ModelFileError
from tinycnn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    Add,
    BatchNorm2D,
    Clip,
    Conv2D,
    ConvTranspose2D,
    Dense,
    HardSigmoid,
    HardSwish,
    Layer,
    LeakyReLU,
    MaxPool2D,
    Multiply,
    Pad2D,
    PReLU,
    ReLU,
    ReLU6,
    Resample2D,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Array, Edges, Pair
from tinycnn.zoo.importing.graph import End, Flow, Graph
from tinycnn.zoo.importing.onnx_layers import clipping
from tinycnn.zoo.importing.windows import avg_pool, images_again, linear, max_pool, nearest, places

One = TypeVar("One", bound=Layer)


@dataclass
class KerasCall:
    """One call of a layer: its configuration, what it is called with, its weights, and the graph.

    Parameters
    ----------
    kind, name : str
    config : mapping
    inputs : sequence
        Flows, and numbers where an operation has them.
    weights : function
        Returns the layer's arrays, in Keras's order.
    shared : dict
        Layers with weights that were made before: a layer that is called twice stays one.
    old : bool
        Whether the file is of Keras 2, some of whose activations were others.
    """

    kind: str
    name: str
    config: Mapping[str, Any]
    inputs: Sequence[Any]
    weights: Callable[[], list[Array]]
    graph: Graph
    shared: dict[str, Layer]
    old: bool

    def refuse(self, reason: str) -> ModelFileError:
        return self.graph.refuse(f"{self.kind}: {reason}")

    @property
    def flow(self) -> Flow:
        """The image, if there is one input."""
        if len(self.inputs) != 1 or not isinstance(self.inputs[0], Flow):
            raise self.refuse(f"has {len(self.inputs)} inputs, where one image is expected")
        return self.inputs[0]

    @property
    def last(self) -> bool:
        """Whether channels come last."""
        return self.config.get("data_format", "channels_last") != "channels_first"

    @property
    def images(self) -> Flow:
        """The image, seen as (n, c, h, w)."""
        if len(self.flow.seen) != 4:
            raise self.refuse(f"expects images, got {self.flow.seen}")
        return self.graph.turned(self.flow, (3, 1, 2)) if self.last else self.flow

    def back(self, flow: Flow) -> Flow:
        """An image (n, c, h, w), seen as the layer sees it."""
        return self.graph.turned(flow, (2, 3, 1)) if self.last and len(flow.seen) == 4 else flow

    def pair(self, key: str, default: Any = 1) -> Pair:
        value = self.config.get(key, default)
        value = default if value is None else value
        one, two = (value, value) if isinstance(value, int) else value
        return int(one), int(two)

    def expect(self, **expected: Any) -> None:
        """Options that must be what they are by default."""
        for key, value in expected.items():
            if self.config.get(key, value) != value:
                raise self.refuse(f"{key} = {self.config[key]!r} is not supported, only {value!r}")

    def arrays(self, *axes: int) -> list[Array]:
        """The layer's arrays, of which each must have so many axes."""
        found = self.weights()
        if len(found) != len(axes) or any(a.ndim != b for a, b in zip(found, axes, strict=True)):
            raise self.refuse(f"has weights of shapes {[array.shape for array in found]}")
        return [self.graph.numbers(array) for array in found]

    def learnt(self, make: Callable[[str], One], part: str = "") -> One:
        """A layer with weights, the same at every call."""
        key = f"{self.name}{part}"
        if key not in self.shared:
            self.shared[key] = make(self.graph.name(key))
        return self.shared[key]  # type: ignore[return-value]

    def activated(self, flow: Flow) -> Flow:
        """The activation that a layer brings along."""
        return activate(self, flow, self.config.get("activation") or "linear", f"{self.name}.activation")


Translate: TypeAlias = Callable[[KerasCall], Flow]

ACTIVATIONS: Mapping[str, Callable[[str], Activation | End]] = MappingProxyType(
    {
        "relu": lambda name: ReLU(name=name),
        "relu6": lambda name: ReLU6(name=name),
        "elu": lambda name: ELU(name=name),
        "selu": lambda name: SELU(name=name),
        "gelu": lambda name: GELU(name=name),
        "silu": lambda name: SiLU(name=name),
        "swish": lambda name: SiLU(name=name),
        "sigmoid": lambda name: Sigmoid(name=name),
        "tanh": lambda name: Tanh(name=name),
        "softplus": lambda name: Softplus(name=name),
        "hard_silu": lambda name: HardSwish(name=name),
        "hard_swish": lambda name: HardSwish(name=name),
        "hard_sigmoid": lambda name: HardSigmoid(name=name),
        "leaky_relu": lambda name: LeakyReLU(0.2, name=name),
        "softmax": lambda name: End("Softmax", name=name),
        "log_softmax": lambda name: End("LogSoftmax", name=name),
    }
)


def activate(call: KerasCall, flow: Flow, kind: Any, name: str) -> Flow:
    """An activation by its name."""
    graph = call.graph
    if kind == "linear":
        return flow
    if kind == "hard_sigmoid" and call.old:
        line = graph.scaled(flow, np.array([0.2]), np.array([0.5]), f"{name}.line")
        return graph.activate(line, Clip(0.0, 1.0, name=graph.name(name)))
    if not isinstance(kind, str) or kind not in ACTIVATIONS:
        raise call.refuse(f"the activation {str(kind)[:60]!r} is not supported")
    return graph.activate(flow, ACTIVATIONS[kind](graph.name(name)))


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
    (slopes,) = call.weights()
    if len(call.flow.seen) != 4 or slopes.size not in (1, call.flow.seen[3]):
        raise call.refuse(f"slopes of shape {slopes.shape} are not one for each channel")
    array = call.graph.numbers(slopes.reshape(-1))
    images = call.graph.turned(call.flow, (3, 1, 2))
    done = call.graph.apply(images, call.learnt(lambda name: PReLU(array, name=name)))
    return call.graph.turned(done, (2, 3, 1))


def softmax(call: KerasCall) -> Flow:
    return activate(call, call.flow, "softmax", call.name)


def padding(call: KerasCall) -> Flow:
    edges = _edges(call, "padding" if call.kind == "ZeroPadding2D" else "cropping")
    if call.kind == "Cropping2D":
        (a, b), (c, d) = edges
        edges = (-a, -b), (-c, -d)
    layer = Pad2D(edges, name=call.graph.name(call.name))
    return call.back(call.graph.apply(call.images, layer))


def _edges(call: KerasCall, key: str) -> Edges:
    value = call.config.get(key, 1)
    rows, columns = (value, value) if isinstance(value, int) else value
    found = [
        (side, side) if isinstance(side, int) else (int(side[0]), int(side[1])) for side in (rows, columns)
    ]
    return found[0], found[1]


def up_sampling(call: KerasCall) -> Flow:
    factors, mode = call.pair("size", 2), call.config.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear") or not 0 < min(factors) <= max(factors) < 1 << 12:
        raise call.refuse(f"by {factors} with interpolation {mode!r} is not supported")
    matrices = []
    for inner, factor in zip(call.images.seen[2:], factors, strict=True):
        kind = "asymmetric" if mode == "nearest" else "half_pixel"
        of = inner, inner * factor, places(kind, inner, inner * factor, factor)
        matrices.append(call.graph.numbers(nearest(*of) if mode == "nearest" else linear(*of)))
    layer = Resample2D(matrices[0], matrices[1], name=call.graph.name(call.name))
    return call.back(call.graph.apply(call.images, layer))


def flatten(call: KerasCall) -> Flow:
    return call.graph.reshaped(call.flow, (1, math.prod(call.flow.seen)), call.name)


def reshape(call: KerasCall) -> Flow:
    wanted = [int(side) for side in call.config.get("target_shape", [])]
    known = math.prod(side for side in wanted if side != -1)
    total = math.prod(call.flow.seen)
    sides = [total // max(1, known) if side == -1 else side for side in wanted]
    return call.graph.reshaped(call.flow, (1, *sides), call.name)


def permute(call: KerasCall) -> Flow:
    dims = [int(axis) for axis in call.config.get("dims", [])]
    if sorted(dims) != list(range(1, len(call.flow.seen))):
        raise call.refuse(f"dims {dims} are no order of the axes of {call.flow.seen}")
    return call.graph.turned(call.flow, dims)


def merge(call: KerasCall) -> Flow:
    """Sums, products and means, of images and of numbers."""
    graph, flows = call.graph, [each for each in call.inputs if isinstance(each, Flow)]
    constants = [each for each in call.inputs if not isinstance(each, Flow)]
    if not flows or any(not isinstance(each, int | float) for each in constants):
        raise call.refuse("needs images, or images and numbers")
    if call.kind in ("Subtract", "TrueDivide", "Divide"):
        return _ordered(call)
    flow = flows[0]
    if len(flows) > 1:
        name = graph.name(call.name)
        flow = graph.merged(Multiply(name=name) if call.kind == "Multiply" else Add(name=name), flows)
    for constant in constants:
        number = np.array([float(constant)])
        weight, bias = (number, None) if call.kind == "Multiply" else (None, number)
        flow = graph.scaled(flow, weight, bias, call.name)
    if call.kind == "Average":
        flow = graph.scaled(flow, np.array([1 / len(flows)]), None, f"{call.name}.share")
    return flow


def _ordered(call: KerasCall) -> Flow:
    graph, (first, second) = call.graph, call.inputs
    if call.kind != "Subtract":
        if isinstance(second, Flow) or not second:
            raise call.refuse("by an image is not supported")
        return graph.scaled(first, np.array([1 / second]), None, call.name)
    if not isinstance(second, Flow):
        return graph.scaled(first, None, np.array([-float(second)]), call.name)
    minus = graph.scaled(second, np.array([-1.0]), None, f"{call.name}.minus")
    if isinstance(first, Flow):
        return graph.merged(Add(name=graph.name(call.name)), [first, minus])
    return graph.scaled(minus, None, np.array([float(first)]), call.name)


def concatenate(call: KerasCall) -> Flow:
    flows = [each for each in call.inputs if isinstance(each, Flow)]
    if len(flows) != len(call.inputs) or not flows:
        raise call.refuse("of anything but images is not supported")
    rank = len(flows[0].seen)
    axis = int(call.config.get("axis", -1)) % rank
    if axis == 0:
        raise call.refuse("along the axis of images is not supported")
    return call.graph.stacked(flows, axis, call.name)


def rescaling(call: KerasCall) -> Flow:
    scale, offset = (
        np.atleast_1d(np.array(call.config.get(key, value), float))
        for key, value in (("scale", 1), ("offset", 0))
    )
    return call.graph.scaled(call.flow, scale, offset, call.name)


def normalization(call: KerasCall) -> Flow:
    """``(x - mean) / max(sqrt(variance), 1e-7)``."""
    call.expect(invert=False)
    given: list[Any] = [call.config.get("mean"), call.config.get("variance")]
    if None in given:
        given = [*call.weights()[:2]]
    mean, variance = (np.asarray(array, float) for array in given)
    if mean.size not in (1, call.flow.seen[-1]) or variance.size != mean.size:
        raise call.refuse(f"its mean has the shape {mean.shape}")
    weight = 1 / np.maximum(np.sqrt(variance.reshape(-1)), 1e-7)
    return call.graph.scaled(call.flow, weight, -mean.reshape(-1) * weight, call.name)


def same(call: KerasCall) -> Flow:
    return call.flow


IDLE = (
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout", "GaussianNoise"),
    *("ActivityRegularization", "Identity", "RandomFlip", "RandomRotation", "RandomZoom", "RandomCrop"),
    *("RandomContrast", "RandomBrightness", "RandomTranslation"),
)
"""Layers that do nothing at inference."""

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
        "ZeroPadding2D": padding,
        "Cropping2D": padding,
        "UpSampling2D": up_sampling,
        "Flatten": flatten,
        "Reshape": reshape,
        "Permute": permute,
        "Add": merge,
        "Multiply": merge,
        "Subtract": merge,
        "Average": merge,
        "TrueDivide": merge,
        "Divide": merge,
        "Concatenate": concatenate,
        "Rescaling": rescaling,
        "Normalization": normalization,
        **dict.fromkeys(IDLE, same),
    }
)
"""Every class of Keras that is read."""
