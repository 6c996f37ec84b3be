"""What a notebook is worth, however it was handed in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from submission import CHECK_DOUBLE, CHECK_HALF, DOUBLE, HALF, LESSON, LIMITS, SOLVED, hand_in, hints

from tinycnn.course import Grade, grade, submissions
from tinycnn.course.grading import program
from tinycnn.course.lessons import INSTALL
from tinycnn.course.reading import cells
from tinycnn.errors import TinycnnError


@pytest.mark.parametrize("warnings", ["", "error"])
def test_a_solution_passes_whatever_is_said_of_warnings(
    warnings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", warnings)
    path = hand_in(tmp_path / "a.ipynb", *SOLVED)
    assert grade(path, [LESSON], LIMITS, "a") == [
        Grade("a", "00-numbers", "double", True, ""),
        Grade("a", "00-numbers", "half", True, ""),
    ]


def test_a_wrong_answer_gets_the_hint_of_its_check_and_costs_no_other(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", "two = 2", "def double(x):\n    return x + 2", HALF)
    assert hints(path) == {"double": "twice 3 is 6, not 5", "half": None}


def test_checks_are_not_optimised_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    path = hand_in(tmp_path / "a.ipynb", "two = 2", "def double(x):\n    return x + 2", HALF)
    assert hints(path) == {"double": "twice 3 is 6, not 5", "half": None}


def test_the_hint_is_one_line_with_the_counterexample_but_without_code_to_paste(tmp_path: Path) -> None:
    law = 'raise AssertionError("a law is broken\\nhere x is\\n    3\\n\\nimport numpy as np")'
    path = hand_in(tmp_path / "a.ipynb", f"def double(x):\n    {law}")
    assert hints(path)["double"] == "a law is broken here x is 3"


def test_an_error_that_is_no_verdict_names_its_type(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", DOUBLE, HALF)
    assert hints(path) == {"double": None, "half": "NameError: name 'two' is not defined"}


def test_a_cell_that_does_not_compile_is_the_reason_given(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", "two = 2", "def double(x):\nreturn 2", HALF)
    found = hints(path)
    assert "expected an indented block" in (found["double"] or "")
    assert found["half"] is None


@pytest.mark.parametrize(
    "checks",
    [(), ("print('passed')",), ("def double(x):\n    return 6",)],
    ids=["none", "edited", "redefining"],
)
def test_our_checks_are_used_not_the_students(tmp_path: Path, checks: tuple[str, ...]) -> None:
    path = hand_in(tmp_path / "a.ipynb", "two = 2", "def double(x):\n    return x", HALF, checks=checks)
    assert hints(path) == {"double": "twice 3 is 6, not 3", "half": None}


def test_the_install_of_a_site_is_not_run(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", INSTALL, DOUBLE)
    assert [part.source for part in program(cells(path), ())] == [DOUBLE]


def test_a_missing_function_is_missed(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", DOUBLE, checks=(CHECK_DOUBLE, CHECK_HALF))
    assert hints(path) == {"double": None, "half": "no cell defines half"}


def test_the_last_definition_counts_where_it_stands(tmp_path: Path) -> None:
    """A first try, a second, and a name that is used for something else later."""
    first = "def double(x):\n    return x"
    path = hand_in(tmp_path / "a.ipynb", first, DOUBLE, "two = 2", HALF, "two = None")
    assert hints(path) == {"double": None, "half": None}


def test_a_notebook_that_asks_gets_no_answer_and_no_hold_of_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = hand_in(tmp_path / "a.ipynb", "two = int(input())", "print('loud')\n" + DOUBLE, HALF)
    assert hints(path)["double"] is None
    assert capfd.readouterr() == ("", "")


def test_a_notebook_cannot_write_into_the_folder_that_it_was_handed_in(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", "open('note.txt', 'w').write('here')", *SOLVED)
    before = path.read_bytes()
    assert hints(path) == {"double": None, "half": None}
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a notebook"),
        (b"\xff\xfe", "not a notebook"),
        (b"{}", "not a notebook"),
        (b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not a notebook"),
        (b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not a copy of a lesson"),
        (
            b'{"cells": [{"cell_type": "code"}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "not a note",
        ),
        (
            b'{"cells": [{"cell_type": "code", "source": "def double(x): 0", "metadata": {"tags": 3}}],'
            b'"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "not a notebook",
        ),
        (b"[" * 100_000, "not a notebook"),
        (b" " * (21 << 20), "has 21 MiB, and at most 20 MiB are read"),
    ],
)
def test_a_file_that_cannot_be_graded_is_one_row_that_says_why(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    (row,) = grade(path, [LESSON], LIMITS, "a")
    assert (row.lesson, row.exercise, row.passed) == ("", "", False)
    assert reason in row.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])  # as editors on Windows write it
def test_letters_that_are_none_and_older_formats_are_graded(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    cells = ["two = 2", "odd = '\ud800'", DOUBLE, HALF]
    old = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    path.write_text(
        json.dumps({"cells": old, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}), encoding=encoding
    )
    assert hints(path) == {"double": None, "half": None}


def test_what_could_steer_a_terminal_is_taken_out_or_written_out(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", "def double(x):\n    raise ValueError('\\x1b[2Jgone')")
    assert "\x1b" not in (hints(path)["double"] or "")
    assert grade(path, [LESSON], LIMITS, "\x1b]0;evil\x07")[0].file == "\\x1b]0;evil\\x07"


def test_notebooks_are_found_at_any_depth_in_order_but_not_in_hidden_folders(tmp_path: Path) -> None:
    for name in ("b/2.ipynb", "a/1.ipynb", "a/.ipynb_checkpoints/1-checkpoint.ipynb"):
        hand_in(tmp_path / name, *SOLVED)
    assert [path.relative_to(tmp_path).as_posix() for path in submissions(tmp_path)] == [
        "a/1.ipynb",
        "b/2.ipynb",
    ]


def test_a_folder_without_notebooks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TinycnnError, match=r"no notebook .* name the folder"):
        submissions(tmp_path)
