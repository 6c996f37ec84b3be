"""Residual networks (He et al. 2016), with the strides of version 1.5 and the layer names of torchvision."""

from __future__ import annotations

from collections.abc import Callable

from tinycnn.image.preprocess import TORCHVISION
from tinycnn.layers import Add
from tinycnn.model import Model
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.pretrained import imagenet_model

Block = Callable[[Builder, str, int, int], None]
"""Appends the residual branch of a block: its name, its filters, its stride."""


def resnet18(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
) -> Model:
    """ResNet-18: 8 residual blocks of two 3x3 convolutions.

    Parameters
    ----------
    weights, seed, image, classes
        As for `vgg16`. Random nets have batch norms that do nothing: mean 0, variance 1, scale 1.

    Examples
    --------
    >>> tc.zoo.resnet18(image=(64, 64)).size
    11699112
    """
    return _resnet("resnet18", _basic, (2, 2, 2, 2), weights, seed, image, classes)


def resnet34(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
) -> Model:
    """ResNet-34: 16 residual blocks of two 3x3 convolutions; parameters as for `resnet18`.

    Examples
    --------
    >>> tc.zoo.resnet34(image=(64, 64)).size
    21814696
    """
    return _resnet("resnet34", _basic, (3, 4, 6, 3), weights, seed, image, classes)


def resnet50(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
) -> Model:
    """ResNet-50: 16 residual blocks of 1x1, 3x3 and 1x1 convolutions; parameters as for `resnet18`.

    Examples
    --------
    >>> tc.zoo.resnet50(image=(64, 64)).size
    25610152
    """
    return _resnet("resnet50", _bottleneck, (3, 4, 6, 3), weights, seed, image, classes)


def _resnet(
    name: str,
    block: Block,
    counts: tuple[int, ...],
    weights: str,
    seed: int,
    image: Pair,
    classes: int,
) -> Model:
    def layers(stack: Builder) -> None:
        _conv(stack, "conv1", 64, 7, 2)
        stack.batch_norm("bn1")
        stack.relu("relu")
        stack.max_pool("maxpool", 3, 2, 1)
        for group, count in enumerate(counts, start=1):
            for index in range(count):
                stride = 2 if group > 1 and index == 0 else 1
                _residual(stack, block, f"layer{group}.{index}", 32 * 2**group, stride)
        stack.global_avg_pool("avgpool")
        stack.dense("fc", classes)

    return imagenet_model(name, layers, weights, seed, image, TORCHVISION)


def _residual(stack: Builder, block: Block, name: str, filters: int, stride: int) -> None:
    """Append a block: its branch plus the identity, or plus a 1x1 convolution where the shape changes."""
    width = 4 * filters if block is _bottleneck else filters

    def shortcut(side: Builder) -> None:
        if stride > 1 or side.shape[0] != width:
            _conv(side, f"{name}.downsample.0", width, 1, stride)
            side.batch_norm(f"{name}.downsample.1")

    stack.branches(name, Add(), lambda side: block(side, name, filters, stride), shortcut)
    stack.relu(f"{name}.relu")


def _basic(side: Builder, name: str, filters: int, stride: int) -> None:
    _conv(side, f"{name}.conv1", filters, 3, stride)
    side.batch_norm(f"{name}.bn1")
    side.relu(f"{name}.relu1")
    _conv(side, f"{name}.conv2", filters, 3)
    side.batch_norm(f"{name}.bn2")


def _bottleneck(side: Builder, name: str, filters: int, stride: int) -> None:
    """The 3x3 convolution has the stride: version 1.5."""
    _conv(side, f"{name}.conv1", filters, 1)
    side.batch_norm(f"{name}.bn1")
    side.relu(f"{name}.relu1")
    _conv(side, f"{name}.conv2", filters, 3, stride)
    side.batch_norm(f"{name}.bn2")
    side.relu(f"{name}.relu2")
    _conv(side, f"{name}.conv3", 4 * filters, 1)
    side.batch_norm(f"{name}.bn3")


def _conv(stack: Builder, name: str, filters: int, size: int, stride: int = 1) -> None:
    """A batch norm follows, so that a bias would be idle."""
    stack.conv(name, filters, size, stride, padding=size // 2, bias=False)
