"""Every layer and every rule once more, as plain matrix mathematics: slow, explicit, and independent.

A layer's Jacobian at an image is written out as a matrix, entry by entry, from the formula of the layer and
not from tinycnn's operations. A rule is then what its paper says: a product of transposed Jacobians,
diagonal mask matrices, and functions of single numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinycnn import layers as L
from tinycnn.ops.geometry import Window, pair, window
from tinycnn.ops.types import Array
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_same
from tinycnn.testing.strategies import activations, cases, chains
from tinycnn.trace import Rows, Step, Trace

Scalar = Callable[[Array], Array]

SENDS: dict[str, Scalar] = {
    "saliency": lambda t: t,
    "deconvnet": lambda t: t * (t > 0),
    "guided": lambda t: t * (t > 0),
    "linear": lambda t: t,
    "abs": lambda t: t * np.sign(t),
    "constant": lambda t: t**0,
    "negative": lambda t: -t * (t < 0),
    "reversed": lambda t: t * (t > 0),
    "deconvnet-abs": lambda t: t * np.sign(t),
    "stein": lambda t: t * (t > 0),
}
"""What each arm of the family does to a signal, number by number."""

MILD = ("mixed", "zeros", "ties", "halves", "fine")
"""Regimes without huge numbers, whose exponential overflows where the sigmoid is written out plainly."""

UNMASKED = ("deconvnet", "linear", "deconvnet-abs")


def matrix_map(trace: Trace, seed: Array, rule: str) -> Array:
    """The map of a shipped rule, image by image, by matrices alone.

    Parameters
    ----------
    trace : Trace
    seed : (n, ...)
        One signal for each image.
    rule : str
        Name of a shipped rule.

    Returns
    -------
    array of the shape of the trace's input
    """
    maps = [_down(trace, n, seed[n].reshape(-1), rule) for n in range(len(seed))]
    return np.array(maps).reshape(trace.input.shape)


def equals_matrices(rule: str) -> Law:
    """The law that a rule gives the maps of the matrix mathematics of the shipped rule of that name."""

    def check(found: Rows, case: Case) -> None:
        expect_same(case.map(found), matrix_map(case.trace(), case.seed, rule), "the map")

    kinds = (
        cases(activations, images=2, regimes=MILD),
        cases(lambda shape: chains(shape, deepest=1), images=2, regimes=MILD),
        cases(images=2, regimes=MILD),
    )
    lookup = "from tests.testing.matrices import equals_matrices\n"
    code = f"{lookup}equals_matrices({rule!r}).check(rule, case)"
    return Law(f"matrices of {rule}", f"The map is the matrix product of {rule}.", check, kinds, code=code)


def matrix(step: Step, n: int, unpool: str = "") -> Array:
    """The Jacobian of one layer at image n: outputs down, inputs across.

    Parameters
    ----------
    step : Step
        Of any layer but activations and branches.
    n : int
    unpool : str
        "average" or "center" give the matrix that a max-pool is taken for; by default its own.
    """
    layer, x = step.layer, step.input
    if isinstance(layer, L.Dense):
        return layer.weight
    if isinstance(layer, L.Flatten):
        places = np.arange(x[n].size).reshape(x.shape[1:])
        row = places if layer.order == "chw" else places.transpose(1, 2, 0)
        return np.eye(x[n].size)[row.reshape(-1)]
    if isinstance(layer, L.BatchNorm2D):
        scale = layer.weight / np.sqrt(layer.variance + layer.epsilon)
        return np.diag(np.repeat(scale, x[n, 0].size))
    if isinstance(layer, L.GlobalAvgPool2D):
        pixels = x[n, 0].size
        return np.kron(np.eye(x.shape[1]), np.ones((1, pixels)) / pixels)
    if isinstance(layer, L.Conv2D):
        return _convolution(step, n)
    if isinstance(layer, L.MaxPool2D | L.AvgPool2D):
        return _pool(step, n, "average" if isinstance(layer, L.AvgPool2D) else unpool)
    raise TypeError(f"no matrix is known for {type(layer).__name__}")


Curve = Callable[[Any, Array], Array]

CURVES: dict[type[L.Activation], tuple[Curve, Curve]] = {
    L.ReLU: (lambda f, z: np.maximum(z, 0), lambda f, z: 1.0 * (z > 0)),
    L.ReLU6: (lambda f, z: np.clip(z, 0, 6), lambda f, z: 1.0 * (z > 0) * (z < 6)),
    L.Clip: (lambda f, z: np.clip(z, f.low, f.high), lambda f, z: 1.0 * (z > f.low) * (z < f.high)),
    L.Identity: (lambda f, z: z, lambda f, z: 1 + 0 * z),
    L.LeakyReLU: (lambda f, z: np.maximum(z, f.slope * z), lambda f, z: np.where(z > 0, 1, f.slope)),
    L.PReLU: (lambda f, z: np.maximum(z, f.slopes * z), lambda f, z: np.where(z > 0, 1, f.slopes)),
    L.ELU: (
        lambda f, z: np.where(z > 0, z, f.alpha * (np.exp(z) - 1)),
        lambda f, z: np.where(z > 0, 1, f.alpha * np.exp(z)),
    ),
    L.SELU: (
        lambda f, z: f.SCALE * np.where(z > 0, z, f.ALPHA * (np.exp(z) - 1)),
        lambda f, z: f.SCALE * np.where(z > 0, 1, f.ALPHA * np.exp(z)),
    ),
    L.Softplus: (
        lambda f, z: np.log1p(np.exp(f.beta * z)) / f.beta,
        lambda f, z: 1 / (1 + np.exp(-f.beta * z)),
    ),
    L.Sigmoid: (lambda f, z: 1 / (1 + np.exp(-z)), lambda f, z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    L.Tanh: (lambda f, z: np.tanh(z), lambda f, z: 1 / np.cosh(z) ** 2),
    L.SiLU: (
        lambda f, z: z / (1 + np.exp(-z)),
        lambda f, z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2,
    ),
    L.HardSigmoid: (lambda f, z: np.clip(z / 6 + 0.5, 0, 1), lambda f, z: (np.abs(z) < 3) / 6),
    L.HardSwish: (
        lambda f, z: z * np.clip(z / 6 + 0.5, 0, 1),
        lambda f, z: np.select([z <= -3, z < 3], [0 * z, (2 * z + 3) / 6], 1.0),
    ),
    L.GELU: (
        lambda f, z: z * _below(z, f.tanh),
        lambda f, z: _below(z, f.tanh) + z * _density(z, f.tanh),
    ),
}
"""Each activation and its derivative, written out: functions of the layer and of its input."""


def _below(z: Array, tanh: bool) -> Array:
    if tanh:
        return 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(z / np.sqrt(2)))


def _density(z: Array, tanh: bool) -> Array:
    if tanh:
        slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)
        return 0.5 * slope / np.cosh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)) ** 2
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def slope(layer: Any, z: Array, rule: str) -> Array:
    """The diagonal of an activation's mask matrix, for inputs z."""
    arm = rule.partition("+")[0]
    if arm in UNMASKED:
        return np.ones_like(z)
    function, derivative = CURVES[type(layer)]
    if arm == "stein":
        return function(layer, z)
    return derivative(layer, -z if arm == "reversed" else z)


