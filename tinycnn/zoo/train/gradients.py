"""The gradient of a cost by every parameter: the signal at each layer, sent on to its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tinycnn.errors import MissingRowError
from tinycnn.layers import BatchNorm2D, Branches, Conv2D, Dense, Layer
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, through_branches
from tinycnn.trace import Row, Step, backward


def conv2d(signal: Array, step: Step) -> dict[str, Array]:
    """Gradients of weight (k, c, a, b) and bias (k,), from the signal (n, k, h, w) at the output."""
    layer, size = step.layer, step.layer.weight.shape[2:]
    weight = engine.conv2d_vjp_weight(signal, step.input, size, **layer.geometry)
    return {"weight": weight, "bias": engine.conv2d_vjp_bias(signal)}


def dense(signal: Array, step: Step) -> dict[str, Array]:
    """Gradients of weight (k, c) and bias (k,), from the signal (n, k) at the output."""
    return {
        "weight": engine.dense_vjp_weight(signal, step.input),
        "bias": engine.dense_vjp_bias(signal),
    }


def batch_norm2d(signal: Array, step: Step) -> dict[str, Array]:
    """Gradients of weight (c,) and bias (c,), from the signal (n, c, h, w) at the output."""
    layer = step.layer
    weight = engine.batch_norm2d_vjp_weight(signal, step.input, layer.mean, layer.variance, layer.epsilon)
    return {"weight": weight, "bias": engine.batch_norm2d_vjp_bias(signal)}


VJPS: dict[type[Layer], Callable[[Array, Step], dict[str, Array]]] = {
    Conv2D: conv2d,
    Dense: dense,
    BatchNorm2D: batch_norm2d,
}
"""How a signal at a layer's output passes to what it learns. A batch norm's statistics are not learnt."""


def gradients(trace: Sequence[Step], seed: Array) -> dict[str, Array]:
    """Send a signal back and collect what reaches the parameters.

    Parameters
    ----------
    trace : Trace
    seed : array of the shape of the trace's output
        The gradient of a cost with respect to that output.

    Returns
    -------
    dict from ``"<layer>.<parameter>"`` to array
        A layer that is used several times gets the sum.
    """
    collector = _Collector()
    backward(trace, seed, collector)
    return collector.found


class _Collector:
    """The gradient rule, which also notes the weight gradients of the layers that it passes."""

    def __init__(self) -> None:
        self.found: dict[str, Array] = {}

    def __getitem__(self, layer: Layer) -> Row:
        if isinstance(layer, Branches):
            return partial(through_branches, rule=self)
        names = [key for key, _ in layer.parameters()]
        if names and type(layer) not in VJPS:
            raise MissingRowError(f"no weight gradient is known for {type(layer).__name__}")
        row = GRADIENT[layer]

        def collected(signal: Any, step: Step) -> Any:
            if names:
                for key, array in VJPS[type(layer)](signal, step).items():
                    if key in names:
                        name = f"{layer.name}.{key}"
                        self.found[name] = self.found[name] + array if name in self.found else array
            return row(signal, step)

        return collected
