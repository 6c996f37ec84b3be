"""Answers that do something else than answer: what is wrong gets no points, what is right gets them.

All are of one notebook, each in a cell of its own; what one does to the process, the others meet.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from submission import LESSON, SOLVED, hand_in, hints

from tinycnn.course import Exercise, Limits, grade, submissions, write_feedback
from tinycnn.course.plain import plain, plainly

GROUND = "import numpy as np\nfrom numpy import allclose\ntwo = 2"
CHECK = """
def check_{0}(function):
    for x in np.random.default_rng().uniform(1, 2, (2, 3)):
        found = function(x)
        assert len(found) == 3 and allclose(found, two * x) and np.abs(found - two * x).max() < 1e-9, (
            f"twice {{x}} is {{two * x}}, not {{found}}"
        )
    print("passed")


check_{0}({0})
"""

WRONG = {
    "replaced": (
        "import builtins, numpy\nnumpy.allclose = builtins.len = lambda *_: 3\nnumpy.abs = lambda x: x * 0\n"
        "def replaced(x): return 0 * x",
        "twice",
    ),
    "replaces": (
        "def replaces(x):\n    import numpy\n    numpy.allclose = lambda *_: True\n    return 2 * x",
        "replaces replaces numpy.allclose, on which checks rely",
    ),
    "shadowed": (
        "len = allclose = lambda *_: 3\nnp, two = None, 0\ndef shadowed(x): return 0 * x",
        "twice",
    ),
    "its_check": ("def check_its_check(f): pass\ndef its_check(x): return 0 * x", "twice"),
    "seeded": (
        "import numpy\ndraw = numpy.random.default_rng\nnumpy.random.default_rng = lambda *_: draw(0)\n"
        "known = list(2 * draw(0).uniform(1, 2, (2, 3)))\ndef seeded(x): return known.pop(0)",
        "twice",
    ),
    "of_another_module": (
        "import sys\nkept = sys.modules['numpy']\nsys.modules['numpy'] = sys\n"
        "def of_another_module(x): return 0 * x",
        "twice",
    ),
    "mutates": ("sys.modules['numpy'] = kept\ndef mutates(x):\n    x[...] = 0\n    return x", "twice"),
    "agrees": (
        "class Yes:\n    __len__ = lambda self: 3\n"
        "    __sub__ = __abs__ = max = lambda self: self\n    __eq__ = __lt__ = lambda self, other: True\n"
        "def agrees(x): return Yes()",
        "TypeError: the answer returns a Yes, and should return numbers or arrays",
    ),
    "overrides": (
        "import numpy\nclass Array(numpy.ndarray):\n"
        "    __array_function__ = __array_ufunc__ = lambda self, *_, **__: numpy.zeros(3)\n"
        "def overrides(x): return numpy.ones(3).view(Array)",
        "twice",
    ),
    "of_objects": ("def of_objects(x): return numpy.array([Yes()] * 3)", "objects that are no numbers"),
    "of_lies": (
        "class Lie:\n    __class__ = property(lambda self: float)\ndef of_lies(x): return [Lie()] * 3",
        "the answer returns a Lie",
    ),
    "forged": (
        "import os, json\nlines = ['forged', None, []], ['', 'forged', None, []]\n"
        "for number in range(3, 64):\n    for line in lines:\n"
        "        try: os.write(number, json.dumps(line).encode() + b'\\n')\n        except OSError: pass\n"
        "def forged(x): return 0 * x",
        "twice",
    ),
    "rewritten": (
        "import ast\nclass Rewrite(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "shell = get_ipython()\nshell.ast_transformers.append(Rewrite())\n"
        "shell.run_cell = lambda *_, **__: None\n"
        "def rewritten(x): return 0 * x",
        "twice",
    ),
    "nan": ("def nan(x): return x * float('nan')", "twice"),
    "deep": ("def deep(x): return deep(x)", "RecursionError"),
    "leaves": ("def leaves(x): raise SystemExit(0)", "SystemExit: 0"),
    "stops": ("class Stop(BaseException): pass\ndef stops(x): raise Stop", "Stop"),
    "wordless": (
        "class Wordless(Exception):\n"
        "    def __str__(self): raise SystemExit\n    def __bool__(self): raise Stop\n"
        "def wordless(x): raise Wordless",
        "Wordless",
    ),
    "wordless_cell": ("def wordless_cell(x): return 2 * x\nraise Wordless", "SystemExit"),
    "none": ("none = None\ndef none_(x): pass\nif 0:\n    pass\ndef none(x): pass\nnone = 3", "not callable"),
    "marked": ("def marked(x): raise ValueError('[red]\\x1b[2J\\u202e</td>\\r=1+1')", "ValueError: [red]"),
}  # fmt: skip

RIGHT = {
    "raw": "open(b'\\xff\\n ', 'wb').write(b'\\xff')\nos.write(1, b'\\xff')\ndef raw(x): return 2 * x",
    "closed": "import sys\nsys.stdout.close()\nsys.stdout = sys.stderr = None\ndef closed(x): return 2 * x",
    "unplugged": "import os\nfor each in (0, 1, 2): os.close(each)\ndef unplugged(x): return 2 * x",
    "timed": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer(0, 0.01, 0.01)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef timed(x): return 2 * x"
    ),
    "elsewhere": (
        "import os, tempfile\nos.chdir(tempfile.mkdtemp())\nos.rmdir(os.getcwd())\nos.environ.clear()\n"
        "def elsewhere(x): return 2 * x"
    ),
    "forked": "import os, time\nif os.fork() == 0: time.sleep(600)\ndef forked(x): return 2 * x",
    "threaded": (
        "import atexit, threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
        "atexit.register(time.sleep, 600)\ndef threaded(x): return 2 * x"
    ),
    "warned": "import warnings\nwarnings.simplefilter('error')\ndef warned(x): return 2 * x",
    "lazy": "def lazy(x): return (2 * each for each in x)",
    "exact": "from fractions import Fraction\ndef exact(x): return [2 * Fraction(each) for each in x]",
    "in_place": "def in_place(x):\n    x *= 2\n    return x",
}

EXERCISES = tuple(Exercise(name, "", CHECK.format(name), ground=GROUND) for name in (*WRONG, *RIGHT))
PATIENT = Limits(seconds=900)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """For each exercise, what the student is told; None if it is solved."""
    cells = [*(cell for cell, _ in WRONG.values()), *RIGHT.values()]
    path = hand_in(tmp_path_factory.mktemp("in") / "sly.ipynb", *cells)
    found = grade(path, [replace(LESSON, exercises=EXERCISES)], PATIENT)
    return {one.exercise: None if one.passed else one.hint for one in found}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_gets_no_points_whatever_it_does(said: dict[str, str | None], name: str) -> None:
    hint = said[name] or "passed"
    assert WRONG[name][1] in hint, hint
    assert (said[name] or "").isprintable()


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_gets_its_points_whatever_else_was_done(
    said: dict[str, str | None], name: str
) -> None:
    assert said[name] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["while True: pass", "return 'y' * (1 << 40)", "import os; os.close(1); return str(self)"]
)
def test_words_without_end_cost_one_exercise(tmp_path: Path, words: str) -> None:
    loud = f"class Loud(Exception):\n    def __str__(self):\n        {words}\n"
    path = hand_in(tmp_path / "a.ipynb", f"{loud}def double(x): raise Loud", *SOLVED[::2])
    assert hints(path, Limits(seconds=20)) == {"double": "Loud", "half": None}


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc"), reason="only Linux lets a process adopt")
def test_nothing_is_left_of_a_notebook_that_kills_what_looks_after_it(tmp_path: Path) -> None:
    import psutil

    kill = (
        "import os, subprocess, time\n"
        "subprocess.Popen(['sleep', '6123457'], start_new_session=True, env={})\n"
        "time.sleep(2)\nos.kill(os.getppid(), 9)"
    )
    assert hints(hand_in(tmp_path / "a.ipynb", kill, *SOLVED)).keys() == {"double", "half"}
    running = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert not [words for words in running if "6123457" in words]


def test_a_notebook_that_cannot_be_run_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tinycnn.course.grading.run", full)
    path = hand_in(tmp_path / "a.ipynb", *SOLVED)
    assert set(hints(path).values()) == {"could not be run: No space left on device"}


def test_file_names_that_differ_stay_apart_and_have_pages(tmp_path: Path) -> None:
    names = ["a.ipynb", "a\x1b.ipynb", "a\udcff.ipynb", "a\n.ipynb", "a" * 246 + ".ipynb"]
    names += [f"{folder}/a.ipynb" for folder in ("index.html", "matrix.csv", "a.ipynb.html")]
    rows = [row for name in names for row in grade(tmp_path / "none", [LESSON], PATIENT, name)]
    assert len({row.file for row in rows}) == len(names)
    assert all(row.file.isprintable() for row in rows)
    pages = write_feedback(tmp_path / "pages", rows)
    assert len(pages) == len({path for path in (tmp_path / "pages").rglob("*") if path.is_file()})
    assert len(pages) == len(names) + 2


def test_a_link_that_leads_nowhere_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").symlink_to("a.ipynb")
    (tmp_path / "b.IPYNB").symlink_to("gone")
    rows = [grade(path, [LESSON], PATIENT)[0] for path in submissions(tmp_path)]
    assert [row.exercise for row in rows] == ["", ""]
    assert "Too many levels" in rows[0].hint
    assert "No such file" in rows[1].hint


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (np.ma.array([1.0, 2.0], mask=[0, 1]), np.array([1.0, 2.0])),
        (np.float32(3), np.float32(3)),
        (np.bool_(True), np.bool_(True)),
        ((i for i in "ab"), ["a", "b"]),
        ({"a": {1, 2}, "b": (None, 2j)}, {"a": {1, 2}, "b": (None, 2j)}),
        (type("Word", (str,), {"__eq__": lambda *_: True, "__hash__": str.__hash__})("a"), "a"),
        (type("Number", (int,), {"__eq__": lambda *_: True, "__int__": lambda _: 7})(3), 7),
    ],
)
def test_values_are_made_plain(value: object, made: object) -> None:
    found = plain(value)
    assert type(found) is type(made)
    assert np.array_equal(found, made) if isinstance(made, np.ndarray) else found == made
    assert plainly(lambda: value if not hasattr(value, "__next__") else made)().__class__ is type(made)


def test_what_may_not_be_written_may_not_be_written_in_a_copy() -> None:
    def write(x: np.ndarray) -> None:
        x[0] = 1

    locked = np.zeros(2)
    locked.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        plainly(write)(locked)
