"""Damaged files end in arrays or `WeightFileError`: never in another error, a crash or a hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from weight_writers import seeds

MEMORY = 256 << 20
SECONDS = 600
"""After which a hang is a hang; 20,000 files take well under a tenth of it."""


def fuzz(count: int, seed: int) -> None:
    """Run fuzz.py in a process of its own, where a crash is an exit code and the peak memory is its own."""
    if sys.platform == "win32":
        pytest.skip("peak memory is measured by the resource module, which Windows lacks")
    here = Path(__file__).parent
    path = os.pathsep.join((str(here.parents[1]), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, str(here / "fuzz.py"), str(count), str(seed)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["grown"] < MEMORY
    assert sum(report["counts"].values()) == count
    for format in seeds():  # mutations that refuse everything, or nothing, would test nothing
        assert report["counts"].get(f"{format}, refused", 0) > 0
        assert report["counts"].get(f"{format}, read", 0) > 0


def test_a_thousand_damaged_files_end_in_arrays_or_a_refusal() -> None:
    fuzz(1_000, seed=0)


@pytest.mark.slow
def test_twenty_thousand_damaged_files_end_in_arrays_or_a_refusal() -> None:
    fuzz(20_000, seed=1)
