"""Copies of the lessons: the student's without solutions and outputs, the teacher's as they are."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path

from tinycnn.course.lessons import BLANK, WORDS, Lesson, answer_cells, code_cells, lessons, tagged
from tinycnn.course.lessons import solutions as folder_of_solutions
from tinycnn.errors import OutputError
from tinycnn.files import atomic_write, check_folder


def export(folder: str | os.PathLike[str], solutions: bool = False) -> list[Path]:
    """Write a copy of every lesson.

    Parameters
    ----------
    folder : path-like
        Made if need be.
    solutions : bool
        The teacher's copies, with solutions and outputs, instead of the student's.

    Returns
    -------
    list of Path
        The notebooks written.

    Raises
    ------
    OutputError
        The folder cannot be written, or has a notebook of that name: it may hold somebody's work.
    TinycnnError
        The extra ``[notebooks]`` is not installed; or solutions are asked for where they are not.
    """
    course = lessons(folder_of_solutions() if solutions else None)
    return write_new(folder, {lesson.path.name: lesson.path.read_bytes() for lesson in course})


def write_new(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> list[Path]:
    """Write files of these names below a folder, unless one of them is there.

    Raises
    ------
    OutputError
        The folder cannot be written, or has one of the files: it may hold somebody's work.
    """
    check_folder(folder)
    paths = {Path(folder) / name: data for name, data in files.items()}
    for path in paths:
        if path.exists():
            raise OutputError(f"{path} exists and may hold somebody's work; choose another folder")
    for path, data in paths.items():
        with atomic_write(path) as file:
            file.write(data)
    return list(paths)


def student(lesson: Lesson) -> bytes:
    """The student's copy of a teacher's lesson.

    Solutions and answers are blanked and outputs cleared; cells that grading relies on are kept from slips of
    the hand.
    """
    import nbformat

    notebook = copy.deepcopy(lesson.notebook)
    answers = iter(lesson.exercises)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
        if tagged(cell, "exercise"):
            cell.source = next(answers).answered(BLANK)
            cell.metadata["deletable"] = False
        elif tagged(cell, "check"):
            cell.metadata["deletable"] = cell.metadata["editable"] = False
    for cell in answer_cells(notebook):
        cell.source = WORDS
        cell.metadata["deletable"] = False
    return nbformat.writes(notebook).encode() + b"\n"