def _down(trace: Trace, n: int, signal: Array, rule: str) -> Array:
    arm, _, unpool = rule.partition("+")
    for step in reversed(trace):
        if isinstance(step.layer, L.Branches):
            signal = _fork(step, n, signal, rule)
        elif isinstance(step.layer, L.Activation):
            mask = np.diag(slope(step.layer, step.input[n].reshape(-1), rule))
            signal = mask @ SENDS[arm](signal)
        else:
            signal = matrix(step, n, unpool).T @ signal
    return signal


def _fork(step: Step, n: int, signal: Array, rule: str) -> Array:
    """The merge is a matrix of identity blocks: side by side for a sum, on the diagonal for a stack."""
    traces, merge = step.saved
    sizes = [part[n].size for part in merge.input]
    ends = np.cumsum(sizes)
    total = np.zeros(step.input[n].size)
    for trace, size, end in zip(traces, sizes, ends, strict=True):
        part = signal if isinstance(step.layer.merge, L.Add) else signal[end - size : end]
        total += _down(trace, n, part, rule)
    return total


def _convolution(step: Step, n: int) -> Array:
    layer, x = step.layer, step.input
    k, per_group, *size = layer.weight.shape
    options = layer.geometry
    groups = options.pop("groups")
    at = window(x.shape[2:], (size[0], size[1]), **options)
    found = np.zeros((k, *at.output, *x.shape[1:]))
    for o, i, j, a, b in np.ndindex(k, *at.output, *size):
        h, w = _place(at, i, j, a, b)
        if at.circular:
            h, w = h % at.image[0], w % at.image[1]
        if 0 <= h < at.image[0] and 0 <= w < at.image[1]:
            first = o // (k // groups) * per_group
            found[o, i, j, first : first + per_group, h, w] += layer.weight[o, :, a, b]
    return found.reshape(k * at.output[0] * at.output[1], -1)


def _pool(step: Step, n: int, unpool: str) -> Array:
    layer, x = step.layer, step.input
    at = window(x.shape[2:], pair(layer.size), layer.stride, layer.padding)
    found: Any = np.zeros((x.shape[1], *at.output, *x.shape[1:]))
    for c, i, j in np.ndindex(x.shape[1], *at.output):
        taps = [(*_place(at, i, j, a, b), a, b) for a, b in np.ndindex(*at.size)]
        inside = [tap for tap in taps if 0 <= tap[0] < at.image[0] and 0 <= tap[1] < at.image[1]]
        if unpool == "average":
            for h, w, _, _ in inside:
                found[c, i, j, c, h, w] = 1 / len(taps)
        elif unpool == "center":
            middle = (-(-at.size[0] // 2) - 1, -(-at.size[1] // 2) - 1)
            for h, w, a, b in inside:
                found[c, i, j, c, h, w] = float((a, b) == middle)
        else:
            h, w, _, _ = max(inside, key=lambda tap: x[n, c, tap[0], tap[1]])  # the first of equal ones
            found[c, i, j, c, h, w] = 1
    return np.reshape(found, (x.shape[1] * at.output[0] * at.output[1], -1))


def _place(at: Window, i: int, j: int, a: int, b: int) -> tuple[int, int]:
    """Pixel under tap (a, b) of the window at row i, column j; it may lie outside the image."""
    row = i * at.stride[0] + a * at.dilation[0] - at.edges[0][0]
    column = j * at.stride[1] + b * at.dilation[1] - at.edges[1][0]
    return row, column
