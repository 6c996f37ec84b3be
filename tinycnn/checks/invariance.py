"""Whether a map stays the same when a model is written in another way that decides the same."""

from __future__ import annotations

import dataclasses

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, as_rule, fixed, map_of
from tinycnn.checks.result import CheckResult
from tinycnn.checks.similarity import compared
from tinycnn.errors import TinycnnError
from tinycnn.image import default
from tinycnn.layers import Conv2D, Dense, Flatten, Identity, Scale
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.trace import run, title
from tinycnn.zoo.painted import painted

LIMITS = 0.0, "a map unrelated to the first", 1.0
"""Null, what has it, and optimum: a rewritten model decides the same, so its map should be the same."""


def input_invariance(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    shift: float = -1.0,
    scale: float = 1.0,
    absolute: bool = False,
    similarity: str = "cosine",
    normaliser: str = "max",
) -> CheckResult:
    """How alike the maps are when every input is ``scale * x + shift``, and the first layer undoes it.

    Parameters
    ----------
    model : Model
        Its first layer with weights is a convolution or dense.
    x, rule, target, absolute, similarity, normaliser
        As of `tinycnn.checks.mprt`.
    shift : float
        Kindermans et al. subtract 1 from images from 0 to 1.
    scale : float
        Not 0.

    Returns
    -------
    CheckResult
        One row.

    Raises
    ------
    TinycnnError
        The first layer is another one, or the scale is 0.

    Notes
    -----
    Kindermans et al. (2017). Every logit stays the same. Baselines do not move along.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.input_invariance(model, x, "saliency").means.round(3)
    array([1.])
    >>> tc.checks.input_invariance(model, x, "gradient-x-input").means.round(1)
    array([-0.9])
    """
    other = rewritten(model, shift, scale)
    kept = fixed(model, x, target)
    first = map_of(model, x, rule, kept)
    second = map_of(other, (scale * x + shift).astype(x.dtype), rule, kept)
    choices = {
        "rule": as_rule(rule).name, "target": kept.label, "shift": shift, "scale": scale,
        "absolute": absolute, "similarity": similarity, "normaliser": normaliser,
    }  # fmt: skip
    source = "Kindermans et al. 2017"
    return compared("input_invariance", "rewritten", (first, second), LIMITS, choices, source)


def rewritten(model: Model, shift: float, scale: float) -> Model:
    """The model for inputs ``scale * x + shift``: what it puts out is the same, up to rounding.

    Parameters
    ----------
    model : Model
    shift, scale : float

    Returns
    -------
    Model
        Weights of the first layer are divided by the scale, and what the shift adds is taken off its bias.
        Where a convolution pads with zeros the border has less of it, so there a `Scale` takes it off.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> other = tc.checks.rewritten(model, shift=-1.0, scale=2.0)
    >>> bool(np.allclose(tc.predict(other, 2 * x - 1), tc.predict(model, x), atol=1e-4))
    True
    """
    if scale == 0:
        raise TinycnnError("scale must not be 0: nothing would be left of the image")
    at = next((i for i, layer in enumerate(model.layers) if not isinstance(layer, Flatten | Identity)), 0)
    first = model.layers[at]
    if not isinstance(first, Conv2D | Dense):
        raise TinycnnError(
            f"the input can be rewritten before a convolution or dense layer, not {title(first)}"
        )
    scaled = dataclasses.replace(first, weight=(first.weight / scale).astype(first.weight.dtype))
    below = (*model.layers[:at], dataclasses.replace(scaled, bias=None))
    added = run(below, np.full((1, *model.input_shape), shift, first.weight.dtype)).output[0]
    of_unit = added.reshape(len(added), -1)
    here, rest = scaled, model.layers[at + 1 :]
    rounding = 1000 * np.finfo(added.dtype).eps * np.abs(added).max()
    if np.ptp(of_unit, axis=1).max() <= rounding:
        off = -of_unit.mean(axis=1)
        here = dataclasses.replace(scaled, bias=off if first.bias is None else first.bias + off)
    else:
        rest = (Scale(np.ones((1,) * added.ndim, added.dtype), -added), *rest)
    seen = model.preprocess
    mean = tuple(m - shift / scale * s for m, s in zip(seen.mean, seen.std, strict=True))
    preprocess = dataclasses.replace(seen, mean=mean, std=tuple(s / scale for s in seen.std))
    layers = (*model.layers[:at], here, *rest)
    return dataclasses.replace(model, name=f"{model.name}, rewritten", layers=layers, preprocess=preprocess)


def painting(
    model: Model,
    x: Array,
    rule: Explainer,
    target: AnyTarget = "max",
    *,
    picture: Array | None = None,
    strength: float = 20.0,
    absolute: bool = False,
    similarity: str = "cosine",
    normaliser: str = "max",
) -> CheckResult:
    """How alike the maps are when the same number, which shows a picture, is added to all logits.

    Parameters
    ----------
    model, x, rule, target, absolute, similarity, normaliser
        As of `tinycnn.checks.mprt`.
    picture : uint8 array, optional
        As `tinycnn.zoo.painted` takes it; by default `tinycnn.image.default`.
    strength : float
        See `tinycnn.zoo.painted`.

    Returns
    -------
    CheckResult
        One row.

    Notes
    -----
    Srinivas and Fleuret (2021). No probability changes.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> tc.checks.painting(model, x, "saliency", target=3).means.round(1)
    array([0.1])
    """
    other = painted(model, default() if picture is None else picture, strength)
    kept = fixed(model, x, target)
    maps = map_of(model, x, rule, kept), map_of(other, x, rule, kept)
    choices = {
        "rule": as_rule(rule).name, "target": kept.label, "strength": strength, "absolute": absolute,
        "similarity": similarity, "normaliser": normaliser,
    }  # fmt: skip
    return compared("painting", "painted", maps, LIMITS, choices, "Srinivas and Fleuret 2021")
