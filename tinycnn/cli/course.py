"""``tinycnn course``: copies of the lessons for students, and the grading of what comes back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinycnn.cli.options import positive_number
from tinycnn.cli.progress import status
from tinycnn.cli.terminal import show, show_table
from tinycnn.files import check_folder

if TYPE_CHECKING:  # the command line starts faster without it
    from tinycnn.course import Grade


def add(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "course",
        help="hand out the lessons, and grade what comes back",
        description="The lessons are notebooks with exercises that check themselves.",
    )
    parts = parser.add_subparsers(title="what to do", metavar="PART", required=True)
    _add_export(parts.add_parser("export", help="write a copy of every lesson"))
    _add_slides(parts.add_parser("slides", help="write slides of every lesson"))
    _add_site(parts.add_parser("site", help="build a site in which the lessons run in a browser"))
    _add_grade(parts.add_parser("grade", help="run students' copies, and say which exercises are solved"))


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the student's copy of every lesson: blanks in place of solutions, and no outputs."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="made if need be")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--nbgrader",
        action="store_true",
        help="a course of nbgrader instead: source/ with its marks; from a checkout or the source "
        "distribution only",
    )
    kind.add_argument(
        "--solutions",
        action="store_true",
        help="the teacher's copies instead, with solutions and outputs; from a checkout or the source "
        "distribution only",
    )
    parser.set_defaults(run=run_export)


def _add_slides(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write a page of slides for every lesson: headings, formulas, lists and figures; sentences are the "
        "speaker's notes (key S). From a checkout or the source distribution only. The browser that "
        "shows a page fetches reveal.js, RequireJS and MathJax."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="made if need be")
    parser.set_defaults(run=run_slides)


def _add_site(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Build a site of JupyterLite with the students' lessons and tinycnn's wheel, without a network. From "
        "a checkout or the source distribution only; needs the extra [site]. Serve it with "
        "'python -m http.server -d DIR'. A browser that opens a lesson fetches Python and the libraries."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="made if need be; must be empty")
    parser.set_defaults(run=run_site)


def _add_grade(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run every notebook in a folder in a process of its own, in a temporary folder, with our checks for "
        "its own. One that crashes, or never ends, does not stop the others. The exit status is 1 if an "
        "exercise is not solved. The code has your rights: what may be hostile belongs in a container."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="notebooks, at any depth")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write the table there")
    parser.add_argument(
        "--feedback",
        type=Path,
        metavar="DIR",
        help="also write there a page for each file, one of the class, and its points as matrix.csv",
    )
    parser.add_argument(
        "--seconds",
        type=positive_number,
        default=300,
        metavar="S",
        help="that a notebook may take (%(default)s)",
    )
    parser.add_argument(
        "--memory",
        type=positive_number,
        default=4,
        metavar="GIB",
        help="that a notebook may take (%(default)s)",
    )
    parser.set_defaults(run=run_grade)


def run_export(arguments: argparse.Namespace) -> int:
    """Write the copies, and name them."""
    from tinycnn.course import export, export_nbgrader

    folder = arguments.folder
    written = export_nbgrader(folder) if arguments.nbgrader else export(folder, arguments.solutions)
    for path in written:
        show(path)
    return 0


def run_slides(arguments: argparse.Namespace) -> int:
    """Write the slides, and name them."""
    from tinycnn.course import export_slides

    for path in export_slides(arguments.folder):
        show(path)
    return 0


def run_site(arguments: argparse.Namespace) -> int:
    """Build the site, and name its first page."""
    from tinycnn.course import export_site

    with status("building the site"):
        first = export_site(arguments.folder)
    show(first)
    return 0


def run_grade(arguments: argparse.Namespace) -> int:
    """Grade file by file; what is done is printed and written at once."""
    if arguments.feedback is not None:
        check_folder(arguments.feedback)
    from tinycnn.course import Limits, grade, lessons, submissions, write_csv, write_feedback

    course = lessons()
    limits = Limits(seconds=arguments.seconds, memory=arguments.memory << 30)
    grades: list[Grade] = []
    for path in submissions(arguments.folder):
        name = str(path.relative_to(arguments.folder))
        with status(f"running {name}"):
            found = grade(path, course, limits, name)
        _show(found)
        grades += found
        if arguments.csv is not None:
            write_csv(arguments.csv, grades)
    if arguments.feedback is not None:
        show(write_feedback(arguments.feedback, grades)[-1])
    passed = sum(grade.passed for grade in grades)
    points, worth = sum(grade.points for grade in grades), sum(grade.worth for grade in grades)
    show(f"{passed} of {len(grades)} passed, {points:g} of {worth:g} points")
    return 0 if passed == len(grades) else 1


def _show(grades: Sequence[Grade]) -> None:
    rows = [(grade.exercise, "passed" if grade.passed else "failed", grade.hint) for grade in grades]
    show(grades[0].file)
    show_table(rows, ("exercise", "verdict", "hint"))
    show()
