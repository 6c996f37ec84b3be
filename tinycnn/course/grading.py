"""What a student's notebook is worth: its own cells are run, and our checks judge its functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycnn.course.lessons import DEFINITION, Exercise, Lesson, code_cells, read, tagged
from tinycnn.course.limits import Limits, Part, run
from tinycnn.errors import TinycnnError

LARGEST = 20 << 20
"""Bytes of a submission; ours have less than half a million."""


@dataclass(frozen=True)
class Grade:
    """What came of one exercise in one file.

    Parameters
    ----------
    file : str
        Below the folder that is graded.
    lesson : str
        The lesson's name; empty if the file is no copy of one.
    exercise : str
        The function that was to be written.
    passed : bool
    hint : str
        The first paragraph of what the check said, or of what stopped the notebook.
    """

    file: str
    lesson: str
    exercise: str
    passed: bool
    hint: str


def submissions(folder: Path) -> list[Path]:
    """All notebooks in a folder, at any depth, but not in hidden folders.

    Raises
    ------
    TinycnnError
        There is none.
    """
    found = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise TinycnnError(
            f"no notebook (*.ipynb) in {folder}; name the folder that holds the students' files"
        )
    return found


def grade(path: Path, course: Sequence[Lesson], limits: Limits, name: str = "") -> list[Grade]:
    """Grade one file.

    Parameters
    ----------
    path : Path
        A student's notebook. It is only read.
    course : sequence of Lesson
        It is taken for the one most of whose functions it defines.
    limits : Limits
        Of time, memory and processes.
    name : str
        What the grades call the file; its path, unless given.

    Returns
    -------
    list of Grade
        One for each exercise of the lesson; a single one if the file is not a copy of any.
    """
    name = name or str(path)
    try:
        notebook = _submission(path)
        lesson = _which(notebook, course)
    except TinycnnError as error:
        return [Grade(_plain(name), "", "", False, _plain(str(error)))]
    hints, ended = run(list(program(notebook, lesson.exercises)), limits)
    return [
        Grade(_plain(name), lesson.path.stem, exercise.name, hint is None, _plain(hint or ""))
        for exercise in lesson.exercises
        for hint in [hints.get(exercise.name, ended or f"no cell defines {exercise.name}")]
    ]


def program(notebook: Any, exercises: Sequence[Exercise]) -> Iterator[Part]:
    """The student's code in order, without its checks; ours follow the last cell with their function."""
    sources = [cell.source for cell in code_cells(notebook) if not tagged(cell, "check")]
    judged: dict[int, list[Exercise]] = {}
    for exercise in exercises:
        defining = [at for at, source in enumerate(sources) if exercise.name in DEFINITION.findall(source)]
        if defining:
            judged.setdefault(defining[-1], []).append(exercise)
    for at, source in enumerate(sources):
        yield Part("", source)
        yield from (Part(exercise.name, exercise.check) for exercise in judged.get(at, ()))


def _submission(path: Path) -> Any:
    size = path.stat().st_size
    if size > LARGEST:
        raise TinycnnError(f"has {size >> 20} MiB, and at most {LARGEST >> 20} are read; clear its outputs")
    return read(path)


def _which(notebook: Any, course: Sequence[Lesson]) -> Lesson:
    defined = {name for cell in code_cells(notebook) for name in DEFINITION.findall(cell.source)}
    shared = [len(defined & {exercise.name for exercise in lesson.exercises}) for lesson in course]
    if not any(shared):
        raise TinycnnError("not a copy of a lesson: it defines no function of any exercise")
    return course[shared.index(max(shared))]


def _plain(text: str) -> str:
    """Without what could steer a terminal."""
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()
