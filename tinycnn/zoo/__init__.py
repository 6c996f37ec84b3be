"""Networks to try rules on: random nets of the theory, the paper's own, and the classics of ImageNet."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np

from tinycnn.errors import UnknownNameError
from tinycnn.files import submodule
from tinycnn.model import Model
from tinycnn.zoo.alexnet import alexnet
from tinycnn.zoo.digits import digits
from tinycnn.zoo.efficientnet import efficientnet_lite0
from tinycnn.zoo.painted import painted
from tinycnn.zoo.presets import paper_cnn, paper_cnn_pool, paper_fcn, paper_vgg16
from tinycnn.zoo.pretrained import find, load
from tinycnn.zoo.random_nets import deep_cnn, three_layer_cnn, three_layer_fcn
from tinycnn.zoo.resnet import resnet18, resnet34, resnet50
from tinycnn.zoo.squeezenet import squeezenet1_1
from tinycnn.zoo.vgg import vgg16, vgg19

PRETRAINED: Mapping[str, Callable[..., Model]] = MappingProxyType(
    {
        "digits": digits,
        "vgg16": vgg16,
        "vgg19": vgg19,
        "alexnet": alexnet,
        "resnet18": resnet18,
        "resnet34": resnet34,
        "resnet50": resnet50,
        "squeezenet1_1": squeezenet1_1,
        "efficientnet_lite0": efficientnet_lite0,
    }
)
"""Builders of models that trained weights exist for; each takes `weights` and `seed`."""

MODELS: Mapping[str, Callable[..., Model]] = MappingProxyType(
    {
        "three_layer_cnn": three_layer_cnn,
        "three_layer_fcn": three_layer_fcn,
        "deep_cnn": deep_cnn,
        **PRETRAINED,
        "paper_cnn": paper_cnn,
        "paper_cnn_pool": paper_cnn_pool,
        "paper_fcn": paper_fcn,
        "paper_vgg16": paper_vgg16,
    }
)
"""Builders of models by name; each takes `seed`."""


OWN = "own"
"""What the weights in the file of a model are called."""


def is_file(name: str) -> bool:
    """Whether a model is given by a file, not by its name.

    Examples
    --------
    >>> tc.zoo.is_file("vgg16"), tc.zoo.is_file("no-such-file.onnx")
    (False, False)
    """
    return name not in MODELS and Path(name).is_file()


def build(name: str, weights: str = "random", seed: int = 0) -> Model:
    """The model of that name.

    Parameters
    ----------
    name : str
        One of `MODELS`, or the path of a file that `tinycnn.load_model` reads.
    weights : str
        ``"random"``; of a model's file also ``"own"``; of other models also the name of weights that fit, or
        the path of a file.
    seed : int
        Seed of the random weights.

    Raises
    ------
    UnknownNameError
        There is no such model, or no such weights for it; the message names the nearest.
    FetchError
        The weights are not in the cache.
    WeightFileError
        The file is damaged, or does not fit the model.

    Examples
    --------
    >>> tc.zoo.build("digits", weights="digits").size
    32058
    """
    if is_file(name):
        return _from_file(name, weights, seed)
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    if name in PRETRAINED:
        return PRETRAINED[name](weights=weights, seed=seed)
    model = MODELS[name](seed=seed)
    return model if weights == "random" else load(model, find(name, weights))


def _from_file(path: str, weights: str, seed: int) -> Model:
    from tinycnn.zoo.importing.loading import load_model
    from tinycnn.zoo.importing.redraw import redrawn

    if weights not in (OWN, "random"):
        raise UnknownNameError(f"weights of {path}", weights, [OWN, "random"])
    model = load_model(path).astype(np.float32)  # as images are, once they are prepared
    return model if weights == OWN else redrawn(model, seed)


__all__ = [
    "OWN",
    "MODELS",
    "PRETRAINED",
    "alexnet",
    "build",
    "deep_cnn",
    "digits",
    "efficientnet_lite0",
    "is_file",
    "load",
    "painted",
    "paper_cnn",
    "paper_cnn_pool",
    "paper_fcn",
    "paper_vgg16",
    "resnet18",
    "resnet34",
    "resnet50",
    "squeezenet1_1",
    "three_layer_cnn",
    "three_layer_fcn",
    "vgg16",
    "vgg19",
]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
