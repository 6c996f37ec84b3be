"""Maps that are one pass and a product: gradient x input, and class activation maps at a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.types import Array, Pair
from tinycnn.rules.family import GUIDED
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.method import Answer, AnyRule, Method, Question, expect_rule
from tinycnn.rules.options import named
from tinycnn.trace import Trace, backward

Combine = Callable[[Array, Array], Array]
"""A layer's output A (n, k, i, j) and its gradient g, to a map (n, i, j)."""


def gradient_x_input(rule: AnyRule = GRADIENT) -> Method:
    """The map times the image, ``x * grad f``."""
    expect_rule(rule)

    def answer(question: Question) -> Answer:
        return Answer(question.map(rule) * question.x)

    return Method("gradient-x-input", answer, "Shrikumar et al. 2016")


def grad_cam(layer: str | int = "") -> Method:
    """``relu(sum_k mean(g^k) A^k)``."""
    return _cam("grad-cam", layer, _grad_cam, "Selvaraju et al. 2017, eq. 1 and 2")


def hires_cam(layer: str | int = "") -> Method:
    """``sum_k g^k A^k``, with its sign: it sums to the logit less the bias if one dense layer follows."""
    return _cam("hires-cam", layer, lambda a, g: (g * a).sum(axis=1), "Draelos and Carin 2020")


def xgrad_cam(layer: str | int = "") -> Method:
    """``relu(sum_k v_k A^k)`` with ``v_k = sum(A^k g^k) / sum A^k``, 0 where the sum is 0."""
    return _cam("xgrad-cam", layer, _xgrad_cam, "Fu et al. 2020")


def grad_cam_plus_plus(layer: str | int = "") -> Method:
    """``relu(sum_k v_k A^k)``, ``v_k = sum alpha relu(g)``, ``alpha = g^2 / (2 g^2 + g^3 sum A)``.

    The formula takes the exponential of the logit for the score; its common factor does not change the map.
    """
    return _cam("grad-cam-plus-plus", layer, _plus_plus, "Chattopadhay et al. 2018")


def layer_cam(layer: str | int = "") -> Method:
    """``relu(sum_k relu(g^k) A^k)``."""
    return _cam("layer-cam", layer, lambda a, g: _relu((_relu(g) * a).sum(axis=1)), "Jiang et al. 2021")


def guided_grad_cam(layer: str | int = "", rule: AnyRule = GUIDED) -> Method:
    """Grad-CAM, up-sampled, times the map of guided backprop."""
    cam = grad_cam(layer)
    expect_rule(rule)

    def answer(question: Question) -> Answer:
        found = cam.answer(question)
        return Answer(found.map * question.map(rule), found.note)

    return Method("guided-grad-cam", answer, "Selvaraju et al. 2017, Guided Grad-CAM")


def _cam(name: str, layer: str | int, combine: Combine, source: str) -> Method:
    chosen = named(layer)

    def answer(question: Question) -> Answer:
        trace = question.target.cut(question.trace())
        at = _index(trace, chosen)
        seed = question.target(trace)
        a = trace[at].output
        g = backward(trace[at + 1 :], seed, GRADIENT)[0]
        if a.ndim != 4:
            raise ShapeError(f"{name} needs a layer whose output is (n, k, h, w), got {a.shape}")
        low = combine(a, g)
        h, w = question.x.shape[2:]
        where = trace[at].layer.name or f"layer {at}"
        note = f"{where}, {low.shape[1]}x{low.shape[2]}, up-sampled bilinearly, not normalised"
        return Answer(upsampled(low, (h, w))[:, None], note)

    return Method(name, answer, source)


def _index(trace: Trace, layer: str | int) -> int:
    """A layer by its name or position; by default the last one whose output has several positions."""
    if layer != "":
        return trace.index(layer)
    images = [i for i, step in enumerate(trace) if step.output.ndim == 4 and step.output[0, 0].size > 1]
    if not images:
        raise ShapeError("no layer has an output with positions; a class activation map needs one")
    return images[-1]


def _grad_cam(a: Array, g: Array) -> Array:
    return _relu((g.mean(axis=(2, 3), keepdims=True) * a).sum(axis=1))


def _xgrad_cam(a: Array, g: Array) -> Array:
    total = np.broadcast_to(a.sum(axis=(2, 3), keepdims=True), (*g.shape[:2], 1, 1))
    product = (a * g).sum(axis=(2, 3), keepdims=True)
    weight = np.divide(product, total, out=np.zeros_like(product), where=total != 0)
    return _relu((weight * a).sum(axis=1))


def _plus_plus(a: Array, g: Array) -> Array:
    below = 2 * g**2 + g**3 * a.sum(axis=(2, 3), keepdims=True)
    alpha = np.divide(g**2, below, out=np.zeros_like(g), where=below != 0)
    return _relu(((alpha * _relu(g)).sum(axis=(2, 3), keepdims=True) * a).sum(axis=1))


def _relu(array: Array) -> Array:
    return np.maximum(array, array.dtype.type(0))


def upsampled(maps: Array, size: Pair) -> Array:
    """Maps (n, i, j) in another size, bilinearly; pixels are squares, whose centres do not move.

    ``align_corners=False`` elsewhere. Positions outside of the outermost centres take their value.
    """
    down, across = (_weights(length, to) for length, to in zip(maps.shape[1:], size, strict=True))
    found: Array = np.einsum("hi,nij,wj->nhw", down, maps, across, optimize=True)
    return found.astype(maps.dtype, copy=False)


def _weights(length: int, to: int) -> Array:
    """How much each of `to` positions takes of each of `length`."""
    centre = ((np.arange(to) + 0.5) * length / to - 0.5).clip(0, length - 1)
    weights: Array = np.maximum(1 - np.abs(centre[:, None] - np.arange(length)), 0)
    return weights
