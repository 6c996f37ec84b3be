"""What a check of maps will find in a random net, before it is run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tinycnn.errors import UnknownNameError
from tinycnn.layers import Branches, Conv2D, Dense, MaxPool2D, Pool2D
from tinycnn.ops.geometry import pair
from tinycnn.theory.convergence import deconvnet_similarity, gradient_similarity, guided_similarity
from tinycnn.theory.randomised import redrawn_above
from tinycnn.trace import Trace


class Prediction(NamedTuple):
    """A number, and the claims that verify its formula; for `tinycnn verify`, in which * is allowed."""

    value: float
    claim: str


Formula = Callable[[int, Sequence[int], Collection[int]], list[Prediction]]
"""From the image's size, the hidden units of every layer, and the pools, to a number per layer."""


def predicted(
    check: str, rule: str, size: int, hidden: Sequence[int], pools: Collection[int] = ()
) -> list[Prediction]:
    """Predictions of a check, one per layer from the top down.

    Parameters
    ----------
    check : str
        "mprt": the cosine of the map and of that with all layers drawn anew from the output down: a number
        for the output layer, then one for each hidden layer, the first layer's last.
        "csc": the mean cosine of two signals that start as independent noise above the top hidden layer,
        below each hidden layer, the image's last; its absolute value for saliency.
    rule : str
        "saliency", "deconvnet" (of "csc" alone) or "guided".
    size : int
        d, pixels and channels of the image.
    hidden : sequence of int
        Hidden units of every layer, the first layer's first: width, or channels times positions, before the
        pool if there is one. For "csc" by saliency they are taken to be equally many.
    pools : collection of int
        Layers, counted from 1, behind which there is a 2x2 max-pool, see `units_and_pools`.

    Returns
    -------
    list of Prediction

    Raises
    ------
    UnknownNameError
        Nothing is predicted of that check and rule.
    """
    name = f"{check} {rule}"
    if name not in FORMULAS:
        raise UnknownNameError("prediction", name, FORMULAS)
    return FORMULAS[name](size, hidden, pools)


def units_and_pools(trace: Trace) -> tuple[list[int], list[int]] | None:
    """What `predicted` has to know of a net.

    Parameters
    ----------
    trace : Trace
        Of one image.

    Returns
    -------
    units, pools : list of int
        Units of every layer with weights, the last one's included, and behind which of them, counted from 1,
        there is a max-pool. None where the recursion does not lead: past branches, other pools than 2x2
        max-pools, and layers that learn other than convolutions and dense ones.
    """
    units: list[int] = []
    pools: list[int] = []
    for step in trace:
        layer = step.layer
        if isinstance(layer, Conv2D | Dense):
            units.append(step.output[0].size)
        elif isinstance(layer, MaxPool2D) and pair(layer.size) == pair(layer.stride) == (2, 2) and units:
            pools.append(len(units))
        elif isinstance(layer, Branches | Pool2D) or any(True for _ in layer.parameters()):
            return None
    return units, pools


def _mprt_guided(size: int, hidden: Sequence[int], pools: Collection[int]) -> list[Prediction]:
    kept = range(len(hidden), -1, -1)
    return [Prediction(redrawn_above(size, hidden, layers, pools), "mprt.cascade_*") for layers in kept]


def _mprt_saliency(size: int, hidden: Sequence[int], pools: Collection[int]) -> list[Prediction]:
    return [Prediction(0.0, "mprt.saliency_*")] * (len(hidden) + 1)


def _csc_saliency(size: int, hidden: Sequence[int], pools: Collection[int]) -> list[Prediction]:
    below = range(1, len(hidden) + 1)
    return [Prediction(gradient_similarity(layers, hidden[0]), "csc.gradient_*") for layers in below]


def _csc_deconvnet(size: int, hidden: Sequence[int], pools: Collection[int]) -> list[Prediction]:
    below = range(1, len(hidden) + 1)
    found = (deconvnet_similarity(size, hidden, layers, pools) for layers in below)
    return [Prediction(value, "csc.deconvnet_*") for value in found]


def _csc_guided(size: int, hidden: Sequence[int], pools: Collection[int]) -> list[Prediction]:
    inside = [guided_similarity(hidden, layers, pools) for layers in range(1, len(hidden))]
    at_image = redrawn_above(size, hidden, len(hidden), pools)  # as if all above them had been drawn anew
    last = Prediction(at_image, "sensitivity.guided_deep")
    return [*(Prediction(value, "csc.guided_*") for value in inside), last]


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "mprt guided": _mprt_guided,
        "mprt saliency": _mprt_saliency,
        "csc saliency": _csc_saliency,
        "csc deconvnet": _csc_deconvnet,
        "csc guided": _csc_guided,
    }
)
"""By check and rule."""
