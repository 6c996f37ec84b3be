"""The nets of Nie, Zhang and Patel (2018), exactly as their authors published them."""

from __future__ import annotations

import numpy as np

from tinycnn.layers import Dense
from tinycnn.model import Model
from tinycnn.zoo.init import truncated_normal
from tinycnn.zoo.random_nets import three_layer_cnn, three_layer_fcn
from tinycnn.zoo.vgg import vgg16


def paper_cnn(seed: int = 0) -> Model:
    """16 filters of 7x7, 1000 logits, truncated normal sd .1; its dense layer alone takes 3.2 GB."""
    return three_layer_cnn(16, 7, image=(224, 224), classes=1000, init=truncated_normal(0.1), seed=seed)


def paper_cnn_pool(seed: int = 0) -> Model:
    """`paper_cnn` with a 9x9 max-pool of stride 1."""
    return three_layer_cnn(
        16, 7, pool=(9, 1), image=(224, 224), classes=1000, init=truncated_normal(0.1), seed=seed
    )


def paper_fcn(seed: int = 0) -> Model:
    """64x64x3 to 5000 hidden units (sd .1, bias 1) to 1000 logits (sd 10, bias 0), truncated normal."""
    net = three_layer_fcn(5000, classes=1000, init=truncated_normal(0.1), seed=seed)
    hidden, logits = (layer for layer in net.layers if isinstance(layer, Dense))
    new = {"hidden.bias": np.ones(len(hidden.weight)), "logits.weight": 100 * logits.weight}
    return net.with_weights(new, net.weights)


def paper_vgg16(seed: int = 0) -> Model:
    """VGG-16 with truncated normal weights of sd .1 everywhere, conv biases 0, dense biases 1."""
    net = vgg16(seed=seed, init=truncated_normal(0.1))
    ones = {
        f"{layer.name}.bias": np.ones(len(layer.weight)) for layer in net.layers if isinstance(layer, Dense)
    }
    return net.with_weights(ones, net.weights)
