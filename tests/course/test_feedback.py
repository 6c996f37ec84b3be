"""What goes back to students, and what the lecturer sees of the class."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from submission import DOUBLE, HALF, LESSON, LIMITS, SOLVED, hand_in

from tinycnn.cli import main
from tinycnn.course import Grade, grade, write_feedback
from tinycnn.course.arrays import Held, parsed
from tinycnn.course.feedback import failures, matrix

HOSTILE = "<script>alert(1)</script>"

GRADES = [
    Grade("ada/one.ipynb", "01", "f", True, "", 2.0),
    Grade("ada/one.ipynb", "01", "g", False, "not 3", 1.0),
    Grade("ada/two.ipynb", "02", "h", True, "", 0.5),
    Grade("bob.ipynb", "01", "f", False, HOSTILE, 2.0),
    Grade("bob.ipynb", "01", "g", False, "not 3", 1.0),
    Grade("ada/late.ipynb", "01", "g", True, "", 1.0),
    Grade("=cleo & co.ipynb", "", "", False, "not a notebook"),
]


class Links(HTMLParser):
    """The addresses that a page links to, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str | None] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value for name, value in attrs if name == "href"]


PLANE = Held("ours", (2, 3), -2.0, 1.0, ((0.0, -2.0, 1.0), (0.5, 0.0, 0.0)))


def test_a_page_draws_what_the_check_held(tmp_path: Path) -> None:
    flat = Held("image", (2, 2), 1.0, 1.0, ((1.0, 1.0), (1.0, 1.0)))
    extreme = Held("x", (5, 1, 60), -1.7e308, 1.7e308, ((1.7e308, *[0.0] * 29),))
    missed = Held("spike", (100, 70), 0.0, 1e6, ((0.0,) * 24,) * 25)
    write_feedback(tmp_path, [replace(GRADES[1], arrays=(PLANE, flat, extreme, missed))])
    text = (tmp_path / "ada" / "one.ipynb.html").read_text("utf-8")
    assert "ours, 2x3: -2 to 1" in text
    assert "image, 2x2: 1 everywhere" in text
    assert "spike, 100x70 (pixels 4 rows and 3 columns apart): 0 to 1e+06" in text
    assert "x, 5x1x60 (first plane, pixels 1 rows and 2 columns apart): -1.7e+308 to 1.7e+308" in text
    source, _ = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(source)))).astype(int)
    assert picture.shape == (2, 3, 3)
    white, blue, red = picture[0]
    assert white.min() > 240
    assert blue[2] > blue[0] + 50
    assert red[0] > red[2] + 50


def test_arrays_are_found_in_the_check_and_cross_over(tmp_path: Path) -> None:
    check = (
        "import numpy as np\n"
        "def check_double(double):\n"
        "    image, word, large = np.arange(24.0).reshape(1, 2, 3, 4), 'x', np.zeros((100, 70))\n"
        "    large[1, 1], edge = 1e6, np.full((2, 2), 1.797e308)\n"
        "    bad, ours = np.full((2, 2), np.nan), np.eye(3) * double(3)\n"
        "    assert ours[0, 0] == 6, 'twice 3 is 6'\n"
        "check_double(double)"
    )
    double, _ = LESSON.exercises
    lesson = replace(LESSON, exercises=(replace(double, check=check),))
    wrong = hand_in(tmp_path / "a.ipynb", "def double(x):\n    return x")
    (found,) = grade(wrong, [lesson], LIMITS)
    assert found.hint == "twice 3 is 6"
    assert [(one.name, one.shape, len(one.rows), len(one.rows[0])) for one in found.arrays] == [
        ("image", (1, 2, 3, 4), 3, 4),
        ("large", (100, 70), 25, 24),
        ("edge", (2, 2), 2, 2),
        ("ours", (3, 3), 3, 3),
    ]
    assert (found.arrays[1].least, found.arrays[1].greatest) == (0, 1e6)
    assert found.arrays[-1].rows == ((3, 0, 0), (0, 3, 0), (0, 0, 3))
    (right,) = grade(hand_in(tmp_path / "b.ipynb", DOUBLE), [lesson], LIMITS)
    assert (right.passed, right.arrays) == (True, ())


