"""The process that runs a notebook's code: limits first, then piece by piece, reporting on every check."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

LARGEST = 256 << 20
"""Bytes of any file that a notebook may write."""

LONGEST = 300
"""Letters of a hint."""


def main() -> NoReturn:
    """Read the task from standard input, report to standard output, and let the code have neither."""
    task = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    _limit(task["limits"]["memory"])
    ours, error = os.getpid(), ""
    run = _shell(task["limits"]["seconds"] / 5)
    for part in task["parts"]:
        if not part["exercise"]:
            error = run(part["source"])
        elif os.getpid() == ours:  # a notebook that forks goes on twice, but counts once
            hint = error or run(part["source"])
            print(json.dumps([part["exercise"], hint or None]), file=report, flush=True)
    os._exit(0)  # whatever threads the notebook has left


def _limit(memory: int) -> None:
    with suppress(ValueError, OSError):  # some systems refuse; the process that watches this one does not
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))  # address space alone costs nothing
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _shell(seconds: float) -> Any:
    """A function that runs a cell as Jupyter would, and gives its error in one line, or nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"xmode": "Minimal"})
    shell = InteractiveShell.instance(config=quiet)

    def too_long(*_: Any) -> None:
        raise TimeoutError(f"took more than {seconds:g} s")

    signal.signal(signal.SIGALRM, too_long)

    def run(source: str) -> str:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            result = shell.run_cell(source, silent=True)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        error = result.error_before_exec or result.error_in_exec
        return "" if error is None else _hint(error)

    return run


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
