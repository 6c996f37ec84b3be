"""Array aliases and the letters that every signature, docstring and einsum shares.

n images, c channels in, k channels out, h and w the position, o the offset (tap) inside a kernel, j patches.
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
