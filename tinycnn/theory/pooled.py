"""Limits behind a max-pool whose windows do not overlap, in closed form for windows of up to four.

The net is convolution, ReLU, max-pool, dense. A pool switch depends on the image, so it lets DeconvNet see
the image: as differences of neighbouring patches.
"""

from __future__ import annotations

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.geometry import Window
from tinycnn.ops.types import Array
from tinycnn.theory.cones import cone_means
from tinycnn.theory.patches import cut, paste


def pooled_limits(x: Array, at: Window, pool: Window) -> tuple[Array, Array]:
    """Limits of guided backprop and of DeconvNet behind a max-pool, up to one common factor.

    Parameters
    ----------
    x : (c, h, w)
    at : Window
        Of the convolution.
    pool : Window
        Of the max-pool, on the convolution's output; no overlap and no padding.

    Returns
    -------
    guided, deconvnet : (c, h, w)
        ``E s = N E[h(V)]`` times these. They differ by the dead windows, whose signal DeconvNet sends to
        the position that wins ties: the first.

    Raises
    ------
    ShapeError
        The pool's windows overlap, or do not tile the convolution's output.

    Notes
    -----
    ``sum_windows sum_{j in window} D_j^T E[w 1(A_j)]``, with the patch 0 among the candidates. The mean
    over the cone of 0 is what dead windows add. Saliency has no limit: its mean stays 0.
    """
    if pool.size != pool.stride or pool.edges != ((0, 0), (0, 0)) or pool.image != at.output:
        raise ShapeError("closed-form limits need a pool without overlap or padding; sample the others")
    windows = cut(np.arange(at.output[0] * at.output[1], dtype=float).reshape(1, *at.output), pool)
    members, y = windows.astype(np.intp), cut(x, at)
    candidates = np.concatenate([np.zeros((len(members), 1, y.shape[1])), y[members]], axis=1)
    means = cone_means(candidates)
    guided = np.zeros_like(y)
    guided[members] = means[:, 1:]
    deconvnet = guided.copy()
    deconvnet[members[:, 0]] += means[:, 0]
    return paste(guided, at), paste(deconvnet, at)
