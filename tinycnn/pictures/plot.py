"""Labelled figures: pictures and maps side by side, with the words that say what they show.

A picture of 224, 64, 32 or 28 pixels is enlarged by a whole number, so what the figure shows is the picture
itself and not a resampling of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from matplotlib.figure import Figure

from tinycnn.errors import OutputError
from tinycnn.files import atomic_write
from tinycnn.image import rgb
from tinycnn.ops.types import Array
from tinycnn.pictures.maps import Scale, Style
from tinycnn.pictures.page import DPI, Font, Page

CELL = 448
"""Side in pixels of the square that holds a picture: 1.75 inches, twice 224 and seven times 64."""

GAP, PAD = 32, 8
LEAST_COLUMNS = 3
TITLE, LABEL, HEAD, CAPTION = Font(16, "bold"), Font(12, "bold"), Font(11), Font(10)
SMALL = Font(9, colour="#5c5c5c")
FRAME, PAPER = "#c9c7c1", "#f1f0ec"

FORMATS = {".png": {"Software": None}, ".pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
"""What a figure can be saved as, and the metadata left out so that equal figures are equal files."""


@dataclass(frozen=True)
class Panel:
    """One cell of a figure: a picture as it is, or a map drawn in a style.

    Parameters
    ----------
    image : (h, w), (h, w, 3) or (h, w, 4) uint8; with a style (c, h, w)
    title : str
        Above the picture.
    caption : str
        Below it.
    style : Style, optional
        How to draw a map, see `tinycnn.pictures.maps`. A map without structure (zero, constant, NaN) is
        reported in words in its cell.
    scale : (low, high), optional
        A scale shared with other panels; the map's own where not given. Either is printed below it.

    Examples
    --------
    >>> map = np.random.default_rng(0).standard_normal((3, 64, 64))
    >>> panel = tc.plot.Panel(map, title="noise", style=tc.maps.signed)
    >>> tc.plot.figure([tc.plot.Row([panel])])
    <Figure size 1504x782 with 1 Axes>
    """

    image: Array
    title: str = ""
    caption: str = ""
    style: Style | None = None
    scale: Scale | None = None


@dataclass(frozen=True)
class Row:
    """Panels side by side, a label above them, and a note below them or in their place.

    Examples
    --------
    >>> row = tc.plot.Row([tc.plot.Panel(tc.image.default())], label="chelsea")
    >>> tc.plot.figure([row, tc.plot.Row(note="no map: there is no such rule")])
    <Figure size 1504x564 with 1 Axes>
    """

    panels: Sequence[Panel] = ()
    label: str = ""
    note: str = ""


def figure(rows: Sequence[Row], title: str = "", facts: Mapping[str, str] | None = None) -> Figure:
    """Lay out panels in rows, with what they show in words.

    Parameters
    ----------
    rows : sequence of Row
    title : str
    facts : mapping of str to str, optional
        What a reader must know, such as ``{"model": "vgg16", "weights": "random, seed 0", "target":
        "281 tabby (p = 0.16)"}``. How maps became colours is added by itself.

    Returns
    -------
    matplotlib.figure.Figure
        Made without pyplot: no window, no global state. See `save`.

    Examples
    --------
    >>> row = tc.plot.Row([tc.plot.Panel(tc.image.default(), "the image")])
    >>> tc.plot.figure([row], title="A cat", facts={"source": "scikit-image"})
    <Figure size 1504x655 with 1 Axes>
    """
    columns = max([LEAST_COLUMNS, *(len(row.panels) for row in rows)])
    page = Page(columns * (CELL + GAP) - GAP)
    page.write(title, TITLE, 0, 0, page.width)
    for row in rows:
        start = page.bottom + GAP if page.bottom else 0
        top = page.write(row.label, LABEL, 0, start, page.width)
        _panels(page, row.panels, top + PAD if row.label else top)
        page.write(row.note, CAPTION, 0, page.bottom + PAD, page.width)
    styles = {panel.style.name: panel.style.says for row in rows for panel in row.panels if panel.style}
    words = {**(facts or {}), **{f"display {name}": says for name, says in styles.items()}}
    top = page.bottom + GAP
    for name, fact in words.items():
        top = page.write(f"{name}: {fact}", SMALL, 0, top, page.width)
    return page.finish()


def save(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure to a file, whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : path-like
        Ends in .png or .pdf. Equal figures give equal files: no time or version is written.

    Raises
    ------
    OutputError
        Another ending, or a folder that cannot be written.

    Examples
    --------
    >>> row = tc.plot.Row([tc.plot.Panel(tc.image.default(), "the image")])
    >>> tc.plot.save(tc.plot.figure([row]), "cat.png")
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise OutputError(f"cannot write {path}: a figure is saved as {' or '.join(FORMATS)}, not {ending!r}")
    with atomic_write(path) as file:
        figure.savefig(file, format=ending[1:], dpi=DPI, metadata=FORMATS[ending])


def _panels(page: Page, panels: Sequence[Panel], top: int) -> None:
    """Set panels side by side: pictures start at one height, each with its caption right below."""
    lefts = [i * (CELL + GAP) for i in range(len(panels))]
    heads = [page.write(panel.title, HEAD, x, top, CELL) for panel, x in zip(panels, lefts, strict=True)]
    start = max(heads, default=top)
    if start > top:
        start += PAD
    for panel, left in zip(panels, lefts, strict=True):
        report = panel.style.report(panel.image) if panel.style else None
        if report is None:
            end, scale = _picture(page, panel, left, start)
        else:
            end, scale = page.box(left, start, CELL, CELL, PAPER), ""
            words = f"No picture: the map {'has' if report[0].isdigit() else 'is'} {report}."
            page.write(words, CAPTION, left + GAP, start + GAP, CELL - 2 * GAP)
        end = page.write(panel.caption, CAPTION, left, end + PAD, CELL)
        page.write(scale, SMALL, left, end, CELL)


def _picture(page: Page, panel: Panel, left: int, top: int) -> tuple[int, str]:
    """Draw a panel's picture in a thin frame; return where it ends, and its scale in words."""
    scale = ""
    if panel.style is None:
        picture = rgb(panel.image)
    else:
        low, high = panel.scale or panel.style.scale(panel.image)
        picture = panel.style(panel.image, (low, high))
        limits = f"±{high:.2g}" if low == -high else f"{low:.2g} to {high:.2g}"
        scale = f"{'shared scale' if panel.scale else 'scale'} {limits}"
    h, w = picture.shape[:2]
    height, width = (max(1, round(side * CELL / max(h, w))) for side in (h, w))
    page.box(left - 2, top - 2, width + 4, height + 4, FRAME)
    return page.picture(left, top, width, height, picture), scale
