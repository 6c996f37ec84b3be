"""The nets of the theory: three layers, convolutional or fully connected, and deeper random stacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tinycnn.image.preprocess import IMAGENET_MEAN
from tinycnn.model import Model
from tinycnn.ops.geometry import Padding
from tinycnn.ops.types import Pair
from tinycnn.zoo.build import Builder
from tinycnn.zoo.init import Init, constant, he


def three_layer_cnn(
    filters: int = 64,
    kernel: int = 7,
    stride: int = 1,
    padding: Padding = "same",
    pool: Pair | None = None,
    image: Pair = (64, 64),
    classes: int = 10,
    init: Init = he,
    bias: Init = constant(0.0),
    seed: int = 0,
) -> Model:
    """Convolution, ReLU, optionally a max-pool, and a dense layer: the net of the paper's theorems.

    Parameters
    ----------
    filters, kernel, stride, padding
        Of the convolution: N filters of kernel x kernel x 3.
    pool : (size, stride), optional
        Adds a max-pool, padded like TensorFlow's "same".
    image : (h, w)
    classes : int
        Logits. The dense layer holds ``filters * h * w * classes`` weights.
    init, bias : Init
        How weights and biases are drawn, in both layers.
    seed : int

    Examples
    --------
    >>> tc.zoo.three_layer_cnn(filters=16, pool=(2, 2), image=(32, 32))
    <Model three_layer_cnn: input 3x32x32, 43,338 parameters, weights random (seed 0)>
      conv     Conv2D     16x32x32
      relu     ReLU       16x32x32
      pool     MaxPool2D  16x16x16
      flatten  Flatten    4096
      logits   Dense      10
    """
    stack = Builder((3, *image), seed, init, bias)
    stack.conv("conv", filters, kernel, stride, padding)
    stack.relu("relu")
    if pool is not None:
        stack.max_pool("pool", *pool, padding="same")
    stack.flatten()
    stack.dense("logits", classes)
    return _model("three_layer_cnn", stack, image, seed)


def three_layer_fcn(
    hidden: int = 5000,
    image: Pair = (64, 64),
    classes: int = 10,
    init: Init = he,
    bias: Init = constant(0.0),
    seed: int = 0,
) -> Model:
    """Dense, ReLU, dense: the same net without local connections.

    Parameters
    ----------
    hidden : int
        Hidden units.
    image, classes, init, bias, seed
        As for `three_layer_cnn`.

    Examples
    --------
    >>> tc.zoo.three_layer_fcn(hidden=100, image=(8, 8))
    <Model three_layer_fcn: input 3x8x8, 20,310 parameters, weights random (seed 0)>
      flatten  Flatten  192
      hidden   Dense    100
      relu     ReLU     100
      logits   Dense    10
    """
    stack = Builder((3, *image), seed, init, bias)
    stack.flatten()
    stack.dense("hidden", hidden)
    stack.relu("relu")
    stack.dense("logits", classes)
    return _model("three_layer_fcn", stack, image, seed)


def deep_cnn(
    channels: Sequence[int] = (64, 64, 64),
    kernel: int = 3,
    pools: Collection[int] = (),
    image: Pair = (64, 64),
    circular: bool = False,
    classes: int = 10,
    init: Init = he,
    bias: Init = constant(0.0),
    seed: int = 0,
) -> Model:
    """A stack of convolutions and ReLUs, and a dense layer.

    Parameters
    ----------
    channels : sequence of int
        Filters of each convolution; its length is the depth.
    kernel : int
    pools : collection of int
        A 2x2 max-pool of stride 2 follows each convolution listed here, counted from 1.
    circular : bool
        Pad with the opposite side of the image, so that every position has the same law.
    image, classes, init, bias, seed
        As for `three_layer_cnn`.

    Examples
    --------
    >>> tc.zoo.deep_cnn((8, 16), pools={1}, image=(32, 32))
    <Model deep_cnn: input 3x32x32, 42,362 parameters, weights random (seed 0)>
      conv1    Conv2D     8x32x32
      relu1    ReLU       8x32x32
      pool1    MaxPool2D  8x16x16
      conv2    Conv2D     16x16x16
      relu2    ReLU       16x16x16
      flatten  Flatten    4096
      logits   Dense      10
    """
    stack = Builder((3, *image), seed, init, bias)
    for index, filters in enumerate(channels, start=1):
        stack.conv(f"conv{index}", filters, kernel, circular=circular)
        stack.relu(f"relu{index}")
        if index in pools:
            stack.max_pool(f"pool{index}", 2, 2)
    stack.flatten()
    stack.dense("logits", classes)
    return _model("deep_cnn", stack, image, seed)


def _model(name: str, stack: Builder, image: Pair, seed: int) -> Model:
    return Model(
        name, tuple(stack.layers), (3, *image), IMAGENET_MEAN.at(image), weights=f"random (seed {seed})"
    )
