"""Whatever a notebook does to its process, what it solved before counts, and nothing is left running."""

from __future__ import annotations

from pathlib import Path

import pytest
from submission import DOUBLE, HALF, SOLVED, hand_in, hints

from tinycnn.course import Limits

pytestmark = pytest.mark.slow


def test_an_endless_cell_is_interrupted_and_the_next_one_runs(tmp_path: Path) -> None:
    path = hand_in(tmp_path / "a.ipynb", "two = 2", "def double(x):\n    while True: pass", HALF)
    assert hints(path, Limits(seconds=25)) == {"double": "TimeoutError: took more than 5 s", "half": None}


def test_a_notebook_that_will_not_be_interrupted_is_stopped(tmp_path: Path) -> None:
    stubborn = "import time\nwhile True:\n    try: time.sleep(60)\n    except TimeoutError: pass"
    path = hand_in(tmp_path / "a.ipynb", DOUBLE, stubborn, HALF)
    assert hints(path, Limits(seconds=12)) == {"double": None, "half": "stopped: more than 12 s"}


@pytest.mark.parametrize(
    ("crash", "reason"),
    [
        ("import os\nos._exit(3)", "the notebook ended its process, with status 3"),
        ("import os\nos._exit(0)", "the notebook ended its process, with status 0"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
    ],
)
def test_a_crash_keeps_what_was_passed_before_it(tmp_path: Path, crash: str, reason: str) -> None:
    found = hints(hand_in(tmp_path / "a.ipynb", DOUBLE, crash, "two = 2", HALF))
    assert found["double"] is None
    assert reason in (found["half"] or "")


def test_a_huge_array_is_refused_and_the_next_cell_runs(tmp_path: Path) -> None:
    hog = "two = 2\nimport numpy as np\nall_ones = np.ones(1 << 28)"
    found = hints(hand_in(tmp_path / "a.ipynb", DOUBLE, hog, HALF, "def double(x):\n    return all_ones"))
    assert found == {"double": "NameError: name 'all_ones' is not defined", "half": None}


def test_processes_that_hog_together_are_stopped(tmp_path: Path) -> None:
    hogs = (
        "import subprocess, sys, time\n"
        "for _ in range(3):\n"
        "    subprocess.Popen([sys.executable, '-c', 'x = bytearray(b\"1\") * (200 << 20); input()'], "
        "stdin=subprocess.PIPE)\n"
        "time.sleep(15)"
    )
    found = hints(hand_in(tmp_path / "a.ipynb", DOUBLE, hogs, HALF), Limits(seconds=100, memory=500 << 20))
    assert found == {"double": None, "half": "stopped: more than 0.488 GiB of memory"}


def test_processes_without_end_are_stopped(tmp_path: Path) -> None:
    many = (
        "import subprocess, time\nfor _ in range(9):\n    subprocess.Popen(['sleep', '60'])\ntime.sleep(15)"
    )
    path = hand_in(tmp_path / "a.ipynb", DOUBLE, many, HALF)
    assert hints(path, Limits(seconds=100, processes=8))["half"] == "stopped: more than 8 processes"


def test_a_process_left_behind_in_its_own_session_ends_with_its_notebook(tmp_path: Path) -> None:
    import psutil

    note = tmp_path / "pid"
    leave = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))"
    )
    assert hints(hand_in(tmp_path / "a.ipynb", leave, *SOLVED)) == {"double": None, "half": None}
    pid = int(note.read_text("utf-8"))
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
