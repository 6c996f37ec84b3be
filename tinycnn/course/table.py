"""Grades as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from tinycnn.course.grading import Grade
from tinycnn.files import atomic_write


def write_csv(path: Path, grades: Sequence[Grade]) -> None:
    """Write one row for each exercise of each file.

    Parameters
    ----------
    path : Path
    grades : sequence of Grade

    Raises
    ------
    OutputError
        The file cannot be written.

    Notes
    -----
    File names and hints are the students' words. A text that a spreadsheet would compute gets an apostrophe
    before it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    names = [field.name for field in fields(Grade) if field.name != "arrays"]
    writer.writerow([*names, "points"])
    writer.writerows([*(inert(getattr(grade, name)) for name in names), grade.points] for grade in grades)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def inert(value: object) -> str:
    """A text that no spreadsheet computes."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
