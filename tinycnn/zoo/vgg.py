"""VGG-16 and VGG-19 (Simonyan and Zisserman 2015), with layers named as their authors named them."""

from __future__ import annotations

import dataclasses

from tinycnn.errors import UnknownNameError
from tinycnn.init import Init, constant, he
from tinycnn.layers import Conv2D
from tinycnn.model import Model
from tinycnn.preprocess import IMAGENET_MEAN, TORCHVISION
from tinycnn.types import Array, Pair
from tinycnn.weights import cached, open_weights
from tinycnn.zoo.build import Stack

BLOCKS = {
    "vgg16": ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
    "vgg19": ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)),
}
"""(filters, convolutions) of each block; every block ends with a 2x2 max-pool."""


def vgg16(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
    init: Init = he,
    bias: Init = constant(0.0),
) -> Model:
    """VGG-16: 13 convolutions, 5 pools, 3 dense layers.

    Parameters
    ----------
    weights : str
        ``"random"``, or ``"vgg16-features"``: the convolutions as trained on ImageNet, under random dense
        layers (the paper's "part" arm). The file must be in the cache; ``tinycnn weights fetch
        vgg16-features``.
    seed : int
        Of all random weights.
    image : (h, w)
    classes : int
    init, bias : Init
        How random weights and biases are drawn.

    Raises
    ------
    UnknownNameError
        There are no such weights for this model.
    FetchError
        The weights are not in the cache.
    """
    return _vgg("vgg16", weights, seed, image, classes, init, bias)


def vgg19(
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
    init: Init = he,
    bias: Init = constant(0.0),
) -> Model:
    """VGG-19: 16 convolutions, 5 pools, 3 dense layers, with random weights; parameters as for `vgg16`."""
    return _vgg("vgg19", "random", seed, image, classes, init, bias)


def _vgg(name: str, weights: str, seed: int, image: Pair, classes: int, init: Init, bias: Init) -> Model:
    stack = Stack((3, *image), seed, init, bias)
    for block, (filters, count) in enumerate(BLOCKS[name], start=1):
        for index in range(1, count + 1):
            stack.conv(f"conv{block}_{index}", filters, 3, padding=1)
            stack.relu(f"relu{block}_{index}")
        stack.max_pool(f"pool{block}", 2, 2)
    stack.flatten()
    for label in ("fc6", "fc7"):
        stack.dense(label, 4096)
        stack.relu(f"relu{label[2]}")
    stack.dense("fc8", classes)
    model = Model(
        name, tuple(stack.layers), (3, *image), IMAGENET_MEAN.at(image), weights=f"random (seed {seed})"
    )
    if weights == "random":
        return model
    if (name, weights) != ("vgg16", "vgg16-features"):
        raise UnknownNameError(f"weights of {name}", weights, ["random", "vgg16-features"])
    source = f"conv layers trained on ImageNet, dense layers random (seed {seed})"
    trained = dataclasses.replace(model, preprocess=TORCHVISION.at(image))
    return trained.with_weights(_features(model), source)


def _features(model: Model) -> dict[str, Array]:
    """The trained convolutions, kernels turned from HWIO to OIHW."""
    names = [layer.name for layer in model.layers if isinstance(layer, Conv2D)]
    arrays = {}
    with open_weights(cached("vgg16-features")) as file:
        for index, name in enumerate(names):
            arrays[f"{name}.weight"] = file[f"VGG16_0/Conv_{index}/kernel"].transpose(3, 2, 0, 1)
            arrays[f"{name}.bias"] = file[f"VGG16_0/Conv_{index}/bias"]
    return arrays
