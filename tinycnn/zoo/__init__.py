"""Networks to try rules on: random nets of the theory, the paper's own, and VGG."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tinycnn.errors import UnknownNameError
from tinycnn.model import Model
from tinycnn.zoo.digits import digits
from tinycnn.zoo.presets import paper_cnn, paper_cnn_pool, paper_fcn, paper_vgg16
from tinycnn.zoo.random_nets import deep_cnn, three_layer_cnn, three_layer_fcn
from tinycnn.zoo.vgg import vgg16, vgg19

MODELS: Mapping[str, Callable[..., Model]] = MappingProxyType(
    {
        "three_layer_cnn": three_layer_cnn,
        "three_layer_fcn": three_layer_fcn,
        "deep_cnn": deep_cnn,
        "digits": digits,
        "vgg16": vgg16,
        "vgg19": vgg19,
        "paper_cnn": paper_cnn,
        "paper_cnn_pool": paper_cnn_pool,
        "paper_fcn": paper_fcn,
        "paper_vgg16": paper_vgg16,
    }
)
"""Builders of models by name; each takes `seed`."""


def build(name: str, weights: str = "random", seed: int = 0) -> Model:
    """The model of that name.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    weights : str
        ``"random"``, or the name of weights that fit it.
    seed : int
        Of the random weights.

    Raises
    ------
    UnknownNameError
        There is no such model, or no such weights for it; the message names the nearest.
    """
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    if weights == "random":
        return MODELS[name](seed=seed)
    if name not in ("digits", "vgg16"):
        raise UnknownNameError(f"weights of {name}", weights, ["random"])
    return MODELS[name](weights=weights, seed=seed)


__all__ = [
    "MODELS",
    "build",
    "deep_cnn",
    "digits",
    "paper_cnn",
    "paper_cnn_pool",
    "paper_fcn",
    "paper_vgg16",
    "three_layer_cnn",
    "three_layer_fcn",
    "vgg16",
    "vgg19",
]
