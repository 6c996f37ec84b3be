"""Compiled kernels come from files, and are compiled anew where these are damaged or cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tinycnn

pytest.importorskip("numba")

KERNEL = """
import warnings
from tinycnn.ops.kernels.machine.jit import jit

@jit
def twice(x):
    return 2 * x

print(twice({argument}), sum(twice.stats.cache_hits.values()))
"""

ROOT = Path(tinycnn.__file__).parents[1]


@pytest.fixture
def twice(tmp_path: Path) -> Callable[..., str]:
    """Run a kernel in a process of its own; what it gives, and how often it came from a file."""

    nowhere = tmp_path / "file"
    for file in (nowhere, tmp_path / "__pycache__"):  # in the way of Numba's other folders
        file.write_text("", encoding="utf-8")

    def run(argument: str = "21", folder: Path = tmp_path / "cache") -> str:
        kernel, text = tmp_path / "kernel.py", KERNEL.format(argument=argument)
        if not kernel.exists() or kernel.read_text("utf-8") != text:  # else its time would change
            kernel.write_text(text, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder)}
        environment |= {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere)}
        environment.pop("NUMBA_DISABLE_JIT", None)
        command = [sys.executable, "-W", "error", str(kernel)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    return run


def files(tmp_path: Path, ending: str) -> list[Path]:
    found = sorted((tmp_path / "cache").rglob(f"*.{ending}"))
    assert found
    return found


DAMAGE = {
    "emptied": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "cut at its end": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)),
    "one bit": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
    ),
    "text": lambda data: b"no kernel",
}


@pytest.mark.parametrize(
    ("ending", "damage"),
    [
        ("nbi", "emptied"),
        ("nbc", "cut"),
        *[
            pytest.param(ending, damage, marks=pytest.mark.slow)
            for ending in ("nbi", "nbc")
            for damage in DAMAGE
        ],
    ],
)
def test_a_damaged_file_is_compiled_anew(
    twice: Callable[..., str], tmp_path: Path, ending: str, damage: str
) -> None:
    assert twice() == "42 0\n"
    assert twice() == "42 1\n"
    for file in files(tmp_path, ending):
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
    said = twice()
    assert said in ("42 0\n", "42 1\n")  # a bit of an index may be one that does not matter
    assert twice() == "42 1\n"


def test_a_file_of_another_type_of_argument_is_not_taken_for_this_one(
    twice: Callable[..., str], tmp_path: Path
) -> None:
    """As two processes leave it that compile at the same time."""
    assert twice() == "42 0\n"
    (whole,) = files(tmp_path, "nbc")
    index = files(tmp_path, "nbi")[0].read_bytes()
    shutil.rmtree(tmp_path / "cache")
    assert twice("2.5") == "5.0 0\n"
    (decimal,) = files(tmp_path, "nbc")
    assert decimal.name == whole.name
    files(tmp_path, "nbi")[0].write_bytes(index)
    assert twice() == "42 0\n"


@pytest.mark.parametrize("place", ["a file in the way", "/dev/null/cache"])
def test_without_a_folder_kernels_run_and_it_is_said_once(
    twice: Callable[..., str], tmp_path: Path, place: str
) -> None:
    folder = Path(place) if place.startswith("/") else tmp_path / "file"
    result, said = twice(folder=folder).splitlines()
    assert result == "42 0"
    assert said.startswith("tinycnn: compiled kernels cannot be kept, so every start compiles them")
