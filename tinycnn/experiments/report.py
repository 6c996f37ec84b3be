"""The report: one HTML file with everything in it."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

from tinycnn.experiments.experiment import Experiment, Number
from tinycnn.experiments.plates import Cell, Chart, Grid, GridRow, Plate, Slider, encoded
from tinycnn.experiments.record import Record

TITLE = "What do the pictures know of the network?"
INTRODUCTION = (
    "The experiments of Nie, Zhang and Patel, A Theoretical Explanation for Perplexing Behaviors of "
    "Backpropagation-based Visualizations (ICML 2018), run again by tinycnn. Maps are shown as the authors "
    "show them: one min-max over height, width and channels. Point at a map, or tap it, to see the input "
    "in its place. ± is one standard error of the mean."
)

YES, NO = '<b class="yes">holds as stated</b>', '<b class="no">does not hold as stated</b>'

MANY = 24
"""Rows that a table may have and still be shown unfolded; in print all are."""


def html(experiments: Sequence[Experiment], records: Mapping[str, Record], command: str) -> bytes:
    """The report of all that has run so far.

    Parameters
    ----------
    experiments : sequence of Experiment
    records : mapping from name to Record
        An experiment that has none yet is left out.
    command : str
        How the report was asked for, without the names of experiments, such as ``tinycnn reproduce --quick``.

    Returns
    -------
    bytes
        UTF-8; refers to no other file.
    """
    done = [experiment for experiment in experiments if experiment.name in records]
    contents = "".join(_summary(experiment, records[experiment.name]) for experiment in done)
    sections = "".join(_section(e, records[e.name], command) for e in done)
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{TITLE}</title><style>{_file('report.css')}</style></head><body><main>"
        f"<h1>{TITLE}</h1><p>{escape(INTRODUCTION)}</p><nav><ol>{contents}</ol></nav>{sections}</main>"
        f"<script>{_file('report.js')}</script></body></html>\n"
    )
    return page.encode()


def _summary(experiment: Experiment, record: Record) -> str:
    """A line of the contents: the experiment, and how many of its statements hold."""
    statements = record.result.statements
    held = sum(statement.holds for statement in statements)
    kind = "yes" if held == len(statements) else "no"
    verdict = f'<b class="{kind}">{held} of {len(statements)} hold as stated</b>' if statements else ""
    return f'<li><a href="#{experiment.name}">{escape(experiment.title)}</a> {verdict}'


def _section(experiment: Experiment, record: Record, command: str) -> str:
    result = record.result
    plates = experiment.draw(result) if result.arrays else []
    figures = "".join(
        _plate(plate, f"{experiment.name}-{index}", f"{experiment.title}: ")
        for index, plate in enumerate(plates)
    )
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in result.notes)
    statements = "".join(f"<li>{escape(f.says)}: {YES if f.holds else NO}</li>" for f in result.statements)
    facts = {
        "command": f"{command} {experiment.name}",
        "time": f"{record.seconds:.0f} s",
        **{name: str(value) for name, value in record.setting.items()},
    }
    made = "".join(f"<dt>{escape(name)}<dd>{escape(fact)}" for name, fact in facts.items())
    return (
        f'<section id="{experiment.name}"><h2>{escape(experiment.title)}</h2>'
        f'<p class="claim">{escape(experiment.claim)}</p>{figures}'
        f'<p class="caption">{escape(experiment.caption)}</p>{notes}'
        f'<div class="beside"><div><h3>The paper</h3><p>{escape(experiment.paper)}</p></div>'
        f"<div><h3>Measured here</h3><ul>{statements}</ul></div></div>"
        f"{_table(result.numbers)}<details><summary>How this was made</summary><dl>{made}</dl></details>"
        "</section>"
    )


def _table(numbers: Sequence[Number]) -> str:
    if not numbers:
        return ""
    predicted = any(number.predicted is not None for number in numbers)
    head = "<th>measure<th>mean<th>± error<th>samples" + ("<th>predicted" if predicted else "")
    rows = "".join(
        f"<tr><td>{escape(n.label)}<td>{_figure(n.value)}<td>{_figure(n.error)}<td>{n.count}"
        + (f"<td>{'' if n.predicted is None else _figure(n.predicted)}" if predicted else "")
        for n in numbers
    )
    opened = " open" if len(numbers) <= MANY else ""
    return (
        f"<details{opened}><summary>Numbers</summary>"
        f'<div class="wide"><table><thead><tr>{head}</thead><tbody>{rows}</tbody></table></div></details>'
    )


def _figure(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"


def _plate(plate: Plate, name: str, context: str) -> str:
    if isinstance(plate, Chart):
        return f"<figure>{_image('image/svg+xml', plate.svg(), plate.alt, 'chart')}</figure>"
    if isinstance(plate, Grid):
        return "<figure>" + "".join(_row(row, context) for row in plate.rows) + "</figure>"
    return _slider(plate, name, context)


def _slider(slider: Slider, name: str, context: str) -> str:
    frames = "".join(
        f'<div class="frame" data-label="{escape(label)}"><h4>{escape(label)}</h4>'
        + "".join(_row(row, f"{context}{label}, ") for row in grid.rows)
        + "</div>"
        for label, grid in slider.frames
    )
    last = len(slider.frames) - 1
    return (
        f'<figure class="slider"><label for="{name}">{escape(slider.label)} <output></output></label>'
        f'<input id="{name}" type="range" min="0" max="{last}" value="0" step="1">{frames}</figure>'
    )


def _row(row: GridRow, context: str) -> str:
    label = f"<h4>{escape(row.label)}</h4>" if row.label else ""
    where = context + (f"{row.label}, " if row.label else "")
    cells = _cell(row.input, where, "input") + "".join(_cell(cell, where, "map") for cell in row.maps)
    return f'{label}<div class="row">{cells}</div>'


def _cell(cell: Cell, context: str, kind: str) -> str:
    if isinstance(cell.picture, str):
        picture = f'<p class="none">{escape(cell.picture)}</p>'
    else:
        alt = f"{context}{cell.title} {cell.caption}".strip()
        media, data = encoded(cell.picture)
        picture = _image(media, data, alt, kind + (" pixels" if media == "image/png" else ""))
        if kind == "map":
            picture = (
                f'<button type="button" aria-label="{escape(alt)}: compare with the input">{picture}</button>'
            )
    return f'<div class="cell"><b>{escape(cell.title)}</b>{picture}<span>{escape(cell.caption)}</span></div>'


def _image(media: str, data: bytes, alt: str, kind: str) -> str:
    source = f"data:{media};base64,{base64.b64encode(data).decode()}"
    return f'<img class="{kind}" alt="{escape(alt)}" src="{source}">'


def _file(name: str) -> str:
    return (resources.files("tinycnn.experiments") / name).read_text("utf-8")
