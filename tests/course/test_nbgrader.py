"""nbgrader hands the lessons out and grades them, and comes to our grades."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from submission import CHECK_DOUBLE, CHECK_HALF, DOUBLE, HALF, nbformat

from tinycnn.cli import main
from tinycnn.course import Lesson, Limits, export_nbgrader, grade, lessons
from tinycnn.course.lessons import BLANK, WORDS, answer_cells, code_cells, solutions
from tinycnn.course.nbgrader import marked
from tinycnn.errors import OutputError, TinycnnError

NAME = "00-numbers"


def small_lesson(folder: Path) -> Lesson:
    """A lesson of two exercises, the second of which is worth three points."""
    new, cells = nbformat.v4.new_code_cell, [nbformat.v4.new_markdown_cell("# Numbers")]
    cells.append(new("two = 2"))
    for source, check, points in ((DOUBLE, CHECK_DOUBLE, 1), (HALF, CHECK_HALF, 3)):
        cells.append(new(source, metadata={"tags": ["exercise"]}))
        cells.append(new(check, metadata={"tags": ["check"], "points": points}))
    cells.append(nbformat.v4.new_markdown_cell("the rubric", metadata={"tags": ["answer"]}))
    python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), folder / f"{NAME}.ipynb")
    (lesson,) = lessons(folder)
    return lesson


def test_each_exercise_is_a_solution_and_each_check_a_locked_test(tmp_path: Path) -> None:
    written = export_nbgrader(tmp_path)
    course = lessons(solutions())
    assert [path.name for path in written] == [*(lesson.path.name for lesson in course), "nbgrader_config.py"]
    for lesson, path in zip(course, written, strict=False):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        found = [cell.metadata["nbgrader"] for cell in code_cells(notebook) if "nbgrader" in cell.metadata]
        names = [exercise.name for exercise in lesson.exercises]
        asked, checked = ([mark for mark in found if mark["solution"] is kind] for kind in (True, False))
        assert [mark["grade_id"] for mark in asked] == names
        assert [mark["grade_id"] for mark in checked] == [f"check_{name}" for name in names]
        assert all(mark["grade"] and mark["locked"] and mark["points"] == 1 for mark in checked)
        assert not any(mark["grade"] or mark["locked"] for mark in asked)
        words = [cell.metadata["nbgrader"] for cell in answer_cells(notebook)]
        assert [mark["grade_id"] for mark in words] == ["question_1", "question_2"]
        assert all(mark["grade"] and mark["solution"] and not mark["locked"] for mark in words)
        assert {mark["schema_version"] for mark in found + words} == {3}


def test_the_command_writes_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["course", "export", "--nbgrader", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "nbgrader_config.py")
    with pytest.raises(OutputError, match="may hold somebody's work"):
        export_nbgrader(tmp_path)


def test_without_the_source_it_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def installed() -> Path:
        raise TinycnnError("solutions are not installed")

    monkeypatch.setattr("tinycnn.course.nbgrader.solutions", installed)
    with pytest.raises(TinycnnError, match="solutions are not installed"):
        export_nbgrader(tmp_path / "new")
    assert not (tmp_path / "new").exists()


PROGRAM = """
import json, shutil, sys, warnings
from pathlib import Path
from traitlets.config.loader import PyFileConfigLoader
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

name = sys.argv[1]
config = PyFileConfigLoader("nbgrader_config.py").load_config()
config.CourseDirectory.root = str(Path.cwd())
config.Exchange.root = str(Path.cwd() / "exchange")
api = NbGraderAPI(config=config)

def done(answer):
    assert answer["success"], answer.get("log") or answer.get("error")

done(api.generate_assignment(name))
released = Path("release", name, f"{name}.ipynb")
for student, (old, new) in json.loads(sys.argv[2]).items():
    folder = Path("submitted", student, name)
    folder.mkdir(parents=True)
    notebook = json.loads(released.read_text())
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for before, after in zip(old, new):
            source = source.replace(before, after)
        cell["source"] = source
    (folder / released.name).write_text(json.dumps(notebook))
    done(api.autograde(name, student))
    done(api.generate_feedback(name, student))
    assert (Path("feedback", student, name) / f"{name}.html").stat().st_size
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({s.student.id: s.score for s in book.assignment_submissions(name)}))
"""


@pytest.mark.slow
def test_nbgrader_comes_to_our_grades(tmp_path: Path) -> None:
    """A class of three: all right, one of two exercises wrong, nothing written."""
    if find_spec("nbgrader") is None:  # not imported here, where other libraries may have altered distutils
        pytest.skip("nbgrader is not installed; pip install 'tinycnn[checks]'")
    (tmp_path / "lessons").mkdir()
    lesson = small_lesson(tmp_path / "lessons")
    source = tmp_path / "source" / NAME / f"{NAME}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes(marked(lesson))
    export_nbgrader(tmp_path / "real")
    (tmp_path / "real" / "nbgrader_config.py").rename(tmp_path / "nbgrader_config.py")
    blanks = [f"def double(x):\n    {BLANK}", f"def half(x):\n    {BLANK}"]
    right = ["def double(x):\n    return x + x", "def half(x):\n    return x / two"]
    wrong = [right[0], "def half(x):\n    return x"]
    answers = {"ada": (blanks, right), "bob": (blanks, wrong), "cleo": (blanks, blanks)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, NAME, json.dumps(answers)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_DATA_DIR": str(tmp_path / "data"),  # signatures and connections of nobody else
            "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    released = nbformat.read(tmp_path / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    assert [cell.source for cell in answer_cells(released)] == [WORDS]
    theirs = json.loads(done.stdout.splitlines()[-1])
    handed_in = {student: tmp_path / "submitted" / student / NAME / f"{NAME}.ipynb" for student in answers}
    ours = {
        student: sum(one.points for one in grade(path, [lesson], Limits(seconds=60)))
        for student, path in handed_in.items()
    }
    assert theirs == ours == {"ada": 4, "bob": 1, "cleo": 0}
