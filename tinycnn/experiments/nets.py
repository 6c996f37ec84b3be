"""Nets that several experiments share, and what captions say of their weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from tinycnn.errors import FetchError
from tinycnn.experiments.experiment import Inputs
from tinycnn.layers import Layer, transform
from tinycnn.model import Model
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import cosine
from tinycnn.theory.limit import limit_map
from tinycnn.theory.recovery import expected_cosine, rho_image
from tinycnn.visualize import predict
from tinycnn.zoo import efficientnet_lite0, vgg16

THREE = ("saliency", "deconvnet", "guided")
"""The rules that the paper compares, in the order in which results are indexed by them."""


def trained_vgg16(inputs: Inputs) -> Model:
    """VGG-16 with the user's weights or, without, its trained convolutions under random dense layers."""
    return vgg16(str(inputs.weights or "vgg16-features"), inputs.seed)


def vgg16_note(inputs: Inputs) -> str:
    """Which VGG-16 ran, and how it differs from the paper's."""
    if inputs.weights is not None:
        return f"VGG-16 has the weights of {inputs.weights.name}; layers that the file lacks are random."
    return (
        "The paper's VGG-16 is trained in all its layers. Here its 13 convolutions are trained and its 3 "
        "dense layers random; --weights FILE runs the paper's own setting."
    )


def trained_efficientnet(inputs: Inputs) -> Model:
    """EfficientNet-Lite0, a whole ImageNet classifier."""
    return efficientnet_lite0("efficientnet-lite0")


def available(
    builders: Mapping[str, Callable[[Inputs], Model]], inputs: Inputs
) -> tuple[dict[str, Model], list[str]]:
    """The nets whose weights are there, and for the others a sentence that says what is missing."""
    nets: dict[str, Model] = {}
    missing = []
    for label, build in builders.items():
        try:
            nets[label] = build(inputs)
        except FetchError as error:
            missing.append(f"{label} did not run: {error}.")
    return nets, missing


def changed(model: Model, change: Callable[[Layer], Layer]) -> Model:
    """The same model with every layer changed."""
    return dataclasses.replace(model, layers=transform(model.layers, change))


def predictions(model: Model, images: Sequence[Array]) -> Array:
    """The class that a model sees in each image: (n,)."""
    return predict(model, model.preprocess(images)).argmax(axis=1)


def guided_cosine(x: Array, kernel: int, filters: int) -> float:
    """The expected cosine of guided backprop with the image (c, h, w) in a random three-layer CNN.

    The cosine of the exact limit with the image, times 1/sqrt(1 + rho) for the noise around the limit.
    """
    at = window(x.shape[1:], (kernel, kernel), padding="same")
    return float(cosine(limit_map(x, at), x)) * expected_cosine(rho_image(x, at, filters))
