"""One notebook never ends the grading of the others, nor takes what the grader has."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from submission import DOUBLE, HALF, LESSON, LIMITS, SOLVED, hand_in, hints

from tinycnn.course import Limits, grade, submissions

GONE = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@pytest.mark.parametrize(
    "line",
    [
        b'[["x"], null]', b'[{}, null]', b'["double", 3]', b'["double", ["x"]]', b'["double"]', b"3", b"NaN",
        b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'{"double": null}', b"", b'["double", null, null]',
    ],
    ids=lambda line: ascii(line[:20]),
)  # fmt: skip
def test_a_forged_report_line_costs_nothing(tmp_path: Path, line: bytes) -> None:
    """The report is an open file of the notebook's process, whichever its number is."""
    forge = (
        "import os\n"
        "for number in range(3, 64):\n"
        "    try:\n"
        "        os.write(number, %r)\n"
        "    except OSError:\n"
        "        pass" % (line + b"\n")
    )
    assert hints(hand_in(tmp_path / "a.ipynb", forge, *SOLVED)) == {"double": None, "half": None}


@pytest.mark.slow
def test_a_report_without_end_is_cut(tmp_path: Path) -> None:
    fill = (
        "import os\nfor number in range(3, 64):\n    try:\n"
        "        for _ in range(200): os.write(number, b'x' * (1 << 20))\n    except OSError: pass"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hints(hand_in(tmp_path / "a.ipynb", fill, *SOLVED))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


def test_folders_without_end_in_its_own_folder_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(places))
    nest = (
        "import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
        "open('here', 'w').write('x')\nos.chmod('.', 0)"
    )
    assert hints(hand_in(tmp_path / "a.ipynb", nest, *SOLVED)) == {"double": None, "half": None}
    assert list(places.iterdir()) == []


def test_notebooks_are_found_below_folders_without_end(tmp_path: Path) -> None:
    deep = str(tmp_path)
    try:
        for _ in range(1200):
            deep += "/d"
            os.mkdir(deep)
        hand_in(Path(deep) / "deep.ipynb", *SOLVED)
        hand_in(tmp_path / "a.ipynb", *SOLVED)
        os.mkfifo(tmp_path / "pipe.ipynb")
        found = submissions(tmp_path)
        assert [path.name for path in found] == ["a.ipynb", "deep.ipynb"]
        assert all(one.passed for one in grade(found[1], [LESSON], LIMITS, "deep"))
    finally:
        subprocess.run(["rm", "-rf", f"{tmp_path}/d"], check=True)


CELL = {"cell_type": "code", "metadata": {}, "execution_count": None, "source": "", "outputs": []}


