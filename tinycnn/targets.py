"""What to explain: a target turns a trace into the seed of its backward pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinycnn.errors import AmbiguousNameError, NonFiniteError, ShapeError, TinycnnError, UnknownNameError
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules import grammar
from tinycnn.rules.options import named, shown, whole
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
    value : function from trace to (n,), optional
        The number that is explained, for each seed. By default the target is linear, and its value the inner
        product of seed and output.
    single : function from trace to list of Target, optional
        The target of each seed by itself, which no longer depends on the image: what "the largest logit" of
        this image is. By default the target itself.
    times_value : bool or None
        Whether the seed is multiplied by the output that it is for; None leaves it to the rule.

    Notes
    -----
    ``backward(target.cut(trace), target(trace), rule)`` is the map. For a target on the last layer, ``cut``
    is the whole trace.
    """

    label: str
    make: Callable[[Trace], Array]
    layer: str | int = -1
    value: Callable[[Trace], Array] | None = None
    single: Callable[[Trace], list[Target]] | None = None
    times_value: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer", named(self.layer))

    def cut(self, trace: Trace) -> Trace:
        """The part of the trace that the seed is for."""
        return trace[: trace.index(self.layer) + 1]

    def __call__(self, trace: Trace) -> Array:
        """The seed: an array of the shape of ``cut(trace).output``."""
        return self.seed(trace)

    def seed(self, trace: Trace, times_value: bool = False) -> Array:
        """The seed for a rule that wants it times the output, or does not, unless the target says which."""
        cut = self.cut(trace)
        made = self.make(cut)
        chosen = times_value if self.times_value is None else self.times_value
        return made * cut.output if chosen else made

    def values(self, trace: Trace) -> Array:
        """The numbers that are explained, one for each seed."""
        cut = self.cut(trace)
        if self.value is not None:
            return self.value(cut)
        products = self.make(cut) * cut.output
        return np.sum(products, axis=tuple(range(1, products.ndim)))

    def each(self, trace: Trace) -> list[Target]:
        """The target of each seed by itself, for images like the one that the seed is for."""
        cut = self.cut(trace)
        return [self] * len(cut.output) if self.single is None else self.single(cut)


def _logit_each(label: str, choose: Callable[[Array], Array]) -> Target:
    """A logit of each image, chosen from its logits."""

    def labels(trace: Trace) -> Array:
        return choose(_logits(trace))

    return Target(
        label,
        lambda trace: _one_hot(trace.output, labels(trace)),
        single=lambda trace: [logit(int(k)) for k in labels(trace)],
    )


def max_logit() -> Target:
    """The largest logit of each image, before the softmax."""
    return _logit_each("max logit", lambda logits: np.argmax(logits, axis=1))


def logit(k: int) -> Target:
    """Logit k, before the softmax."""
    k = _index("logit", k)
    return Target(f"logit {k}", lambda trace: _one_hot(_logits(trace), np.full(len(trace.output), k)))


def random_logit(seed: int = 0) -> Target:
    """A logit drawn evenly for each image. The number of logits is part of the seed."""
    seed = whole("seed", seed, 0)

    def drawn(logits: Array) -> Array:
        n, count = logits.shape
        return np.asarray(np.random.default_rng([seed, count]).integers(count, size=n))

    return _logit_each(f"random logit (seed {seed})", drawn)


def cost(label: int | None = None) -> Target:
    """The authors' cost ``sum((softmax - onehot)^2)``, for a class or, by default, for the likeliest one.

    A net that is sure of itself has a saturated softmax, and then this seed is exactly zero.
    """
    label = None if label is None else _index("label", label)

    def labels(trace: Trace) -> Array:
        logits = _logits(trace)
        return logits.argmax(axis=1) if label is None else np.full(len(logits), _in_range(label, logits))

    def make(trace: Trace) -> Array:
        logits = _logits(trace)
        return engine.squared_cost_vjp(np.ones(len(logits), logits.dtype), logits, labels(trace))

    return Target(
        "cost" if label is None else f"cost of class {label}",
        make,
        value=lambda trace: engine.squared_cost(_logits(trace), labels(trace)),
        single=lambda trace: [cost(int(k)) for k in labels(trace)],
    )


