"""Nets whose layers are drawn anew from the top down: Adebayo et al. (2018), cascading randomisation.

What the literature leaves open is fixed here. Layers are taken in order of execution, the last first. A layer
is drawn as `zoo.build` draws it: by the law of the model, with a stream of its own for each seed, position
and shape; biases start anew. A batch norm is reset together with the convolution before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycnn.layers import BatchNorm2D, Layer, flat
from tinycnn.model import Model
from tinycnn.ops.types import Array


@dataclass(frozen=True, eq=False)
class Randomised:
    """A net with `depth` layers from the top drawn anew; `layer` is the lowest of these."""

    depth: int
    layer: str
    model: Model


def cascade(model: Model, random: Model) -> tuple[Randomised, ...]:
    """The nets from "only the last layer is random" to "all are".

    Parameters
    ----------
    model, random : Model
        The same layers with different weights. The nets of a cascade share both; nothing is copied.
    """
    fresh = _parameters(random.layers)
    drawn: dict[str, Array] = {}
    nets = []
    for depth, group in enumerate(reversed(_groups(model)), start=1):
        drawn.update((name, fresh[name]) for name in _parameters(group))
        source = f"{model.weights}, {depth} layers {random.weights}"
        nets.append(Randomised(depth, group[0].name, model.with_weights(drawn, source)))
    return tuple(nets)


def _parameters(layers: Sequence[Layer]) -> dict[str, Array]:
    return {f"{layer.name}.{key}": array for layer in flat(layers) for key, array in layer.parameters()}


def _groups(model: Model) -> list[list[Layer]]:
    """Layers that learn, in order of execution, each with the batch norms that follow it."""
    groups: list[list[Layer]] = []
    for layer in flat(model.layers):
        if isinstance(layer, BatchNorm2D) and groups:
            groups[-1].append(layer)
        elif any(True for _ in layer.parameters()):
            groups.append([layer])
    return groups
