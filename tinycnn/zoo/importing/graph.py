"""A network under construction, as a graph of layers: what every reader of models writes to.

Networks are written in many layouts; images here are (c, h, w). A reader speaks of axes as its file does, and
a `Flow` remembers how the axes that it speaks of lie in the array that layers pass on. So a transposition
costs nothing until a layer needs the axes in their places, and those that frameworks put around every
convolution cancel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from tinycnn.errors import ModelFileError, NonFiniteError, ShapeError
from tinycnn.layers import (
    Activation,
    Add,
    Concatenate,
    Layer,
    Multiply,
    Reshape,
    Scale,
    Take,
    Transpose,
)
from tinycnn.layers.sizes import Shape, merged_shape, output_shape
from tinycnn.ops.types import Array

ENTRIES, PARAMETERS, NODES = 1 << 27, 1 << 28, 1 << 13
"""What one network may have at most: entries in an image's signal, parameters, and layers."""

SPARE = 1 << 24
"""Parameters that a network may have beside twice those that its file declares, as to resample images."""

ONE, ZERO = np.ones(1), np.zeros(1)
"""A factor and a summand that are not given; one array each, so that layers of one shape share them."""


@dataclass(frozen=True, eq=False)
class End(Layer):
    """A softmax or a sigmoid, which may only stand at the end: it is left out, and logits are before it."""

    kind: str


@dataclass(frozen=True, eq=False)
class Erf(Activation):
    """The error function, as a part of GELU that `tidy` puts together; what is left of it is refused."""

    def function(self, x: Array) -> Array:
        return np.vectorize(math.erf, otypes=[x.dtype])(x)

    def derivative(self, x: Array) -> Array:
        return 2 / math.sqrt(math.pi) * np.exp(-x * x)


@dataclass(frozen=True)
class Node:
    """A layer, and which nodes it reads. The node 0 is the image: it has no layer."""

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True)
class Flow:
    """The output of a node, its axes seen in some order.

    Parameters
    ----------
    node : int
    shape : tuple of int
        As layers pass it on, without the axis of images.
    axes : tuple of int
        Axis i as the file speaks of it, from 1, is axis ``axes[i - 1]`` of the array.
    """

    node: int
    shape: Shape
    axes: tuple[int, ...]

    @property
    def seen(self) -> Shape:
        """The shape as the file speaks of it, of a batch of one image."""
        return 1, *(self.shape[axis - 1] for axis in self.axes)


