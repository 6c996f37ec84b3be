"""Keras layers that move numbers, resample them, or merge images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tinycnn.layers import (
    Add,
    Multiply,
    Pad2D,
    Resample2D,
)
from tinycnn.ops.types import Edges
from tinycnn.zoo.importing.graph import Flow
from tinycnn.zoo.importing.keras_call import KerasCall, Translate
from tinycnn.zoo.importing.windows import linear, nearest, places


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
    """The numbers in a row, those of a pixel's channels side by side."""
    flow, rank = call.flow, len(call.flow.seen)
    if not call.last:
        flow = call.graph.turned(flow, (*range(2, rank), 1))
    return call.graph.reshaped(flow, (1, math.prod(flow.seen)), call.name)


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
        given = [*call.stored()[:2]]
    mean, variance = (np.asarray(array, float) for array in given)
    rank, axis = len(call.flow.seen), call.config.get("axis", -1)
    last = mean.size == call.flow.seen[-1] and axis in (-1, rank - 1, [-1], [rank - 1])
    if not (last or mean.size == 1) or variance.size != mean.size:
        raise call.refuse(f"its mean has the shape {mean.shape}, along axis {axis} of {call.flow.seen}")
    weight = 1 / np.maximum(np.sqrt(variance.reshape(-1)), 1e-7)
    return call.graph.scaled(call.flow, weight, -mean.reshape(-1) * weight, call.name)


def same(call: KerasCall) -> Flow:
    return call.flow


def crop(call: KerasCall) -> Flow:
    """At inference, images are resized to what they would be cropped to."""
    wanted, size = (call.config.get("height"), call.config.get("width")), call.images.seen[2:]
    if wanted != size:
        raise call.refuse(f"of images of {size[0]}x{size[1]} to {wanted[0]}x{wanted[1]} is not supported")
    return call.flow


IDLE = (
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout", "GaussianNoise"),
    *("ActivityRegularization", "Identity", "RandomFlip", "RandomRotation", "RandomZoom"),
    *("RandomContrast", "RandomBrightness", "RandomTranslation"),
)
"""Layers that do nothing at inference."""

MOVES: Mapping[str, Translate] = MappingProxyType(
    {
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
        "RandomCrop": crop,
        **dict.fromkeys(IDLE, same),
    }
)
"""Layers without weights or activations, and what adds them to the graph."""
