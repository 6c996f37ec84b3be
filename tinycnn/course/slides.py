"""Slides of a lesson: headings, formulas, lists and figures; its sentences become the speaker's notes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any

from tinycnn.course.copies import write_new
from tinycnn.course.lessons import Lesson, lessons, solutions
from tinycnn.errors import TinycnnError

HEADING = re.compile(r"^(?=##? )", re.MULTILINE)
SHOWN = re.compile(r"#|\$\$|\||- |\d+\. ")
"""How a paragraph begins that is shown: a heading, a formula, a table, a list."""


def export_slides(folder: str | os.PathLike[str]) -> list[Path]:
    """Write a page of slides for each lesson, with nbconvert's exporter for reveal.js.

    Parameters
    ----------
    folder : path-like
        Made if need be.

    Returns
    -------
    list of Path
        The pages. A browser that shows one fetches reveal.js, RequireJS and MathJax from the addresses in it.

    Raises
    ------
    OutputError
        The folder cannot be written, or has one of the files.
    TinycnnError
        nbconvert is not installed; or the lessons with figures are not here: they come with the source.
    """
    if find_spec("nbconvert") is None:
        raise TinycnnError("slides need the extra [notebooks]: pip install 'tinycnn[notebooks]'")
    from nbconvert import SlidesExporter

    exporter = SlidesExporter(  # type: ignore[no-untyped-call]
        exclude_input=True, exclude_output_prompt=True, reveal_scroll=True, reveal_width="1200"
    )
    pages = {}
    for lesson in lessons(solutions()):
        text, _ = exporter.from_notebook_node(deck(lesson), {"metadata": {"name": lesson.path.stem}})
        pages[f"{lesson.path.stem}.slides.html"] = text.encode()
    return write_new(folder, pages)


def deck(lesson: Lesson) -> Any:
    """The notebook whose cells are slides: all sections up to the exercises, each slide under its heading."""
    import nbformat

    cells: list[Any] = []
    heading = ""
    for part in takewhile(_is_taught, _parts(lesson)):
        if not isinstance(part, str):
            cells += _figures(part, heading)
            continue
        found = re.match(r"#.*", part)
        heading = found[0] if found else heading
        cells += _text(part, heading)
    return nbformat.v4.new_notebook(cells=cells, metadata=lesson.notebook.metadata)


def _parts(lesson: Lesson) -> Iterator[Any]:
    """Code cells; and texts, cut at their headings."""
    for cell in lesson.notebook.cells:
        yield from HEADING.split(cell.source) if cell.cell_type == "markdown" else [cell]


def _is_taught(part: Any) -> bool:
    return not (isinstance(part, str) and re.match(r"## .*Exercises", part))


def _text(part: str, heading: str) -> Iterator[Any]:
    """A slide of what is shown of a text, or of its heading alone; and notes of all else."""
    paragraphs = [paragraph for paragraph in re.split(r"\n\s*\n", part) if paragraph.strip()]
    shown = [paragraph for paragraph in paragraphs if SHOWN.match(paragraph)]
    if shown:
        begins = shown[0].startswith(heading)
        yield _cell("\n\n".join(shown if begins else [heading, *shown]), "slide" if begins else "subslide")
    said = [paragraph for paragraph in paragraphs if paragraph not in shown]
    if said:
        yield _cell("\n\n".join(said), "notes")


def _figures(cell: Any, heading: str) -> Iterator[Any]:
    """A slide of the figures that a cell has drawn."""
    from nbformat.v4 import new_code_cell

    figures = [
        output for output in cell.outputs if any(kind.startswith("image/") for kind in output.get("data", {}))
    ]
    if figures:
        yield _cell(heading, "subslide")
        yield new_code_cell(outputs=figures)


def _cell(text: str, kind: str) -> Any:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})
