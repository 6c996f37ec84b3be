"""The processes that run a notebook's code: one runs it piece by piece, one ends what that leaves behind."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from typing import Any, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tinycnn.course.arrays import held
from tinycnn.course.judging import Check, Modules
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
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _adopt()
    if child := os.fork():
        _end_as(_outlive(child))
    os.setsid()
    _limit(task["limits"]["memory"])
    ours = os.getpid()
    for exercise, *said in _verdicts(task["parts"], task["limits"]["seconds"] / 5):
        if os.getpid() == ours:  # a notebook that forks goes on twice, but counts once
            report.write(json.dumps([task["secret"], exercise, *said]) + "\n")
            report.flush()
    os._exit(0)  # whatever threads the notebook has left


def _verdicts(parts: list[dict[str, str]], seconds: float) -> Iterator[tuple[str, str | None, list[Any]]]:
    """Run cells and checks in order; of each check give its exercise, a hint or None, and what it held."""
    shell = _shell()
    run_cell = shell.run_cell  # which a notebook may replace
    checks = {part["exercise"]: Check(**part) for part in parts if part["exercise"]}
    modules = Modules()
    error = None
    for part in parts:
        exercise = part["exercise"]
        if not exercise:
            found, failed = _timed(seconds, partial(_run, run_cell, part["source"]))
            error = found if failed is None else failed
            continue
        wrong = error
        if wrong is None:
            _, wrong = _timed(seconds, partial(_judge, checks[exercise], shell, modules))
        said, failed = _timed(seconds, partial(_said, wrong, exercise))
        yield exercise, *(said if failed is None else ("an error that cannot be shown", []))


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


def _shell() -> InteractiveShell:
    quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"xmode": "Minimal"})
    return InteractiveShell.instance(config=quiet)


def _timed(seconds: float, action: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What came of an action that may take so long: a result, or an error.

    Each has streams and a clock that work, whatever a notebook has done to them.
    """

    def too_long(*_: Any) -> None:
        raise TimeoutError(f"took more than {seconds:g} s")

    for stream in ("stdout", "stderr"):
        if getattr(getattr(sys, stream), "closed", True):
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return action(), None
    except BaseException as error:
        return None, error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _run(run_cell: Callable[..., Any], source: str) -> BaseException | None:
    """Run a cell as Jupyter would, and give its error, or nothing."""
    result = run_cell(source, silent=True)
    return result.error_in_exec if result.error_before_exec is None else result.error_before_exec


def _judge(check: Check, shell: InteractiveShell, modules: Modules) -> None:
    """Try what a notebook has defined, whatever it has done to modules.

    Raises
    ------
    BaseException
        It is wrong, or it replaces what a check may call.
    """
    modules.restore()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        check.judge(shell.user_ns)
    if replaced := modules.restore():
        raise AssertionError(f"{check.exercise} replaces {', '.join(replaced)}, on which checks rely")


def _said(error: BaseException | None, exercise: str) -> tuple[str | None, list[Any]]:
    """The hint of an error, and the arrays that the check of the exercise held."""
    if error is None:
        return None, []
    try:
        arrays = held(error, f"check_{exercise}")
    except BaseException:  # an error or an array of the student's own making
        arrays = []
    return hint(error), arrays


def hint(error: BaseException) -> str:
    """The first paragraph of an error in one line; what only says that something is wrong needs no type."""
    try:
        said = " ".join(str(error).strip().partition("\n\n")[0].split())
    except BaseException:  # an error of the student's own making
        said = ""
    plain = isinstance(error, AssertionError | NotImplementedError) and said
    return (said if plain else f"{type(error).__name__}: {said}".rstrip(": "))[:LONGEST]


if __name__ == "__main__":
    main()
