"""The fast path: maps and logits of a net, without the signals in between that nobody asked for.

The trunk of a net, its convolutions with all that lies between them, runs as a chain of nodes that keep a
byte per entry instead of every step; what follows the trunk, dense layers mostly, takes the general path.
Nothing here knows a rule by name: what a rule does at an activation is read off its table, and where a table,
a layer or a target does not fit, `maps` declines.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.files import submodule
from tinycnn.fused.build import nodes
from tinycnn.fused.gates import gate
from tinycnn.fused.node import Node, backward, forward
from tinycnn.layers import Branches, Layer, flat
from tinycnn.ops.kernels.planes.gate import Gates
from tinycnn.ops.types import Array
from tinycnn.rules import Rule, Stack
from tinycnn.targets import Target
from tinycnn.trace import Trace, run

_HELD = 1 << 26
"""Bytes of signals that are sent back at once: more would leave the last-level cache far behind."""


def maps(layers: Sequence[Layer], x: Array, rules: Sequence[Rule], target: Target) -> dict[str, Array] | None:
    """The maps of some rules, or None if the net, a rule or the target asks for the general path.

    Parameters
    ----------
    layers : sequence of Layer
    x : (n, c, h, w)
    rules : sequence of Rule
    target : Target

    Returns
    -------
    dict from rule name to (n, c, h, w), or None
    """
    trunk, end = _trunk(layers, np.asarray(x))
    kinds = {type(layer) for layer in flat(layers[:end])} | _merges(layers[:end])
    gates = [found for found in (gate(rule, kinds) for rule in rules) if found is not None]
    if not trunk or not gates or len(gates) < len(rules) or not _is_after(target, layers, end):
        return None
    found = _forward(trunk, layers[end:], x, keep=True)
    if found is None:
        return None
    trace, saved = found
    back = _backward(trunk, saved, Stack(rules).maps(target.cut(trace), target(trace)), gates)
    return {rule.name: found for rule, found in zip(rules, back, strict=True)}


def logits(layers: Sequence[Layer], x: Array) -> Array | None:
    """The output of the last layer, or None if the net asks for the general path."""
    trunk, end = _trunk(layers, np.asarray(x))
    found = _forward(trunk, layers[end:], x, keep=False) if trunk and end < len(layers) else None
    return None if found is None else found[0].output


def _trunk(layers: Sequence[Layer], x: Array) -> tuple[list[Node], int]:
    """Nodes, and the number of layers that they stand for; none if the images are not for them."""
    fit = x.ndim == 4 and len(x) > 0 and x.dtype == np.float32 and np.isfinite(x).all()
    chain, end = nodes(layers, x.shape[1:]) if fit else ([], 0)
    alike = all(value.dtype == x.dtype for layer in flat(layers[:end]) for _, value in layer.parameters())
    return (chain, end) if alike else ([], 0)


def _forward(trunk: Sequence[Node], rest: Sequence[Layer], x: Array, keep: bool) -> tuple[Trace, Any] | None:
    features, saved = forward(trunk, x, keep)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # an error, below
            return run(rest, features), saved
    except TinycnnError:  # the general path says in which layer of the whole net
        return None


def _backward(
    trunk: Sequence[Node], saved: Any, signal: Array, gates: Sequence[tuple[bool, np.float32]]
) -> Array:
    """Signals (rules, seeds, k, h, w) at the trunk's output to (rules, seeds, c, h, w) at its input."""
    rules, seeds = signal.shape[:2]
    together = max(1, _HELD // (2 * rules * signal.itemsize * max(node.widest for node in trunk)))
    maps = []
    for first in range(0, seeds, together):
        part = signal[:, first : first + together]
        every = Gates(*(np.repeat(np.array(values), part.shape[1]) for values in zip(*gates, strict=True)))
        own = _images(saved, slice(first, first + together))
        back = backward(trunk, part.reshape(-1, *part.shape[2:]), own, every)
        maps.append(back.reshape(*part.shape[:2], *back.shape[1:]))
    return np.concatenate(maps, axis=1)


def _merges(layers: Sequence[Layer]) -> set[type[Layer]]:
    """How branches come together; rules have rows for that, too."""
    forks = [layer for layer in layers if isinstance(layer, Branches)]
    inside = (_merges(branch) for fork in forks for branch in fork.branches)
    return {type(fork.merge) for fork in forks}.union(*inside)


def _images(saved: Any, part: slice) -> Any:
    """What nodes kept of some of the images; of a single image, always that one."""
    if isinstance(saved, tuple):
        return tuple(_images(own, part) for own in saved)
    return saved if saved is None or len(saved) == 1 else saved[part]


def _is_after(target: Target, layers: Sequence[Layer], end: int) -> bool:
    """Whether there are layers from `end` on, and the target is the last of them or calls one by its name."""
    names = [layer.name for layer in layers]
    named = target.layer in names and names.index(str(target.layer)) >= end
    return end < len(layers) and (target.layer == -1 or named)


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
