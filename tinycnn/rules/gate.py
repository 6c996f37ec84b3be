"""How a signal passes back through an activation: what the rule does to it, then what the mask lets through.

    signal_in = mask(x) * send(signal_out)

The gradient, DeconvNet, guided backprop and their relatives differ in these two functions and in nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.trace import Step

Mask = Callable[[Array, Step], Array]
"""Multiplies a signal by a function of the activation's input."""

Send = Callable[[Array], Array]
"""What a rule does to the signal itself, whatever the forward pass was."""


@dataclass(frozen=True)
class Gate:
    """The row for activations: `send`, then `mask`. Both can be read, so reports tell who removed what."""

    mask: Mask
    send: Send

    def __call__(self, signal: Array, step: Step) -> Array:
        return self.mask(self.send(signal), step)

    def __str__(self) -> str:
        return f"mask {row_text(self.mask)}, send {row_text(self.send)}"


def row_text(row: Callable[..., Any]) -> str:
    """A row, a mask or a backward function as reports call it: by its name, or by what it says of itself."""
    return str(getattr(row, "__name__", row)).replace("_", " ")


def derivative(signal: Array, step: Step) -> Array:
    """The forward mask: for a ReLU, pass where its input was positive."""
    masked: Array = step.layer.vjp(signal, step.input)
    return masked


def everywhere(signal: Array, step: Step) -> Array:
    """No mask."""
    return signal


def reversed_derivative(signal: Array, step: Step) -> Array:
    """The forward mask of the opposite input: for a ReLU, pass where its input was negative."""
    masked: Array = step.layer.vjp(signal, -step.input)
    return masked


def activation(signal: Array, step: Step) -> Array:
    """Multiply by the activation itself instead of by its derivative."""
    return signal * step.output


def identity(signal: Array) -> Array:
    """The signal as it comes."""
    return signal


def positive(signal: Array) -> Array:
    """The backward ReLU: its positive part."""
    return engine.relu(signal)


def negative(signal: Array) -> Array:
    """The positive part of its opposite, ``relu(-t)``."""
    return engine.relu(-signal)


def magnitude(signal: Array) -> Array:
    """Its absolute value."""
    return np.abs(signal)


def constant(signal: Array) -> Array:
    """1, whatever comes: nothing of the layers above is left."""
    return np.ones_like(signal)
