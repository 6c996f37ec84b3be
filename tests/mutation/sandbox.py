"""A copy of the project in which a fault can be planted, and the commands that may notice it."""

from __future__ import annotations

import compileall
import os
import py_compile
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.faults import Fault

ROOT = Path(__file__).parents[2]

SETTINGS = {
    "NUMBA_DISABLE_JIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HYPOTHESIS_PROFILE": "unshrunk",
}
"""Kernels run as plain Python, so that no fault hides in a compiled cache; a failure need not be small."""

PATIENCE, LEAST = 10, 30
"""A command takes too long at ten times what it takes without a fault, but not below so many seconds."""

MEMORY = 8 << 30
"""Bytes that a command may ask for: a fault can make an array endless, too."""

Command = tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: the command that failed on it, or nothing, and the seconds that it took."""

    noticed: bool
    by: str
    seconds: float


@dataclass
class Sandbox:
    """A fresh copy of the project.

    Parameters
    ----------
    folder : Path
        Where the copy is made; it is empty.
    """

    folder: Path
    usual: dict[Command, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("tinycnn", "tests", "weights"):
            shutil.copytree(ROOT / part, self.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder / name)
        by_content = py_compile.PycInvalidationMode.CHECKED_HASH  # a time stamp would miss a fault made at once
        compileall.compile_dir(self.folder, quiet=1, invalidation_mode=by_content)

    def with_fault(self, fault: Fault, commands: Sequence[Command]) -> Outcome:
        """Plant a fault and run commands until one fails."""
        for command in commands:
            self.time(command)
        path = self.folder / fault.file
        source = path.read_bytes()
        path.write_bytes(fault.apply(source))
        begin = time.monotonic()
        try:
            for command in commands:
                limit = max(LEAST, PATIENCE * self.usual[command])
                if problem := self.run(command, limit):
                    return Outcome(True, problem, round(time.monotonic() - begin, 1))
        finally:
            path.write_bytes(source)
        return Outcome(False, "", round(time.monotonic() - begin, 1))

    def time(self, command: Command) -> None:
        """See that a command passes without any fault, and how long it takes, once."""
        if command in self.usual:
            return
        begin = time.monotonic()
        if problem := self.run(command, None):
            sys.exit(f"without any fault, this fails: python {' '.join(command)}\n{problem}")
        self.usual[command] = time.monotonic() - begin

    def run(self, command: Command, limit: float | None) -> str:
        """Why a command fails, in one line; empty if it passes."""
        try:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=self.folder,
                env={**os.environ, **SETTINGS, "PYTHONPATH": str(self.folder)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=limit,
                check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
            )
        except subprocess.TimeoutExpired:
            return f"took more than {limit:.0f} s"
        if done.returncode == 0:
            return ""
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "tinycnn.errors", "not noticed"))]
        return (failed or lines or ["no output"])[-1][:200]
