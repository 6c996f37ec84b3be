"""What a report shows: grids of pictures, a slider over such grids, and charts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from tinycnn.ops.types import Array
from tinycnn.pictures.maps import minmax

COLOURS = {"saliency": "#0072b2", "deconvnet": "#d55e00", "guided": "#009e73"}
OTHER_COLOURS = ("#cc79a7", "#7f6a00", "#56b4e9", "#5c5c5c")
SMALL = 64
"""Pictures up to this side are stored without loss and enlarged as pixels."""


@dataclass(frozen=True)
class Cell:
    """A picture, (h, w, 3) uint8, or in its place the words why there is none."""

    picture: Array | str
    title: str
    caption: str = ""


@dataclass(frozen=True)
class GridRow:
    """An input and what was made of it; in the report each picture can be compared with the input."""

    input: Cell
    maps: Sequence[Cell]
    label: str = ""


@dataclass(frozen=True)
class Grid:
    """Rows of pictures."""

    rows: Sequence[GridRow]


@dataclass(frozen=True)
class Slider:
    """Grids of which one is shown at a time; each has a label."""

    frames: Sequence[tuple[str, Grid]]
    label: str


@dataclass(frozen=True)
class Curve:
    """Points with error bars; over names rather than numbers they are not joined."""

    label: str
    x: Sequence[float] | Sequence[str] | Array
    y: Sequence[float] | Array
    error: Sequence[float] | Array | None = None
    dashed: bool = False

    @property
    def subject(self) -> str:
        """What it is of; a measurement and its prediction have one, and are drawn in one colour."""
        return self.label.removesuffix("predicted").rstrip(", ") or self.label


def averaged(label: str, x: Sequence[str] | Array, samples: Sequence[Array] | Array) -> Curve:
    """The means of samples with their standard errors; one set of samples for each x, NaN left out."""
    kept = [np.asarray(one, np.float64)[np.isfinite(one)] for one in samples]
    means = [float(one.mean()) if one.size else float("nan") for one in kept]
    errors = [float(one.std(ddof=1) / np.sqrt(one.size)) if one.size > 1 else 0.0 for one in kept]
    return Curve(label, x, means, errors)


@dataclass(frozen=True)
class Chart:
    """Curves on common axes."""

    curves: Sequence[Curve]
    x: str
    y: str
    log: bool = False
    log_y: bool = False

    @property
    def alt(self) -> str:
        """What the curves show in words, for those who cannot see them."""
        said = []
        for curve in self.curves:
            points = [f"{y:.2f} at {x}" for x, y in zip(curve.x, curve.y, strict=True) if y == y]
            said.append(f"{curve.label} {', '.join(points)}")
        return f"{self.y}{f' against {self.x}' if self.x else ''}: {'; '.join(said)}"

    def draw(self) -> Figure:
        """The figure; curves over names lie on their side, so that the names can be read."""
        figure = Figure(figsize=(4.4, 3.2), layout="constrained")
        axes = figure.add_subplot()
        named = isinstance(self.curves[0].x[0], str)
        spread = 0.5 / len(self.curves)
        subjects = list(dict.fromkeys(curve.subject for curve in self.curves))
        for index, curve in enumerate(self.curves):
            shift = spread * (index - (len(self.curves) - 1) / 2)
            other = OTHER_COLOURS[subjects.index(curve.subject) % len(OTHER_COLOURS)]
            colour = COLOURS.get(curve.label.split()[0], other)
            (_names if named else _line)(axes, curve, colour, shift)
        if named:
            names = list(self.curves[0].x)
            figure.set_figheight(1.2 + 0.32 * len(names))
            axes.set_yticks(range(len(names)), labels=[str(name) for name in names])
            axes.invert_yaxis()
            axes.set_title(self.x, fontsize=10)
            axes.set_xlabel(self.y)
        else:
            axes.set(xlabel=self.x, ylabel=self.y)
        if self.log:
            axes.set_xscale("log", base=2)
        if self.log_y:
            axes.set_yscale("log")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=8.5)
        return figure

    def svg(self) -> bytes:
        """The figure as an SVG file; equal figures give equal files."""
        file = io.BytesIO()
        with rc_context({"svg.hashsalt": "tinycnn"}):
            self.draw().savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        return file.getvalue()


Plate: TypeAlias = Grid | Slider | Chart


def map_cell(map: Array, title: str, caption: str = "") -> Cell:
    """A map (c, h, w) as the authors display it; a map without structure is reported in words."""
    report = minmax.report(map)
    if report is not None:
        return Cell(f"No picture: the map is {report}.", title, caption)
    return Cell(minmax(map), title, caption)


def encoded(picture: Array) -> tuple[str, bytes]:
    """The media type and the file of a picture: PNG where it is small, otherwise JPEG."""
    file = io.BytesIO()
    if max(picture.shape[:2]) <= SMALL:
        Image.fromarray(picture).save(file, "PNG")
        return "image/png", file.getvalue()
    Image.fromarray(picture).save(file, "JPEG", quality=75, subsampling=0)
    return "image/jpeg", file.getvalue()


def _line(axes: Axes, curve: Curve, colour: str, shift: float) -> None:
    style: dict[str, Any] = {"fmt": "--", "lw": 1.2} if curve.dashed else {"fmt": "o-", "ms": 4, "lw": 1.5}
    axes.errorbar(
        np.asarray(curve.x), curve.y, curve.error, color=colour, capsize=2, label=curve.label, **style
    )


def _names(axes: Axes, curve: Curve, colour: str, shift: float) -> None:
    at = np.arange(len(curve.x)) + shift
    style: dict[str, Any] = {"fmt": "|", "ms": 11, "mew": 2} if curve.dashed else {"fmt": "o", "ms": 5}
    axes.errorbar(
        curve.y, at, xerr=curve.error, color=colour, capsize=2, elinewidth=1.2, label=curve.label, **style
    )
