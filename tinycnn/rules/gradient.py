"""The gradient, as a table: the vector-Jacobian product of every type of layer, on one screen."""

from __future__ import annotations

from tinycnn.layers import (
    Activation,
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    MaxPool2D,
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
    },
    source="Simonyan, Vedaldi and Zisserman 2014, section 3",
)
"""Every row is the exact vjp, so the signal at the input is the gradient."""
