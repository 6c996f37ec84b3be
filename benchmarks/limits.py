"""What the machine can do at most: the speed of a large matrix product, and of reading memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.cases import CASES
from benchmarks.libraries import threadpool_limits
from benchmarks.measure import Result


def limits(threads: int) -> dict[str, float]:
    """``sgemm`` in GFLOP/s (NumPy's BLAS, 2048 x 2048) and ``reading`` in GB/s (a dense layer of 400 MB)."""
    from tinycnn.ops import kernels

    rng = np.random.default_rng(0)
    square = rng.standard_normal((2048, 2048), dtype=np.float32)
    weight, x = rng.standard_normal((4096, 25088), dtype=np.float32), np.ones((1, 25088), np.float32)
    with threadpool_limits(threads):
        product = _best(lambda: square @ square)
    reading = _best(lambda: kernels.dense(x, weight))
    return {"sgemm": 2 * 2048**3 / product / 1e9, "reading": weight.nbytes / reading / 1e9}


def fraction(result: Result, peaks: Mapping[str, float]) -> str:
    """The least time that the work of a case takes by the machine's limits, as a fraction of ours."""
    work = CASES[result.name].work
    if work is None:
        return ""
    operations, read = work()
    multiplying, reading = operations / peaks["sgemm"] / 1e9, read / peaks["reading"] / 1e9
    return f"{max(multiplying, reading) / min(result.ours):.2f}{' r' if reading > multiplying else ''}"


def _best(job: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)
