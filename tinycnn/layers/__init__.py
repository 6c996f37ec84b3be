"""Layers as frozen data: what they hold, and their forward pass. The way back is the rules' matter."""

from tinycnn.layers.activation import (
    ELU,
    GELU,
    SELU,
    Activation,
    Clip,
    HardSigmoid,
    HardSwish,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from tinycnn.layers.base import Layer, replace_parameters
from tinycnn.layers.branches import Add, Branches, Concatenate, Fork, flat, transform
from tinycnn.layers.linear import BatchNorm2D, Conv2D, Dense
from tinycnn.layers.pool import AvgPool2D, GlobalAvgPool2D, MaxPool2D, Pool2D
from tinycnn.layers.shape import Flatten

__all__ = [
    "Activation",
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "Branches",
    "Clip",
    "Concatenate",
    "Conv2D",
    "Dense",
    "ELU",
    "Flatten",
    "Fork",
    "GELU",
    "GlobalAvgPool2D",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "PReLU",
    "Pool2D",
    "ReLU",
    "ReLU6",
    "SELU",
    "Sigmoid",
    "SiLU",
    "Softplus",
    "Tanh",
    "flat",
    "replace_parameters",
    "transform",
]