def probability(k: int) -> Target:
    """The probability of class k, ``p_k``: its gradient is ``p_k (e_k - p)`` on the logits.

    A net that is sure of itself has almost none.
    """
    k = _index("class", k)

    def make(trace: Trace) -> Array:
        p = engine.softmax(_logits(trace))
        chosen = _one_hot(p, np.full(len(p), k))
        return p[:, k : k + 1] * (chosen - p)

    return Target(f"probability of {k}", make, value=lambda trace: engine.softmax(_logits(trace))[:, k])


def log_probability(k: int) -> Target:
    """The logarithm of the probability of class k: its gradient is ``e_k - p`` on the logits.

    Nothing that is added to all logits alike changes it.
    """
    k = _index("class", k)

    def make(trace: Trace) -> Array:
        p = engine.softmax(_logits(trace))
        return _one_hot(p, np.full(len(p), k)) - p

    def value(trace: Trace) -> Array:
        logits = _logits(trace)
        return -engine.cross_entropy(logits, np.full(len(logits), k))

    return Target(f"log probability of {k}", make, value=value)


def difference(k: int, other: int) -> Target:
    """What speaks for class k and against another, ``f_k - f_other``."""
    k, other = _index("class", k), _index("class", other)

    def make(trace: Trace) -> Array:
        logits = _logits(trace)
        return _one_hot(logits, [k] * len(logits)) - _one_hot(logits, [other] * len(logits))

    return Target(f"logit {k} - logit {other}", make)


def total(classes: Sequence[int]) -> Target:
    """The sum of the logits of some classes, such as those of all cats. A class given twice counts twice."""
    listed = list(classes) if isinstance(classes, Iterable) else [classes]
    chosen = [_index("class", k) for k in listed]
    if not chosen:
        raise TinycnnError("a sum of logits needs at least one class")

    def make(trace: Trace) -> Array:
        seed = np.zeros_like(_logits(trace))
        for k in chosen:
            seed[:, _in_range(k, seed)] += 1
        return seed

    return Target(f"sum of logits {', '.join(map(str, chosen))}", make)


def times_value(target: Target, times: bool = True) -> Target:
    """The same target with its seed multiplied by the output, or not, whatever a rule is used to.

    Relevance rules start from the value that they share out unless they are told otherwise, all others from
    the seed as it is.
    """
    _expect_targets(target)
    return replace(target, times_value=times)


def feature_map(layer: str | int, channel: int) -> Target:
    """The sum of one channel of a layer's output."""
    channel = _index("channel", channel)

    def make(trace: Trace) -> Array:
        seed = np.zeros_like(trace.output)
        seed[:, _in_range(channel, trace.output)] = 1
        return seed

    return Target(f"channel {channel} of {layer}", make, layer)


def neuron(layer: str | int, at: tuple[int, ...]) -> Target:
    """One entry of a layer's output: (channel, row, column), or (feature,) after the flattening."""
    at = tuple(_index("position", i) for i in (at if isinstance(at, Iterable) else (at,)))

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
    """A seed of one's own, for a layer's output.

    Raises
    ------
    ShapeError
        It is no array of real numbers; or, when called, does not fit the output.
    NonFiniteError
        When called: it has a NaN or an infinity, or what becomes one in the output's precision.
    """
    seed = np.asarray(seed)
    if seed.dtype.kind not in "fiub":
        raise ShapeError(f"a seed is an array of real numbers, got {seed.dtype} {seed.shape}")

    def make(trace: Trace) -> Array:
        if seed.shape[1:] != trace.output.shape[1:]:
            raise ShapeError(
                f"a seed of shape {seed.shape} does not fit an output of shape {trace.output.shape}"
            )
        with np.errstate(over="ignore"):
            fitting = seed.astype(trace.output.dtype, copy=False)
        if not np.isfinite(fitting).all():
            count = np.count_nonzero(~np.isfinite(fitting))
            raise NonFiniteError(f"the seed has {count} NaN or infinite entries as {fitting.dtype}")
        return fitting

    def single(trace: Trace) -> list[Target]:
        return [_everywhere(one, layer) for one in seed]

    return Target("own seed", make, layer, single=single, times_value=False)


def _everywhere(seed: Array, layer: str | int) -> Target:
    """One image's seed, for any number of images."""

    def make(trace: Trace) -> Array:
        return np.broadcast_to(seed, trace.output.shape).astype(trace.output.dtype)

    return Target("own seed", make, layer, times_value=False)


