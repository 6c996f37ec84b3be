"""A notebook's code at arm's length: its own process and folder, bounded in time, memory and processes.

This stops accidents: endless loops, arrays without end, processes left behind. It is no prison: the code has
the rights of whoever grades. Code that may be hostile belongs in a container.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from tinycnn.course.arrays import Held, parsed
from tinycnn.errors import TinycnnError, signal_name

LOOKS = 0.1
"""Seconds between two looks at the processes of a notebook."""

LONGEST, REPORT = 300, 1 << 20
"""Letters of a hint, and bytes of all that a notebook may report."""

TOKEN = "TINYCNN_GRADING"
"""A variable that all processes of a notebook inherit, those in a session of their own too."""


@dataclass(frozen=True)
class Limits:
    """What a notebook may take.

    Parameters
    ----------
    seconds : float
        In all. A single cell may take a fifth of it.
    memory : int
        Bytes, for each process and for all together.
    processes : int
    """

    seconds: float = 300.0
    memory: int = 4 << 30
    processes: int = 32


@dataclass(frozen=True)
class Part:
    """A piece of code: the check of an exercise, or one of the student's cells if `exercise` is empty.

    A check has a ground, code that is run before it.
    """

    exercise: str
    source: str
    ground: str = ""


@dataclass(frozen=True)
class Said:
    """What came of a check: a hint, or None if it was content; and the arrays that it held when it failed."""

    hint: str | None
    arrays: tuple[Held, ...] = ()


def run(parts: Sequence[Part], limits: Limits) -> tuple[dict[str, Said], str]:
    """Run code piece by piece in a fresh process.

    Parameters
    ----------
    parts : sequence of Part
        An error in one does not stop those after it.
    limits : Limits

    Returns
    -------
    said : dict from exercise to Said
        An exercise that was not reached is missing.
    ended : str
        What kept the process from reaching an exercise; empty if it reached all.

    Raises
    ------
    TinycnnError
        This system cannot limit a process.
    """
    if find_spec("resource") is None:
        raise TinycnnError("grading limits memory as only Unix can; use Linux, macOS, or WSL on Windows")
    token, secret = secrets.token_hex(16), secrets.token_hex(16)
    with (
        _folder() as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8") as task,
        tempfile.TemporaryFile() as report,
    ):
        each = [asdict(part) for part in parts]
        json.dump({"limits": asdict(limits), "parts": each, "secret": secret}, task)
        task.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "tinycnn.course.runner"],
            cwd=folder,
            env=_environment(folder, token),
            stdin=task,
            stdout=report,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        seen: set[Any] = set()
        try:
            ended = _watch(process, limits, seen)
        finally:
            _end(process, token, seen)
        said = _said(report, secret)
    unreached = {part.exercise for part in parts} - {"", *said}
    return said, ended or (_how(process.returncode) if unreached else "")


def surroundings() -> dict[str, str]:
    """The environment of this process, in which this tinycnn is found first, and a warning is no error.

    Checks of exercises are assertions, which ``PYTHONOPTIMIZE`` would leave out.
    """
    found = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    own = {
        "PYTHONWARNINGS": "default",
        "PYTHONOPTIMIZE": "",
        "PYTHONPATH": os.pathsep.join(filter(None, found)),
    }
    return {**os.environ, **own}


def limit_memory(memory: int) -> None:
    """Limit this process; address space alone costs nothing."""
    import resource

    with suppress(ValueError, OSError):  # some systems refuse
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that is removed however deep it has become, and whatever its permissions are."""
    folder = tempfile.mkdtemp(prefix="tinycnn-")
    try:
        yield Path(folder)
    finally:
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, folder], stderr=subprocess.DEVNULL, check=False)


def _environment(folder: Path, token: str) -> dict[str, str]:
    """That of this process, but files go to `folder`, and figures nowhere."""
    return {
        **surroundings(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TINYCNN_STILL": "1",
        "TMPDIR": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "PWD": str(folder),
        TOKEN: token,
    }


def _watch(process: subprocess.Popen[bytes], limits: Limits, seen: set[Any]) -> str:
    """Wait until the process ends, or takes too much: which it was, or nothing; note processes below it."""
    latest = time.monotonic() + limits.seconds
    while process.poll() is None:
        family = _family(process.pid)
        seen.update(family)
        if len(family) > limits.processes:
            return f"stopped: more than {limits.processes} processes"
        if sum(map(_resident, family)) > limits.memory:
            return f"stopped: more than {limits.memory / 2**30:.3g} GiB of memory"
        if time.monotonic() > latest:
            return f"stopped: more than {limits.seconds:g} s"
        time.sleep(LOOKS)
    return ""


def _family(runner: int) -> list[Any]:
    """The processes of a notebook: those below the runner, which adopts what they leave behind."""
    import psutil

    found = []
    with suppress(psutil.Error):
        for other in psutil.Process(runner).children(recursive=True):
            with suppress(psutil.Error):
                if other.status() != psutil.STATUS_ZOMBIE:
                    found.append(other)
    return found


def _resident(process: Any) -> int:
    """Bytes of memory in use; 0 once it has ended."""
    import psutil

    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _end(process: subprocess.Popen[bytes], token: str, seen: set[Any]) -> None:
    """Kill a notebook's process, and all that it has started."""
    import psutil

    while family := _family(process.pid):
        for other in family:
            with suppress(psutil.Error, OSError):
                if os.getpgid(other.pid) == other.pid:  # a group in one step, which forking cannot outrun
                    os.killpg(other.pid, signal.SIGKILL)
                other.kill()
        time.sleep(LOOKS / 10)
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    for other in psutil.process_iter():  # where the runner cannot adopt, or was killed
        with suppress(psutil.Error):
            if other in seen or other.environ().get(TOKEN) == token:
                other.kill()


def _said(report: IO[bytes], secret: str) -> dict[str, Said]:
    """What was reported, line by line; the last line may be cut off, and any may be the notebook's own.

    Those that the notebook has written without looking into the runner's memory lack the secret.
    """
    report.seek(0)
    said: dict[str, Said] = {}
    for line in report.read(REPORT).splitlines():
        with suppress(ValueError, RecursionError):
            match json.loads(line):
                case [str(known), str(exercise), None, _] if known == secret:
                    said[exercise] = Said(None)
                case [str(known), str(exercise), str(hint), arrays] if known == secret:
                    said[exercise] = Said(hint[:LONGEST], _arrays(arrays))
    return said


def _arrays(reported: Any) -> tuple[Held, ...]:
    """What was reported, or nothing if it is something else: the hint beside it stays."""
    with suppress(ValueError, RecursionError):
        return parsed(reported)
    return ()


def _how(status: int) -> str:
    """How a process ended early, by its exit status."""
    if status < 0:
        return f"the notebook's process was killed by {signal_name(-status)}"
    return f"the notebook ended its process, with status {status}"
