"""The lessons themselves: what is handed out, and what their checks say to right, blank and wrong answers."""

from __future__ import annotations

import re
import runpy
import time
import warnings
from collections.abc import Iterator
from itertools import count, pairwise, repeat
from pathlib import Path

import numpy as np
import pytest
from submission import nbformat

from tinycnn.course import Exercise, Lesson, export, lessons, runner
from tinycnn.course.ground import ground
from tinycnn.course.judging import Check
from tinycnn.course.lessons import BLANK, WORDS, answer_cells, code_cells, solutions, tagged
from tinycnn.errors import OutputError

LESSONS = lessons(solutions())
FEWEST = 3

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)


def wrong(lesson: Lesson) -> dict[str, list[tuple[str, str]]]:
    """For each exercise of a lesson, wrong bodies and words of the hint that each must get."""
    file = Path(__file__).parent / "wrong" / f"{lesson.path.name[:2]}.py"
    return runpy.run_path(str(file))["WRONG"]


def answers(exercise: Exercise, lesson: Lesson) -> Iterator[tuple[str, str, str]]:
    """All that is tried on an exercise: what it is called, the cell, words of the hint (none for a pass)."""
    yield "solution", exercise.source, ""
    for body, hint in wrong(lesson)[exercise.name]:
        yield body, exercise.answered(body), hint
    yield "blank", exercise.answered(BLANK), "your turn"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    export(folder)
    return folder


@each_lesson
def test_every_exercise_has_five_plausible_wrong_answers(lesson: Lesson) -> None:
    assert len(lesson.exercises) >= FEWEST
    assert list(wrong(lesson)) == [exercise.name for exercise in lesson.exercises]
    assert all(len(set(bodies)) >= 5 for bodies in wrong(lesson).values())


@each_lesson
def test_an_exercise_is_known_by_its_function_and_has_one_blank(lesson: Lesson) -> None:
    for exercise in lesson.exercises:
        assert exercise.source.count("### BEGIN SOLUTION") == 1
        assert exercise.source.count("### END SOLUTION") == 1
        assert exercise.answered(BLANK).count(BLANK) == 1
        assert f"({exercise.name})" in exercise.check


TASK = re.compile(
    r"^\*\*(Exercise|Question) (\d)\*\* \(\d+ minutes(, (easy|medium|hard))?\)\. \S", re.MULTILINE
)
HINT = re.compile(r"\n<details><summary>A first hint</summary>\n\n\S[^<]+\n\n</details>$")


@each_lesson
def test_an_exercise_says_minutes_and_difficulty_and_has_a_first_hint(lesson: Lesson) -> None:
    cells = lesson.notebook.cells
    for above, cell in pairwise(cells):
        if tagged(cell, "exercise"):
            (task,) = TASK.findall(above.source)
            assert task[0] == "Exercise"
            assert task[3]
            assert HINT.search(above.source)
            assert "SOLUTION" not in above.source


@each_lesson
def test_two_questions_in_words_have_a_rubric_and_three_answers(lesson: Lesson, handed_out: Path) -> None:
    cells = lesson.notebook.cells
    asked = [above for above, cell in pairwise(cells) if tagged(cell, "answer")]
    found = [TASK.findall(cell.source)[0][:2] for cell in asked]
    assert found == [("Question", "1"), ("Question", "2")]
    for cell in answer_cells(lesson.notebook):
        assert cell.source.count("\n- ") == 2, "criteria, half a point each"
        samples = re.findall(r"^> \*\*(1 point|½ point|0 points)\.\*\* \w", cell.source, re.MULTILINE)
        assert samples == ["1 point", "½ point", "0 points"]
    text = (handed_out / lesson.path.name).read_text("utf-8")
    assert "For teachers" not in text
    handed = nbformat.reads(text, as_version=4)
    assert [cell.source for cell in answer_cells(handed)] == [WORDS, WORDS]


