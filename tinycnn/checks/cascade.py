"""Nets whose layers are drawn anew, one after the other: Adebayo et al. (2018).

What the literature leaves open is fixed here, or is a choice. Layers are taken in order of execution. A norm
belongs to the layer with weights before it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from tinycnn.errors import UnknownNameError
from tinycnn.layers import BatchNorm2D, GroupNorm, Layer, flat, replace_parameters, transform
from tinycnn.model import Model
from tinycnn.trace import title
from tinycnn.zoo.importing.redraw import redrawn

Order = Literal["top-down", "bottom-up", "independent"]
Randomise = Literal["redraw", "permute"]
Statistics = Literal["reset", "keep"]

ORDERS = ("top-down", "bottom-up", "independent")
"""All layers from the output down to one; all from the input up to one; one alone, from the top."""

NORMS = (BatchNorm2D, GroupNorm)


@dataclass(frozen=True, eq=False)
class Randomised:
    """A net of which `depth` layers were drawn anew, or one alone; `layer` is the last that was."""

    depth: int
    layer: str
    model: Model


def cascade(
    model: Model, random: Model, order: Order = "top-down", statistics: Statistics = "reset"
) -> tuple[Randomised, ...]:
    """The nets from "one layer is random" to "all are".

    Parameters
    ----------
    model, random : Model
        The same layers with different weights. The nets of a cascade share both; nothing is copied.
    order : {"top-down", "bottom-up", "independent"}
        See `ORDERS`.
    statistics : {"reset", "keep"}
        Whether norms, with their statistics, follow the layer before them, or stay the model's own.

    Raises
    ------
    UnknownNameError
        There is no such order.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> [net.layer for net in tc.checks.cascade(model, tc.checks.randomised(model))]
    ['logits', 'conv2_2', 'conv2_1', 'conv1_2', 'conv1_1']
    """
    if order not in ORDERS:
        raise UnknownNameError("order", order, ORDERS)
    fresh = dict(zip(flat(model.layers), flat(random.layers), strict=True))
    groups = _groups(model, statistics)
    drawn: set[Layer] = set()
    nets = []
    for depth, group in enumerate(groups if order == "bottom-up" else groups[::-1], start=1):
        drawn = {*group} if order == "independent" else drawn | {*group}
        layers = _replaced(model.layers, {layer: fresh[layer] for layer in drawn})
        source = f"{model.weights}, {1 if order == 'independent' else depth} layers {random.weights}"
        net = dataclasses.replace(model, layers=layers, weights=source)
        nets.append(Randomised(depth, group[0].name or title(group[0]), net))
    return tuple(nets)


def randomised(model: Model, randomise: Randomise = "redraw", seed: int = 0) -> Model:
    """The same layers, all random.

    Parameters
    ----------
    model : Model
    randomise : {"redraw", "permute"}
        Draw weights by He's law, with biases 0; or shuffle the numbers of each weight and each bias.
        Norms do nothing any more, in both.
    seed : int

    Raises
    ------
    UnknownNameError
        There is no such way.

    Examples
    --------
    >>> model = tc.checks.randomised(tc.zoo.digits("digits"), "permute", seed=1)
    >>> model.weights
    'permuted (seed 1)'
    """
    if randomise == "redraw":
        return redrawn(model, seed)
    if randomise != "permute":
        raise UnknownNameError("way to randomise", randomise, ("redraw", "permute"))
    norms = redrawn(model, seed)
    reset = {
        a: b for a, b in zip(flat(model.layers), flat(norms.layers), strict=True) if isinstance(a, NORMS)
    }
    positions = count()

    def change(layer: Layer) -> Layer:
        if layer in reset:
            return reset[layer]
        rng = np.random.default_rng([seed, next(positions)])
        arrays = {key: rng.permuted(array.ravel()).reshape(array.shape) for key, array in layer.parameters()}
        return replace_parameters(layer, arrays) if arrays else layer

    layers = transform(model.layers, change)
    return dataclasses.replace(model, layers=layers, weights=f"permuted (seed {seed})")


def _replaced(layers: Sequence[Layer], new: dict[Layer, Layer]) -> tuple[Layer, ...]:
    return transform(layers, lambda layer: new.get(layer, layer))


def _groups(model: Model, statistics: Statistics) -> list[list[Layer]]:
    """Layers that learn, in order of execution, each with the norms that follow it."""
    groups: list[list[Layer]] = []
    for layer in flat(model.layers):
        if isinstance(layer, NORMS) and groups:
            groups[-1].extend([layer] if statistics == "reset" else [])
        elif any(True for _ in layer.parameters()):
            groups.append([layer])
    return groups
