"""Spread a kernel over threads: each thread takes one contiguous range of the outputs.

Kernels release the interpreter lock and never share an output, so the result does not depend on timing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any

from numba.core import config

_pool: ThreadPoolExecutor | None = None
_count: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def get_num_threads() -> int:
    """How many threads a kernel is spread over."""
    return _count


def set_num_threads(count: int) -> None:
    """Spread kernels over `count` threads; the default is ``NUMBA_NUM_THREADS``, else one per core."""
    global _count
    if count < 1:
        raise ValueError(f"at least one thread is needed, got {count}")
    _count = count
    _forget_pool()


def run(kernel: Callable[..., None], length: int, *args: Any) -> None:
    """Call ``kernel(start, stop, *args)`` on ranges that together cover ``range(length)``.

    Parameters
    ----------
    kernel : callable
        A compiled function that writes the outputs ``start <= index < stop`` and nothing else.
    length : int
        How many outputs there are.
    *args
        Passed on unchanged.
    """
    parts = min(_count, length)
    if parts <= 1:
        kernel(0, length, *args)
        return
    bounds = [length * part // parts for part in range(parts + 1)]
    others = [_workers().submit(kernel, start, stop, *args) for start, stop in pairwise(bounds[1:])]
    try:
        kernel(bounds[0], bounds[1], *args)
    finally:
        wait(others)
    for other in others:
        other.result()


def _workers() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(max(_count - 1, 1), thread_name_prefix="tinycnn")
    return _pool


def _forget_pool() -> None:
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget_pool)
