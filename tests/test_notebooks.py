"""Every notebook is a pair: ``NAME.py`` (percent form), which is edited, and ``NAME.ipynb``, run from it.

``python tests/test_notebooks.py`` executes the text forms and writes the notebooks; with names, those alone.
It also writes the students' copies, which are what is installed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
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
ABSOLUTE_PATH = re.compile(r"(?<![\w./:<])/[\w.-]+/[\w./-]+|\b[A-Z]:\\\w")

each_notebook = pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)


def execute(text: Path) -> Any:
    """Run a text form from top to bottom in a fresh kernel, beside this tree and without a display."""
    notebook = jupytext.read(text)
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
    assert kinds(executed) == kinds(jupytext.read(text.with_suffix(".ipynb")))


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
