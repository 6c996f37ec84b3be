"""How a net's maps change as its layers go from random to trained, one after another: curves for any net."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinycnn.experiments.layers import mixtures, places
from tinycnn.experiments.nets import THREE
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.targets import max_logit
from tinycnn.trace import forward
from tinycnn.visualize import visualize


@dataclass(frozen=True)
class Mixed:
    """A rule's map of one mixture of a trained net and a random one, as means over the images.

    Parameters
    ----------
    mode : {"part", "reverse", "only"}
        A key of `layers.MODES`, which says what it means.
    layer : str
        Where the mixture changes.
    trained : int
        How many of the layers that have weights are trained ones.
    rule : str
    image : float
        Centred cosine of the map with the input.
    kept : float
        Cosine with the map of the net that is trained throughout.
    """

    mode: str
    layer: str
    trained: int
    rule: str
    image: float
    kept: float


def curves(trained: Model, random: Model, x: Array) -> Iterator[list[Mixed]]:
    """Explain the trained net's largest logit by every mixture.

    Parameters
    ----------
    trained, random : Model
        Two nets of the same layers.
    x : (n, c, h, w)

    Yields
    ------
    list of Mixed
        One mixture by each rule; ``len(MODES) * len(places(trained))`` of them.
    """
    target = max_logit()(forward(trained, x))
    whole = visualize(trained, x, THREE, target)
    at = places(trained)
    for mode, step, net in mixtures(trained, random, at):
        count = at.index(step) + 1
        kept = {"part": count, "reverse": len(at) - count, "only": len(at) - 1}[mode]
        name = trained.layers[step].name
        yield [
            Mixed(mode, name, kept, rule, _mean(centred_cosine(map, x)), _mean(cosine(map, whole[rule])))
            for rule, map in visualize(net, x, THREE, target).items()
        ]


def _mean(values: Array) -> float:
    return float(np.mean(values))
