"""How good is the net of tests? Plant faults in the engine, one at a time, and see which go unnoticed.

``python -m tests.mutation`` draws faults in the operations, kernels, rules and the main loop, evenly over the
files. Each is tried on the checks of `tinycnn.testing` with their default settings, and if they miss it, on
the test suite of the engine. Kernels run as plain Python, so that no fault hides in a compiled cache.
Verdicts are appended to a file, and a run that was interrupted goes on from it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.faults import Fault, faults

ROOT = Path(__file__).parents[2]
FILES = (
    *(f"tinycnn/ops/{name}.py" for name in ("activation", "conv", "dense", "geometry", "norm", "patches")),
    *(f"tinycnn/ops/{name}.py" for name in ("pool", "shape", "softmax")),
    *(f"tinycnn/ops/kernels/{name}.py" for name in ("activation", "conv", "dense", "direct", "im2col")),
    *(f"tinycnn/ops/kernels/{name}.py" for name in ("norm", "padding", "pool", "shape", "softmax")),
    *(f"tinycnn/rules/{name}.py" for name in ("family", "gate", "gradient", "rule", "stack", "tape")),
    "tinycnn/trace.py",
)
"""Kernels of registers and tiles are left out: what runs of them without a compiler is not what runs."""

CHECKS = ("-m", "tests.mutation.selfcheck")
SUITE = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "tests/ops", "tests/testing/test_laws.py")
SUITE += (
    "--ignore=tests/ops/test_fast_conv.py",
    "tests/testing/test_matrices.py",
    "tests/test_rules.py",
    "tests/test_trace.py",
)
LIMIT = 1200
"""Seconds after which a fault counts as noticed: it made a loop endless."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try faults and print a table of those that were noticed, and the list of those that were not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=320, help="faults to try (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of their choice (%(default)s)")
    parser.add_argument("--log", type=Path, default=Path("mutation.jsonl"), help="verdicts (%(default)s)")
    options = parser.parse_args(arguments)
    known = {line["fault"]: line["verdict"] for line in _lines(options.log)}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("tinycnn", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, copy / name)
        for command in (CHECKS, SUITE):
            if not _passes(copy, command):
                parser.exit(1, f"without any fault, this fails: python {' '.join(command)}\n")
        chosen = drawn(copy, options.count, options.seed)
        for fault in chosen:
            if str(fault) not in known:
                known[str(fault)] = verdict(copy, fault)
                with options.log.open("a") as log:
                    print(json.dumps({"fault": str(fault), "verdict": known[str(fault)]}), file=log)
    print(table([(fault, known[str(fault)]) for fault in chosen]))
    return 0


def drawn(root: Path, count: int, seed: int) -> list[Fault]:
    """Faults in random order, about as many from each file."""
    rng = random.Random(seed)
    piles = []
    for file in FILES:
        pile = list(faults(root, file))
        rng.shuffle(pile)
        piles.append(pile)
    found: list[Fault] = []
    while len(found) < count and any(piles):
        found += [pile.pop() for pile in piles if pile]
    return found[:count]


def verdict(copy: Path, fault: Fault) -> str:
    """Who noticed a fault: "checks", "suite" or "nobody"."""
    path = copy / fault.file
    source = path.read_bytes()
    path.write_bytes(fault.apply(source))
    try:
        for name, command in (("checks", CHECKS), ("suite", SUITE)):
            if not _passes(copy, command):
                return name
    finally:
        path.write_bytes(source)
    return "nobody"


def table(verdicts: Sequence[tuple[Fault, str]]) -> str:
    """Counts by file, and the faults that nobody noticed."""
    counts = Counter((fault.file, who) for fault, who in verdicts)
    lines = [f"{'file':40}{'faults':>8}{'checks':>8}{'suite':>8}{'nobody':>8}"]
    for file in (*FILES, "all"):
        files = FILES if file == "all" else (file,)
        numbers = [sum(counts[one, who] for one in files) for who in ("checks", "suite", "nobody")]
        lines.append(f"{file:40}{sum(numbers):8}{numbers[0]:8}{numbers[1]:8}{numbers[2]:8}")
    return "\n".join([*lines, "", *(str(fault) for fault, who in verdicts if who == "nobody")])


def _passes(copy: Path, command: Sequence[str]) -> bool:
    settings = {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "short",
    }
    try:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=copy,
            env={**os.environ, **settings},
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    sys.exit(main())
