"""What to explain: a target turns a trace into the seed of its backward pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.errors import AmbiguousNameError, ShapeError, UnknownNameError
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.trace import Trace


@dataclass(frozen=True)
class Target:
    """Something in a network to explain.

    Parameters
    ----------
    label : str
        What figures call it.
    make : function from trace to seed
        Sees the trace up to `layer`.
    layer : str or int
        The layer whose output is seeded, by name or position; the last one, unless told otherwise.

    Notes
    -----
    ``backward(target.cut(trace), target(trace), rule)`` is the map. For a target on the last layer, ``cut``
    is the whole trace.
    """

    label: str
    make: Callable[[Trace], Array]
    layer: str | int = -1

    def cut(self, trace: Trace) -> Trace:
        """The part of the trace that the seed is for."""
        return trace[: trace.index(self.layer) + 1]

    def __call__(self, trace: Trace) -> Array:
        """The seed: an array of the shape of ``cut(trace).output``."""
        return self.make(self.cut(trace))


def max_logit() -> Target:
    """The largest logit of each image, before the softmax."""
    return Target("max logit", lambda trace: _one_hot(_logits(trace), np.argmax(trace.output, axis=1)))


def logit(k: int) -> Target:
    """Logit k, before the softmax."""
    return Target(f"logit {k}", lambda trace: _one_hot(_logits(trace), np.full(len(trace.output), k)))


def random_logit(seed: int = 0) -> Target:
    """A logit drawn evenly for each image. The number of logits is part of the seed."""

    def make(trace: Trace) -> Array:
        n, count = _logits(trace).shape
        return _one_hot(trace.output, np.random.default_rng([seed, count]).integers(count, size=n))

    return Target(f"random logit (seed {seed})", make)


def cost(label: int | None = None) -> Target:
    """The authors' cost ``sum((softmax - onehot)^2)``, for a class or, by default, for the likeliest one.

    A net that is sure of itself has a saturated softmax, and then this seed is exactly zero.
    """

    def make(trace: Trace) -> Array:
        logits = _logits(trace)
        labels = logits.argmax(axis=1) if label is None else np.full(len(logits), _in_range(label, logits))
        return engine.squared_cost_vjp(np.ones(len(logits), logits.dtype), logits, labels)

    return Target("cost" if label is None else f"cost of class {label}", make)


def feature_map(layer: str | int, channel: int) -> Target:
    """The sum of one channel of a layer's output."""

    def make(trace: Trace) -> Array:
        seed = np.zeros_like(trace.output)
        seed[:, _in_range(channel, trace.output)] = 1
        return seed

    return Target(f"channel {channel} of {layer}", make, layer)


def neuron(layer: str | int, at: tuple[int, ...]) -> Target:
    """One entry of a layer's output: (channel, row, column), or (feature,) after the flattening."""

    def make(trace: Trace) -> Array:
        seed: Array = np.zeros_like(trace.output)
        shape = seed.shape[1:]
        if len(at) != len(shape) or not all(0 <= i < size for i, size in zip(at, shape, strict=True)):
            raise ShapeError(f"neuron {at} asked for in an output of shape {shape}")
        entry: Any = (slice(None), *at)
        seed[entry] = 1
        return seed

    return Target(f"neuron {at} of {layer}", make, layer)


def array(seed: Array, layer: str | int = -1) -> Target:
    """A seed of one's own, for a layer's output."""

    def make(trace: Trace) -> Array:
        if seed.shape[1:] != trace.output.shape[1:]:
            raise ShapeError(
                f"a seed of shape {seed.shape} does not fit an output of shape {trace.output.shape}"
            )
        return seed.astype(trace.output.dtype, copy=False)

    return Target("own seed", make, layer)


def several(targets: Sequence[Target]) -> Target:
    """Several targets on the same layer of one image: one forward pass, one batch of seeds.

    Raises
    ------
    ShapeError
        When called: the trace has more than one image, or the targets sit on different layers.
    """

    def make(trace: Trace) -> Array:
        if len(trace.output) != 1:
            raise ShapeError(f"several targets at once are for one image, got {len(trace.output)}")
        return np.concatenate([target.make(trace) for target in targets])

    if len({target.layer for target in targets}) != 1:
        raise ShapeError("several targets at once must sit on the same layer")
    return Target(", ".join(target.label for target in targets), make, targets[0].layer)


def parse(text: int | str | Array | Target, classes: Sequence[str] = ()) -> Target:
    """A target as people write it.

    Parameters
    ----------
    text : int, str, array or Target
        ``"max"``, ``"random"``, ``"cost"``, the index of a logit, the name of a class, or a seed.
    classes : sequence of str
        Names of the logits. A name stands for itself or for any of its comma-separated synonyms.

    Raises
    ------
    UnknownNameError
        No class has that name; the message gives the nearest.
    AmbiguousNameError
        Several have it; the message gives their indices.
    """
    if isinstance(text, Target):
        return text
    if isinstance(text, np.ndarray):
        return array(text)
    if isinstance(text, int | np.integer):
        return logit(int(text))
    named = {"max": max_logit, "random": random_logit, "cost": cost}
    if text in named:
        return named[text]()
    if re.fullmatch("-?[0-9]+", text):
        return logit(int(text))
    return logit(_class_index(text, classes))


def describe(target: Target, trace: Trace, classes: Sequence[str] = ()) -> str:
    """What was explained of the first image, in words: its class, and that class's probability."""
    seed = target(trace)
    if target.layer != -1 or np.count_nonzero(seed[0]) != 1:
        return target.label
    index = int(seed[0].argmax())
    name = f" {classes[index]}" if classes else ""
    probability = float(engine.softmax(trace.output)[0, index])
    return f"{target.label}: class {index}{name}, probability {probability:.3g}"


def _class_index(text: str, classes: Sequence[str]) -> int:
    found = [
        index
        for index, name in enumerate(classes)
        if text.lower() in (name.lower(), *(synonym.strip().lower() for synonym in name.split(",")))
    ]
    if len(found) > 1:
        candidates = ", ".join(f"{index} ({classes[index]})" for index in found)
        raise AmbiguousNameError(f"several classes are called {text!r}; choose by index: {candidates}")
    if not found:
        raise UnknownNameError("target", text, ["max", "random", "cost", *classes])
    return found[0]


def _logits(trace: Trace) -> Array:
    if trace.output.ndim != 2:
        raise ShapeError(
            f"logits are an output of 2 axes (n, k), got shape {trace.output.shape}; "
            "targets.feature_map and targets.neuron are for images"
        )
    return trace.output


def _one_hot(logits: Array, labels: Any) -> Array:
    seed: Array = np.zeros_like(logits)
    seed[np.arange(len(logits)), [_in_range(int(label), logits) for label in labels]] = 1
    return seed


def _in_range(index: int, output: Array) -> int:
    if not 0 <= index < output.shape[1]:
        raise ShapeError(f"index {index} asked for in an output of {output.shape[1]} channels or logits")
    return index
