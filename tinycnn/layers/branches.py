"""Chains of layers side by side, the layers that merge them, and walks through nested layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.layers.base import Layer
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.trace import Step, Trace, run


@dataclass(frozen=True, eq=False)
class Add(Layer):
    """Sum of the outputs of branches.

    Examples
    --------
    >>> tc.Add().forward([np.ones((1, 2)), np.ones((1, 2))])[0]
    array([[2., 2.]])
    """

    linear: ClassVar[bool] = True

    def forward(self, x: Sequence[Array]) -> tuple[Array, None]:
        if len({part.shape for part in x}) > 1:
            raise ShapeError(f"branches to be added differ in shape: {', '.join(str(p.shape) for p in x)}")
        return engine.add(x), None


@dataclass(frozen=True, eq=False)
class Concatenate(Layer):
    """The outputs of branches, stacked along their channels.

    Examples
    --------
    >>> tc.Concatenate().forward([np.zeros((1, 1)), np.ones((1, 2))])[0]
    array([[0., 1., 1.]])
    """

    linear: ClassVar[bool] = True

    def forward(self, x: Sequence[Array]) -> tuple[Array, None]:
        if len({(len(part), *part.shape[2:]) for part in x}) > 1:
            raise ShapeError(f"branches to be stacked differ in size: {', '.join(str(p.shape) for p in x)}")
        return engine.concatenate(x), None


@dataclass(frozen=True, eq=False)
class Multiply(Layer):
    """Product of the outputs of branches, such as features and their gate; sides of 1 meet any size.

    Examples
    --------
    >>> features, gate = np.array([[[[1.0, 2.0]]]]), np.array([[[[0.5]]]])
    >>> tc.Multiply().forward([features, gate])[0]
    array([[[[0.5, 1. ]]]])
    """

    def forward(self, x: Sequence[Array]) -> tuple[Array, None]:
        try:
            np.broadcast_shapes(*(part.shape for part in x))
        except ValueError:
            shapes = ", ".join(str(part.shape) for part in x)
            raise ShapeError(f"branches to be multiplied differ in shape: {shapes}") from None
        if len({part.ndim for part in x}) > 1:
            raise ShapeError(f"branches to be multiplied differ in axes: {[part.ndim for part in x]}")
        return engine.multiply(x), None


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
    merge : Add, Concatenate or Multiply

    Examples
    --------
    >>> block = tc.Branches(((tc.ReLU(),), ()), tc.Add())
    >>> block.forward(np.array([[-1.0, 2.0]]))[0]
    array([[-1.,  4.]])
    """

    branches: tuple[tuple[Layer, ...], ...]
    merge: Add | Concatenate | Multiply

    def forward(self, x: Array) -> tuple[Array, Fork]:
        traces = tuple(run(branch, x) for branch in self.branches)
        outputs = tuple(trace.output if trace else x for trace in traces)
        y, saved = self.merge.forward(outputs)
        return y, Fork(traces, Step(self.merge, outputs, y, saved))


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
