"""A small VGG-style net for handwritten digits, with weights that tinycnn trained itself."""

from __future__ import annotations

import dataclasses

from tinycnn.files import embedded
from tinycnn.image.preprocess import DIGITS
from tinycnn.model import Model
from tinycnn.zoo.build import Builder
from tinycnn.zoo.init import constant, he
from tinycnn.zoo.pretrained import find, load

EMBEDDED = {
    "digits": "trained on 8,000 MNIST digits by tinycnn",
    "digits-initial": "where the training of the digits net started",
}
"""Weights that come with tinycnn, and what captions call them."""


def digits(weights: str = "random", seed: int = 0) -> Model:
    """Two blocks of two convolutions and a pool, and a dense layer: 28x28 grey pixels to 10 logits.

    Parameters
    ----------
    weights : str
        ``"random"``; ``"digits"``, the trained net that comes with tinycnn; ``"digits-initial"``, the
        weights that its training started from; or the path of a file.
    seed : int
        Seed of random weights.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> images, labels = tc.digit_pictures.digit_pictures(10, seed=0)
    >>> logits = tc.predict(model, model.preprocess(list(images)))
    >>> int((logits.argmax(axis=1) == labels).sum())
    10
    """
    stack = Builder((1, 28, 28), seed, he, constant(0.0))
    for block, filters in enumerate((16, 32), start=1):
        for index in (1, 2):
            stack.conv(f"conv{block}_{index}", filters, 3, padding=1)
            stack.relu(f"relu{block}_{index}")
        stack.max_pool(f"pool{block}", 2, 2)
    stack.flatten()
    stack.dense("logits", 10)
    names = tuple(str(digit) for digit in range(10))
    net = Model("digits", tuple(stack.layers), (1, 28, 28), DIGITS, names, f"random (seed {seed})")
    if weights == "random":
        return net
    if weights in EMBEDDED:
        return dataclasses.replace(load(net, embedded(f"{weights}.npz")), weights=EMBEDDED[weights])
    return load(net, find("digits", weights, EMBEDDED))
