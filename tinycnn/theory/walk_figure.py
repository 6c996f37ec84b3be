"""A survey as curves over the layers of a net."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from tinycnn.theory.survey import Stop

PANELS = {
    "filters against random ones": ("isotropy", "overlap"),
    "fraction of units": ("open", "guided"),
    "cosine with what every open unit would send": ("isotropic", "bank", "gaussian"),
    "cosine with the signal of guided backprop": ("real_isotropic", "real_bank", "real_gaussian"),
}
COLOURS = ("#1f4e79", "#b3261e", "#2e7d32")


def figure(found: Sequence[Stop], random: Sequence[Stop], weights: str) -> Figure:
    """Four panels; the surveyed net as lines with dots, the random one dashed.

    Parameters
    ----------
    found, random : sequences of Stop
        Of the same layers.
    weights : str
        What the lines are called.
    """
    drawing = Figure(figsize=(9.6, 6.4), layout="constrained")
    for axes, (title, columns) in zip(drawing.subplots(2, 2).ravel(), PANELS.items(), strict=True):
        for column, colour in zip(columns, COLOURS, strict=False):
            name = column.removeprefix("real_")
            axes.plot([getattr(stop, column) for stop in found], "o-", color=colour, ms=3, label=name)
            axes.plot([getattr(stop, column) for stop in random], "--", color=colour, lw=1)
        axes.set_xticks(range(len(found)), [stop.layer for stop in found], rotation=90, fontsize=7)
        axes.set_title(title, fontsize=10)
        axes.axhline(0, color="0.8", lw=0.8, zorder=0)
        axes.legend(fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    drawing.suptitle(f"{weights}; dashed: random weights", fontsize=11)
    return drawing
