"""VGG-16 and VGG-19 (Simonyan and Zisserman 2015), with layers named as their authors named them."""

from __future__ import annotations

from tinycnn.image.preprocess import IMAGENET_MEAN
from tinycnn.model import Model
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.init import Init, constant, he
from tinycnn.zoo.pretrained import imagenet_model

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
    dense: bool = True,
    init: Init = he,
    bias: Init = constant(0.0),
) -> Model:
    """VGG-16: 13 convolutions, 5 pools, 3 dense layers.

    Parameters
    ----------
    weights : str
        ``"random"``; a name that ``tinycnn weights list`` gives for this model, whose file must be in the
        cache; or the path of a file. Under a file of convolutions only, the dense layers are random (the
        paper's "part" arm).
    seed : int
        Seed of all random weights.
    image : (h, w)
    classes : int
        Logits. If there are 1000, they have the names of ImageNet's classes.
    dense : bool
        Without the dense layers, the output is that of the last pool.
    init, bias : Init
        How random weights and biases are drawn.

    Raises
    ------
    UnknownNameError
        There are no such weights for this model.
    FetchError
        The weights are not in the cache.
    WeightFileError
        The file does not fit.

    Examples
    --------
    >>> tc.zoo.vgg16(image=(64, 64), dense=False).layers[-1]
    MaxPool2D(name='pool5', size=2, stride=2)
    """
    return _vgg("vgg16", weights, seed, image, classes, dense, init, bias)


def vgg19(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
    dense: bool = True,
    init: Init = he,
    bias: Init = constant(0.0),
) -> Model:
    """VGG-19: 16 convolutions, 5 pools, 3 dense layers; parameters as for `vgg16`.

    Examples
    --------
    >>> tc.zoo.vgg19(image=(64, 64), dense=False).size
    20024384
    """
    return _vgg("vgg19", weights, seed, image, classes, dense, init, bias)


def _vgg(
    name: str, weights: str, seed: int, image: Pair, classes: int, dense: bool, init: Init, bias: Init
) -> Model:
    def layers(stack: Builder) -> None:
        for block, (filters, count) in enumerate(BLOCKS[name], start=1):
            for index in range(1, count + 1):
                stack.conv(f"conv{block}_{index}", filters, 3, padding=1)
                stack.relu(f"relu{block}_{index}")
            stack.max_pool(f"pool{block}", 2, 2)
        if dense:
            stack.dense_head(classes)

    return imagenet_model(name, layers, weights, seed, image, IMAGENET_MEAN, init, bias)
