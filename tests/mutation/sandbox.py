"""A copy of the project in which a fault can be planted, and the commands that may notice it."""

from __future__ import annotations

import compileall
import gc
import importlib
import math
import os
import py_compile
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.child import ROOT, Command, processor_time, run
from tests.mutation.faults import Fault

SETTINGS = {
    "NUMBA_DISABLE_JIT": "1",
    "NUMBA_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "HYPOTHESIS_PROFILE": "unshrunk",
}
"""Kernels run as plain Python, so that no fault hides in a compiled cache, and in the ranges of two threads,
however many cores there are; a failure need not be small."""

LIBRARIES = ("numba", "scipy.stats", "skimage", "PIL.Image", "hypothesis.extra.numpy", "matplotlib", "pytest")
"""They are loaded once, before commands are forked off: what they take would be most of a short command."""

PATIENCE, LEAST = 5, 20
"""A command takes too long at five times what it takes without a fault, but not below so many seconds."""


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: the command that failed on it, or nothing, and the seconds of a processor."""

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
        gc.freeze()  # the collector of a child need not look through the libraries again and again

    def with_fault(self, fault: Fault, commands: Sequence[Command]) -> Outcome:
        """Plant a fault and run commands until one fails."""
        for command in commands:
            self.time(command)
        path = self.folder / fault.file
        source = path.read_bytes()
        path.write_bytes(fault.apply(source))
        begin = processor_time()
        problem = ""
        try:
            for command in commands:
                limit = max(LEAST, math.ceil(PATIENCE * self.usual[command]))
                if problem := run(self.folder, command, limit):
                    break
        finally:
            path.write_bytes(source)
        return Outcome(bool(problem), problem, round(processor_time() - begin, 1))

    def time(self, command: Command) -> None:
        """See that a command passes without any fault, and how long it takes, once."""
        if command in self.usual:
            return
        begin = processor_time()
        if problem := run(self.folder, command, None):
            sys.exit(f"without any fault, this fails: python -m {' '.join(command)}\n{problem}")
        self.usual[command] = processor_time() - begin
