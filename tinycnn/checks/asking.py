"""What all checks ask of a model: a map by anything that makes one, and the number that is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from tinycnn.errors import ShapeError, TinycnnError
from tinycnn.layers import Identity
from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules import Answer, AnyRule, Method, Rule, get
from tinycnn.targets import Target, parse
from tinycnn.trace import Step, Trace, forward
from tinycnn.visualize import predict, visualize

Explainer: TypeAlias = str | AnyRule | Callable[[Model, Array, Target], Array]
"""What makes maps: a rule's name, a rule, a method, or ``function(model, x, target)`` that returns them."""

AnyTarget: TypeAlias = int | str | Array | Target
"""What `tinycnn.targets.parse` takes."""

TOGETHER = 16
"""Images that go through a model in one call."""


class Single(NamedTuple):
    """One image (1, c, h, w), its map of the same shape, and a target that stays when the image changes."""

    x: Array
    map: Array
    target: Target


def as_rule(rule: Explainer) -> AnyRule:
    """A rule or method of anything that makes maps."""
    if isinstance(rule, str):
        return get(rule)
    if isinstance(rule, Rule | Method):
        return rule
    function = rule
    return Method(
        getattr(rule, "__name__", "function"),
        lambda question: Answer(function(question.model, question.x, question.target)),  # type: ignore[arg-type]
    )


def map_of(model: Model, x: Array, rule: Explainer, target: AnyTarget) -> Array:
    """The maps of images, (n, c, h, w) or (n, 1, h, w)."""
    chosen = as_rule(rule)
    return visualize(model, x, chosen, target)[chosen.name]


def fixed(model: Model, x: Array, target: AnyTarget) -> Target:
    """The target of these images, which stays theirs whatever another model, or a changed image, would say.

    Raises
    ------
    ShapeError
        There is not one target for each image.
    """
    singles = parse(target, model.classes).each(forward(model, x))
    if len(singles) != len(x):
        raise ShapeError(f"a check takes one target for each image, got {len(singles)} for {len(x)}")
    if all(single is singles[0] for single in singles):
        return singles[0]

    def make(cut: Trace) -> Array:
        return np.stack([single.make(cut)[i] for i, single in enumerate(singles)])

    def value(cut: Trace) -> Array:
        return np.stack([single.values(cut)[i] for i, single in enumerate(singles)])

    label = ", ".join(dict.fromkeys(single.label for single in singles))
    first = singles[0]
    return Target(label, make, first.layer, value, lambda cut: singles, first.times_value)


def singles(model: Model, x: Array, rule: Explainer, target: AnyTarget) -> Iterator[Single]:
    """Each image by itself, with its map and target."""
    whole = fixed(model, x, target)
    maps = map_of(model, x, rule, whole)
    for i, one in enumerate(whole.each(forward(model, x))):
        map = np.broadcast_to(np.asarray(maps[i : i + 1], np.float64), x[i : i + 1].shape)
        yield Single(x[i : i + 1], map, one)


def batches(x: Array) -> list[Array]:
    """Images in parts that go through a model in one call each."""
    return [x[i : i + TOGETHER] for i in range(0, len(x), TOGETHER)]


def values(model: Model, x: Array, target: Target) -> Array:
    """The number that is explained, for many images: (n,) float64."""
    parts = [target.values(_trace(model, part, target)) for part in batches(x)]
    return np.concatenate(parts).astype(np.float64)


def probabilities(model: Model, x: Array, target: Target) -> Array:
    """The softmax's probability of the logit that is explained, for many images: (n,) float64.

    Raises
    ------
    TinycnnError
        The target is not one logit.
    """
    parts = [_trace(model, part, target) for part in batches(x)]
    chosen = target.make(target.cut(parts[0]))[:1]
    if target.layer != -1 or chosen.ndim != 2 or np.count_nonzero(chosen) != 1 or chosen.max() != 1:
        raise TinycnnError(f"only a logit has a probability, not {target.label}; score the value instead")
    k = int(chosen.argmax())
    return np.concatenate([engine.softmax(part.output.astype(np.float64))[:, k] for part in parts])


def _trace(model: Model, x: Array, target: Target) -> Trace:
    """What a target sees: of a target on the last layer, nothing below it is kept."""
    if target.layer != -1:
        return forward(model, x)
    logits = predict(model, x)
    return Trace([Step(Identity(), logits, logits, None)])
