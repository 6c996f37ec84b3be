"""A lesson of two exercises, and what students may hand in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinycnn.course import Exercise, Lesson, Limits, grade

EXTRA = "the course needs the extra: pip install 'tinycnn[notebooks]'"
pytest.importorskip("IPython", reason=EXTRA)
pytest.importorskip("psutil", reason=EXTRA)
nbformat = pytest.importorskip("nbformat", reason=EXTRA)

DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
CHECK_DOUBLE = "assert double(3) == 6, f'twice 3 is 6, not {double(3)}'"
HALF = "def half(x):\n    ### BEGIN SOLUTION\n    return x / two\n    ### END SOLUTION"
CHECK_HALF = "assert half(3) == 1.5, f'half of 3 is 1.5, not {half(3)}'"

LESSON = Lesson(
    Path("00-numbers.ipynb"),
    None,
    (Exercise("double", DOUBLE, CHECK_DOUBLE), Exercise("half", HALF, CHECK_HALF)),
)

SOLVED = ("two = 2", DOUBLE, HALF)


def hand_in(path: Path, *cells: str, checks: tuple[str, ...] = ()) -> Path:
    """Write a student's notebook of these cells, and of cells tagged as checks at its end."""
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    code += [nbformat.v4.new_code_cell(check, metadata={"tags": ["check"]}) for check in checks]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=code), path)
    return path


LIMITS = Limits(seconds=200, memory=1 << 30)


def hints(path: Path, limits: Limits = LIMITS) -> dict[str, str | None]:
    """For each exercise, what the student is told; None if it is solved."""
    return {one.exercise: None if one.passed else one.hint for one in grade(path, [LESSON], limits)}
