"""The main job: one forward pass, and a map of it by every rule; and the output alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinycnn.errors import NonFiniteError, TinycnnError
from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.rules import Answer, AnyRule, Method, Question, Rule, Stack, get
from tinycnn.rules.lrp import within
from tinycnn.rules.method import Track, expect_rule, untracked
from tinycnn.rules.options import shown
from tinycnn.targets import Target, parse
from tinycnn.trace import Trace, forward, is_finite

DEFAULT_RULES = ("saliency", "deconvnet", "guided")

_HELD = 1 << 28
"""Bytes of signals that are sent back at once."""


def visualize(
    model: Model,
    x: Array,
    rules: str | AnyRule | Sequence[str | AnyRule] = DEFAULT_RULES,
    target: int | str | Array | Target = "max",
) -> dict[str, Array]:
    """Explain a model's decision by several rules.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
        Preprocessed images, ``model.preprocess(image)``.
    rules : str, Rule or Method, or a sequence of them
        Names as `tinycnn.rules.get` takes them, such as ``"guided"``, ``"lrp-epsilon(epsilon=0.1)"`` or
        ``"smoothgrad(guided, n=20)"``, or rules and methods of one's own.
    target : int, str, array or Target
        What to explain, as `tinycnn.targets.parse` takes it: a logit's index, a class's name, "max", ...

    Returns
    -------
    dict from rule name to (n, c, h, w)
        The signals that arrive at the input, under the names that were given. With `targets.several`, n is
        the number of targets. A class activation map is (n, 1, h, w).

    Raises
    ------
    ShapeError, NonFiniteError, MissingRowError, UnknownNameError
        As `forward`, `backward`, `rules.get` and `targets.parse` raise them.
    TinycnnError
        Two rules have one name; or what was given is no model, or no rule.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> maps = tc.visualize(model, x, ["guided", "grad-cam"], target=3)
    >>> {name: map.shape for name, map in maps.items()}
    {'guided': (1, 1, 28, 28), 'grad-cam': (1, 1, 28, 28)}
    """
    return {name: found.map for name, found in explain(model, x, rules, target).items()}


def explain(
    model: Model,
    x: Array,
    rules: str | AnyRule | Sequence[str | AnyRule] = DEFAULT_RULES,
    target: int | str | Array | Target = "max",
    track: Track = untracked,
) -> dict[str, Answer]:
    """The same as `visualize`, with what must be said of each map: where it is from, how exact it is.

    Averages around a rule hand their loops to `track`, which may show how far they are.
    """
    _expect_model(model)
    chosen = _chosen(rules)
    question = Question(model, x, parse(target, model.classes), partial(_maps, model), track)
    tables = [rule for rule in chosen if isinstance(rule, Rule)]
    maps = question.engine(x, tables, question.target) if tables else {}
    return {
        rule.name: Answer(maps[rule.name]) if isinstance(rule, Rule) else _answered(rule, question)
        for rule in chosen
    }


def _expect_model(model: Model) -> None:
    if not isinstance(model, Model):
        raise TinycnnError(
            f"expected a tinycnn.Model, got {shown(model)}; tinycnn.from_torch(module, example) makes one of "
            "a PyTorch module, tinycnn.load_model(path) of a file"
        )


def _chosen(rules: Any) -> list[AnyRule]:
    """The rules that were asked for, each name once."""
    listed = [rules] if isinstance(rules, str) or not isinstance(rules, Iterable) else list(rules)
    known = {rule: get(rule) for rule in dict.fromkeys(rule for rule in listed if isinstance(rule, str))}
    found: dict[str, AnyRule] = {}
    for given in listed:
        rule = known[given] if isinstance(given, str) else expect_rule(given)
        if found.setdefault(rule.name, rule) is not rule:
            raise TinycnnError(
                f"two rules are called {rule.name!r}, and maps go by name; "
                "rename one with dataclasses.replace(rule, name=...)"
            )
    return list(found.values())


def _answered(method: Method, question: Question) -> Answer:
    answer = method.answer(question)
    if not isinstance(answer, Answer):
        raise TinycnnError(f"method {method.name!r} returns {shown(answer)}, expected an Answer(map, note)")
    if not is_finite(answer.map):
        raise NonFiniteError(f"method {method.name!r}: its map has NaN or infinite entries")
    return answer


def _maps(model: Model, x: Array, rules: Sequence[Rule], target: Target) -> dict[str, Array]:
    """The maps of some tables, by the fast path for those that it can follow."""
    plain = [rule for rule in rules if rule.is_plain and not rule.times_value]
    found = None
    if plain and not engine.PLAIN:
        from tinycnn import fused  # what is compiled takes a while to import

        found = fused.maps(model.layers, x, plain, target)
        if not all(map(is_finite, (found or {}).values())):
            found = None  # layer by layer, it is seen which row is to blame
    rest = rules if found is None else [rule for rule in rules if rule.name not in found]
    if not rest:
        return found or {}
    bounded = [within(rule, *model.preprocess.bounds) for rule in rest]
    return (found or {}) | maps_of(forward(model, x), bounded, target)


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

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> tc.predict(model, np.zeros((5, 1, 28, 28), np.float32)).shape
    (5, 10)
    """
    _expect_model(model)
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
    found: dict[str, Array] = {}
    for times_value in {rule.times_value for rule in rules}:
        alike = [rule for rule in rules if rule.times_value == times_value]
        found |= _alike(trace, alike, target.seed(trace, times_value), target)
    return {rule.name: found[rule.name] for rule in rules}


def _alike(trace: Trace, rules: Sequence[Rule], seed: Array, target: Target) -> dict[str, Array]:
    """Maps of rules that start from the same seed."""
    cut = target.cut(trace)
    together = _seeds_at_once(cut, len(rules)) if len(trace.input) == 1 else max(1, len(seed))
    stack = Stack(rules)
    parts = [stack.maps(cut, seed[i : i + together]) for i in range(0, max(1, len(seed)), together)]
    maps = np.concatenate(parts, axis=1)
    return {rule.name: signal for rule, signal in zip(rules, maps, strict=True)}


def _seeds_at_once(trace: Trace, rules: int) -> int:
    """How many seeds fit into memory: at the widest layer, a signal for each rule before and after it."""
    widest = max((step.output.nbytes for step in trace), default=1)
    return max(1, _HELD // (2 * rules * widest))
