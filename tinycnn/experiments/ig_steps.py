"""How many steps integrated gradients need: the error of five quadratures, and its law."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, ratio
from tinycnn.experiments.plates import Chart, Curve, Plate
from tinycnn.layers import Dense
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.trace import forward
from tinycnn.visualize import visualize
from tinycnn.zoo import three_layer_fcn
from tinycnn.zoo.init import normal

STEPS = (10, 20, 50)
HIDDEN, SIDE, BIAS = 200, 6, 0.3


def _even(first: float) -> Callable[[int], tuple[Array, Array]]:
    """m nodes 1 / m apart, all of the same weight."""
    return lambda m: ((np.arange(m) + first) / m, np.full(m, 1 / m))


def _trapezoid(m: int) -> tuple[Array, Array]:
    weights = np.full(m, 1 / (m - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0, 1, m), weights


def _gauss_legendre(m: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(m)
    return (nodes + 1) / 2, weights / 2


QUADRATURES: Mapping[str, Callable[[int], tuple[Array, Array]]] = MappingProxyType(
    {
        "midpoint": _even(0.5),
        "trapezoid": _trapezoid,
        "left": _even(0.0),
        "right": _even(1.0),
        "Gauss-Legendre": _gauss_legendre,
    }
)
"""Nodes in [0, 1] and their weights, from the number of nodes."""

FACTORS: Mapping[str, Callable[[int], float]] = MappingProxyType(
    {
        "midpoint": lambda m: 1.0,
        "trapezoid": lambda m: (m / (m - 1)) ** 2,
        "left": lambda m: 4.0,
        "right": lambda m: 4.0,
        "Gauss-Legendre": lambda m: np.pi**2 / 6,
    }
)
"""Mean squared error, as a multiple of that of the midpoint rule."""


def run(inputs: Inputs) -> Result:
    """Integrate through random nets of one hidden layer, whose units flip at places that no rule knows."""
    nets = 40 if inputs.quick else 400
    found = [measure(_net(seed), _image(inputs.seed, seed)) for seed in range(nets)]
    errors = np.array([error for error, _ in found])  # (nets, quadratures, steps)
    midpoint = np.array([square for _, square in found])
    arrays = {"errors": errors, "midpoint": midpoint}
    return Result(arrays, _numbers(arrays), _statements(arrays))


def _net(seed: int) -> Model:
    return three_layer_fcn(HIDDEN, (SIDE, SIDE), classes=1, bias=normal(BIAS), seed=seed).astype(np.float64)


def _image(seed: int, number: int) -> Array:
    return BIAS * np.random.default_rng([seed, number]).standard_normal((1, 3, SIDE, SIDE))


def measure(model: Model, x: Array) -> tuple[Array, float]:
    """By how much the sum of the map misses ``f(x) - f(0)``, and what is predicted.

    Returns
    -------
    errors : (quadratures, steps)
    midpoint : float
        ``sum over units that flip of (V dz)^2 / 12``: of the midpoint rule, m^2 times the mean squared error.
    """
    change = float((forward(model, x).output - forward(model, np.zeros_like(x)).output)[0, 0])
    errors = np.empty((len(QUADRATURES), len(STEPS)))
    for q, quadrature in enumerate(QUADRATURES.values()):
        for s, m in enumerate(STEPS):
            nodes, weights = quadrature(m)
            gradients = visualize(model, nodes[:, None, None, None] * x, "saliency", 0)["saliency"]
            errors[q, s] = float(weights @ (gradients * x).sum(axis=(1, 2, 3))) - change
    hidden, logits = (layer for layer in model.layers if isinstance(layer, Dense))
    start = np.zeros(HIDDEN) if hidden.bias is None else hidden.bias
    end = start + hidden.weight @ x.ravel()
    flips = (start > 0) != (end > 0)
    return errors, float(np.square(logits.weight[0] * (end - start))[flips].sum() / 12)


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    """Mean squared errors as multiples of what is predicted of the midpoint rule."""
    return [
        dataclasses.replace(
            ratio(
                f"{name}, {m} steps: mean squared error, as a multiple of the midpoint rule's law",
                np.square(arrays["errors"][:, q, s]),
                arrays["midpoint"] / m**2,
            ),
            predicted=FACTORS[name](m),
        )
        for q, name in enumerate(QUADRATURES)
        for s, m in enumerate(STEPS)
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    rms = np.sqrt(np.square(arrays["errors"]).mean(axis=0))
    slopes = np.polyfit(np.log(STEPS), np.log(rms).T, 1)[0]
    said = ", ".join(f"{name} {slope:.2f}" for name, slope in zip(QUADRATURES, slopes, strict=True))
    return [
        Statement(
            f"the error falls as 1 / m whatever the quadrature: slopes in log m within .2 of -1 ({said})",
            bool((np.abs(slopes + 1) < 0.2).all()),
        ),
        Statement("no quadrature is better than the midpoint rule", bool((rms[1:] > 0.9 * rms[0]).all())),
    ]


def draw(result: Result) -> list[Plate]:
    """Errors against steps, and their laws."""
    errors, midpoint = result.arrays["errors"], result.arrays["midpoint"]
    curves = []
    for q, name in enumerate(QUADRATURES):
        rms = np.sqrt(np.square(errors[:, q]).mean(axis=0))
        law = [float(np.sqrt(FACTORS[name](m) * midpoint.mean()) / m) for m in STEPS]
        curves += [Curve(name, STEPS, rms), Curve(f"{name}, predicted", STEPS, law, dashed=True)]
    return [Chart(curves, "steps m", "root mean squared error of the sum", log=True)]


EXPERIMENT = Experiment(
    name="ig-steps",
    title="How many steps integrated gradients need",
    claim="In a ReLU network the error falls as 1 / m, whatever the quadrature.",
    paper="No such experiment. Libraries integrate with 20 to 50 steps, some with Gauss-Legendre nodes, "
    "which are exact for smooth integrands; here the integrand jumps wherever a unit flips.",
    caption=f"Random dense nets of one hidden layer of {HIDDEN} units with biases, float64. Error: sum of "
    "the map minus f(x) - f(0). Dashed: sqrt(factor * sum over flipping units of (V dz)^2 / 12) / m, the "
    "factor 1 for midpoints, (m / (m - 1))^2 for trapezoids of m nodes, 4 for left and right, pi^2 / 6 for "
    "Gauss-Legendre.",
    run=run,
    draw=draw,
)
