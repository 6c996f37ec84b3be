"""Run a Python module in a forked child, with limits that a busy machine does not change."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import resource
import runpy
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).parents[2]

MEMORY = 8 << 30
"""Bytes that a command may ask for: a fault can make an array endless."""

STUCK = 30
"""Looks, a second apart, at a process that sleeps and uses no processor, until it counts as stuck."""

Command = tuple[str, ...]
"""A module, and the arguments that it is given on its command line."""


def run(folder: Path, command: Command, limit: int | None) -> str:
    """Run a module as a program, in a folder from which it is imported.

    Parameters
    ----------
    folder : Path
        What the command prints is left there, in ``output.txt``.
    command : Command
    limit : int, optional
        Seconds of processor time that it may take. The clock on the wall does not count: on a machine that
        is busy with other work, a slow command is no sign of a fault. Only a command that waits for
        something that never comes uses no processor; it is ended when it was found asleep `STUCK` times.

    Returns
    -------
    str
        Why it failed, in one line; empty if it passed.
    """
    output = folder / "output.txt"
    process = multiprocessing.get_context("fork").Process(target=_run, args=(folder, command, limit, output))
    process.start()
    assert process.pid is not None
    stuck = _is_stuck(process)
    with contextlib.suppress(ProcessLookupError):  # what it has forked off is ended with it
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    if stuck:
        return "waits for something that never comes"
    if process.exitcode == -signal.SIGXCPU:
        return f"took more than {limit} s of processor time"
    if process.exitcode == 0:
        return ""
    lines = output.read_text(errors="replaceutf-8").strip().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "tinycnn.errors"))]
    return (failed or lines or [f"no output, exit status {process.exitcode}"])[-1][:200]


def processor_time() -> float:
    """Seconds of a processor that all commands so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _is_stuck(process: BaseProcess) -> bool:
    """Wait for the end of a process; True, at once, if it will not come to one.

    Looks are counted, not seconds: while a machine is paused, there are none.
    """
    used, idle = -1, 0
    while process.is_alive() and idle < STUCK:
        state, now = _state(process)
        idle = idle + 1 if state == "S" and now == used else 0
        used = now
        process.join(1)
    return idle == STUCK and process.is_alive()


def _state(process: BaseProcess) -> tuple[str, int]:
    """Whether a process sleeps (S), and its processor time and that of its ended children, in clock ticks."""
    state, *fields = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    return state, sum(map(int, fields[10:14]))


def _run(folder: Path, command: Command, limit: int | None, output: Path) -> None:
    """What the child does: it has the libraries at hand, and nothing of the project."""
    os.setpgrp()
    for stream in (sys.stdout, sys.stderr):
        os.dup2(
            os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC * (stream is sys.stdout)), stream.fileno()
        )
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))  # a signal ends it, and then the kernel
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "tinycnn")]:
        del sys.modules[name]
    kept = [entry for entry in sys.path if Path(entry).resolve() not in (ROOT, folder)]
    sys.path[:] = [str(folder), *kept]
    importlib.invalidate_caches()
    module, *sys.argv[1:] = command
    runpy.run_module(module, run_name="__main__", alter_sys=True)
