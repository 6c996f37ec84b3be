"""Damaged files end in arrays or `WeightFileError`: never in another error, a crash or a hang."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from weight_writers import checkpoints, seeds

ROOT = Path(__file__).parents[2]
MEMORY = 256 << 20
SECONDS = 900
"""After which a hang is a hang; 50,000 files take 15 seconds of the processor."""


def fuzz(count: int, seed: int) -> None:
    """Mutate in a process of its own, where a crash is an exit code and the peak memory is its own."""
    if sys.platform == "win32":
        pytest.skip("peak memory is measured by the resource module, which Windows lacks")
    command = [sys.executable, "-m", "benchmarks.fuzz", "--count", str(count), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["grown"] < MEMORY
    assert report["slowest"] < 2
    assert sum(report["counts"].values()) == count
    for format in {
        **seeds(),
        **checkpoints(),
    }:  # else nothing would be tested
        assert report["counts"].get(f"{format}, refused", 0) > 0
        assert report["counts"].get(f"{format}, read", 0) > 0


def test_two_thousand_damaged_files_end_in_arrays_or_a_refusal() -> None:
    fuzz(2_000, seed=0)


@pytest.mark.slow
def test_fifty_thousand_damaged_files_end_in_arrays_or_a_refusal() -> None:
    fuzz(50_000, seed=1)
