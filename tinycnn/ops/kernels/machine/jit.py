"""How every kernel is compiled."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_compile = numba.njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"}
)
_KERNELS = Path(__file__).parents[1]
_SOURCES = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(_KERNELS.rglob("*.py"))))


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once per machine, release the interpreter lock, divide like NumPy, keep NaN and infinity.

    Notes
    -----
    Numba takes a compiled kernel out of its cache if the kernel's own file has not changed. Kernels contain
    those that they call, so here the stamp of every kernel covers all files of `tinycnn.ops.kernels`. A cache
    that an older version has left may speak of what is no longer there: it counts as none.
    """
    kernel: Any = _compile(function)
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if file is not None:
        file._source_stamp = (file._source_stamp, _SOURCES.hexdigest())
        file._load_index = functools.partial(_index, file._load_index)
    return kernel


def _index(load: Callable[[], dict[Any, Any]]) -> dict[Any, Any]:
    try:
        return load()
    except (AttributeError, ImportError):
        return {}
