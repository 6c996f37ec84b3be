"""The gradient, as a table: the vector-Jacobian product of every type of layer, on one screen."""

from __future__ import annotations

from tinycnn.layers import (
    Activation,
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    LocalResponseNorm,
    MaxPool2D,
    Multiply,
    Pad2D,
    Resample2D,
    Reshape,
    Scale,
    Take,
    Transpose,
)
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.gate import Gate, derivative, identity
from tinycnn.rules.rule import Rule
from tinycnn.trace import Step


def conv2d(signal: Array, step: Step) -> Array:
    return engine.conv2d_vjp_input(signal, step.layer.weight, step.input.shape[2:], **step.layer.geometry)


def dense(signal: Array, step: Step) -> Array:
    return engine.dense_vjp_input(signal, step.layer.weight)


def batch_norm2d(signal: Array, step: Step) -> Array:
    return engine.batch_norm2d_vjp_input(signal, step.layer.weight, step.layer.variance, step.layer.epsilon)


def max_pool2d(signal: Array, step: Step) -> Array:
    return engine.max_pool2d_vjp(signal, step.saved, step.input.shape[2:])


def avg_pool2d(signal: Array, step: Step) -> Array:
    return engine.avg_pool2d_vjp(signal, step.input.shape[2:], **step.layer.geometry)


def global_avg_pool2d(signal: Array, step: Step) -> Array:
    return engine.global_avg_pool2d_vjp(signal, step.input.shape[2:])


def flatten(signal: Array, step: Step) -> Array:
    return engine.flatten_vjp(signal, step.input.shape[1:], step.layer.order)


def add(signal: Array, step: Step) -> tuple[Array, ...]:
    return engine.add_vjp(signal, len(step.input))


def concatenate(signal: Array, step: Step) -> tuple[Array, ...]:
    return engine.concatenate_vjp(signal, [part.shape[1] for part in step.input])


def multiply(signal: Array, step: Step) -> tuple[Array, ...]:
    return engine.multiply_vjp(signal, step.input)


def conv_transpose2d(signal: Array, step: Step) -> Array:
    return engine.conv2d(signal, step.layer.weight, None, **step.layer.geometry)


def scale(signal: Array, step: Step) -> Array:
    return engine.scale_vjp(signal, step.layer.weight)


def local_response_norm(signal: Array, step: Step) -> Array:
    of = step.layer
    return engine.local_response_norm_vjp(signal, step.input, of.size, of.alpha, of.beta, of.k)


def group_norm(signal: Array, step: Step) -> Array:
    of = step.layer
    return engine.group_norm_vjp(signal, step.input, of.groups, of.weight, of.epsilon)


def reshape(signal: Array, step: Step) -> Array:
    return engine.reshape_vjp(signal, step.input.shape[1:])


def transpose(signal: Array, step: Step) -> Array:
    return engine.transpose_vjp(signal, step.layer.axes)


def take(signal: Array, step: Step) -> Array:
    return engine.take_vjp(signal, step.input.shape[1:], step.layer.ranges)


def pad2d(signal: Array, step: Step) -> Array:
    return engine.pad2d_vjp(signal, step.input.shape[2:], step.layer.padding, step.layer.border)


def resample2d(signal: Array, step: Step) -> Array:
    return engine.resample2d_vjp(signal, step.layer.rows, step.layer.columns)


GRADIENT = Rule(
    "saliency",
    {
        Conv2D: conv2d,
        Dense: dense,
        BatchNorm2D: batch_norm2d,
        Activation: Gate(derivative, identity),
        MaxPool2D: max_pool2d,
        AvgPool2D: avg_pool2d,
        GlobalAvgPool2D: global_avg_pool2d,
        Flatten: flatten,
        Add: add,
        Concatenate: concatenate,
        Multiply: multiply,
        ConvTranspose2D: conv_transpose2d,
        Scale: scale,
        LocalResponseNorm: local_response_norm,
        GroupNorm: group_norm,
        Reshape: reshape,
        Transpose: transpose,
        Take: take,
        Pad2D: pad2d,
        Resample2D: resample2d,
    },
    source="Simonyan, Vedaldi and Zisserman 2014, section 3",
)
"""Every row is the exact vjp, so the signal at the input is the gradient."""