def several(targets: Sequence[Target]) -> Target:
    """Several targets on the same layer of one image: one forward pass, one batch of seeds.

    Raises
    ------
    ShapeError
        The targets sit on different layers; or, when called, the trace has more than one image.
    """
    targets = _expect_targets(*targets) if isinstance(targets, Iterable) else _expect_targets(targets)

    def make(trace: Trace) -> Array:
        if len(trace.output) != 1:
            raise ShapeError(f"several targets at once are for one image, got {len(trace.output)}")
        return np.concatenate([target.make(trace) for target in targets])

    if len({target.layer for target in targets}) != 1:
        raise ShapeError("several targets at once must sit on the same layer")
    if len({target.times_value for target in targets}) != 1:
        raise ShapeError("several targets at once must all be multiplied by their value, or none")
    return Target(
        ", ".join(target.label for target in targets),
        make,
        targets[0].layer,
        value=lambda trace: np.concatenate([replace(target, layer=-1).values(trace) for target in targets]),
        single=lambda trace: [one for target in targets for one in target.each(trace)],
        times_value=targets[0].times_value,
    )


def parse(text: int | str | Array | Target, classes: Sequence[str] = ()) -> Target:
    """A target as people write it.

    Parameters
    ----------
    text : int, str, array or Target
        ``"max"``, ``"random"``, ``"cost"``, the index of a logit, the name of a class, or a seed; or one of
        ``"probability(281)"``, ``"log-probability(tabby)"``, ``"difference(281, 282)"``, ``"sum(281, 282)"``
        and ``"times-value(max)"``, with classes by index or name.
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
    if isinstance(text, int | np.integer) and not isinstance(text, bool):
        return logit(int(text))
    if not isinstance(text, str):
        raise TinycnnError(f"a target is a name, an index, a class or a seed, got {str(text)[:60]!r}")
    text, known = text.strip(), {"max": max_logit, "random": random_logit, "cost": cost}
    if text in known:
        return known[text]()
    name, bracket, _ = text.partition("(")
    if bracket and name in _OF_CLASSES:
        return _of_classes(text, classes)
    return logit(_class_index(text, classes))


_OF_CLASSES: Mapping[str, tuple[int | None, Callable[..., Target]]] = {
    "probability": (1, probability),
    "log-probability": (1, log_probability),
    "difference": (2, difference),
    "sum": (None, lambda *classes: total(classes)),
    "times-value": (1, times_value),
}
"""Targets that are written with classes in brackets: of how many, and what makes them."""


def _of_classes(text: str, classes: Sequence[str]) -> Target:
    call = grammar.read(text)
    count, make = _OF_CLASSES[call.name]
    if call.named or not call.positional or count not in (None, len(call.positional)):
        raise TinycnnError(
            f"a target is written {call.name}({', '.join(('281', '282')[:count])}), got {text!r}"
        )
    if make is times_value:
        return times_value(parse(call.positional[0], classes))
    return make(*(_class_index(one, classes) for one in call.positional))


def describe(target: Target, trace: Trace, classes: Sequence[str] = ()) -> str:
    """What was explained of the first image, in words: its class, and that class's probability."""
    seed = target(trace)
    if target.layer != -1 or np.count_nonzero(seed[0]) != 1:
        return target.label
    index = int(seed[0].argmax())
    name = f" {classes[index]}" if classes and classes[index] != str(index) else ""
    probability = float(engine.softmax(trace.output)[0, index])
    return f"{target.label}: class {index}{name}, probability {probability:.3g}"


def _class_index(text: str, classes: Sequence[str]) -> int:
    if re.fullmatch("-?[0-9]{1,18}", text):
        return int(text)
    found = [
        index
        for index, name in enumerate(classes)
        if text.lower() in (name.lower(), *(synonym.strip().lower() for synonym in name.split(",")))
    ]
    if len(found) > 1:
        candidates = ", ".join(f"{index} ({classes[index]})" for index in found)
        raise AmbiguousNameError(f"several classes are called {text!r}; choose by index: {candidates}")
    if not found:
        raise UnknownNameError("target", text, ["max", "random", "cost", *_OF_CLASSES, *classes])
    return found[0]


def _expect_targets(*given: Target) -> tuple[Target, ...]:
    for target in given:
        if not isinstance(target, Target):
            raise TinycnnError(f"expected a Target, such as tinycnn.targets.logit(3), got {shown(target)}")
    if not given:
        raise TinycnnError("expected at least one Target, such as tinycnn.targets.logit(3)")
    return given


def _index(what: str, value: Any) -> int:
    return whole(f"the index of a {what}", value)


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
