"""What a layer is: frozen data and a forward pass. The way back is the rules' matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from tinycnn.errors import ShapeError
from tinycnn.ops.types import Array, frozen

AnyLayer = TypeVar("AnyLayer", bound="Layer")


@dataclass(frozen=True, eq=False)
class Layer:
    """A step of a network. `name` is how errors, targets and weight files speak of it.

    Examples
    --------
    >>> class Double(tc.Layer):
    ...     def forward(self, x):
    ...         return 2 * x, None
    >>> net = tc.Model("double", (Double(name="twice"),), (1, 1, 2))
    >>> tc.forward(net, np.array([[[[1.0, 3.0]]]])).output
    array([[[[2., 6.]]]])
    """

    name: str = field(default="", kw_only=True)

    linear: ClassVar[bool] = False
    """Whether its exact vjp reads weights and shapes alone, not the images themselves."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in vars(cls):
            # else each dataclass gets one of its own, which prints all weights
            cls.__repr__ = Layer.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """What differs from the defaults; of arrays their shapes."""
        fields = ((entry, getattr(self, entry.name)) for entry in dataclasses.fields(self))
        told = (
            f"{entry.name}={_told(value)}"
            for entry, value in fields
            if isinstance(value, np.ndarray) or value != entry.default
        )
        return f"{type(self).__name__}({', '.join(told)})"

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            needed = entry.type == "Array" or (entry.type == "Array | None" and value is not None)
            if needed and not isinstance(value, np.ndarray):
                raise ShapeError(
                    f"{type(self).__name__}: {entry.name} must be an array, got {value!r:.60}; "
                    "layers are made from their weights"
                )
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


def _told(value: object) -> str:
    """A field in a few words."""
    return f"<{value.dtype} {value.shape}>" if isinstance(value, np.ndarray) else repr(value)


def replace_parameters(layer: AnyLayer, arrays: Mapping[str, Array]) -> AnyLayer:
    """The same layer with some of its parameters replaced."""
    fields: dict[str, Any] = dict(arrays)
    return dataclasses.replace(layer, **fields)


def expect(x: Array, axes: int, channels: int | None = None, weight: Array | None = None) -> None:
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
