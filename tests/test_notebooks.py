"""Every notebook is a pair: ``NAME.py`` (percent form), which is edited, and ``NAME.ipynb``, run from it.

``python tests/test_notebooks.py`` executes the text forms and writes the notebooks; with names, those alone.
It also writes the students' copies, which are what is installed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tinycnn.course import lessons
from tinycnn.course.copies import student
from tinycnn.course.lessons import solutions

jupytext = pytest.importorskip(
    "jupytext", reason="notebooks need the extra: pip install 'tinycnn[notebooks]'"
)
nbclient = pytest.importorskip(
    "nbclient", reason="notebooks need the extra: pip install 'tinycnn[notebooks]'"
)
pytest.importorskip("ipykernel", reason="notebooks need the extra: pip install 'tinycnn[notebooks]'")

ROOT = Path(__file__).parents[1]
STUDENTS = ROOT / "notebooks" / "students"
TEXTS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.py"))
LARGEST = 400_000
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
ROUNDING = 1e-12
ABSOLUTE_PATH = re.compile(r"(?<![\w./:<])/[\w.-]+/[\w./-]+|\b[A-Z]:\\\w")

each_notebook = pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)


def execute(text: Path) -> Any:
    """Run a text form from top to bottom in a fresh kernel, beside this tree and without a display."""
    notebook = jupytext.read(text)
    for n, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{n}"
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    environment["PYTHONPATH"] = str(ROOT)
    environment["TINYCNN_STILL"] = "1"
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(text.parent)}},
    )
    return client.execute(env=environment)


def outputs(notebook: Any) -> Iterator[Any]:
    """All outputs of all cells."""
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def kinds(notebook: Any) -> list[list[tuple[str, ...]]]:
    """For each cell, what it shows: text, a picture, an error."""
    return [
        [(output.output_type, *sorted(output.get("data", {}))) for output in cell.get("outputs", [])]
        for cell in notebook.cells
    ]


def said(notebook: Any) -> list[str]:
    """For each cell, the text that it shows."""
    return [
        "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in shown)
        for shown in (cell.get("outputs", []) for cell in notebook.cells)
    ]


def alike(found: str, committed: str) -> bool:
    """The same words; numbers differ by one in the last digit shown, or both are rounding errors."""
    words, numbers = NUMBER.split(found), NUMBER.findall(found)
    if [*map(str.split, words)] != [*map(str.split, NUMBER.split(committed))]:
        return False
    return all(
        abs(Decimal(a) - Decimal(b)) <= last_digit(b) or max(abs(float(a)), abs(float(b))) < ROUNDING
        for a, b in zip(numbers, NUMBER.findall(committed), strict=True)
    )


def last_digit(number: str) -> Decimal:
    """What one more in the last digit is worth."""
    return Decimal((0, (1,), int(Decimal(number).as_tuple().exponent)))


@pytest.mark.parametrize(
    ("found", "committed", "expected"),
    [
        ("mean 0.25 of 12", "mean  0.24 of 12", True),
        ("mean 0.26 of 12", "mean 0.24 of 12", False),
        ("mean 0.24 of 14", "mean 0.24 of 12", False),
        ("mean -0.0", "mean 0.0", True),
        ("off by 5e-16", "off by 1e-16", True),
        ("off by 5e-6", "off by 1e-6", False),
        ("the shape is broken", "untouched is broken", False),
    ],
)
def test_texts_are_compared_as_a_reader_would(found: str, committed: str, expected: bool) -> None:
    assert alike(found, committed) is expected


def test_there_is_a_text_form_for_every_notebook() -> None:
    assert TEXTS
    assert [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))] == [
        path.stem for path in TEXTS
    ]


@each_notebook
def test_the_two_forms_say_the_same(text: Path) -> None:
    cells = [
        [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]
        for path in (text, text.with_suffix(".ipynb"))
    ]
    assert cells[0] == cells[1], "run: python tests/test_notebooks.py"


@each_notebook
def test_the_committed_outputs_are_those_of_one_run_from_top_to_bottom(text: Path) -> None:
    notebook = jupytext.read(text.with_suffix(".ipynb"))
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert {output.output_type for output in outputs(notebook)} <= {
        "stream",
        "display_data",
        "execute_result",
    }
    assert all(output.get("name", "stdout") == "stdout" for output in outputs(notebook))


@each_notebook
def test_the_committed_notebook_is_small_and_names_no_path_of_a_machine(text: Path) -> None:
    path = text.with_suffix(".ipynb")
    assert path.stat().st_size < LARGEST
    for output in outputs(jupytext.read(path)):
        shown = output.get("text", "") + output.get("data", {}).get("text/plain", "")
        assert not ABSOLUTE_PATH.search(shown)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client|zmq|nbformat|traitlets")
@each_notebook
def test_the_notebook_runs_and_shows_what_is_committed(text: Path) -> None:
    """Runs without an error (nbclient raises) or a warning; each cell prints or draws as it did."""
    executed = execute(text)
    assert all(output.get("name", "stdout") == "stdout" for output in outputs(executed))
    committed = jupytext.read(text.with_suffix(".ipynb"))
    assert kinds(executed) == kinds(committed)
    for found, expected in zip(said(executed), said(committed), strict=True):
        lacking = "tinycnn weights fetch" in found  # said by cells whose trained weights are not here
        assert lacking or alike(found, expected), f"is not\n{expected}\nbut\n{found}"


def test_the_students_copies_are_those_of_the_lessons() -> None:
    copies = {path.name: path.read_bytes() for path in STUDENTS.iterdir()}
    assert copies == {lesson.path.name: student(lesson) for lesson in lessons(solutions())}, (
        "run: python tests/test_notebooks.py"
    )


if __name__ == "__main__":
    for text in TEXTS:
        if len(sys.argv) == 1 or text.stem in sys.argv[1:]:
            jupytext.write(execute(text), text.with_suffix(".ipynb"), fmt="ipynb")
            print(text.with_suffix(".ipynb").relative_to(ROOT))
    STUDENTS.mkdir(exist_ok=True)
    for lesson in lessons(solutions()):
        (STUDENTS / lesson.path.name).write_bytes(student(lesson))
