"""The lessons that come with tinycnn, and what their exercises are.

A code cell tagged ``exercise`` defines one function. Its solution stands between two marks, those
of nbgrader. The cell tagged ``check`` below it judges the function, and raises an error with a hint if it is
wrong.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinycnn.errors import TinycnnError

SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL
)
DEFINITION = re.compile(r"^def (\w+)", re.MULTILINE)
BLANK = 'raise NotImplementedError("your turn")'


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Parameters
    ----------
    name : str
        The function that the student writes.
    source : str
        The cell that defines it, with the solution.
    check : str
        The cell that judges it.
    """

    name: str
    source: str
    check: str

    def answered(self, body: str) -> str:
        """The cell with another body in the solution's place, such as `BLANK`."""
        return SOLUTION.sub(lambda marks: textwrap.indent(body, marks[1]), self.source)


@dataclass(frozen=True)
class Lesson:
    """A notebook, and its exercises in order."""

    path: Path
    notebook: Any
    exercises: tuple[Exercise, ...]


def lessons() -> tuple[Lesson, ...]:
    """All lessons, by number.

    Raises
    ------
    TinycnnError
        The extra ``[notebooks]`` is not installed.
    """
    if any(find_spec(name) is None for name in ("nbformat", "IPython", "psutil", "hypothesis")):
        raise TinycnnError("the course needs the extra [notebooks]: pip install 'tinycnn[notebooks]'")
    return tuple(_lesson(path) for path in sorted(_folder().glob("[0-9][0-9]-*.ipynb")))


def read(path: Path) -> Any:
    """A notebook file, in the current format.

    Raises
    ------
    TinycnnError
        It cannot be read, or is no notebook.
    """
    import nbformat

    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except Exception as error:  # a student's file can be anything, and nbformat says so in many ways
        raise TinycnnError(f"{path}: not a notebook: {type(error).__name__}") from error


def code_cells(notebook: Any) -> list[Any]:
    """The code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(cell: Any, tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def _folder() -> Path:
    """Where the notebooks are: installed with the package, or beside it."""
    installed = Path(__file__).parents[1] / "notebooks"
    return installed if installed.exists() else Path(__file__).parents[2] / "notebooks"


def _lesson(path: Path) -> Lesson:
    notebook = read(path)
    cells = code_cells(notebook)
    questions = [cell.source for cell in cells if tagged(cell, "exercise")]
    checks = [cell.source for cell in cells if tagged(cell, "check")]
    exercises = (
        Exercise(DEFINITION.findall(source)[0], source, check)
        for source, check in zip(questions, checks, strict=True)
    )
    return Lesson(path, notebook, tuple(exercises))
