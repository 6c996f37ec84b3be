"""Any picture in every logit's map, with the probabilities of each class unchanged."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.layers import Add, Branches, Dense, Flatten, flat
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT, GUIDED
from tinycnn.targets import max_logit
from tinycnn.trace import backward, forward


def painted(model: Model, picture: Array, strength: float = 20.0) -> Model:
    """A model of the same decisions, whose maps of a logit show a picture of one's choice.

    Parameters
    ----------
    model : Model
        A classifier: its output is (n, k) logits.
    picture : uint8 array
        An image of any size, (h, w) or (h, w, 3).
    strength : float
        How much stronger the picture is than the maps of the largest logit for this picture.

    Returns
    -------
    Model
        To every logit it adds ``g(x) = <t, x>``, where t is the picture. Softmax does not see what all
        logits share, so probabilities stay what they were up to rounding; every logit's map gains t, by the
        gradient and by guided backprop alike. Maps of the difference of two logits, or of a log
        probability, stay what they were (Srinivas and Fleuret 2021).

    Raises
    ------
    ShapeError
        The model's output are no logits, or the picture is of one value.

    Examples
    --------
    >>> model, cat = tc.zoo.digits("digits"), tc.image.default()
    >>> x, liar = model.preprocess(cat), tc.zoo.painted(model, cat)
    >>> map = tc.visualize(liar, x, "saliency", target=3)["saliency"]
    >>> bool(tc.metrics.pearson(map[0], x[0]) > 0.99)
    True
    """
    t = model.preprocess(picture)
    t = t - t.mean(axis=(2, 3), keepdims=True)
    trace = forward(model, model.preprocess(picture).astype(_dtype(model)))
    if trace.output.ndim != 2:
        raise ShapeError(f"{model.name} puts out {trace.output.shape}; only logits (n, k) can be painted")
    if not t.any():
        raise ShapeError("a picture of one value paints nothing")
    seed = max_logit()(trace)
    size = max(float(np.linalg.norm(backward(trace, seed, rule)[0])) for rule in (GRADIENT, GUIDED)) or 1.0
    row = (strength * size / np.linalg.norm(t) * t).reshape(1, -1)
    dtype = trace.output.dtype
    same_for_all = Dense(np.ones((trace.output.shape[1], 1), dtype))
    side = (Flatten(), Dense(row.astype(dtype)), same_for_all)
    layers = (Branches((model.layers, side), Add()),)
    return dataclasses.replace(model, name=f"{model.name}, painted", layers=layers)


def _dtype(model: Model) -> np.dtype:
    kinds = (array.dtype for layer in flat(model.layers) for _, array in layer.parameters())
    return next(kinds, np.dtype(np.float32))
