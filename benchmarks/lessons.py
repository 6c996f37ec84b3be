"""``python -m benchmarks.lessons``: how long each lesson takes, in the environment of this Python.

Without Numba, for a laptop on which nothing can be compiled, the environment is made by

    python3 -m venv plain && plain/bin/pip install -e '.[testing,notebooks]'
    plain/bin/pip uninstall -y numba llvmlite
    OPENBLAS_NUM_THREADS=1 plain/bin/python -m benchmarks.lessons 01 02 03 04 05 06 07 08

Each lesson runs from top to bottom in a kernel of its own, as the tests run it.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from tests.test_notebooks import TEXTS, execute

GOAL = 60
"""Seconds of processor time that a lesson may take."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the lessons, and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lessons", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers, such as 01 (all)")
    chosen = parser.parse_args(arguments).lessons or [text.stem[:2] for text in TEXTS]
    numba = "with Numba" if find_spec("numba") else "without Numba"
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {numba}, {os.cpu_count()} cores\n")
    print("| lesson | processor time | until it is done |\n|---|--:|--:|")
    for text in TEXTS:
        if text.stem[:2] in chosen:
            used, passed = measured(text)
            print(
                f"| {text.stem[:2]} | {used:.0f} s{' (too long)' * (used > GOAL)} | {passed:.0f} s |",
                flush=True,
            )


def measured(text: Path) -> tuple[float, float]:
    """Seconds of processor time, of the kernel and what it starts, and seconds that passed."""
    before, start = os.times(), time.perf_counter()
    execute(text)
    after, passed = os.times(), time.perf_counter() - start
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, passed


if __name__ == "__main__":
    main()
