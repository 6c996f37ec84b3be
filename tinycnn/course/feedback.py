"""What students get back: a page for each file; and for the lecturer, a page and a table of the class."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path, PurePath
from urllib.parse import quote

from tinycnn.course.drawing import figure
from tinycnn.course.grading import Grade
from tinycnn.course.table import inert
from tinycnn.files import atomic_write

STYLE = """
:root { color-scheme: light dark; --yes: #00664a; --no: #a02c00 }
@media (prefers-color-scheme: dark) { :root { --yes: #6fd3b0; --no: #ff9d7a } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0 }
.wide { overflow-x: auto } .yes { color: var(--yes) } .no { color: var(--no) }
article { border-top: 1px solid #8888; margin-top: 1rem } code { overflow-wrap: anywhere }
figure { display: inline-block; margin: 0 1rem 1rem 0; max-width: 100% }
img { image-rendering: pixelated; display: block; max-width: 100%; border: 1px solid #8888 }
"""


def write_feedback(folder: Path, grades: Sequence[Grade]) -> list[Path]:
    """Write a page for each file, ``index.html`` for the class, and its matrix as ``matrix.csv``.

    Parameters
    ----------
    folder : Path
        Made if need be. The page of a file has its name, with ``.html`` behind it; a long one is cut.
    grades : sequence of Grade
        Those of a file stand together.

    Returns
    -------
    list of Path
        What was written, the page of the class last.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    pages = {
        folder / _address(name): _page(name, list(own))
        for name, own in groupby(grades, lambda grade: grade.file)
    }
    pages |= {folder / "matrix.csv": _csv(grades), folder / "index.html": _class(grades)}
    for path, text in pages.items():
        with atomic_write(path) as file:
            file.write(text.encode())
    return list(pages)


def matrix(grades: Iterable[Grade]) -> dict[str, dict[str, float]]:
    """Points by student and exercise; whose they are is said by the folder of a file, or else by its name.

    Of an exercise that was handed in twice, the better counts.
    """
    points: dict[str, dict[str, float]] = {}
    for grade in grades:
        own = points.setdefault(_student(grade.file), {})
        if grade.exercise:
            own[grade.exercise] = max(grade.points, own.get(grade.exercise, 0.0))
    return points


def failures(grades: Iterable[Grade]) -> list[tuple[str, int, str]]:
    """Exercises, most often failed first: name, how often, and the hint that was given most often."""
    hints: dict[str, Counter[str]] = {}
    for grade in grades:
        if grade.exercise and not grade.passed:
            hints.setdefault(grade.exercise, Counter())[grade.hint] += 1
    found = [(name, given.total(), given.most_common(1)[0][0]) for name, given in hints.items()]
    return sorted(found, key=lambda row: -row[1])


def _address(file: str) -> str:
    """Where the page of a file is, in folders that no page is called after."""
    *folders, name = map(_short, file.split("/"))
    kept = (f"{each}_" if each.endswith((".html", ".csv")) else each for each in folders)
    return "/".join([*kept, f"{name}.html"])


def _short(name: str) -> str:
    """A name that is short enough for a disk, which may take 255 bytes."""
    data = name.encode()
    return name if len(data) <= 240 else f"{name[:50]}-{hashlib.sha256(data).hexdigest()[:16]}"


def _student(file: str) -> str:
    path = PurePath(file)
    return str(path.parent) if path.parent != PurePath() else path.stem


def _page(name: str, grades: Sequence[Grade]) -> str:
    """What one file is worth, exercise by exercise."""
    lesson = grades[0].lesson or "no lesson"
    return _html(name, [f"<p>{escape(lesson)}: <b>{_sum(grades)}</b></p>", *map(_exercise, grades)])


def _exercise(grade: Grade) -> str:
    verdict = '<b class="yes">solved</b>' if grade.passed else '<b class="no">not yet</b>'
    hint = f"<p><code>{escape(grade.hint)}</code></p>" if grade.hint else ""
    if grade.arrays:
        drawn = "".join(map(figure, grade.arrays))
        hint += f"<p>What the check held; white is 0, red positive, blue negative:</p><div>{drawn}</div>"
    title = f"<h2>{escape(grade.exercise)}</h2>" if grade.exercise else ""
    return f"<article>{title}<p>{verdict}, {grade.points:g} of {grade.worth:g} points</p>{hint}</article>"


def _class(grades: Sequence[Grade]) -> str:
    files = dict.fromkeys(grade.file for grade in grades)
    links = "".join(f'<li><a href="{quote(_address(name))}">{escape(name)}</a>' for name in files)
    failed = [(name, str(count), hint) for name, count, hint in failures(grades)]
    parts = [
        f"<p>{len(matrix(grades))} students, {len(files)} files.</p><ul>{links}</ul><h2>Points</h2>",
        _table(_rows(grades)),
        "<h2>What fails most</h2>" if failed else "<p>Everything is solved.</p>",
        _table([("exercise", "failed", "most frequent hint"), *failed]) if failed else "",
    ]
    return _html("The class", parts)


def _rows(grades: Sequence[Grade]) -> Iterator[Sequence[str]]:
    """The matrix as text, under its heads; an exercise that was not handed in is empty."""
    exercises = list(dict.fromkeys(grade.exercise for grade in grades if grade.exercise))
    yield "student", *exercises, "points"
    for student, own in sorted(matrix(grades).items()):
        yield student, *(_cell(own, name) for name in exercises), f"{sum(own.values()):g}"


def _cell(own: Mapping[str, float], exercise: str) -> str:
    return f"{own[exercise]:g}" if exercise in own else ""


def _csv(grades: Sequence[Grade]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(inert, row) for row in _rows(grades))
    return text.getvalue()


def _table(rows: Iterable[Sequence[str]]) -> str:
    head, *body = rows
    cells = "".join(f"<th>{escape(cell)}" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) + "</tr>" for row in body)
    return f'<div class="wide"><table><tr>{cells}</tr>{lines}</table></div>'


def _sum(grades: Iterable[Grade]) -> str:
    listed = list(grades)
    return f"{sum(g.points for g in listed):g} of {sum(g.worth for g in listed):g} points"


def _html(title: str, parts: Iterable[str]) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{''.join(parts)}</html>\n"
    )
