"""Which numbers of a survey belong together: for the tables of the command line, and for the figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from tinycnn.theory.trained.survey import LayerSurvey

COLOURS = ("#7a7a7a", "#1f4e79", "#b3261e", "#2e7d32", "#8e6bb0")
"""For baseline, first and second prediction, and the rest; told apart in grey too."""


@dataclass(frozen=True)
class Part:
    """A part of a survey.

    Parameters
    ----------
    title : str
    columns : tuple of (field, heading)
        Fields of `LayerSurvey`.
    theory : float or None
        What the theory of random nets has for all its columns, where it is one number.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    theory: float | None = None


PARTS = (
    Part(
        "Filters and signals, in units of Gaussian, isotropic, independent ones",
        (("kurtosis", "kurtosis"), ("rank", "rank"), ("correlation", "correlation"),
         ("signal_kurtosis", "signal's kurtosis")),
    ),
    Part(
        "Paths: theory of random nets 1/2, mask and signal independent",
        (("open", "open"), ("active", "active"), ("active_saliency", "active, saliency"),
         ("dependence", "mask ~ signal")),
        0.5,
    ),
    Part(
        "Cosine of a constant signal, sent back, with its prediction",
        (("ones_isotropic", "Sigma = I"), ("ones_bank", "Sigma"), ("ones_shifted", "mean, cov, biases")),
        1.0,
    ),
    Part(
        "Cosine of the real signal with its prediction",
        (("real_isotropic", "Sigma = I"), ("real_bank", "Sigma"), ("real_shifted", "mean, cov, biases"),
         ("real_strength", "strength given")),
        1.0,
    ),
    Part(
        "What the signal shows: correlation of its magnitude",
        (("brightness", "brightness"), ("edges", "edges"), ("sobel", "Sobel"), ("laplacian", "Laplacian"),
         ("canny", "Canny")),
    ),
    Part(
        "The map when ones replace everything above: cosine",
        (("map_here", "with the map"), ("image_here", "with the input")),
    ),
    Part(
        "Product of signal and layer's input, over their norms",
        (("product", "<s, h>"), ("open_product", "<s, h> + biases")),
    ),
)  # fmt: skip
"""All numbers of a row but its layer, filters and taps, each once."""


def figure(surveys: dict[str, Sequence[LayerSurvey]], title: str) -> Figure:
    """Every part as curves over the layers: the first survey drawn solid, the second one dashed.

    Parameters
    ----------
    surveys : dict from label to rows
        Of one architecture.
    title : str
    """
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        drawn = Figure(figsize=(13, 12), layout="constrained")
        drawn.suptitle(title)
        axes = drawn.subplots(4, 2).ravel()
        for at, part in zip(axes, PARTS, strict=False):
            at.set_title(part.title, fontsize=10, loc="left")
            for (field, heading), colour in zip(part.columns, COLOURS, strict=False):
                for (label, rows), style in zip(surveys.items(), ("o-", "x--"), strict=False):
                    values = [getattr(row, field) for row in rows]
                    at.plot(values, style, color=colour, label=f"{heading}, {label}", ms=4)
            if part.theory is not None:
                at.axhline(part.theory, color="black", lw=0.6)
            if part.columns[0][0] == "kurtosis":
                at.set_yscale("symlog", linthresh=1)
            names = [row.layer for row in next(iter(surveys.values()))]
            at.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=7)
            at.legend(fontsize=7, frameon=False, ncols=2)
        axes[-1].remove()
    return drawn
