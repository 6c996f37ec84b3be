"""Array aliases and the letters that every signature, docstring and einsum shares.

n images, t signals, c channels in, k channels out, h and w the position, a and b the taps of a window, j
patches.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""An array of float32 or float64, unless the docstring says otherwise."""

Pair: TypeAlias = tuple[int, int]
"""(height, width)"""

Edges: TypeAlias = tuple[Pair, Pair]
"""((top, bottom), (left, right)): the padding of an image."""

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def frozen(array: Array) -> Array:
    """The array, C-contiguous and read-only, or such a view or copy: the one form in which kernels take it.

    So any memory layout is accepted, and each kernel is compiled once per dtype instead of once per
    combination of layouts.
    """
    flags = array.flags
    if type(array) is not np.ndarray or not flags.c_contiguous or array.ndim == 0:
        array = np.ascontiguousarray(array)
    elif not flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view
