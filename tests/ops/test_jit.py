"""A compiled kernel leaves its cache when any kernel that it may contain has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import tinycnn
from tinycnn.ops.kernels.machine import jit

JIT = "machine/jit.py"
CALLED = """
from tinycnn.ops.kernels.machine.jit import jit

@jit
def called(x):
    return x + {}
"""
CALLER = """
from tinycnn.ops.kernels.blocks.called import called
from tinycnn.ops.kernels.machine.jit import jit

@jit
def caller(x):
    return called(x)
"""
SAY = """
from tinycnn.ops.kernels.planes.caller import caller
print(__import__("tinycnn").__file__, caller(1), sum(caller.stats.cache_hits.values()))
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_a_changed_kernel_in_another_folder_is_compiled_into_its_callers_anew(tmp_path: Path) -> None:
    package = tmp_path / "tinycnn"
    shutil.copytree(Path(tinycnn.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    kernels = package / "ops" / "kernels"
    (kernels / "planes" / "caller.py").write_text(CALLER)
    found = []
    for summand in (1, 1, 20):
        (kernels / "blocks" / "called.py").write_text(CALLED.format(summand))
        found.append(_say(tmp_path))
    assert found == [(2, 0), (2, 1), (21, 0)]  # the second time, and only then, out of the cache


def _say(root: Path) -> tuple[int, int]:
    """What `caller` makes of 1 in a new process, and how many kernels it took out of the cache."""
    environment = {**os.environ, "PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(root / "cache")}
    out = subprocess.run(
        [sys.executable, "-c", SAY], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    file, value, hits = out.stdout.split()
    assert Path(file).is_relative_to(root)
    return int(value), int(hits)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_numba_has_the_private_doors_that_jit_uses() -> None:
    kernel = numba.njit(cache=True)(_say)
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    assert file is not None, (
        f"Numba no longer keeps what it knows of a cache in kernel._cache._cache_file, so {JIT} does not "
        "reach it: kernels would be taken from a cache although a kernel that they call has changed"
    )
    assert hasattr(file, "_source_stamp"), (
        f"Numba no longer compares a cache with _source_stamp, to which {JIT} adds a hash of all kernels"
    )
    assert callable(getattr(file, "_load_index", None)), (
        f"Numba no longer reads an index by _load_index, around which {JIT} catches what old ones raise"
    )
    stamped = jit.jit(_say)._cache._cache_file  # type: ignore[attr-defined]
    assert stamped._source_stamp == (file._source_stamp, jit._SOURCES.hexdigest())


@pytest.mark.parametrize("error", [AttributeError, ImportError])
def test_an_index_of_what_is_no_longer_there_is_none(error: type[Exception]) -> None:
    def load() -> dict:
        raise error

    assert jit._index(load) == {}
    assert jit._index(lambda: {"key": 1}) == {"key": 1}
