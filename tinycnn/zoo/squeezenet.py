"""SqueezeNet 1.1 (Iandola et al. 2016), as torchvision has it, with layers named as in the paper."""

from __future__ import annotations

from tinycnn.image.preprocess import TORCHVISION
from tinycnn.layers import Concatenate
from tinycnn.model import Model
from tinycnn.ops.geometry import Padding
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.pretrained import imagenet_model

FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
"""(squeezed, expanded) filters of the fire modules 2 to 9."""

POOLED = (3, 5)
"""Fire modules that a pool follows."""


def squeezenet1_1(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
) -> Model:
    """SqueezeNet 1.1: 1.2 million parameters, no dense layer.

    Parameters
    ----------
    weights, seed, image, classes
        As for `vgg16`.

    Examples
    --------
    >>> tc.zoo.squeezenet1_1(image=(64, 64)).size
    1235496
    """

    def layers(stack: Builder) -> None:
        stack.conv("conv1", 64, 3, 2, padding=0)
        stack.relu("relu1")
        _pool(stack, "pool1")
        for index, (squeezed, expanded) in enumerate(FIRES, start=2):
            _fire(stack, f"fire{index}", squeezed, expanded)
            if index in POOLED:
                _pool(stack, f"pool{index}")
        stack.conv("conv10", classes, 1)
        stack.relu("relu10")
        stack.global_avg_pool("pool10")

    return imagenet_model("squeezenet1_1", layers, weights, seed, image, TORCHVISION)


def _fire(stack: Builder, name: str, squeezed: int, expanded: int) -> None:
    """1x1 filters, then 1x1 and 3x3 filters side by side."""
    stack.conv(f"{name}.squeeze", squeezed, 1)
    stack.relu(f"{name}.squeeze_relu")

    def small(side: Builder) -> None:
        side.conv(f"{name}.expand1x1", expanded, 1)

    def large(side: Builder) -> None:
        side.conv(f"{name}.expand3x3", expanded, 3, padding=1)

    stack.branches(name, Concatenate(), small, large)
    stack.relu(f"{name}.expand_relu")


def _pool(stack: Builder, name: str) -> None:
    """3x3, stride 2; a last window may stick out below and on the right."""
    _, h, w = stack.shape
    padding: Padding = ((0, (h - 3) % 2), (0, (w - 3) % 2))
    stack.max_pool(name, 3, 2, padding)
