"""The processes that run a notebook's code: one runs it piece by piece, one ends what that leaves behind."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from tinycnn.course.arrays import held
from tinycnn.course.limits import LONGEST, limit_memory

SET_CHILD_SUBREAPER = 36
"""Of Linux's prctl."""

LARGEST = 256 << 20
"""Bytes of any file that a notebook may write."""


def main() -> NoReturn:
    """Read the task from standard input, report to standard output, and let the code have neither."""
    task = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _adopt()
    if child := os.fork():
        _end_as(_outlive(child))
    os.setsid()
    _limit(task["limits"]["memory"])
    ours, error = os.getpid(), None
    run = _shell(task["limits"]["seconds"] / 5)
    for part in task["parts"]:
        if not part["exercise"]:
            error = run(part["source"])
        elif os.getpid() == ours:  # a notebook that forks goes on twice, but counts once
            said = _said(error or run(part["source"]), part["exercise"])
            print(json.dumps([part["exercise"], *said]), file=report, flush=True)
    os._exit(0)  # whatever threads the notebook has left


def _adopt() -> None:
    """Become the parent of all processes below this one that lose theirs, where the system can (Linux)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _outlive(child: int) -> int:
    """Wait for a process, then end all that it has left; return the status of its own end."""
    import psutil

    ended, status = os.wait()
    while ended != child:
        ended, status = os.wait()
    with suppress(ChildProcessError):  # none is left
        while True:
            for other in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    other.kill()
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.01)
    return status


def _end_as(status: int) -> NoReturn:
    """End as another process has ended."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with suppress(OSError):  # not all signals can be ignored, nor heeded again
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _limit(memory: int) -> None:
    limit_memory(memory)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def _shell(seconds: float) -> Any:
    """A function that runs a cell as Jupyter would, and gives its error, or nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"xmode": "Minimal"})
    shell = InteractiveShell.instance(config=quiet)

    def too_long(*_: Any) -> None:
        raise TimeoutError(f"took more than {seconds:g} s")

    signal.signal(signal.SIGALRM, too_long)

    def run(source: str) -> BaseException | None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            result = shell.run_cell(source, silent=True)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return result.error_before_exec or result.error_in_exec

    return run


def _said(error: BaseException | None, exercise: str) -> tuple[str | None, list[Any]]:
    """The hint of an error, and the arrays that the check of the exercise held."""
    if error is None:
        return None, []
    try:
        arrays = held(error, f"check_{exercise}")
    except Exception:  # an error or an array of the student's own making
        arrays = []
    return _hint(error), arrays


def _hint(error: BaseException) -> str:
    """The first paragraph of an error in one line; what only says that something is wrong needs no type."""
    try:
        said = " ".join(str(error).strip().partition("\n\n")[0].split())
    except Exception:  # an error of the student's own making
        said = ""
    plain = isinstance(error, AssertionError | NotImplementedError) and said
    return (said if plain else f"{type(error).__name__}: {said}".rstrip(": "))[:LONGEST]


if __name__ == "__main__":
    main()