class Graph:
    """Nodes in the order in which they can run; every layer is checked for its shape as it is added.

    Parameters
    ----------
    image : (c, h, w)
    dtype : float32 or float64
        Of all parameters.
    declared : int
        How many numbers the file's arrays have. A reader that meets more of them adds those.
    """

    def __init__(self, image: Shape, dtype: np.dtype, declared: int = PARAMETERS) -> None:
        self.nodes = [Node(Layer(name="image"), (), image)]
        self.dtype, self.declared = dtype, declared
        self.notes: list[str] = []
        self.place = ""
        """Which node of the file is being read, for messages."""
        self._names: dict[str, int] = {}
        self._stacks: dict[int, tuple[tuple[int, ...], int]] = {}
        self._arrays: dict[tuple[object, ...], tuple[Array, Array]] = {}
        self._parameters = 0

    @property
    def image(self) -> Flow:
        """The input."""
        return self._flow(0)

    def refuse(self, reason: str) -> ModelFileError:
        """The error that names the node that is being read."""
        return ModelFileError(self.place, reason)

    def note(self, text: str) -> None:
        """Remember what was assumed or left out, once."""
        if text not in self.notes:
            self.notes.append(text)

    def name(self, wanted: str) -> str:
        """A name that no layer has yet."""
        name = wanted = wanted.strip("/")[:120] or "layer"
        while name in self._names:
            name = f"{wanted}.{self._names[wanted]}"
            self._names[wanted] += 1
        self._names[name] = 1
        return name

    def numbers(self, array: Array) -> Array:
        """A parameter in the network's precision; layers that are given one array share what it becomes."""
        if array.dtype.kind not in "fiub":
            raise self.refuse(f"a parameter is of {array.dtype}, not of numbers")
        key = array.ctypes.data, array.shape, array.strides, array.dtype
        if key not in self._arrays:
            self._parameters += array.size
            most = min(PARAMETERS, SPARE + 2 * self.declared)
            if self._parameters > most:
                raise self.refuse(
                    f"the network has more than {most} parameters, and its file {self.declared}"
                )
            self._arrays[key] = array, array.astype(self.dtype, order="C")
        return self._arrays[key][1]

    def apply(self, flow: Flow, *layers: Layer) -> Flow:
        """Layers one after another, on images (c, h, w) or vectors (c,)."""
        flow = self.arranged(flow)
        for layer in layers:
            flow = self._flow(self._add(layer, (flow.node,)))
        return flow

    def activate(self, flow: Flow, layer: Activation | End) -> Flow:
        """A function of single numbers: the order of axes does not matter."""
        return Flow(self._add(layer, (flow.node,)), flow.shape, flow.axes)

    def arranged(self, flow: Flow, axes: Sequence[int] | None = None) -> Flow:
        """The flow with its axes stored in the order seen, or in another: ``axes`` of what is seen."""
        wanted = flow.axes if axes is None else tuple(flow.axes[axis - 1] for axis in axes)
        if wanted == tuple(range(1, len(wanted) + 1)):
            return Flow(flow.node, flow.shape, wanted)
        return self._flow(self._add(Transpose(wanted, name=self.name("transpose")), (flow.node,)))

    def ended(self, flow: Flow, last: bool) -> Flow:
        """The output in the order seen, but images (c, h, w), also where a file has channels last."""
        return self.arranged(flow, (3, 1, 2) if last and len(flow.seen) == 4 else None)

    def turned(self, flow: Flow, axes: Sequence[int]) -> Flow:
        """The same numbers, seen with axis i, from 1, where axis ``axes[i - 1]`` was."""
        return Flow(flow.node, flow.shape, tuple(flow.axes[axis - 1] for axis in axes))

    def reshaped(self, flow: Flow, seen: Shape, name: str) -> Flow:
        """The numbers in the order seen, on other sides; the axis of images stays."""
        if math.prod(seen) != math.prod(flow.shape) or (len(seen) > 0 and seen[0] != 1):
            raise self.refuse(f"it reshapes {flow.seen} to {seen}, which mixes images or loses numbers")
        if seen == flow.seen:
            return flow
        return self.apply(flow, Reshape(tuple(seen[1:]), name=self.name(name)))

    def scaled(self, flow: Flow, weight: Array | None, bias: Array | None, name: str) -> Flow:
        """``weight * x + bias`` with constants that meet what is seen as NumPy's would."""
        constants = [
            self._stored(ONE if weight is None else weight, flow),
            self._stored(ZERO if bias is None else bias, flow),
        ]
        sides = np.broadcast_shapes(*(constant.shape for constant in constants))
        weight, bias = (self.numbers(np.broadcast_to(each, sides)) for each in constants)
        layer = Scale(weight, bias, name=self.name(name))
        return Flow(self._add(layer, (flow.node,)), flow.shape, flow.axes)

    def taken(self, flow: Flow, ranges: Sequence[tuple[int, int, int]], name: str) -> Flow:
        """A part of what is seen: a range for each axis but that of images."""
        stored = tuple(ranges[flow.axes.index(axis)] for axis in range(1, len(flow.axes) + 1))
        if all(each == (0, side, 1) for each, side in zip(stored, flow.shape, strict=True)):
            return flow
        node = self._add(Take(stored, name=self.name(name)), (flow.node,))
        return Flow(node, self.nodes[node].shape, flow.axes)

    def merged(self, merge: Add | Multiply, flows: Sequence[Flow]) -> Flow:
        """The sum or the product of flows."""
        if len({flow.axes for flow in flows}) > 1:
            flows = [self.arranged(flow) for flow in flows]
        node = self._add(merge, tuple(flow.node for flow in flows))
        return Flow(node, self.nodes[node].shape, flows[0].axes)

    def stacked(self, flows: Sequence[Flow], axis: int, name: str) -> Flow:
        """Flows side by side along an axis of what is seen, from 1."""
        if len(flows) == 1:
            return flows[0]
        if len({flow.axes for flow in flows}) == 1 and flows[0].axes[axis - 1] == 1:
            back: tuple[int, ...] = flows[0].axes
        else:
            order = [axis, *(i for i in range(1, len(flows[0].axes) + 1) if i != axis)]
            flows = [self.arranged(flow, order) for flow in flows]
            back = tuple(order.index(i) + 1 for i in range(1, len(order) + 1))
        node = self._add(Concatenate(name=self.name(name)), self._without_repeats(flows))
        return Flow(node, self.nodes[node].shape, back)

    def _without_repeats(self, flows: Sequence[Flow]) -> tuple[int, ...]:
        """Inputs of a stack whose first ones are a stack already: that one stands for them."""
        inputs = tuple(flow.node for flow in flows)
        begun = list(accumulate(inputs, lambda *pair: hash(pair)))  # a hash for every beginning
        known, node = next((self._stacks[each] for each in begun[-2::-1] if each in self._stacks), ((), 0))
        self._stacks.setdefault(begun[-1], (inputs, len(self.nodes)))
        return (node, *inputs[len(known) :]) if known and inputs[: len(known)] == known else inputs

    def _stored(self, constant: Array, flow: Flow) -> Array:
        """A constant that meets what is seen, with its axes as the flow's are stored."""
        seen = flow.seen
        whole = constant.reshape((1,) * (len(seen) - constant.ndim) + constant.shape)
        if whole.ndim > len(seen) or any(a not in (1, b) for a, b in zip(whole.shape, seen, strict=True)):
            raise self.refuse(f"a constant of shape {constant.shape} does not meet {seen} number by number")
        return whole[0].transpose([flow.axes.index(axis) for axis in range(1, len(flow.axes) + 1)])

    def _flow(self, node: int) -> Flow:
        shape = self.nodes[node].shape
        return Flow(node, shape, tuple(range(1, len(shape) + 1)))

    def _add(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        shapes = [self.nodes[index].shape for index in inputs]
        try:
            if isinstance(layer, Add | Concatenate | Multiply):
                shape = merged_shape(layer, shapes)
            else:
                shape = shapes[0] if isinstance(layer, End) else output_shape(layer, shapes[0])
        except (ShapeError, NonFiniteError) as error:
            raise self.refuse(str(error)) from None
        if math.prod(shape) > ENTRIES or math.prod(shape) < 1:
            raise self.refuse(f"its output has the shape {shape}; at most {ENTRIES} numbers can be held")
        if len(self.nodes) >= NODES:
            raise self.refuse(f"the network has more than {NODES} layers")
        self.nodes.append(Node(layer, inputs, shape))
        return len(self.nodes) - 1
