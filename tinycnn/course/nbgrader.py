"""The lessons as a course of nbgrader: its metadata in each cell, version 3, made from our tags.

nbgrader's ``generate_assignment`` puts the blanks in; ``autograde`` runs what comes back with the checks that
were here. See https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path

from tinycnn.course.copies import write_new
from tinycnn.course.lessons import (
    BLANK,
    WORDS,
    Lesson,
    answer_cells,
    code_cells,
    lessons,
    solutions,
    tagged,
)

SECONDS = 300
"""That a cell may take when it is graded; nbgrader's own 30 are few for lessons."""

CONFIG = f"""c = get_config()
c.CourseDirectory.course_id = "tinycnn"
c.ClearSolutions.code_stub = {{"python": {BLANK!r}}}
c.ClearSolutions.text_stub = {WORDS!r}
c.ExecutePreprocessor.timeout = {SECONDS}
"""


def export_nbgrader(folder: str | os.PathLike[str]) -> list[Path]:
    """Write a course of nbgrader: an assignment for each lesson, and the configuration.

    Parameters
    ----------
    folder : path-like
        Made if need be. The lessons go to ``source/LESSON/LESSON.ipynb``.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        The folder cannot be written, or has one of the files.
    TinycnnError
        The solutions are not here: they come with the source, and are not installed.
    """
    files = {
        f"source/{lesson.path.stem}/{lesson.path.name}": marked(lesson) for lesson in lessons(solutions())
    }
    return write_new(folder, files | {"nbgrader_config.py": CONFIG.encode()})


def marked(lesson: Lesson) -> bytes:
    """A lesson with solutions, and with what nbgrader wants to know of its cells."""
    import nbformat

    notebook = copy.deepcopy(lesson.notebook)
    exercises, checks = iter(lesson.exercises), iter(lesson.exercises)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
        if tagged(cell, "exercise"):
            cell.metadata["nbgrader"] = _metadata(next(exercises).name, solution=True, grade=False)
        elif tagged(cell, "check"):
            exercise = next(checks)
            mark = _metadata(f"check_{exercise.name}", solution=False, grade=True)
            cell.metadata["nbgrader"] = mark | {"points": exercise.points}
    for number, cell in enumerate(answer_cells(notebook), 1):
        mark = _metadata(f"question_{number}", solution=True, grade=True)
        cell.metadata["nbgrader"] = mark | {"points": 1.0}
    return nbformat.writes(notebook).encode() + b"\n"


def _metadata(grade_id: str, solution: bool, grade: bool) -> dict[str, object]:
    """Of a cell that the student writes, that is graded (by hand, if it is both), or that is locked."""
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "solution": solution,
        "grade": grade,
        "locked": not solution,
        "task": False,
    }
