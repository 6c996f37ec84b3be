"""Images at another size: every row and every column of the result is a weighted mean of the image's own.

Nearest, bilinear and bicubic interpolation, whatever they take for the place of a pixel, differ in two
matrices only: ``y = R x C^T`` for every channel.
"""

from __future__ import annotations

import numpy as np

from tinycnn.ops.arguments import takes
from tinycnn.ops.types import Array


@takes(x="n c h w", rows="v h", columns="u w")
def resample2d(x: Array, rows: Array, columns: Array) -> Array:
    """``y[n, c] = rows x[n, c] columns^T``.

    Parameters
    ----------
    x : (n, c, h, w)
    rows : (h', h)
    columns : (w', w)

    Returns
    -------
    (n, c, h', w')
    """
    return np.matmul(rows, np.matmul(x, columns.T))


@takes(signal="n c v u", rows="v h", columns="u w")
def resample2d_vjp(signal: Array, rows: Array, columns: Array) -> Array:
    """``rows^T signal columns``: (n, c, h', w') -> (n, c, h, w)."""
    return np.matmul(rows.T, np.matmul(signal, columns))
