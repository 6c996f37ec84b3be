"""A student's notebook is read in a process of its own: it can be anything, and take much memory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tinycnn.course.lessons import code_cells, parse, tagged
from tinycnn.course.limits import limit_memory, surroundings
from tinycnn.errors import TinycnnError
from tinycnn.files import open_file

LARGEST = 20 << 20
"""Bytes of a submission; ours have less than half a million."""

MOST_CELLS = 1000
"""Code cells of a submission; ours have less than fifty."""

MEMORY, SECONDS, PATIENCE = 1 << 30, 60, 1800
"""What reading may take: bytes, seconds of a processor, and seconds of a machine that has other work."""

TOO_LONG = f"cannot be read in {SECONDS} s; clear its outputs"


@dataclass(frozen=True)
class Cell:
    """A code cell, and whether it is a check."""

    source: str
    check: bool


def cells(path: Path) -> list[Cell]:
    """The code cells of a student's notebook.

    Raises
    ------
    TinycnnError
        It cannot be read, or is no notebook.
    """
    command = [sys.executable, "-c", f"from {__name__} import main; main()"]
    try:
        with open_file(path, LARGEST) as file, TemporaryFile() as found:
            done = subprocess.run(
                command, stdin=file, stdout=found, stderr=subprocess.DEVNULL, env=surroundings(),
                timeout=PATIENCE, check=False,
            )  # fmt: skip
            found.seek(0)
            answer = json.load(found) if done.returncode == 0 else _how(done.returncode)
    except OSError as error:
        raise TinycnnError(f"{error.strerror}; clear its outputs if it is large") from error
    except subprocess.TimeoutExpired as error:
        raise TinycnnError(TOO_LONG) from error
    if isinstance(answer, str):
        raise TinycnnError(answer)
    return [Cell(*each) for each in answer]


def _how(status: int) -> str:
    return TOO_LONG if status == -signal.SIGXCPU else "not a notebook"


def main() -> None:
    """Read a notebook from standard input; write its code cells to standard output, or what is wrong."""
    import resource

    limit_memory(MEMORY)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    try:
        notebook = parse(sys.stdin.buffer.read().decode("utf-8-sig"), "the file")
        found = [(cell.source, tagged(cell, "check")) for cell in code_cells(notebook)]
        if len(found) > MOST_CELLS:
            raise TinycnnError(f"has {len(found)} code cells, and at most {MOST_CELLS} are run")
        json.dump(found, sys.stdout)
    except (TinycnnError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, TinycnnError) else "not a notebook: not in UTF-8"
        json.dump(said.removeprefix("the file: "), sys.stdout)
