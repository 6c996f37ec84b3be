"""tinycnn: an autograd-free CNN engine in which every backward rule can be read, replaced and tested."""

# ruff: noqa: E402

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import TYPE_CHECKING, Any


def _interrupted(*_: object) -> None:
    """What Ctrl-C does while the command starts, when there is nothing yet to finish: the process ends."""
    os._exit(130)


def _is_command() -> bool:
    """Whether this process is ``tinycnn`` or ``python -m tinycnn``, or a worker of one."""
    name, words = (*sys.argv, "")[0], sys.orig_argv
    module = words[words.index("-m") + 1 :][:1] if "-m" in words else []
    return (
        os.path.basename(name) in ("tinycnn", "tinycnn.exe")
        or name.endswith("tinycnn/__main__.py")
        or module == ["tinycnn"]
    )


if _is_command():
    with suppress(ValueError):  # in a thread other than the main one
        signal.signal(signal.SIGINT, _interrupted)  # imports take a moment; then `tinycnn.cli` takes over

from tinycnn import errors, image, layers, ops, rules, targets, weights, zoo
from tinycnn.errors import (
    AmbiguousNameError,
    FetchError,
    ImageError,
    MissingRowError,
    ModelFileError,
    NonFiniteError,
    OutputError,
    ShapeError,
    TinycnnError,
    UnknownNameError,
    WeightFileError,
    WriteError,
)
from tinycnn.image import preprocess
from tinycnn.layers import (
    ELU,
    GELU,
    SELU,
    Add,
    AvgPool2D,
    BatchNorm2D,
    Branches,
    Clip,
    Concatenate,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    HardSigmoid,
    HardSwish,
    Identity,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    Multiply,
    Pad2D,
    PReLU,
    ReLU,
    ReLU6,
    Resample2D,
    Reshape,
    Scale,
    Sigmoid,
    SiLU,
    Softplus,
    Take,
    Tanh,
    Transpose,
)
from tinycnn.model import Model
from tinycnn.ops.engine import exact, get_num_threads, set_num_threads
from tinycnn.rules import Rule, tape
from tinycnn.trace import Step, Trace, backward, forward
from tinycnn.visualize import predict, visualize
from tinycnn.zoo import init
from tinycnn.zoo.fold import fold_batch_norm

if TYPE_CHECKING:
    from tinycnn.zoo.importing.loading import load_model
    from tinycnn.zoo.importing.torch_module import from_torch

__version__ = "0.2.0"

__all__ = [
    "Add",
    "AmbiguousNameError",
    "AvgPool2D",
    "BatchNorm2D",
    "Branches",
    "Clip",
    "Concatenate",
    "Conv2D",
    "ConvTranspose2D",
    "Dense",
    "ELU",
    "FetchError",
    "Flatten",
    "GELU",
    "GlobalAvgPool2D",
    "GroupNorm",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "ImageError",
    "Layer",
    "LeakyReLU",
    "LocalResponseNorm",
    "MaxPool2D",
    "MissingRowError",
    "Model",
    "ModelFileError",
    "Multiply",
    "NonFiniteError",
    "OutputError",
    "PReLU",
    "Pad2D",
    "ReLU",
    "ReLU6",
    "Resample2D",
    "Reshape",
    "Rule",
    "SELU",
    "Scale",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Step",
    "Take",
    "Tanh",
    "TinycnnError",
    "Trace",
    "Transpose",
    "UnknownNameError",
    "WeightFileError",
    "WriteError",
    "__version__",
    "backward",
    "errors",
    "exact",
    "fold_batch_norm",
    "forward",
    "get_num_threads",
    "image",
    "from_torch",
    "init",
    "layers",
    "load_model",
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

MOVED = {
    "classes": "zoo.classes",
    "demo": "experiments.demo",
    "digit_pictures": "pictures.digit_pictures",
    "fold": "zoo.fold",
    "init": "zoo.init",
    "maps": "pictures.maps",
    "metrics": "pictures.metrics",
    "names": "weights.names",
    "page": "pictures.page",
    "plot": "pictures.plot",
    "preprocess": "image.preprocess",
    "slider": "pictures.slider",
    "studies": "experiments.studies",
    "train": "zoo.train",
    "types": "ops.types",
}
"""Where the modules are that version 0.1 had beside this file; their old names can be imported, too."""

LATE = {"checks", "course", "experiments", "explore", "fused", "pictures", "testing", "theory"}
"""Packages that are imported when they are first asked for: they bring libraries that maps do not need."""


class _OldNames:
    """Finds a module by the name that it had: the module itself, not a second copy."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        old = package == "tinycnn" and name.split(".")[0] in MOVED
        return spec_from_loader(fullname, self) if old else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Python makes the module, which is then replaced."""

    def exec_module(self, module: ModuleType) -> None:
        first, *rest = module.__name__.split(".")[1:]
        sys.modules[module.__name__] = import_module(".".join(("tinycnn", MOVED[first], *rest)))


sys.meta_path.insert(0, _OldNames())


READERS = {"from_torch": "torch_module", "load_model": "loading"}
"""Functions that are imported when they are first asked for, and the modules of `tinycnn.zoo.importing`."""


def __getattr__(name: str) -> Any:
    if name in READERS:
        return getattr(import_module(f"tinycnn.zoo.importing.{READERS[name]}"), name)
    if name in LATE or name in MOVED:
        return import_module(f"tinycnn.{name}")
    raise AttributeError(f"module 'tinycnn' has no attribute {name!r}")
