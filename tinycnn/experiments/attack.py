"""The fast gradient sign method: a picture is changed a little until a net sees another class in it."""

from __future__ import annotations

import numpy as np

from tinycnn.model import Model
from tinycnn.ops import engine
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
    ``x <- clip(x + step sign(d log p_label / d x))``; ``d log p_label / d logits = onehot(label) - softmax``.
    Goodfellow, Shlens and Szegedy (2015), section 4, towards a class (Kurakin, Goodfellow and Bengio 2017,
    section 2).
    """
    mean, std = _scale(model, x)
    low, high = (0 - mean) / std, (255 - mean) / std
    for _ in range(steps):
        trace = forward(model, x)
        if trace.output.argmax() == label:
            return x
        seed = -engine.softmax(trace.output)
        seed[0, label] += 1
        x = np.clip(x + step / std * np.sign(backward(trace, seed, GRADIENT)[0]), low, high)
    return x if forward(model, x).output.argmax() == label else None


def largest_change(model: Model, x: Array, attacked: Array) -> float:
    """How far an attack has moved the pixel that it moved most, in units of the image's 0..255."""
    _, std = _scale(model, x)
    return float(np.abs((attacked - x) * std).max())


def shuffled(x: Array, attacked: Array, seed: int) -> Array:
    """The control: the attack's change with its pixels in random order, so the same sizes without its aim."""
    change = (attacked - x).ravel()
    return x + np.random.default_rng([seed, change.size]).permutation(change).reshape(x.shape)


def _scale(model: Model, x: Array) -> tuple[Array, Array]:
    """Mean and standard deviation by which the model's preprocessing normalises, each (1, c, 1, 1)."""
    channels = (model.preprocess.mean, model.preprocess.std)
    mean, std = (np.array(values, x.dtype).reshape(1, -1, 1, 1) for values in channels)
    return mean, std
