"""A command is ended for the processor time that it takes, or as it waits for ever, but not for slowness."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from mutation import child

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc"),
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]


def run(folder: Path, source: str, limit: int | None = 1) -> str:
    (folder / "command.py").write_text(source, encoding="utf-8")
    return child.run(folder, ("command", "word"), limit)


def test_what_passes_has_no_problem_and_what_fails_says_so_in_its_last_line(tmp_path: Path) -> None:
    assert run(tmp_path, "import sys\nassert sys.argv[1:] == ['word']") == ""
    assert run(tmp_path, "print('first')\nraise SystemExit('the reason')") == "the reason"
    assert (
        run(tmp_path, "print('FAILED test_it')\nprint('1 failed')\nraise SystemExit(1)") == "FAILED test_it"
    )
    assert run(tmp_path, "import os\nos._exit(3)") == "no output, exit status 3"


def test_an_endless_loop_is_ended_by_its_processor_time(tmp_path: Path) -> None:
    assert run(tmp_path, "while True:\n    pass") == "took more than 1 s of processor time"


def test_waiting_longer_than_the_limit_is_no_fault(tmp_path: Path) -> None:
    assert run(tmp_path, "import time\ntime.sleep(1.5)") == ""


def test_what_waits_for_ever_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STUCK", 2)
    stuck = "import os, signal\nprint(os.fork(), flush=True)\nsignal.pause()"
    assert run(tmp_path, stuck, None) == "waits for something that never comes"
    forked = max(map(int, (tmp_path / "output.txt").read_text("utf-8").split()))
    for _ in range(100):  # a signal is obeyed when the process has its turn
        if is_gone(forked):
            break
        time.sleep(0.1)
    assert is_gone(forked)


def is_gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(") ")[2][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_command_that_is_stopped_for_a_while_is_not_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STUCK", 2)
    paused = """
import os, signal
if os.fork() == 0:
    os.execlp("sh", "sh", "-c", f"sleep 4; kill -CONT {os.getppid()}")
os.kill(os.getpid(), signal.SIGSTOP)
"""
    assert run(tmp_path, paused, None) == ""


def test_the_processor_time_of_commands_is_counted(tmp_path: Path) -> None:
    before = child.processor_time()
    run(tmp_path, "import time\nwhile time.process_time() < 0.3:\n    pass", 10)
    assert child.processor_time() - before >= 0.3
