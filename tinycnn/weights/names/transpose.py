"""Transposing a large weight without a second one beside it."""

from __future__ import annotations

from math import gcd

import numpy as np

from tinycnn.ops.types import Array

LARGE = 1 << 27
"""Bytes from which a matrix is transposed in place."""

BLOCK = 128
"""The least side of the square blocks that a matrix must consist of to be transposed in place."""


def transposed(weight: Array, outer: int | None = None) -> Array:
    """``weight.T``, contiguous, its columns re-ordered if need be.

    Parameters
    ----------
    weight : (c, k)
        Overwritten if it is large: VGG's first dense layer takes 411 MB.
    outer : int, optional
        If the rows of `weight` count a slower axis of this length and a faster one, the columns of the result
        count them the other way round.

    Returns
    -------
    (k, c)
    """
    c, k = weight.shape
    outer = outer or c
    side = gcd(c, k)
    if weight.nbytes < LARGE or side < BLOCK or not (weight.flags.c_contiguous and weight.flags.writeable):
        return np.ascontiguousarray(weight.reshape(outer, c // outer, k).transpose(2, 1, 0)).reshape(k, c)
    return _in_place(weight, outer, side)


def _in_place(weight: Array, outer: int, side: int) -> Array:
    """Transpose strips of blocks, then permute the blocks, then put each new row in order."""
    c, k = weight.shape
    down, across = c // side, k // side
    for strip in weight.reshape(down, side, across, side):
        strip[:] = strip.transpose(1, 2, 0).reshape(strip.shape)
    blocks = weight.reshape(down * across, side * side)
    _permute(blocks, np.arange(down * across).reshape(down, across).T.ravel())
    for strip in weight.reshape(across, c * side):
        rows = strip.reshape(down, side, side).swapaxes(0, 1).reshape(side, outer, c // outer)
        strip.reshape(side, c // outer, outer)[:] = rows.swapaxes(1, 2)
    return weight.reshape(k, c)


def _permute(blocks: Array, order: Array) -> None:
    """``blocks[:] = blocks[order]``, one block at a time."""
    done = np.zeros(len(order), bool)
    for start in range(len(order)):
        kept, place = blocks[start].copy(), start
        while not done[place]:
            done[place] = True
            source = order[place]
            blocks[place] = kept if source == start else blocks[source]
            place = source
