"""Fourteen ways to get a backward rule wrong, from students' and published code, each with what it claims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinycnn.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU6
from tinycnn.ops import kernels
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, GUIDED, Rule
from tinycnn.rules.gradient import conv2d as conv2d_vjp
from tinycnn.testing import as_rule
from tinycnn.trace import Step


@dataclass(frozen=True)
class Planted:
    """A wrong rule, the rule that its author meant, and the laws that its author claims."""

    mistake: str
    rule: Rule
    like: Rule | None = None
    laws: tuple[str, ...] = ()


def mask_of_the_layer_above(signal: Array, step: Step) -> Array:
    """The mask comes from what arrives, not from what the layer saw: DeconvNet under another name."""
    return np.where(signal > 0, signal, 0)


def relu_after_the_convolution(signal: Array, step: Step) -> Array:
    """The backward ReLU is applied below the linear map instead of above it."""
    return kernels.relu(conv2d_vjp(signal, step))


def magnitude_instead_of_relu(signal: Array, step: Step) -> Array:
    return np.abs(signal) * (step.input > 0)


def classifier_missed(signal: Array, step: Step) -> Array:
    """A functional ReLU after a dense layer is not seen by whoever patches the modules."""
    return GUIDED[step.layer](signal, step) if signal.ndim == 4 else GRADIENT[step.layer](signal, step)


class OverwrittenMask:
    """Saves the mask in the layer: a layer that is used twice has only its last one."""

    def __init__(self) -> None:
        self.masks: dict[Layer, Array] = {}

    def __call__(self, signal: Array, step: Step) -> Array:
        mask = self.masks.setdefault(step.layer, step.input > 0)
        return np.maximum(signal, 0) * mask


def switches_of_the_signal(signal: Array, step: Step) -> Array:
    """Looks for the maxima again, in what comes back instead of in what went in."""
    spread = kernels.avg_pool2d_vjp(signal, step.input.shape[2:], **step.layer.geometry)
    return kernels.max_pool2d_vjp(
        signal, kernels.max_pool2d(spread, **step.layer.geometry)[1], step.input.shape[2:]
    )


def relevance_with_bias(signal: Array, step: Step) -> Array:
    """Relevance by shares of the output, in which the bias has a share that nobody receives."""
    return step.input * kernels.dense_vjp_input(signal / step.output, step.layer.weight)


def in_place(signal: Array, step: Step) -> Array:
    signal[np.broadcast_to(step.input <= 0, signal.shape)] = 0
    return signal


def kink_open(signal: Array, step: Step) -> Array:
    """At 0 the mask should be closed."""
    return signal * (step.input >= 0)


def plateau_open(signal: Array, step: Step) -> Array:
    """ReLU6 is flat above 6 as well."""
    return np.maximum(signal, 0) * (step.input > 0)


def normalised(signal: Array, step: Step) -> Array:
    """Forced to a largest entry of 1, so that maps cannot be compared."""
    return GRADIENT[step.layer](signal / max(np.abs(signal).max(initial=0), 1e-9), step)


def half_precision_lost(signal: Array, step: Step) -> Array:
    return GRADIENT[step.layer](signal, step).astype(np.float32)


def channels_last(signal: Array, step: Step) -> Array:
    """Folds a row up in TensorFlow's order, whatever the order in which it was laid out."""
    return kernels.flatten_vjp(signal, step.input.shape[1:], "hwc")


def unflipped(signal: Array, step: Step) -> Array:
    """The transpose of a convolution is a convolution with the kernel turned around; this forgets to turn."""
    if step.layer.stride != 1 or step.layer.groups != 1 or step.layer.dilation != 1:
        return conv2d_vjp(signal, step)
    turned = np.ascontiguousarray(step.layer.weight[:, :, ::-1, ::-1])
    return kernels.conv2d_vjp_input(signal, turned, step.input.shape[2:], **step.layer.geometry)


def _without(kind: type[Layer], rule: Rule) -> Rule:
    return Rule(rule.name, {key: row for key, row in rule.table.items() if key is not kind})


GALLERY = (
    Planted("mask from what arrives", as_rule(mask_of_the_layer_above), GUIDED),
    Planted(
        "backward ReLU after the linear map",
        GRADIENT.replace("late", {Conv2D: relu_after_the_convolution}),
        GUIDED,
    ),
    Planted("absolute value instead of ReLU", as_rule(magnitude_instead_of_relu), GUIDED),
    Planted("functional ReLU missed", as_rule(classifier_missed), GUIDED),
    Planted("saved state of a reused layer overwritten", as_rule(OverwrittenMask()), GUIDED),
    Planted(
        "switches looked for in the signal",
        GRADIENT.replace("lost", {MaxPool2D: switches_of_the_signal}),
        laws=("switches",),
    ),
    Planted(
        "bias takes relevance",
        _without(Conv2D, GRADIENT.replace("leaky", {Dense: relevance_with_bias})),
        laws=("conservation",),
    ),
    Planted("in-place write", as_rule(in_place)),
    Planted("mask open at the kink", as_rule(kink_open), GRADIENT),
    Planted("one-sided mask of ReLU6", GUIDED.replace("plateau", {ReLU6: plateau_open}), GUIDED),
    Planted("forced normalisation", as_rule(normalised)),
    Planted("single precision", as_rule(half_precision_lost)),
    Planted("channels last", GRADIENT.replace("hwc", {Flatten: channels_last}), GRADIENT),
    Planted("kernel not turned", GRADIENT.replace("unflipped", {Conv2D: unflipped}), GRADIENT),
)
"""The gallery."""
