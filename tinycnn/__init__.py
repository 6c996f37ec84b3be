"""tinycnn: an autograd-free CNN engine in which every backward rule can be read, replaced and tested."""

from tinycnn import image, init, layers, ops, preprocess, rules, targets, weights, zoo
from tinycnn.errors import (
    AmbiguousNameError,
    FetchError,
    ImageError,
    MissingRowError,
    NonFiniteError,
    OutputError,
    ShapeError,
    TinycnnError,
    UnknownNameError,
    WeightFileError,
)
from tinycnn.fold import fold_batch_norm
from tinycnn.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Branches,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    MaxPool2D,
    ReLU,
    ReLU6,
    Softplus,
)
from tinycnn.model import Model
from tinycnn.ops.kernels.threads import get_num_threads, set_num_threads
from tinycnn.predict import predict
from tinycnn.rules import Rule, tape
from tinycnn.trace import Step, Trace, backward, forward
from tinycnn.version import __version__
from tinycnn.visualize import visualize

__all__ = [
    "Add",
    "AmbiguousNameError",
    "AvgPool2D",
    "BatchNorm2D",
    "Branches",
    "Concatenate",
    "Conv2D",
    "Dense",
    "FetchError",
    "Flatten",
    "GlobalAvgPool2D",
    "ImageError",
    "Layer",
    "MaxPool2D",
    "MissingRowError",
    "Model",
    "NonFiniteError",
    "OutputError",
    "ReLU",
    "ReLU6",
    "Rule",
    "ShapeError",
    "Softplus",
    "Step",
    "TinycnnError",
    "Trace",
    "UnknownNameError",
    "WeightFileError",
    "__version__",
    "backward",
    "fold_batch_norm",
    "forward",
    "get_num_threads",
    "image",
    "init",
    "layers",
    "ops",
    "predict",
    "preprocess",
    "rules",
    "set_num_threads",
    "tape",
    "targets",
    "visualize",
    "weights",
    "zoo",
]
