"""``tinycnn course``, as a teacher meets it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from submission import LESSON, SOLVED, hand_in

from tinycnn.cli import main
from tinycnn.course import Grade, lessons, write_csv


@pytest.fixture
def one_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    """The course is the small lesson of these tests."""
    monkeypatch.setattr("tinycnn.course.lessons", lambda: (LESSON,))


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_export_names_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["course", "export", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(tmp_path / "new" / lesson.path.name) for lesson in lessons()
    ]


@pytest.mark.usefixtures("one_lesson")
def test_grading_goes_on_after_whatever_a_notebook_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path / "in" / "ada.ipynb", *SOLVED)
    hand_in(tmp_path / "in" / "bob.ipynb", "import os\nos.abort()", *SOLVED)
    (tmp_path / "in" / "cleo.ipynb").write_text("my notebook", encoding="utf-8")
    hand_in(tmp_path / "in" / "dan.ipynb", SOLVED[0], "while True: pass", *SOLVED[1:])
    hand_in(tmp_path / "in" / "eve.ipynb", *SOLVED)
    table = tmp_path / "grades.csv"
    arguments = ["course", "grade", str(tmp_path / "in"), "--seconds", "5", "--csv", str(table)]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "6 of 9 passed, 6 of 9 points"
    killed = "the notebook's process was killed by SIGABRT"
    found = rows(table)
    assert found[0] == ["file", "lesson", "exercise", "passed", "hint", "worth", "points"]
    assert found[1:5] == [
        ["ada.ipynb", "00-numbers", "double", "True", "", "1.0", "1.0"],
        ["ada.ipynb", "00-numbers", "half", "True", "", "1.0", "1.0"],
        ["bob.ipynb", "00-numbers", "double", "False", killed, "1.0", "0.0"],
        ["bob.ipynb", "00-numbers", "half", "False", killed, "1.0", "0.0"],
    ]
    assert found[5][:4] == ["cleo.ipynb", "", "", "False"]
    assert "not a notebook" in found[5][4]
    assert [row[:4] for row in found[6:]] == [
        [f"{name}.ipynb", "00-numbers", exercise, "True"]
        for name in ("dan", "eve")
        for exercise in ("double", "half")
    ]


@pytest.mark.usefixtures("one_lesson")
def test_the_exit_status_is_0_if_all_is_solved(tmp_path: Path) -> None:
    hand_in(tmp_path / "ada.ipynb", *SOLVED)
    assert main(["course", "grade", str(tmp_path)]) == 0


def test_a_part_of_a_real_lesson_is_graded_by_its_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = "import numpy as np\nimport tinycnn as tc\nfrom types import SimpleNamespace"
    wrong = "def missing_row(signal, step):\n    return signal * (step.input <= 0)"
    right = "def guided_row(signal, step):\n    return signal * (signal > 0) * (step.input > 0)"
    hand_in(tmp_path / "ada.ipynb", setup, right, wrong)
    assert main(["course", "grade", str(tmp_path)]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "guided_row passed" in printed
    assert "missing_row failed input -1, signal -2: guided backprop sends 0" in printed
    assert "follow_switches failed no cell defines follow_switches" in printed
    assert printed.endswith("1 of 3 passed, 1 of 3 points")


@pytest.mark.parametrize("part", [["export", "out"], ["grade", "."]])
def test_without_the_extra_one_line_says_what_to_install(
    part: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert main(["course", *part]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "tinycnn: the course needs the extra [notebooks]: pip install 'tinycnn[notebooks]'"
    ]
    assert list(tmp_path.iterdir()) == []


def test_no_text_of_a_student_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    grades = [Grade("=1+1.ipynb", "01", "f", False, "@SUM(A1)"), Grade("a, b.ipynb", "01", "f", True, "-3")]
    write_csv(tmp_path / "grades.csv", grades)
    assert rows(tmp_path / "grades.csv")[1:] == [
        ["'=1+1.ipynb", "01", "f", "False", "'@SUM(A1)", "1.0", "0.0"],
        ["a, b.ipynb", "01", "f", "True", "'-3", "1.0", "1.0"],
    ]
