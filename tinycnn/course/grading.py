"""What a student's notebook is worth: its own cells are run, and our checks judge its functions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinycnn.course.arrays import Held
from tinycnn.course.lessons import DEFINITION, INSTALL, Exercise, Lesson
from tinycnn.course.limits import Limits, Part, Said, run
from tinycnn.course.reading import Cell, cells
from tinycnn.errors import TinycnnError
from tinycnn.files import files_in


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
    worth : float
        Points of the exercise.
    arrays : tuple of Held
        What the check held when it failed.
    """

    file: str
    lesson: str
    exercise: str
    passed: bool
    hint: str
    worth: float = 1.0
    arrays: tuple[Held, ...] = ()

    @property
    def points(self) -> float:
        """What was earned."""
        return self.worth if self.passed else 0.0


def submissions(folder: Path) -> list[Path]:
    """All notebooks in a folder, at any depth, but not in hidden folders.

    Raises
    ------
    TinycnnError
        There is none.
    """
    named = (path for path in files_in(folder) if path.lower().endswith(".ipynb"))
    found = [Path(path) for path in named if os.path.isfile(path) or os.path.islink(path)]
    if not found:
        raise TinycnnError(
            f"no notebook (*.ipynb) in {folder}; name the folder that holds the students' files"
        )
    return sorted(found)


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
    file = _escaped(name or str(path))
    try:
        found = cells(path)
        lesson = _which(found, course)
    except TinycnnError as error:
        return [Grade(file, "", "", False, _plain(str(error)))]
    try:
        said, ended = run(list(program(found, lesson.exercises)), limits)
    except OSError as error:  # another notebook may have filled the disk
        said, ended = {}, f"could not be run: {error.strerror}"
    return [
        Grade(
            file,
            lesson.path.stem,
            exercise.name,
            one.hint is None,
            _plain(one.hint or ""),
            exercise.points,
            one.arrays,
        )
        for exercise in lesson.exercises
        for one in [said.get(exercise.name, Said(ended or f"no cell defines {exercise.name}"))]
    ]


def program(cells: Sequence[Cell], exercises: Sequence[Exercise]) -> Iterator[Part]:
    """The student's code in order, without its checks; ours follow the last cell with their function."""
    sources = [cell.source for cell in cells if not cell.check and cell.source != INSTALL]
    judged: dict[int, list[Exercise]] = {}
    for exercise in exercises:
        defining = [at for at, source in enumerate(sources) if exercise.name in DEFINITION.findall(source)]
        if defining:
            judged.setdefault(defining[-1], []).append(exercise)
    for at, source in enumerate(sources):
        yield Part("", source)
        yield from (Part(one.name, one.check, one.ground) for one in judged.get(at, ()))


def _which(cells: Sequence[Cell], course: Sequence[Lesson]) -> Lesson:
    defined = {name for cell in cells for name in DEFINITION.findall(cell.source)}
    shared = [len(defined & {exercise.name for exercise in lesson.exercises}) for lesson in course]
    if not any(shared):
        raise TinycnnError("not a copy of a lesson: it defines no function of any exercise")
    return course[shared.index(max(shared))]


def _escaped(name: str) -> str:
    """A name in which no letter steers a terminal, and by which no two files are one."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def _plain(text: str) -> str:
    """Without what could steer a terminal."""
    return re.sub(r"\s+", " ", "".join(c for c in text if c.isprintable() or c.isspace())).strip()
