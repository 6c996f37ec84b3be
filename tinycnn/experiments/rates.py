"""How fast the error falls over filters, patch size, width and depth: lines on two logarithmic axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, larger
from tinycnn.experiments.plates import Chart, Curve, Plate
from tinycnn.model import Model
from tinycnn.ops.geometry import Window, window
from tinycnn.ops.types import Array
from tinycnn.theory.claim import of_means, standard_error
from tinycnn.theory.depth import rho_deep
from tinycnn.theory.limit import limit_map
from tinycnn.theory.patches import same, whole
from tinycnn.theory.recovery import rho_dense, rho_image
from tinycnn.visualize import visualize
from tinycnn.zoo import deep_cnn, three_layer_cnn, three_layer_fcn

SIDE, UNITS, FILTERS, LAYERS = 16, 256, 64, 3
LEVEL = 1e-3
"""Chance with which a slope that is as predicted is judged to be another."""


@dataclass(frozen=True)
class Sweep:
    """One number of a random net that is varied.

    Parameters
    ----------
    axis : str
        What it is.
    values : sequence of int
    net : function of a value and a seed
    at : function of a value
        Where the first layer's patches lie.
    rho : function of an image (c, h, w) and a value
        What theory predicts.
    x : function of a value
        Its place on the axis.
    """

    axis: str
    values: Sequence[int]
    net: Callable[[int, int], Model]
    at: Callable[[int], Window]
    rho: Callable[[Array, int], float]
    x: Callable[[int], int] = int


@dataclass(frozen=True)
class Swept:
    """Predicted and measured rho, and the standard error of the latter; each (values,), as is `x`."""

    x: Array
    predicted: Array
    measured: Array
    error: Array


@dataclass(frozen=True)
class Rate:
    """``rho = constant x^slope``, fitted on logarithms; `slope_error` is the slope's standard error."""

    slope: float
    slope_error: float
    constant: float

    def __str__(self) -> str:
        return f"{self.constant:.3g} x^{self.slope:.3f}"


def _conv(filters: int, seed: int, kernel: int = 3) -> Model:
    return three_layer_cnn(filters, kernel, image=(SIDE, SIDE), classes=1, seed=seed)


def _deep(width: int, depth: int, seed: int) -> Model:
    return deep_cnn([width] * depth, image=(SIDE, SIDE), circular=True, classes=1, seed=seed)


def _same(kernel: int) -> Window:
    return same((SIDE, SIDE), (kernel, kernel), 1)


def _deep_rho(width: int, depth: int) -> float:
    return rho_deep(3 * SIDE**2, [width * SIDE**2] * depth)


CIRCULAR = window((SIDE, SIDE), (3, 3), padding=1, circular=True)

SWEEPS = {
    "filters": Sweep(
        "filters N",
        (4, 16, 64, 256),
        _conv,
        lambda filters: _same(3),
        lambda x, filters: rho_image(x, _same(3), filters),
    ),
    "patch": Sweep(
        "numbers p in the one patch",
        (2, 4, 8, 16),
        lambda side, seed: three_layer_fcn(UNITS, (side, side), 1, seed=seed),
        lambda side: whole((side, side)),
        lambda x, side: rho_dense(UNITS, x.size),
        lambda side: 3 * side**2,
    ),
    "kernel": Sweep(
        "side of the kernel",
        (1, 3, 5, 7),
        lambda kernel, seed: _conv(FILTERS, seed, kernel),
        _same,
        lambda x, kernel: rho_image(x, _same(kernel), FILTERS),
    ),
    "width": Sweep(
        f"filters N of {LAYERS} layers",
        (16, 32, 64, 128),
        lambda width, seed: _deep(width, LAYERS, seed),
        lambda width: CIRCULAR,
        lambda x, width: _deep_rho(width, LAYERS),
    ),
    "depth": Sweep(
        "hidden layers",
        (1, 2, 3, 5, 8),
        lambda depth, seed: _deep(FILTERS, depth, seed),
        lambda depth: CIRCULAR,
        lambda x, depth: _deep_rho(FILTERS, depth),
    ),
}
"""What is varied, one at a time; all else is as in the experiment's caption."""


def measure(sweep: Sweep, image: Array, seeds: Sequence[int]) -> Swept:
    """rho of guided backprop of logit 0, over random nets, for each value of a sweep.

    Notes
    -----
    ``E|s|^2 / (E<s, m> / |m|)^2 - 1`` with the limit's direction m: the scale of the weights drops out. Its
    error is that of a function of two means, see `theory.claim.of_means`.
    """
    rows = [_point(sweep, value, image, seeds) for value in sweep.values]
    x, predicted, measured, error = np.array(rows, float).T
    return Swept(x, predicted, measured, error)


