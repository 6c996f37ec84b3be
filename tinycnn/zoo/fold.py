"""Batch norms folded into the convolutions before them: the same function in fewer layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache

from tinycnn.layers import BatchNorm2D, Branches, Conv2D, Layer
from tinycnn.model import Model
from tinycnn.rules import fold


def fold_batch_norm(model: Model) -> Model:
    """Merge each batch norm that directly follows a convolution into it.

    Logits and gradients stay what they were; see `tinycnn.rules.fold.merged` for the formula. Batch norms
    elsewhere stay layers.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Model
        Its convolutions keep their names and all have a bias.

    Examples
    --------
    >>> one = np.ones(1)
    >>> norm = tc.BatchNorm2D(2 * one, one, mean=one, variance=one, epsilon=0.0)
    >>> pair = tc.Model("pair", (tc.Conv2D(np.full((1, 1, 1, 1), 3.0)), norm), (1, 4, 4))
    >>> layer, = tc.fold_batch_norm(pair).layers
    >>> layer.weight.item(), layer.bias.item()
    (6.0, -1.0)
    """
    merged = cache(fold.merged)  # a pair that is used twice stays one layer

    def folded(layers: Sequence[Layer]) -> tuple[Layer, ...]:
        done: list[Layer] = []
        for layer in layers:
            last = done[-1] if done else None
            if isinstance(layer, BatchNorm2D) and isinstance(last, Conv2D):
                done[-1] = merged(last, layer)
            elif isinstance(layer, Branches):
                branches = tuple(map(folded, layer.branches))
                done.append(dataclasses.replace(layer, branches=branches))
            else:
                done.append(layer)
        return tuple(done)

    return dataclasses.replace(model, layers=folded(model.layers))
