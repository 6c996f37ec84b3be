"""One picture per claim: the prediction, and what nets say to it with their error bar."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, ScalarFormatter

from tinycnn.theory.claim import in_words
from tinycnn.theory.curves import Point
from tinycnn.theory.judge import Finding

PREDICTED, MEASURED, RANGE = "#b3261e", "#1f4e79", "#b8c7d9"


def figure_of(finding: Finding) -> Figure:
    """The range of all nets, their mean with two standard errors, and the prediction as a line."""
    figure, axes = _empty(1.5)
    axes.plot([finding.low, finding.high], [0, 0], color=RANGE, lw=6, solid_capstyle="butt", label="all nets")
    axes.errorbar(
        finding.measured, 0, xerr=2 * finding.error, fmt="o", color=MEASURED, capsize=4, label="mean ± 2 se"
    )
    axes.axvline(finding.predicted, color=PREDICTED, lw=1.5, label="predicted")
    axes.set_yticks([])
    axes.set_ylim(-1, 1)
    axes.margins(x=0.08)
    _finish(axes)
    return figure


def figure_along(points: Sequence[Point], axis: str) -> Figure:
    """Prediction as a line, measurements with two standard errors, over one field of the setting."""
    figure, axes = _empty(2.6)
    at = [point.at for point in points]
    predicted = [point.predicted for point in points]
    rate = slope(points)
    axes.plot(
        at, predicted, color=PREDICTED, lw=1.5, label="predicted" + (f", slope {rate:.2f}" if rate else "")
    )
    axes.errorbar(
        at,
        [point.measured for point in points],
        yerr=[2 * point.error for point in points],
        fmt="o",
        color=MEASURED,
        capsize=4,
        label="mean ± 2 se",
    )
    axes.set_xlabel(axis)
    axes.set_xscale("log", base=2)
    axes.set_xticks(at)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    if rate:
        axes.set_yscale("log")
    _finish(axes)
    return figure


def slope(points: Sequence[Point]) -> float:
    """Slope of the predicted line on logarithmic axes, from its first point to its last; 0 if it is no rate.

    A rate is a number above 0 that changes by a factor of three and more.
    """
    first, last = points[0], points[-1]
    if min(first.predicted, last.predicted) <= 0:
        return 0.0
    change = math.log(last.predicted / first.predicted)
    return change / math.log(last.at / first.at) if abs(change) > math.log(3) else 0.0


def alternative(finding: Finding, points: Sequence[Point] = (), axis: str = "") -> str:
    """The picture in words."""
    places = (
        f"{point.at} {axis}: predicted {point.predicted:.3g}, "
        f"measured {in_words(point.measured, point.error)}"
        for point in points
    )
    return ". ".join([str(finding).replace("+-", "±"), *places])


def svg(figure: Figure, id: str) -> bytes:
    """The figure as a file: text stays text, and equal figures give equal files."""
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": id}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _empty(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    return figure, figure.add_subplot()


def _finish(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.figure.legend(loc="outside right upper", frameon=False, fontsize="small")
