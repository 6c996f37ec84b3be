"""A copy of the project in which a fault can be planted, and the commands that may notice it."""

from __future__ import annotations

import compileall
import importlib
import multiprocessing
import os
import py_compile
import resource
import runpy
import shutil
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
    "HYPOTHESIS_PROFILE": "unshrunk",
}
"""Kernels run as plain Python, so that no fault hides in a compiled cache; a failure need not be small."""

LIBRARIES = ("numba", "scipy.stats", "skimage", "PIL.Image", "hypothesis.extra.numpy", "matplotlib", "pytest")
"""They are loaded once, before commands are forked off: what they take would be most of a short command."""

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
        os.environ.update(SETTINGS)
        sys.dont_write_bytecode = True
        for library in LIBRARIES:
            importlib.import_module(library)
        for part in ("tinycnn", "tests", "weights"):
            shutil.copytree(ROOT / part, self.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder / name)
        by_content = (
            py_compile.PycInvalidationMode.CHECKED_HASH
        )  # a time stamp would miss a fault made at once
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
            sys.exit(f"without any fault, this fails: python -m {' '.join(command)}\n{problem}")
        self.usual[command] = time.monotonic() - begin

    def run(self, command: Command, limit: float | None) -> str:
        """Why a command fails, in one line; empty if it passes."""
        output = self.folder / "output.txt"
        process = multiprocessing.get_context("fork").Process(
            target=_run, args=(self.folder, command, output)
        )
        process.start()
        process.join(limit)
        if process.exitcode is None:
            process.kill()
            process.join()
            return f"took more than {limit:.0f} s"
        if process.exitcode == 0:
            return ""
        lines = output.read_text(errors="replace").strip().splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "tinycnn.errors"))]
        return (failed or lines or ["no output"])[-1][:200]


def _run(folder: Path, command: Command, output: Path) -> None:
    """Run a module as a program, in a child that has the libraries at hand and nothing of the project."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(
            os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC * (stream is sys.stdout)), stream.fileno()
        )
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "tinycnn")]:
        del sys.modules[name]
    kept = [entry for entry in sys.path if Path(entry).resolve() not in (ROOT, folder)]
    sys.path[:] = [str(folder), *kept]
    importlib.invalidate_caches()
    module, *sys.argv[1:] = command
    runpy.run_module(module, run_name="__main__", alter_sys=True)
