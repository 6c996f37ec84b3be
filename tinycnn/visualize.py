"""The main job: one forward pass, and a map of it by every rule; and the output alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules import Rule, Stack, get
from tinycnn.targets import Target, parse
from tinycnn.trace import Trace, forward

DEFAULT_RULES = ("saliency", "deconvnet", "guided")

_HELD = 1 << 28
"""Bytes of signals that are sent back at once."""


def visualize(
    model: Model,
    x: Array,
    rules: Sequence[str | Rule] = DEFAULT_RULES,
    target: int | str | Array | Target = "max",
) -> dict[str, Array]:
    """Explain a model's decision by several rules.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
        Preprocessed images, ``model.preprocess(image)``.
    rules : sequence of str or Rule
        Names of shipped rules, or rules of one's own.
    target : int, str, array or Target
        What to explain, as `tinycnn.targets.parse` takes it: a logit's index, a class's name, "max", ...

    Returns
    -------
    dict from rule name to (n, c, h, w)
        The signals that arrive at the input. With `targets.several`, n is the number of targets.

    Raises
    ------
    ShapeError, NonFiniteError, MissingRowError, UnknownNameError
        As `forward`, `backward`, `rules.get` and `targets.parse` raise them.
    """
    tables = [get(rule) if isinstance(rule, str) else rule for rule in rules]
    chosen = parse(target, model.classes)
    maps = None
    if not engine.PLAIN:
        from tinycnn import fused  # what is compiled takes a while to import

        maps = fused.maps(model.layers, x, tables, chosen)
    return maps_of(forward(model, x), tables, chosen) if maps is None else maps


def predict(model: Model, x: Array) -> Array:
    """What a model says, when nobody asks why; faster than `forward`, because no step is kept.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
        Preprocessed images, ``model.preprocess(image)``.

    Returns
    -------
    array
        What the last layer puts out: (n, classes) logits, of a classifier.

    Raises
    ------
    ShapeError, NonFiniteError
        As `forward` raises them.
    """
    logits = None
    if not engine.PLAIN:
        from tinycnn import fused

        logits = fused.logits(model.layers, x)
    return forward(model, x).output if logits is None else logits


def maps_of(trace: Trace, rules: Sequence[Rule], target: Target) -> dict[str, Array]:
    """The maps of a forward pass that is already there.

    Parameters
    ----------
    trace : Trace
    rules : sequence of Rule
    target : Target

    Returns
    -------
    dict from rule name to (n, c, h, w)
    """
    if not rules:
        return {}
    seed, cut = target(trace), target.cut(trace)
    together = _seeds_at_once(cut, len(rules)) if len(trace.input) == 1 else max(1, len(seed))
    stack = Stack(rules)
    parts = [stack.maps(cut, seed[i : i + together]) for i in range(0, max(1, len(seed)), together)]
    maps = np.concatenate(parts, axis=1)
    return {rule.name: signal for rule, signal in zip(rules, maps, strict=True)}


def _seeds_at_once(trace: Trace, rules: int) -> int:
    """How many seeds fit into memory: at the widest layer, a signal for each rule before and after it."""
    widest = max((step.output.nbytes for step in trace), default=1)
    return max(1, _HELD // (2 * rules * widest))
