"""One call of a Keras layer as the functions that translate layers see it, and activations by their names."""

from __future__ import annotations

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
    Clip,
    HardSigmoid,
    HardSwish,
    Layer,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.ops.types import Array, Pair
from tinycnn.zoo.importing.graph import End, Flow, Graph

One = TypeVar("One", bound=Layer)

SAVE_WHOLE = "save the whole model, with its weights: model.save('net.keras')"
"""What to do where there is a network without weights."""


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

    def stored(self) -> list[Array]:
        """The layer's arrays, of which there must be some."""
        found = self.weights()
        if not found:
            raise self.refuse(f"the file has no weights of it; {SAVE_WHOLE}")
        return found

    def arrays(self, *axes: int) -> list[Array]:
        """The layer's arrays, of which each must have so many axes."""
        found = self.stored()
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