def large(cells: list[dict], outputs: list[dict] | None = None) -> bytes:
    """A notebook of 18 MB."""
    code = [{**CELL, "source": each} for each in SOLVED]
    code[0]["outputs"] = outputs or []
    return json.dumps({"cells": code + cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (large([], [{"output_type": "stream", "name": "stdout", "text": "x" * (18 << 20)}]), ""),
        (large([], [{"output_type": "stream", "name": "stdout", "text": ["y\n"] * (2 << 20)}]), ""),
        (large([], [{}] * (4 << 20)), "not a notebook"),
        (large([{"cell_type": "code", "source": ""}] * 500_000), "not a notebook"),
        (large([CELL] * 2000), "has 2003 code cells, and at most 1000 are run"),
        (b'{"cells":[' + b"[]," * (6 << 20) + b"[]]}", "not a notebook"),
    ],
    ids=["long output", "many lines", "many outputs", "many cells", "2003 cells", "many lists"],
)
@pytest.mark.slow
def test_a_notebook_of_18_mb_takes_no_memory_of_the_grader(tmp_path: Path, content: bytes, said: str) -> None:
    assert len(content) < 20 << 20
    (tmp_path / "a.ipynb").write_bytes(content)
    script = (
        "import sys, resource\nfrom pathlib import Path\nfrom submission import LESSON, LIMITS\n"
        "from tinycnn.course import grade\n"
        "import nbformat\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print([one.hint for one in grade(Path(sys.argv[1]), [LESSON], LIMITS)])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.ipynb")],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    hint, memory = done.stdout.splitlines()
    assert said in hint if said else hint == "['', '']"
    assert int(memory) < 100 << 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "shout",
    [
        "for _ in range(1024): print('x' * (1 << 20))",
        "import os\nfor _ in range(1024): os.write(1, b'x' * (1 << 20))",
        "import sys\nsys.stderr.write('x' * (1 << 28))",
        "from IPython.display import display, HTML\ndisplay(HTML('x' * (1 << 27)))",
        "raise ValueError('x' * (1 << 28))",
        "class Loud(Exception):\n    def __str__(self): return 'y ' * (1 << 27)\nraise Loud",
    ],
)
def test_a_gigabyte_that_is_printed_goes_nowhere(tmp_path: Path, shout: str) -> None:
    path = hand_in(tmp_path / "a.ipynb", shout, *SOLVED)
    assert hints(path, Limits(seconds=200)) == {"double": None, "half": None}
    wrong = hand_in(tmp_path / "b.ipynb", "def double(x):\n    raise ValueError('x' * (1 << 28))")
    assert len(hints(wrong, Limits(seconds=200))["double"] or "") <= 300


LEAVE = {
    "a session of its own": "subprocess.Popen([*command], start_new_session=True)",
    "no environment": "subprocess.Popen([*command], start_new_session=True, env={})",
    "an orphan": (
        "subprocess.run(['setsid', 'sh', '-c', ' '.join(command) + ' & '], env={'PATH': os.environ['PATH']})"
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt")
@pytest.mark.parametrize("end", ["", "os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"])
@pytest.mark.parametrize("way", LEAVE)
def test_processes_that_left_are_found_and_ended(tmp_path: Path, way: str, end: str) -> None:
    seconds = f"6{abs(hash((way, end))) % 10**6:06}"  # by which they are known
    leave = f"import os, subprocess\ncommand = ['sleep', {seconds!r}]\n{LEAVE[way]}\n{end}"
    hints(hand_in(tmp_path / "a.ipynb", leave, *SOLVED))
    until = time.monotonic() + 5
    while left := [one for one in psutil.process_iter() if _is(one, seconds)]:
        assert time.monotonic() < until, left


def _is(process: psutil.Process, seconds: str) -> bool:
    try:
        return seconds in process.cmdline() and process.status() not in GONE
    except psutil.Error:
        return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt")
def test_processes_that_left_count(tmp_path: Path) -> None:
    many = (
        "import subprocess, time\nfor _ in range(9):\n"
        "    subprocess.Popen(['sleep', '60'], start_new_session=True, env={})\ntime.sleep(15)"
    )
    path = hand_in(tmp_path / "a.ipynb", DOUBLE, many, HALF)
    assert hints(path, Limits(seconds=100, processes=8))["half"] == "stopped: more than 8 processes"
    hogs = (
        "import subprocess, sys, time\nfor _ in range(3):\n"
        "    subprocess.Popen([sys.executable, '-c', 'x = bytearray(b\"1\") * (200 << 20); input()'], "
        "stdin=subprocess.PIPE, start_new_session=True, env={})\ntime.sleep(15)"
    )
    path = hand_in(tmp_path / "b.ipynb", DOUBLE, hogs, HALF)
    found = hints(path, Limits(seconds=100, memory=500 << 20))
    assert re.match("stopped: more than .* of memory", found["half"] or "")


def test_a_file_that_cannot_be_opened_is_a_row(tmp_path: Path) -> None:
    (row,) = grade(tmp_path / "gone.ipynb", [LESSON], LIMITS, "gone")
    assert "No such file" in row.hint
