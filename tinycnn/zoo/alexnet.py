"""AlexNet (Krizhevsky 2014), as torchvision has it."""

from __future__ import annotations

from tinycnn.image.preprocess import TORCHVISION
from tinycnn.model import Model
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.pretrained import imagenet_model

CONVOLUTIONS = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
"""(filters, size, stride, padding)."""

POOLED = (1, 2, 5)
"""Convolutions that a 3x3 max-pool of stride 2 follows, counted from 1."""


def alexnet(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
    dense: bool = True,
) -> Model:
    """AlexNet: 5 convolutions, 3 pools, 3 dense layers.

    Parameters
    ----------
    weights, seed, image, classes, dense
        As for `vgg16`.

    Notes
    -----
    Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks": a single tower without
    local response normalisation.

    Examples
    --------
    >>> tc.zoo.alexnet(image=(64, 64), dense=False).size
    2469696
    """

    def layers(stack: Builder) -> None:
        for index, (filters, size, stride, padding) in enumerate(CONVOLUTIONS, start=1):
            stack.conv(f"conv{index}", filters, size, stride, padding)
            stack.relu(f"relu{index}")
            if index in POOLED:
                stack.max_pool(f"pool{index}", 3, 2)
        if dense:
            stack.dense_head(classes)

    return imagenet_model("alexnet", layers, weights, seed, image, TORCHVISION)
