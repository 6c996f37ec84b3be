"""What the machine can do at most: the speed of a large matrix product, and of reading memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.cases.conv_layers import SHAPES
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


def fractions(result: Result, peaks: Mapping[str, float]) -> str:
    """Multiplications that a convolution is defined by, per second, as a fraction of the matrix product's."""
    name = result.name.removesuffix(" forward").removesuffix(" to input")
    if name not in SHAPES:
        return ""
    shape = SHAPES[name]
    outputs = shape.arrays()[3].size
    operations = 2 * outputs * shape.c // shape.groups * shape.size**2
    return f"{operations / min(result.ours) / 1e9 / peaks['sgemm']:.2f}"


def _best(job: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)
