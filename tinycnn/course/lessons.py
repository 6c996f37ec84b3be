"""The lessons that come with tinycnn, and what their exercises are.

A code cell tagged ``exercise`` defines one function. Its solution stands between two marks, those of
nbgrader; in the students' copies, which are all that is installed, a blank is in its place. The cell tagged
``check`` below it judges the function, and raises an error with a hint if it is wrong. Below a question in
words, a cell of text tagged ``answer`` holds what teachers want to read; students write theirs there.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinycnn.course.ground import ground
from tinycnn.errors import TinycnnError

SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL
)
DEFINITION = re.compile(r"^def (\w+)", re.MULTILINE)
NAMES = "[0-9][0-9]-*.ipynb"
BLANK = 'raise NotImplementedError("your turn")'
WORDS = "*Your answer, in your own words.*"
INSTALL = "%pip install -q tinycnn hypothesis ipywidgets"
"""The first cell of a lesson on a site of JupyterLite, where tinycnn comes from the site itself."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Parameters
    ----------
    name : str
        The function that the student writes.
    source : str
        The cell that defines it.
    check : str
        The cell that judges it.
    points : float
        What it is worth: ``points`` in the metadata of the check's cell, or 1.
    ground : str
        What the check needs of the lesson's other cells.
    """

    name: str
    source: str
    check: str
    points: float = 1.0
    ground: str = ""

    def answered(self, body: str) -> str:
        """A teacher's cell with another body in the solution's place, such as `BLANK`."""
        return SOLUTION.sub(lambda marks: textwrap.indent(body, marks[1]), self.source)


@dataclass(frozen=True)
class Lesson:
    """A notebook, and its exercises in order."""

    path: Path
    notebook: Any
    exercises: tuple[Exercise, ...]


def lessons(folder: Path | None = None) -> tuple[Lesson, ...]:
    """All lessons, by number.

    Parameters
    ----------
    folder : Path, optional
        Where they are: the students' copies, unless given.

    Raises
    ------
    TinycnnError
        The extra ``[notebooks]`` is not installed.
    """
    if any(find_spec(name) is None for name in ("nbformat", "IPython", "psutil", "hypothesis")):
        raise TinycnnError("the course needs the extra [notebooks]: pip install 'tinycnn[notebooks]'")
    return tuple(_lesson(path) for path in sorted((folder or _students()).glob(NAMES)))


def solutions() -> Path:
    """The folder of the lessons with solutions.

    Raises
    ------
    TinycnnError
        They are not here: they come with the source, and are not installed.
    """
    folder = Path(__file__).parents[2] / "notebooks"
    if not any(folder.glob(NAMES)):
        raise TinycnnError(
            "solutions are not installed, so that no answer reads them; run this in the source distribution"
        )
    return folder


def parse(text: str, name: object) -> Any:
    """The notebook that a file holds, in the current format.

    Parameters
    ----------
    text : str
    name : object
        What an error calls it.

    Raises
    ------
    TinycnnError
        It is no notebook.
    """
    import nbformat

    try:
        with warnings.catch_warnings(action="ignore"):  # cells without an id are in every older file
            notebook = nbformat.reads(text, as_version=4)
        sound = all(
            isinstance(cell.source, str) and isinstance(cell.metadata.get("tags", []), list)
            for cell in code_cells(notebook)
        )
    except Exception as error:  # a student's file can be anything, and nbformat says so in many ways
        raise TinycnnError(f"{name}: not a notebook: {type(error).__name__}") from error
    if not sound:
        raise TinycnnError(f"{name}: not a notebook: a cell has no text, or its tags are no list")
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    """The code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def answer_cells(notebook: Any) -> list[Any]:
    """The cells in which students answer in words, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown" and tagged(cell, "answer")]


def tagged(cell: Any, tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def _students() -> Path:
    """Where the students' copies are: installed with the package, or beside it."""
    installed = Path(__file__).parents[1] / "notebooks"
    return installed if installed.exists() else Path(__file__).parents[2] / "notebooks" / "students"


def _lesson(path: Path) -> Lesson:
    notebook = parse(path.read_text(encoding="utf-8"), path)
    exercises: list[Exercise] = []
    above: list[str] = []
    question = ""
    for cell in code_cells(notebook):
        if tagged(cell, "exercise"):
            question = cell.source
        elif tagged(cell, "check"):
            points, needed = float(cell.metadata.get("points", 1)), ground(above, cell.source)
            exercises.append(Exercise(DEFINITION.findall(question)[0], question, cell.source, points, needed))
        else:
            above.append(cell.source)
    return Lesson(path, notebook, tuple(exercises))