def _point(sweep: Sweep, value: int, image: Array, seeds: Sequence[int]) -> tuple[float, ...]:
    along, energy = np.empty((2, len(seeds)))
    for place, seed in enumerate(seeds):
        net = sweep.net(value, 1000 * seed + value)  # else a narrow net is a part of a wide one
        x = net.preprocess(image)
        s = visualize(net, x, ["guided"], target=0)["guided"][0].astype(float)
        m = limit_map(x[0], sweep.at(value))
        along[place], energy[place] = np.sum(s * m) / np.sqrt(np.sum(m**2)), np.sum(s**2)
    rhos = of_means(lambda a, e: e / a**2 - 1, along, energy)
    return sweep.x(value), sweep.rho(x[0], value), float(np.mean(rhos)), standard_error(rhos)


def rate(x: Array, rho: Array, error: Array) -> Rate:
    """The line through log rho over log x, each point weighted by its error: weighted least squares."""
    weight = (rho / error) ** 2
    at, y = np.log(x), np.log(rho)
    centre = np.average(at, weights=weight)
    spread = float(np.sum(weight * (at - centre) ** 2))
    slope = float(np.sum(weight * (at - centre) * y)) / spread
    constant = np.exp(np.average(y, weights=weight) - slope * centre)
    return Rate(slope, spread**-0.5, float(constant))


def rates(swept: Swept) -> tuple[Rate, Rate]:
    """The measured rate and the predicted one; the latter's error is none of its own."""
    weights = swept.error / swept.measured
    return (
        rate(swept.x, swept.measured, swept.error),
        rate(swept.x, swept.predicted, weights * swept.predicted),
    )


def run(inputs: Inputs) -> Result:
    """Measure all sweeps on the first image."""
    seeds = range(inputs.seed, inputs.seed + (40 if inputs.quick else 300))
    found = {name: measure(sweep, inputs.image, seeds) for name, sweep in SWEEPS.items()}
    arrays = {
        name: np.stack([swept.x, swept.predicted, swept.measured, swept.error])
        for name, swept in found.items()
    }
    numbers = [
        Number(f"rho, {sweep.axis} = {x:g}", measured, error, len(seeds), predicted)
        for name, sweep in SWEEPS.items()
        for x, predicted, measured, error in arrays[name].T
    ]
    return Result(arrays, numbers, _statements(found))


def _statements(found: dict[str, Swept]) -> list[Statement]:
    statements = []
    for name in ("filters", "patch", "kernel", "width"):
        measured, predicted = rates(found[name])
        statements.append(
            Statement(
                f"over {SWEEPS[name].axis} rho is {measured}, slope ± {measured.slope_error:.3f}; predicted "
                f"{predicted}",
                bool(abs(measured.slope - predicted.slope) < norm.isf(LEVEL / 2) * measured.slope_error),
            )
        )
    depth = found["depth"]
    one, two = ((depth.measured[i], depth.error[i]) for i in (0, 1))
    says = "two hidden layers make less noise than one: rho {:.3f} ± {:.3f} against {:.3f} ± {:.3f}"
    return [*statements, Statement(says.format(*two, *one), larger(one, two))]


def draw(result: Result) -> list[Plate]:
    """One chart for each sweep."""
    charts: list[Plate] = []
    for name, sweep in SWEEPS.items():
        swept = Swept(*result.arrays[name])
        slopes = [f": {each}" if name != "depth" else "" for each in rates(swept)]
        curves = [
            Curve(f"measured{slopes[0]}", swept.x, swept.measured, swept.error),
            Curve(f"predicted{slopes[1]}", swept.x, swept.predicted, dashed=True),
        ]
        charts.append(Chart(curves, sweep.axis, "rho", log=True, log_y=True))
    return charts


EXPERIMENT = Experiment(
    name="rates",
    title="How fast the error falls",
    claim="The relative error of guided backprop, rho, falls as one over the filters, whatever the kernel; "
    "of one patch it grows with the patch; depth lowers it to a bound.",
    paper="It takes of the order of p / eps^2 filters of p taps for an error of eps.",
    caption=f"{SIDE}x{SIDE}, {FILTERS} filters of 3x3, or {UNITS} hidden units on one patch; He "
    "initialisation, bias 0, logit 0; mean over nets with its standard error. Lines are fitted on "
    "logarithms, each point weighted by its error, and so are the predictions.",
    run=run,
    draw=draw,
)
