"""The table of a study as a figure: a panel for each measure, intervals as bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tinycnn.experiments.studies.catalogue import get
from tinycnn.experiments.studies.setting import StudySetting
from tinycnn.experiments.studies.summary import Line


def draw(lines: Sequence[Line], setting: StudySetting) -> Figure:
    """Draw a summary.

    Parameters
    ----------
    lines : sequence of Line
        As `summary.summary` gives them.
    setting : StudySetting

    Returns
    -------
    matplotlib.figure.Figure
        Rules side by side, or as curves over the layers that are random. Bars are 95 % intervals; a hollow
        diamond is what theory predicts of a random net.
    """
    panels = [(measure, list(group)) for measure, group in groupby(lines, attrgetter("measure"))]
    deep = any(line.depth for line in lines)
    figure = Figure(figsize=(4.5 * max(1, len(panels)), 4.2 if deep else 3.4), layout="constrained")
    for index, (measure, found) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), index)
        axes.set_title(measure.replace("_", " "), fontsize=10)
        (partial(_curves, below=get(setting.study).layers) if deep else _points)(axes, found)
        axes.grid(alpha=0.25)
    images = max((line.images for line in lines), default=0)
    says = (
        get(setting.study).says,
        f"{setting.model}, weights {setting.weights}, {images} images, {setting.pairs} pairs each; "
        "bars: 95 % intervals",
    )
    width = 60 * max(1, len(panels))
    figure.suptitle("\n".join(line for text in says for line in wrap(text, width)), fontsize=9)
    return figure


def _points(axes: Axes, lines: Sequence[Line]) -> None:
    at = range(len(lines))
    means, errors = _bars(lines)
    axes.errorbar(at, means, yerr=errors, fmt="o", capsize=4, color="#1f4e79")
    predicted = [line.predicted for line in lines]
    if any(value == value for value in predicted):
        axes.plot(at, predicted, "D", mfc="none", color="#9a3324", label="random net, predicted")
        axes.legend(fontsize=8)
    axes.set_xticks(at, [line.rule for line in lines])
    axes.set_xlim(-0.5, len(lines) - 0.5)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))


def _curves(axes: Axes, lines: Sequence[Line], below: str) -> None:
    for rule, group in groupby(lines, attrgetter("rule")):
        curve = list(group)
        means, errors = _bars(curve)
        axes.errorbar(
            [line.depth for line in curve], means, yerr=errors, marker="o", ms=3, capsize=2, label=rule
        )
    axes.set_xticks([line.depth for line in curve], [line.layer for line in curve], rotation=90, fontsize=7)
    axes.set_xlabel(below)
    axes.legend(fontsize=8)


def _bars(lines: Sequence[Line]) -> tuple[list[float], list[float]]:
    return [line.mean for line in lines], [line.high - line.mean for line in lines]
