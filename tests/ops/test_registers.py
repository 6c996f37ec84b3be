"""Kernels equal the definitions on registers of 128 and 256 bits, too, as older laptops and ARM have them.

Numba is told by its own variables to compile for such a machine; see the page on the kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

numba = pytest.importorskip("numba")

from tinycnn.ops.kernels.machine.simd import BYTES  # noqa: E402

ROOT = Path(__file__).parents[2]

MACHINES = {
    16: {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    32: {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+avx2,+fma"},
}
"""Bytes of a register, and what Numba is told."""

TESTS = (
    "tests/ops/test_tile.py",
    "tests/ops/test_conv_paths.py::test_large_layers_of_single_precision",
    "tests/ops/test_pool.py",
    "tests/test_fused.py",
)
"""Tests of the kernels that speak of registers."""

each_machine = pytest.mark.parametrize("width", MACHINES)


def there(width: int, *command: str) -> str:
    """What a command prints where Numba compiles for registers of so many bytes."""
    if width > BYTES:
        pytest.skip(f"this machine has registers of {BYTES} bytes")
    environment = {**os.environ, **MACHINES[width], "HYPOTHESIS_PROFILE": "short"}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@each_machine
def test_numbas_variables_choose_the_width(width: int) -> None:
    program = "from tinycnn.ops.kernels.machine.simd import BYTES; print(BYTES)"
    assert int(there(width, "-c", program)) == width


@pytest.mark.slow
@each_machine
def test_kernels_equal_the_definitions(width: int) -> None:
    assert " passed" in there(width, "-m", "pytest", "-q", *TESTS)
