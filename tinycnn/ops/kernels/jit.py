"""How every kernel is compiled, and the one form in which kernels take their arrays."""

from __future__ import annotations

import numba
import numpy as np

from tinycnn.types import Array

jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})
"""Compile once per machine, release the interpreter lock, divide like NumPy, keep NaN and infinity."""


def frozen(array: Array) -> Array:
    """A C-contiguous, read-only view (or copy) of `array`.

    Kernels take their inputs in this one form, so any memory layout is accepted and each kernel is compiled
    once per dtype instead of once per combination of layouts.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
