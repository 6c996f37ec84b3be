"""Single tables from elsewhere: RectGrad and beta-smooth; and DeepLIFT, whose trace is of pairs of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.layers import Activation, Conv2D, MaxPool2D, ReLU
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules.averages import Baseline, starting_point
from tinycnn.rules.gate import Gate, identity
from tinycnn.rules.gradient import GRADIENT, avg_pool2d, max_pool2d
from tinycnn.rules.method import Answer, Method, Question
from tinycnn.rules.options import number
from tinycnn.rules.rule import Rule
from tinycnn.trace import Row, Step, backward, forward

_STILL = 1e-10
"""A unit that moves less than this between two images has the gradient for its multiplier."""


@dataclass(frozen=True)
class Rectified:
    """The row of RectGrad: pass R where ``a R > tau``, the q-th percentile of ``a R`` over its image.

    tau is 0, and the row that of guided backprop, where at most 100 - q percent of the entries are positive
    and none is negative. It is negative where more than q percent are; then silent units pass their signal.
    """

    q: float

    def __call__(self, signal: Array, step: Step) -> Array:
        product = step.output * signal
        if not product.size:
            return signal
        tau = np.percentile(product, self.q, axis=tuple(range(1, product.ndim)), keepdims=True)
        return signal * (product > tau)


@dataclass(frozen=True)
class Smooth:
    """The mask of a ReLU with a soft edge, ``sigmoid(beta z)``: its maps have derivatives of their own."""

    beta: float

    def __call__(self, signal: Array, step: Step) -> Array:
        return signal * engine.sigmoid(step.input.dtype.type(self.beta) * step.input)


def without_frame(signal: Array, step: Step) -> Array:
    """A convolution's row that drops the outermost pixels of the signal where the convolution is padded."""
    if step.layer.padding in (0, (0, 0)):
        return GRADIENT[step.layer](signal, step)
    inner = np.zeros_like(signal)
    inner[..., 1:-1, 1:-1] = signal[..., 1:-1, 1:-1]
    return GRADIENT[step.layer](inner, step)


def in_proportion(signal: Array, step: Step) -> Array:
    """A max-pool's row that shares a window's signal out by its inputs, ``a / (mean a + 1e-10)``."""
    mean = engine.avg_pool2d(step.input, **step.layer.geometry)
    return step.input * avg_pool2d(signal / (mean + mean.dtype.type(1e-10)), step)


def rectgrad(q: float = 98.0, frame: bool = False, proportional: bool = False) -> Rule:
    """Only the units whose activation times signal is among the largest of the image; q is a percentile.

    The authors' maps are this rule's times the image, ``gradient-x-input(rectgrad)``. Two things are in their
    code and not in their paper, and off here: with `frame`, one pixel around each signal is set to 0 above
    every padded convolution; with `proportional`, max-pools share the signal out in proportion to their
    inputs.
    """
    if not 0 <= number("q", q) <= 100:
        raise TinycnnError(f"a percentile lies in 0..100, got q={q:g}")
    rows: dict[type, Row] = {Activation: Rectified(q)}
    rows |= {Conv2D: without_frame} if frame else {}
    rows |= {MaxPool2D: in_proportion} if proportional else {}
    return GRADIENT.replace("rectgrad", rows, "Kim et al. 2019")


def beta_smooth(beta: float = 10.0) -> Rule:
    """The gradient, with ``sigmoid(beta z)`` for the mask of a ReLU."""
    gate = Gate(Smooth(number("beta", beta)), identity)
    return GRADIENT.replace("beta-smooth", {ReLU: gate}, "Dombrowski et al. 2019")


def rescaled(signal: Array, step: Step) -> Array:
    """DeepLIFT's row of an activation, for a trace whose second half are the references of the first.

    The multiplier of a unit is what it moved by what moved it, ``(y - y') / (z - z')``.
    """
    (z, other), (y, rest) = (np.split(each, 2) for each in (step.input, step.output))
    moved = np.concatenate([z - other] * 2)
    still = np.abs(moved) < _STILL
    ratio = np.concatenate([y - rest] * 2) / np.where(still, 1, moved)
    return np.where(still, step.layer.vjp(signal, step.input), signal * ratio)


def rescaled_pool(signal: Array, step: Step) -> Array:
    """DeepLIFT's row of a max-pool: what an image, and its reference, add to the larger of two maxima.

    ``y - y'`` is the sum of ``max(y, y') - y'``, which goes to the winner in the image, and of
    ``y - max(y, y')``, which goes to the winner in the reference; the multiplier of an entry is what it gets
    by what it moved.
    """
    (x, other), (y, rest) = (np.split(each, 2) for each in (step.input, step.output))
    larger = np.maximum(y, rest)
    gains = signal * np.concatenate([larger - rest, y - larger])
    mine, its = np.split(max_pool2d(gains, step), 2)
    moved = np.concatenate([x - other] * 2)
    still = np.abs(moved) < _STILL
    ratio = np.concatenate([mine + its] * 2) / np.where(still, 1, moved)
    return np.where(still, max_pool2d(signal, step), ratio)


PAIRED = GRADIENT.replace(
    "deeplift multipliers",
    {Activation: rescaled, MaxPool2D: rescaled_pool},
    "Shrikumar et al. 2017, the rescale rule",
)
"""DeepLIFT's rescale rule as a table, for a trace of images followed by their references."""


def deeplift(baseline: Baseline = "zero") -> Method:
    """``(x - x')`` times the multipliers of the rescale rule; sums to ``f(x) - f(x')``.

    Parameters
    ----------
    baseline : "zero", "mean", number or array
        The reference x', as of `ig`.
    """

    def one(question: Question) -> tuple[Array, float]:
        x, start = question.x, starting_point(question.x, baseline)
        trace = forward(question.model, np.concatenate([x, start]))
        cut, seed = question.target.cut(trace), question.target(question.trace())
        map = (x - start) * backward(cut, np.concatenate([seed, seed]), PAIRED)[0][:1]
        end, begin = (float((seed * y).sum()) for y in cut.output[:, None])
        return map, end - begin

    def answer(question: Question) -> Answer:
        found = [one(single) for single in question.each()]
        note = (
            f"from {baseline if isinstance(baseline, str) else 'a baseline'}: sums to {found[0][0].sum():.4g}"
        )
        return Answer(np.concatenate([map for map, _ in found]), f"{note}, f(x) - f(x') is {found[0][1]:.4g}")

    return Method("deeplift", answer, "Shrikumar et al. 2017, the rescale rule")
