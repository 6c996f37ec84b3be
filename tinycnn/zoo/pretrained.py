"""From a model's layers and the name of its weights to a model: random, from the cache, or from a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from tinycnn.errors import UnknownNameError
from tinycnn.image.preprocess import Preprocess
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import REGISTRY, cached, open_weights
from tinycnn.weights.names.plan import Wish, plan
from tinycnn.zoo.build import Builder
from tinycnn.zoo.classes import imagenet
from tinycnn.zoo.init import Init, constant, he


def load(
    model: Model,
    file: str | PathLike[str],
    mapping: Mapping[str, str] | None = None,
    *,
    part: str = "",
    head: Literal["", "random"] = "",
    layout: Literal["", "torch", "tensorflow"] = "",
    preprocess: Preprocess | None = None,
) -> Model:
    """Give a model the weights in a file.

    Parameters
    ----------
    model : Model
    file : path-like
        In any format that `tinycnn.weights.open_weights` reads.
    mapping : mapping, optional
        From the names in the file to the model's, such as ``{"net/c1/w": "conv1_1.weight"}``. Otherwise the
        names are the model's own or those of a known family, see `tinycnn.weights.names.FAMILIES`; or else,
        if only one way fits, arrays are taken by order and shape, which ``weights`` of the new model then
        says.
    part : str
        What the names begin with of the arrays that are meant, such as ``"model_ema"``, if the file holds the
        net more than once. What a trainer keeps as an average or for its optimizer is else passed over.
    head : {"", "random"}
        "random" leaves the dense layers as they are where the file has other ones, or other shapes, as a net
        that was trained further for other classes.
    layout : {"", "torch", "tensorflow"}
        How arrays of unknown names are laid out, if their shapes do not tell.
    preprocess : Preprocess, optional
        What the net expects of its input, such as `tinycnn.image.preprocess.CAFFE_BGR`; else what the
        file's family expects, and else what the model has.

    Returns
    -------
    Model
        Its ``weights`` says what was found how, which layers kept theirs, and what was not used.

    Raises
    ------
    WeightFileError
        The file is damaged, or does not fit, or in more than one way; names the parameter and both shapes.
    UnknownNameError
        The mapping speaks of a parameter or an array that does not exist.

    Examples
    --------
    >>> old, new = (tc.zoo.deep_cnn((2,), image=(8, 8), seed=seed) for seed in (0, 1))
    >>> arrays = {
    ...     f"{layer.name}.{key}": array
    ...     for layer in old.layers
    ...     for key, array in layer.parameters()
    ... }
    >>> np.savez("net.npz", **arrays)
    >>> tc.zoo.load(new, "net.npz").weights
    'net.npz (named as here)'
    """
    with open_weights(file) as arrays:
        loaded = plan(model, arrays, Wish(mapping, part, head, layout)).carry_out(model)
    if preprocess is None:
        return loaded
    return dataclasses.replace(loaded, preprocess=preprocess.at(model.preprocess.size))


def imagenet_model(
    name: str,
    fill: Callable[[Builder], None],
    weights: str,
    seed: int,
    image: Pair,
    preprocess: Preprocess,
    init: Init = he,
    bias: Init = constant(0.0),
) -> Model:
    """A network for colour images, with random weights or those of a file."""

    def make(init: Init, bias: Init) -> Model:
        stack = Builder((3, *image), seed, init, bias)
        fill(stack)
        names = imagenet() if stack.shape == (1000,) else ()
        source = f"random (seed {seed})"
        return Model(name, tuple(stack.layers), (3, *image), preprocess.at(image), names, source)

    if weights == "random":
        return make(init, bias)
    with open_weights(find(name, weights)) as file:
        empty = make(_zeros, _zeros)  # drawing weights takes longer than reading them
        found = plan(empty, file)
        return found.carry_out(make(init, bias) if found.missing else empty)


def find(model: str, weights: str, embedded: Iterable[str] = ()) -> Path:
    """The file of weights given by their name in the registry, or by a path.

    Parameters
    ----------
    model, weights : str
    embedded : iterable of str
        Names that the model itself knows, for the message.

    Raises
    ------
    UnknownNameError
        There are no such weights for this model, and no such file.
    FetchError
        The weights are not in the cache.
    """
    fitting = [name for name, entry in REGISTRY.items() if entry.model == model]
    if weights in fitting:
        return cached(weights)
    if weights not in REGISTRY and Path(weights).is_file():
        return Path(weights)
    known = ["random", *embedded, *fitting, "or the path of a file"]
    raise UnknownNameError(f"weights of {model}", weights, known)


def _zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32)
