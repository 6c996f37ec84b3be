"""How every kernel is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

from tinycnn.ops.kernels.machine.keeping import keep

_compile = numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile once per machine, release the interpreter lock, divide like NumPy, keep NaN and infinity."""
    kernel: Any = _compile(function)
    keep(kernel)
    return kernel
