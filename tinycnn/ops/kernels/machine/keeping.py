"""Compiled kernels are kept in files, and compiled anew where these are damaged or cannot be written.

Numba's own cache trusts its files, and fails where it cannot have any.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from numba.core import caching, serialize

_NumbasFile: Any = caching.IndexDataCacheFile
_dumps: Any = serialize.dumps
_KERNELS = Path(__file__).parents[1]
_SOURCES = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(_KERNELS.rglob("*.py")))).hexdigest()


def keep(kernel: Any) -> None:
    """Take a kernel's compiled forms from files, and put them there.

    Parameters
    ----------
    kernel : numba dispatcher
        Or a plain function, where Numba is told not to compile: nothing happens.

    Notes
    -----
    Numba takes a compiled kernel out of its cache if the kernel's own file has not changed. Kernels contain
    those that they call, so here the stamp of every kernel covers all files of `tinycnn.ops.kernels`.
    """
    if not hasattr(kernel, "enable_caching"):
        return
    try:
        kernel.enable_caching()
    except RuntimeError:  # neither the package's folder nor the user's can be written
        _say_once()
        return
    kept = kernel._cache
    file = kept._cache_file
    kept._cache_file = _File(file._cache_path, kept._impl.filename_base, (file._source_stamp, _SOURCES))
    kept.save_overload = partial(_save, kept.save_overload)


class _File(_NumbasFile):  # type: ignore[misc]
    """A kernel's files; each compiled form stands beside its key, the stamp of its sources, and its hash."""

    def load(self, key: object) -> Any:
        try:
            found, stamp, digest, data = super().load(key)
            whole = (found, stamp, digest) == (key, self._source_stamp, _hash(data))
            return pickle.loads(data) if whole else None
        except Exception:  # damaged, emptied, of an older version, or not there
            return None

    def save(self, key: object, data: object) -> None:
        packed = _dumps(data)
        super().save(key, (key, self._source_stamp, _hash(packed), packed))

    def _load_index(self) -> dict[Any, Any]:
        try:
            return dict(super()._load_index())
        except Exception:
            return {}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _save(save: Callable[..., None], *arguments: object) -> None:
    try:
        save(*arguments)
    except OSError:
        _say_once()


@cache
def _say_once() -> None:
    logging.getLogger("tinycnn").warning(
        "tinycnn: compiled kernels cannot be kept, so every start compiles them; "
        "NUMBA_CACHE_DIR names a folder for them"
    )