def test_an_exercise_tells_its_lesson() -> None:
    names = [exercise.name for lesson in LESSONS for exercise in lesson.exercises]
    assert len(set(names)) == len(names)


@each_lesson
def test_the_students_copy_has_no_solution_and_no_output(lesson: Lesson, handed_out: Path) -> None:
    text = (handed_out / lesson.path.name).read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "SOLUTION" not in text
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))
    asked = [cell for cell in code_cells(notebook) if tagged(cell, "exercise")]
    for exercise, cell in zip(lesson.exercises, asked, strict=True):
        compile(cell.source, exercise.name, "exec")
        assert BLANK in cell.source
        solution = exercise.source.partition("### BEGIN SOLUTION")[2].partition("### END SOLUTION")[0]
        lines = [line.strip() for line in solution.splitlines() if len(line.strip()) > len("return x")]
        assert not any(line in cell.source for line in lines)


@each_lesson
def test_all_else_is_as_in_the_lesson(lesson: Lesson, handed_out: Path) -> None:
    notebook = nbformat.read(handed_out / lesson.path.name, as_version=4)
    for ours, theirs in zip(lesson.notebook.cells, notebook.cells, strict=True):
        assert ours.cell_type == theirs.cell_type
        assert ours.source == theirs.source or tagged(ours, "exercise") or tagged(ours, "answer")


@each_lesson
def test_the_teachers_copy_is_the_lesson(lesson: Lesson, tmp_path: Path) -> None:
    export(tmp_path, solutions=True)
    assert (tmp_path / lesson.path.name).read_bytes() == lesson.path.read_bytes()


def test_an_export_overwrites_nobodys_work(tmp_path: Path) -> None:
    work = tmp_path / LESSONS[-1].path.name
    work.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="may hold somebody's work; choose another folder"):
        export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [work.name]
    assert work.read_text("utf-8") == "mine"


def checked(lesson: Lesson) -> Iterator[tuple[Exercise, Check, list[str]]]:
    """Each exercise, its check, and the code that stands above it in the lesson."""
    above: list[str] = []
    exercises = {exercise.source: exercise for exercise in lesson.exercises}
    for cell in code_cells(lesson.notebook):
        exercise = exercises.get(cell.source)
        if exercise is not None:
            yield exercise, Check(exercise.name, exercise.ground, exercise.check), above
        elif not tagged(cell, "check"):
            above.append(cell.source)


def draw_from(seeds: Iterator[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check draws anew for a student comes from the next of these seeds; seeds that are given stay."""
    draw = np.random.default_rng
    monkeypatch.setattr(
        "numpy.random.default_rng", lambda seed=None: draw(next(seeds) if seed is None else seed)
    )


@pytest.mark.slow
@each_lesson
def test_solutions_pass_blanks_and_wrong_answers_fail_with_the_right_hint(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_from(repeat(0), monkeypatch)
    for exercise, check, above in checked(lesson):
        for name, source, words in answers(exercise, lesson):
            given = said(check, f"{ground(above, source)}\n{source}")
            assert (words in (given or "")) if words else given is None, f"{exercise.name}: {name}: {given}"


@pytest.mark.slow
@each_lesson
def test_a_solution_passes_whatever_its_check_draws(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At least two draws of each check, and up to 300 while they take two seconds of the processor."""
    draw_from(count(1), monkeypatch)
    for exercise, check, above in checked(lesson):
        names: dict[str, object] = {}
        exec(f"{ground(above, exercise.source)}\n{exercise.source}", names)
        end = time.process_time() + 2
        for n in range(300):
            if n >= 2 and time.process_time() > end:
                break
            check.judge(names)
    assert set(capsys.readouterr().out.split()) == {"passed"}


def said(check: Check, source: str) -> str | None:
    """The hint that an answer gets, or None if it passes."""
    names: dict[str, object] = {}
    with warnings.catch_warnings(action="ignore"):
        try:
            exec(source, names)
            check.judge(names)
        except Exception as error:  # whatever the answer or its check raises is a verdict
            return runner.hint(error)
    return None
