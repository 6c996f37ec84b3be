"""Small nets with known numbers, for the theory on nets as they come."""

from __future__ import annotations

import numpy as np

from tinycnn import zoo
from tinycnn.image.preprocess import DIGITS
from tinycnn.layers import Conv2D, Dense, Flatten, ReLU
from tinycnn.model import Model


def net(weight, bias=None, size=(2, 2), top=None):
    """One convolution with its ReLU and a dense layer to two logits, on one-channel images."""
    weight = np.array(weight, np.float64)
    units = len(weight) * (size[0] - weight.shape[2] + 1) * (size[1] - weight.shape[3] + 1)
    top = np.stack([np.ones(units), -np.ones(units)]) if top is None else np.array(top, np.float64)
    bias = None if bias is None else np.array(bias, np.float64)
    layers = (Conv2D(weight, bias, name="conv"), ReLU(name="relu"), Flatten(), Dense(top, name="logits"))
    return Model("tiny", layers, (weight.shape[1], *size), DIGITS)


def digits():
    """The trained digits net that comes with tinycnn."""
    return zoo.digits("digits")
