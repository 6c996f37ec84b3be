"""EfficientNet-Lite0 (Tan and Le 2019; Liu 2020): ReLU6, no squeeze-and-excitation, TensorFlow's padding."""

from __future__ import annotations

from tinycnn.image.preprocess import TF_LITE
from tinycnn.layers import Add
from tinycnn.model import Model
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.pretrained import imagenet_model

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""(blocks, size of the depthwise kernels, stride of the first block, expansion, filters)."""

EPSILON = 1e-3


def efficientnet_lite0(
    weights: str = "random",
    seed: int = 0,
    image: Pair = (224, 224),
    classes: int = 1000,
) -> Model:
    """EfficientNet-Lite0: 16 inverted bottlenecks with depthwise convolutions.

    Parameters
    ----------
    weights, seed, image, classes
        As for `vgg16`. Random nets have batch norms that do nothing: mean 0, variance 1, scale 1.

    Examples
    --------
    >>> tc.zoo.efficientnet_lite0(image=(64, 64)).size
    4694024
    """

    def layers(stack: Builder) -> None:
        _conv_norm(stack, "conv_stem", "bn0", 32, 3, 2)
        stack.relu6("relu0")
        index = 0
        for blocks, size, first_stride, expansion, filters in STAGES:
            for stride in (first_stride, *[1] * (blocks - 1)):
                _block(stack, f"blocks.{index}", size, stride, expansion, filters)
                index += 1
        _conv_norm(stack, "conv_head", "bn1", 1280, 1)
        stack.relu6("relu1")
        stack.global_avg_pool("avg_pool")
        stack.dense("fc", classes)

    return imagenet_model("efficientnet_lite0", layers, weights, seed, image, TF_LITE)


def _block(stack: Builder, name: str, size: int, stride: int, expansion: int, filters: int) -> None:
    """Append a block: expand, convolve each channel by itself, project; an identity where shapes allow."""

    def body(side: Builder) -> None:
        wide = expansion * side.shape[0]
        if expansion > 1:
            _conv_norm(side, f"{name}.expand_conv", f"{name}.bn0", wide, 1)
            side.relu6(f"{name}.relu0")
        _conv_norm(side, f"{name}.depthwise_conv", f"{name}.bn1", wide, size, stride, groups=wide)
        side.relu6(f"{name}.relu1")
        _conv_norm(side, f"{name}.project_conv", f"{name}.bn2", filters, 1)

    if stride == 1 and stack.shape[0] == filters:
        stack.branches(name, Add(), body, lambda side: None)
    else:
        body(stack)


def _conv_norm(
    stack: Builder, conv: str, norm: str, filters: int, size: int, stride: int = 1, groups: int = 1
) -> None:
    stack.conv(conv, filters, size, stride, groups=groups, bias=False)
    stack.batch_norm(norm, EPSILON)
