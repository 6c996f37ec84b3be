"""A picture changed a little, by tinycnn's own gradients, until a net sees another class."""

from __future__ import annotations

import numpy as np

from tinycnn.model import Model
from tinycnn.ops.engine import softmax
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT
from tinycnn.trace import backward, forward


def fgsm(model: Model, x: Array, label: int, step: float, steps: int) -> Array | None:
    """Repeat the fast gradient sign method until the model sees a class.

    Parameters
    ----------
    model : Model
    x : (1, c, h, w)
    label : int
        The class to be seen.
    step : float
        How far each pixel moves in a step, in units of the image's 0..255.
    steps : int
        How many are tried.

    Returns
    -------
    (1, c, h, w) or None
        The changed input, whose pixels stay in 0..255; None if the class was not reached.

    Notes
    -----
    ``x <- clip(x + step sign(d log p_label / d x))``, Goodfellow, Shlens and Szegedy (2015), section 4,
    towards a class (Kurakin, Goodfellow and Bengio 2017, section 2).
    """
    shape = (1, -1, 1, 1)
    mean, std = (np.array(v, x.dtype).reshape(shape) for v in (model.preprocess.mean, model.preprocess.std))
    low, high = (0 - mean) / std, (255 - mean) / std
    for _ in range(steps):
        trace = forward(model, x)
        if trace.output.argmax() == label:
            return x
        seed = -softmax(trace.output)
        seed[0, label] += 1
        x = np.clip(x + step / std * np.sign(backward(trace, seed, GRADIENT)[0]), low, high)
    return x if forward(model, x).output.argmax() == label else None


def shuffled(x: Array, attacked: Array, seed: int) -> Array:
    """The control: the attack's change with its pixels in random order, so the same sizes without its aim."""
    change = (attacked - x).ravel()
    return x + np.random.default_rng([seed, change.size]).permutation(change).reshape(x.shape)
