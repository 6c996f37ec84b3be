"""The machine that figures were measured on, and the versions of the libraries."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.libraries import threadpool_info

PACKAGES = ("numpy", "numba", "torch", "captum")


def describe(threads: int) -> dict[str, object]:
    """Processor, memory, system and versions."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "blas": sorted({f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info()}),
        "threads": threads,
        "load": Path("/proc/loadavg").read_text("utf-8").split()[0]
        if Path("/proc/loadavg").exists()
        else None,
    }


def _field(path: str, name: str) -> str | None:
    if Path(path).exists():
        for line in Path(path).read_text("utf-8").splitlines():
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
