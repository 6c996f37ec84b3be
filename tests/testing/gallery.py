"""Ways to get a backward rule wrong, from students' and published code, each with what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tinycnn.layers import Add, BatchNorm2D, Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU6
from tinycnn.ops import kernels
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, GUIDED, Rule, passing, table
from tinycnn.rules.gradient import conv2d as conv2d_vjp
from tinycnn.rules.lrp import Plain, Relevance, Share, Shares, Term, part, reweighted
from tinycnn.testing import as_rule
from tinycnn.trace import Step

ZPLUS, WSQUARE, EPSILON = table("lrp-zplus"), table("lrp-wsquare"), table("lrp-epsilon(epsilon=0.5)")
FLAT = table("epsilon-plus-flat")


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


class OneBuffer:
    """Saves an allocation: the next image's map replaces the one that was returned before."""

    def __init__(self) -> None:
        self.buffers: dict[tuple[int, ...], Array] = {}

    def __call__(self, signal: Array, step: Step) -> Array:
        buffer = self.buffers.setdefault((*signal.shape, signal.itemsize), np.empty_like(signal))
        return np.multiply(signal, step.input > 0, out=buffer)


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


def powers_of_two(signal: Array, step: Step) -> Array:
    """Signals kept as exponents only; twice and four times as much go well, three times does not."""
    return np.ldexp(np.sign(signal), np.frexp(signal)[1]) * (step.input > 0)


def values_for_the_mask(signal: Array, step: Step) -> Array:
    """Multiplies by what the activation let through, not by whether it did."""
    return signal * np.maximum(step.input, 0)


def shared_over_what_is_positive(signal: Array, step: Step) -> Array:
    """Mixes what the mask of ReLU6 separates: what is above 6, where it is flat, has a share, too."""
    positive = step.input > 0
    return positive * (signal * positive).sum(axis=tuple(range(1, signal.ndim)), keepdims=True)


def negative_where_closed(signal: Array, step: Step) -> Array:
    """A backward ReLU that lets magnitudes through with a minus where the unit was closed."""
    return np.where(step.input > 0, np.maximum(signal, 0), -np.abs(signal))


def next_channel(signal: Array, step: Step) -> Array:
    """Off by one in the channel: no order of them is like another, but for turns of the circle."""
    return (signal + np.roll(signal, 1, axis=1)) * (step.input > 0)


def channels_last(signal: Array, step: Step) -> Array:
    """Folds a row up in TensorFlow's order, whatever the order in which it was laid out."""
    return kernels.flatten_vjp(signal, step.input.shape[1:], "hwc")


def unflipped(signal: Array, step: Step) -> Array:
    """The transpose of a convolution is a convolution with the kernel turned around; this forgets to turn."""
    if step.layer.stride != 1 or step.layer.groups != 1 or step.layer.dilation != 1:
        return conv2d_vjp(signal, step)
    turned = np.ascontiguousarray(step.layer.weight[:, :, ::-1, ::-1])
    return kernels.conv2d_vjp_input(signal, turned, step.input.shape[2:], **step.layer.geometry)


def whole_sum(signal: Array, step: Step) -> tuple[Array, ...]:
    """Every branch gets the whole relevance of the sum: below n residual blocks it is 2^n times as much."""
    return tuple(np.array(signal) for _ in step.input)


@dataclass(frozen=True)
class ClampedWeights:
    """Alpha1-beta0 that clamps the weights and forgets that an input may be negative, too."""

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        layer = step.layer
        yield Share(signal, (Term(step.input, reweighted(layer, part(layer.weight, 1), layer.bias)),))


@dataclass(frozen=True)
class SquaredBias:
    """The w^2 rule, in which the bias takes its share, b^2, and keeps it."""

    def __call__(self, signal: Array, step: Step) -> Iterator[Share]:
        layer = step.layer
        squared = None if layer.bias is None else layer.bias**2
        ones = np.ones((1, *step.input.shape[1:]))
        yield Share(signal, (Term(ones, reweighted(layer, layer.weight**2, squared)),))


def _everywhere(shares: Shares, rule: Rule, epsilon: float = 0.0) -> Rule:
    """A relevance rule with another first step in every linear layer."""
    return rule.replace(rule.name, dict.fromkeys((Conv2D, Dense), Relevance(shares, epsilon)))


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
    Planted("one buffer for all maps", as_rule(OneBuffer()), laws=("determinism",)),
    Planted("mask open at the kink", as_rule(kink_open), GRADIENT),
    Planted("one-sided mask of ReLU6", GUIDED.replace("plateau", {ReLU6: plateau_open}), GUIDED),
    Planted("forced normalisation", as_rule(normalised)),
    Planted("single precision", as_rule(half_precision_lost)),
    Planted("channels last", GRADIENT.replace("hwc", {Flatten: channels_last}), GRADIENT),
    Planted("only exponents kept", as_rule(powers_of_two), laws=("homogeneity",)),
    Planted("values for the mask", as_rule(values_for_the_mask), laws=("ball",)),
    Planted(
        "plateau of ReLU6 has a share",
        GRADIENT.replace("shared", {ReLU6: shared_over_what_is_positive}),
        laws=("forward-mask",),
    ),
    Planted("negative below closed units", as_rule(negative_where_closed), laws=("non-negativity",)),
    Planted("the next channel read", as_rule(next_channel), laws=("channels",)),
    Planted("kernel not turned", GRADIENT.replace("unflipped", {Conv2D: unflipped}), GRADIENT),
    Planted(
        "relevance doubled at a sum", table("lrp-0").replace("doubled", {Add: whole_sum}), table("lrp-0")
    ),
    Planted("weights clamped, inputs not", _everywhere(ClampedWeights(), ZPLUS), ZPLUS),
    Planted("bias squared", _everywhere(SquaredBias(), WSQUARE), WSQUARE),
    Planted("epsilon of the wrong sign", _everywhere(Plain(), EPSILON, -0.5), EPSILON),
    Planted("the last layer taken for the first", replace(FLAT, first={}, last=FLAT.first), FLAT),
    Planted("every layer taken for the first", FLAT.replace("flat", FLAT.first), FLAT),
    Planted("batch norm not folded", replace(ZPLUS, folds=False), laws=("fold",)),
    Planted(
        "batch norm passes relevance",
        replace(ZPLUS.replace("bn", {BatchNorm2D: passing}), folds=False),
        laws=("fold",),
    ),
)
"""The gallery."""
