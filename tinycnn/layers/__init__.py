"""Layers as frozen data: what they hold, and their forward pass. The way back is the rules' matter."""

from types import ModuleType

from tinycnn.files import submodule
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
from tinycnn.layers.branches import Add, Branches, Concatenate, Fork, Multiply, flat, transform
from tinycnn.layers.linear import BatchNorm2D, Conv2D, ConvTranspose2D, Dense, Scale
from tinycnn.layers.normalise import GroupNorm, LocalResponseNorm
from tinycnn.layers.pool import AvgPool2D, GlobalAvgPool2D, MaxPool2D, Pool2D
from tinycnn.layers.shape import Flatten, Pad2D, Resample2D, Reshape, Take, Transpose

__all__ = [
    "Activation",
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "Branches",
    "Clip",
    "Concatenate",
    "Conv2D",
    "ConvTranspose2D",
    "Dense",
    "ELU",
    "Flatten",
    "Fork",
    "GELU",
    "GlobalAvgPool2D",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "Layer",
    "LeakyReLU",
    "LocalResponseNorm",
    "MaxPool2D",
    "Multiply",
    "PReLU",
    "Pad2D",
    "Pool2D",
    "ReLU",
    "ReLU6",
    "Resample2D",
    "Reshape",
    "SELU",
    "Scale",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Take",
    "Tanh",
    "Transpose",
    "flat",
    "replace_parameters",
    "transform",
]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
