"""Layers as frozen data: what they hold, and their forward pass. The way back is the rules' matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from tinycnn.errors import ShapeError
from tinycnn.ops import kernels
from tinycnn.ops.geometry import Padding, Window, window
from tinycnn.ops.kernels.machine.jit import frozen
from tinycnn.ops.shape import Order
from tinycnn.ops.types import Array, Pair
from tinycnn.trace import Step, Trace, run, title

AnyLayer = TypeVar("AnyLayer", bound="Layer")


@dataclass(frozen=True, eq=False)
class Layer:
    """A step of a network. `name` is how errors, targets and weight files speak of it."""

    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        for key, value in self.parameters():
            object.__setattr__(self, key, frozen(value))

    def forward(self, x: Any) -> tuple[Array, Any]:
        """The layer's output, and what its backward pass will need besides its input and output."""
        raise NotImplementedError

    def parameters(self) -> Iterator[tuple[str, Array]]:
        """Names and arrays of everything that is learnt."""
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                yield entry.name, value

    def astype(self: AnyLayer, dtype: DTypeLike) -> AnyLayer:
        """The same layer with its parameters in another precision."""
        return replace_parameters(self, {key: value.astype(dtype) for key, value in self.parameters()})


@dataclass(frozen=True, eq=False)
class Conv2D(Layer):
    """Convolution (cross-correlation).

    Parameters
    ----------
    weight : (k, c / groups, a, b)
    bias : (k,), optional
    stride, padding, dilation, groups, circular
        As `tinycnn.ops.conv2d` takes them.
    """

    weight: Array
    bias: Array | None = None
    stride: int | Pair = 1
    padding: Padding = 0
    dilation: int | Pair = 1
    groups: int = 1
    circular: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 4)
        if self.groups < 1 or len(self.weight) % self.groups:
            raise ShapeError(f"{title(self)}: {len(self.weight)} filters are not {self.groups} equal groups")

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and all vjps share."""
        return {key: getattr(self, key) for key in ("stride", "padding", "dilation", "groups", "circular")}

    def window(self, image: Pair) -> Window:
        """Where its patches lie on images of a size."""
        size = (self.weight.shape[2], self.weight.shape[3])
        return window(image, size, self.stride, self.padding, self.dilation, self.circular)

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 4, self.weight.shape[1] * self.groups, self.weight)
        return kernels.conv2d(x, self.weight, self.bias, **self.geometry), None


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """``y = x W^T + b`` with weight (k, c) and bias (k,), optional."""

    weight: Array
    bias: Array | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 2)

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 2, self.weight.shape[1], self.weight)
        return kernels.dense(x, self.weight, self.bias), None


@dataclass(frozen=True, eq=False)
class BatchNorm2D(Layer):
    """Batch norm in inference form; weight, bias, mean and variance are (c,)."""

    weight: Array
    bias: Array
    mean: Array
    variance: Array
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_parameters(self, 1)

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 4, len(self.weight), self.weight)
        return kernels.batch_norm2d(x, self.weight, self.bias, self.mean, self.variance, self.epsilon), None


@dataclass(frozen=True, eq=False)
class ReLU(Layer):
    """``max(x, 0)``."""

    def forward(self, x: Array) -> tuple[Array, None]:
        return kernels.relu(x), None


@dataclass(frozen=True, eq=False)
class ReLU6(Layer):
    """``min(max(x, 0), 6)``."""

    def forward(self, x: Array) -> tuple[Array, None]:
        return kernels.relu6(x), None


@dataclass(frozen=True, eq=False)
class Softplus(Layer):
    """``log(1 + exp(x))``."""

    def forward(self, x: Array) -> tuple[Array, None]:
        return kernels.softplus(x), None


@dataclass(frozen=True, eq=False)
class Pool2D(Layer):
    """What all pools share: size and stride of the window, and padding."""

    size: int | Pair
    stride: int | Pair
    padding: Padding = 0

    @property
    def geometry(self) -> dict[str, Any]:
        """The options that the forward pass and all ways back share."""
        return {"size": self.size, "stride": self.stride, "padding": self.padding}


@dataclass(frozen=True, eq=False)
class MaxPool2D(Pool2D):
    """Largest entry of every window. Saves its switches: where each maximum was, see `tinycnn.ops`."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        _expect(x, 4)
        return kernels.max_pool2d(x, **self.geometry)


@dataclass(frozen=True, eq=False)
class AvgPool2D(Pool2D):
    """Mean of every window; padding counts as zeros."""

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 4)
        return kernels.avg_pool2d(x, **self.geometry), None


