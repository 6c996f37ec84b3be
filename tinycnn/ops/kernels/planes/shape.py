"""Twins of `tinycnn.ops.shape`: they move numbers and compute nothing, so NumPy's copies are the kernels.

Only the sum of residual branches does arithmetic; it has a loop of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycnn.ops.arguments import twin
from tinycnn.ops.kernels.machine import threads
from tinycnn.ops.kernels.machine.jit import jit
from tinycnn.ops.shape import add_vjp, concatenate, concatenate_vjp, flatten, flatten_vjp
from tinycnn.ops.types import Array, frozen

__all__ = ["add", "add_vjp", "concatenate", "concatenate_vjp", "flatten", "flatten_vjp"]


@twin
def add(xs: Sequence[Array]) -> Array:
    total = np.array(xs[0], order="C")
    for x in xs[1:]:
        threads.run(_accumulate, total.size, frozen(x).reshape(-1), total.reshape(-1), least=1 << 14)
    return total


@jit
def _accumulate(start, stop, x, total):
    x, total = x[start:stop], total[start:stop]
    for i in range(total.size):
        total[i] += x[i]