@pytest.mark.parametrize(
    "reported",
    [
        None,
        "ours",
        [["ours"]],
        [["ours", [1, 1], 1.0, 1.0, []]],
        [["ours", [1, 1], 1.0, 1.0, [[]]]],
        [["ours", [2, 1], 1.0, 1.0, [[1.0], [1.0, 2.0]]]],
        [["ours", [1, 1], 1.0, 1.0, [["<b>"]]]],
        [["ours", [1, 1], 1.0, 1.0, [[True]]]],
        [["ours", [1, 1], 1.0, 1.0, [[float("nan")]]]],
        [["ours", [1, 1], "<b>", 1.0, [[1.0]]]],
        [["ours", [1, True], 1.0, 1.0, [[1.0]]]],
        [["ours", [1] * 9, 1.0, 1.0, [[1.0]]]],
        [["ours", [1], 1.0, 1.0, [[1.0]]]],
        [["ours", [0, 1], 1.0, 1.0, []]],
        [["<script>", [1, 1], 1.0, 1.0, [[1.0]]]],
        [["ours", [1, 33], 1.0, 1.0, [[1.0] * 33]]],
        [["ours", [33, 1], 1.0, 1.0, [[1.0]] * 33]],
        [["ours", [1, 1], 1.0, 1.0, [[1.0]]]] * 5,
        [["ours", [1, 1], 1.0, 1.0, "1.0"]],
        [[7, [1, 1], 1.0, 1.0, [[1.0]]]],
    ],
)
def test_a_forged_report_is_no_array(reported: object) -> None:
    with pytest.raises(ValueError, match="no "):
        parsed(reported)


def test_points_are_summed_by_student_and_the_better_of_two_tries_counts() -> None:
    assert matrix(GRADES) == {"ada": {"f": 2, "g": 1, "h": 0.5}, "bob": {"f": 0, "g": 0}, "=cleo & co": {}}


def test_what_fails_most_comes_first_with_its_most_frequent_hint() -> None:
    assert failures(GRADES) == [("g", 2, "not 3"), ("f", 1, HOSTILE)]


def test_every_file_has_its_page_and_the_class_links_to_it(tmp_path: Path) -> None:
    written = write_feedback(tmp_path, GRADES)
    assert written[-1] == tmp_path / "index.html"
    names = [str(path.relative_to(tmp_path)) for path in written]
    assert names[:2] == ["ada/one.ipynb.html", "ada/two.ipynb.html"]
    links = Links(written[-1].read_text("utf-8")).found
    assert links == [
        "ada/one.ipynb.html",
        "ada/two.ipynb.html",
        "bob.ipynb.html",
        "ada/late.ipynb.html",
        "%3Dcleo%20%26%20co.ipynb.html",
    ]
    text = (tmp_path / "ada" / "one.ipynb.html").read_text("utf-8")
    assert "2 of 3 points" in text
    assert "not 3" in text
    for path in written:
        if path.suffix == ".html":
            assert "script" not in Links(path.read_text("utf-8")).tags


def test_the_matrix_is_a_table_that_computes_nothing(tmp_path: Path) -> None:
    write_feedback(tmp_path, GRADES)
    with (tmp_path / "matrix.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["student", "f", "g", "h", "points"],
            ["'=cleo & co", "", "", "", "0"],
            ["ada", "2", "1", "0.5", "3.5"],
            ["bob", "0", "0", "", "0"],
        ]


def test_the_command_writes_it_with_the_points_of_each_exercise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    double, half = LESSON.exercises
    weighted = replace(LESSON, exercises=(replace(double, points=3.0), half))
    monkeypatch.setattr("tinycnn.course.lessons", lambda: (weighted,))
    hand_in(tmp_path / "in" / "ada.ipynb", *SOLVED)
    hand_in(tmp_path / "in" / "bob.ipynb", "two = 2", DOUBLE, HALF.replace("/", "*"))
    out = tmp_path / "out"
    assert main(["course", "grade", str(tmp_path / "in"), "--feedback", str(out)]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        str(out / "index.html"),
        "3 of 4 passed, 7 of 8 points",
    ]
    assert "half of 3 is 1.5, not 6" in (out / "bob.ipynb.html").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_refused_before_any_notebook_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    hand_in(tmp_path / "in" / "ada.ipynb", "raise SystemExit")
    assert main(["course", "grade", str(tmp_path / "in"), "--feedback", str(tmp_path / "file")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"tinycnn: cannot write to {tmp_path / 'file'}: ")