@dataclass(frozen=True, eq=False)
class GlobalAvgPool2D(Layer):
    """Mean of every channel: (n, c, h, w) -> (n, c)."""

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 4)
        return kernels.global_avg_pool2d(x), None


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """(n, c, h, w) -> (n, c*h*w), channels first ("chw", as torch) or last ("hwc", as TensorFlow)."""

    order: Order = "chw"

    def forward(self, x: Array) -> tuple[Array, None]:
        _expect(x, 4)
        return kernels.flatten(x, self.order), None


@dataclass(frozen=True, eq=False)
class Add(Layer):
    """Sum of the outputs of branches."""

    def forward(self, x: Sequence[Array]) -> tuple[Array, None]:
        if len({part.shape for part in x}) > 1:
            raise ShapeError(f"branches to be added differ in shape: {', '.join(str(p.shape) for p in x)}")
        return kernels.add(x), None


@dataclass(frozen=True, eq=False)
class Concatenate(Layer):
    """The outputs of branches, stacked along their channels."""

    def forward(self, x: Sequence[Array]) -> tuple[Array, None]:
        if len({(len(part), *part.shape[2:]) for part in x}) > 1:
            raise ShapeError(f"branches to be stacked differ in size: {', '.join(str(p.shape) for p in x)}")
        return kernels.concatenate(x), None


class Fork(NamedTuple):
    """What `Branches` saves: a trace per branch (empty for an identity), and the step that merged them."""

    traces: tuple[Trace, ...]
    merge: Step


@dataclass(frozen=True, eq=False)
class Branches(Layer):
    """Several chains of layers that read one input, and a layer that merges their outputs.

    Parameters
    ----------
    branches : tuple of tuples of layers
        An empty chain is the identity: the shortcut of a residual block.
    merge : Add or Concatenate
    """

    branches: tuple[tuple[Layer, ...], ...]
    merge: Add | Concatenate

    def forward(self, x: Array) -> tuple[Array, Fork]:
        traces = tuple(run(branch, x) for branch in self.branches)
        outputs = tuple(trace.output if trace else x for trace in traces)
        y, saved = self.merge.forward(outputs)
        return y, Fork(traces, Step(self.merge, outputs, y, saved))


def replace_parameters(layer: AnyLayer, arrays: Mapping[str, Array]) -> AnyLayer:
    """The same layer with some of its parameters replaced."""
    fields: dict[str, Any] = dict(arrays)
    return dataclasses.replace(layer, **fields)


def flat(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Every layer in order of execution, those inside branches included."""
    for layer in layers:
        if isinstance(layer, Branches):
            for branch in layer.branches:
                yield from flat(branch)
        else:
            yield layer


def transform(layers: Sequence[Layer], change: Callable[[Layer], Layer]) -> tuple[Layer, ...]:
    """The same structure with every layer changed, those inside branches too; one used twice stays one."""
    done: dict[Layer, Layer] = {}

    def changed(layer: Layer) -> Layer:
        if isinstance(layer, Branches):
            branches = tuple(tuple(map(changed, branch)) for branch in layer.branches)
            return dataclasses.replace(layer, branches=branches)
        if layer not in done:
            done[layer] = change(layer)
        return done[layer]

    return tuple(map(changed, layers))


def _check_parameters(layer: Conv2D | Dense | BatchNorm2D, axes: int) -> None:
    shape, dtype = layer.weight.shape, layer.weight.dtype
    if len(shape) != axes:
        raise ShapeError(f"{title(layer)}: weight must have {axes} axes, got shape {shape}")
    for key, array in layer.parameters():
        if key != "weight" and (array.shape, array.dtype) != (shape[:1], dtype):
            raise ShapeError(
                f"{title(layer)}: {key} must be {dtype} {shape[:1]} to fit weight {shape}, "
                f"got {array.dtype} {array.shape}"
            )


def _expect(x: Array, axes: int, channels: int | None = None, weight: Array | None = None) -> None:
    if x.ndim != axes:
        raise ShapeError(
            f"expects {axes} axes {'(n, c, h, w)' if axes == 4 else '(n, c)'}, got shape {x.shape}"
        )
    if weight is None or channels is None:
        return
    if x.shape[1] != channels:
        raise ShapeError(
            f"expects {channels} channels (weight {weight.shape}), got {x.shape[1]} (input {x.shape})"
        )
    if x.dtype != weight.dtype:
        raise ShapeError(f"weight is {weight.dtype} but the input {x.dtype}; convert one of them with astype")
