"""What a check of maps will find in a random dense net, before it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tinycnn.errors import UnknownNameError
from tinycnn.theory.convergence import gradient_similarity, guided_similarity
from tinycnn.theory.depth import constant_share_deep
from tinycnn.theory.randomised import redrawn_above
from tinycnn.theory.sensitivity import logit_cosine_deep


class Prediction(NamedTuple):
    """A number, and the claims that verify its formula; for `tinycnn verify`, in which * is allowed."""

    value: float
    claim: str


Formula = Callable[[int, Sequence[int]], list[Prediction]]
"""From the image's size, and the hidden units of every layer, to a number per layer."""


def predicted(check: str, rule: str, size: int, hidden: Sequence[int]) -> list[Prediction]:
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
        Hidden units of every layer, the first layer's first: width, or channels times positions. For "csc" by
        saliency they are taken to be equally many.

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
    return FORMULAS[name](size, hidden)


def _mprt_guided(size: int, hidden: Sequence[int]) -> list[Prediction]:
    kept = range(len(hidden), -1, -1)
    return [Prediction(redrawn_above(size, hidden, layers), "mprt.cascade_*") for layers in kept]


def _mprt_saliency(size: int, hidden: Sequence[int]) -> list[Prediction]:
    return [Prediction(0.0, "mprt.saliency_*")] * (len(hidden) + 1)


def _csc_saliency(size: int, hidden: Sequence[int]) -> list[Prediction]:
    below = range(1, len(hidden) + 1)
    return [Prediction(gradient_similarity(layers, hidden[0]), "csc.gradient_*") for layers in below]


def _csc_deconvnet(size: int, hidden: Sequence[int]) -> list[Prediction]:
    below = range(1, len(hidden) + 1)
    return [Prediction(constant_share_deep(layers), "csc.deconvnet_*") for layers in below]


def _csc_guided(size: int, hidden: Sequence[int]) -> list[Prediction]:
    inside = [guided_similarity(hidden, layers) for layers in range(1, len(hidden))]
    last = Prediction(logit_cosine_deep(size, hidden), "sensitivity.guided_deep")
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
