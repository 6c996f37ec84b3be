"""A compiled kernel leaves its cache when any kernel that it may contain has changed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import tinycnn
from tinycnn.ops.kernels.machine import jit, keeping

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
    for path in (package, *package.rglob("*")):  # of a checkout that may be read-only
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    kernels = package / "ops" / "kernels"
    (kernels / "planes" / "caller.py").write_text(CALLER, encoding="utf-8")
    found = []
    for summand in (1, 1, 20):
        (kernels / "blocks" / "called.py").write_text(CALLED.format(summand), encoding="utf-8")
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
def test_numba_has_the_private_doors_that_are_used() -> None:
    """What `machine/keeping.py` reaches inside Numba, and what breaks where it is gone."""
    kept = getattr(numba.njit(cache=True)(_say), "_cache", None)
    file = getattr(kept, "_cache_file", None)
    assert file is not None, (
        "Numba no longer keeps what it knows of a cache in kernel._cache._cache_file, so kernels would be "
        "taken from a cache although a kernel that they call has changed"
    )
    for name in ("_source_stamp", "_cache_path", "_load_index", "load", "save"):
        assert hasattr(file, name), f"Numba's file of a cache no longer has {name}, which ours replaces"
    assert hasattr(kept._impl, "filename_base"), "Numba no longer says how the files of a cache are called"
    assert callable(kept.save_overload), "Numba no longer saves by save_overload, which we guard"
    stamped = jit.jit(_say)._cache._cache_file  # type: ignore[attr-defined]
    assert stamped._source_stamp == (file._source_stamp, keeping._SOURCES)
