"""Arrays and layers as code to paste, so that a counterexample can be tried at once."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

import tinycnn
from tinycnn.layers import Branches, Layer
from tinycnn.ops.types import Array
from tinycnn.testing.files import import_line


def array_code(array: Array) -> str:
    """An array as an expression; whole numbers are written without a point."""
    numbers = _numbers(array.tolist())
    kind = "" if array.dtype == np.float64 else f", np.{array.dtype}"
    if array.size == 0:
        return f"np.zeros({array.shape}{kind})"
    if array.dtype == np.float64 and "." not in numbers and "e" not in numbers and "n" not in numbers:
        return f"np.array({numbers}, float)"
    return f"np.array({numbers}{kind})"


def layers_code(layers: Sequence[Layer]) -> tuple[list[str], str]:
    """Layers as an expression, after the statements that name those that are used more than once."""
    uses = Counter(map(id, _every(layers)))
    names: dict[int, str] = {}
    statements = []
    for layer in _every(layers):
        if uses[id(layer)] > 1 and id(layer) not in names:
            name = f"shared_{type(layer).__name__.lower()}{len(names) or ''}"
            statements.append(f"{name} = {_layer_code(layer, names)}")
            names[id(layer)] = name
    return statements, _chain_code(layers, names)


def import_lines(layers: Sequence[Layer]) -> list[str]:
    """Statements that import the types that the code of `layers` mentions, wherever they are defined."""
    found = {type(layer) for layer in _every(layers)}
    found |= {type(layer.merge) for layer in _every(layers) if isinstance(layer, Branches)}
    names = sorted(kind.__name__ for kind in found if getattr(tinycnn, kind.__name__, None) is kind)
    others = sorted(
        (kind for kind in found if kind.__name__ not in names),
        key=lambda kind: (kind.__module__, kind.__name__),
    )
    ours = [f"from tinycnn import {', '.join(names)}"] if names else []
    return [*ours, *map(_import_of, others)]


def _import_of(kind: type[Layer]) -> str:
    if kind.__qualname__ != kind.__name__:
        return f"# {kind.__name__} is {kind.__qualname__} of {kind.__module__}, which cannot be imported"
    return import_line(kind.__module__, kind.__name__)


def _every(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        if isinstance(layer, Branches):
            for branch in layer.branches:
                yield from _every(branch)


def _chain_code(layers: Sequence[Layer], names: dict[int, str]) -> str:
    parts = [_layer_code(layer, names) for layer in layers]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _layer_code(layer: Layer, names: dict[int, str]) -> str:
    if id(layer) in names:
        return names[id(layer)]
    arguments = []
    for entry in dataclasses.fields(layer):
        value = getattr(layer, entry.name)
        required = entry.default is dataclasses.MISSING
        if not required and (value is entry.default or (not _is_array(value) and value == entry.default)):
            continue
        text = _value_code(value, names)
        arguments.append(text if required else f"{entry.name}={text}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def _value_code(value: object, names: dict[int, str]) -> str:
    if isinstance(value, np.ndarray):
        return array_code(value)
    if isinstance(value, Layer):
        return _layer_code(value, names)
    if isinstance(value, tuple) and any(isinstance(part, tuple | Layer) for part in value):
        inner = [_chain_code(part, names) if _is_chain(part) else _value_code(part, names) for part in value]
        return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
    return repr(value)


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray)


def _is_chain(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, Layer) for part in value)


def _numbers(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_numbers, value))}]"
    if isinstance(value, float) and not np.isfinite(value):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[str(value)]
    if isinstance(value, float) and value == int(value) and abs(value) < 1e6:
        return str(int(value)) if value or np.copysign(1, value) > 0 else "-0.0"
    return repr(value)
