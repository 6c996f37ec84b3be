"""What a model wants of a weight file: its parameters, by layer and by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from tinycnn.layers import Dense, flat
from tinycnn.model import Model
from tinycnn.ops.types import Array


def parameters(model: Model) -> Iterator[tuple[str, str, Array]]:
    """Layer, parameter and array, each layer once."""
    layers = {layer.name: layer for layer in flat(model.layers)}
    for name, layer in layers.items():
        for key, array in layer.parameters():
            yield name, key, array


def named(model: Model) -> list[tuple[str, str]]:
    """Layers and the keys of their parameters."""
    return [(layer, key) for layer, key, _ in parameters(model)]


def shapes(model: Model) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter, ``"<layer>.<key>"``."""
    return {f"{layer}.{key}": array.shape for layer, key, array in parameters(model)}


def by_layer(model: Model) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of each layer's parameters, by key."""
    layers: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, key, array in parameters(model):
        layers.setdefault(layer, {})[key] = array.shape
    return layers


def untouched(model: Model, places: Collection[str] | Mapping[str, str]) -> tuple[str, ...]:
    """Layers that nothing is loaded for."""
    touched = {name.rpartition(".")[0] for name in places}
    return tuple(dict.fromkeys(layer for layer, _ in named(model) if layer not in touched))


def head(model: Model) -> tuple[str, ...]:
    """The layers that decide: the dense ones, or the last one that has parameters."""
    dense = tuple(layer.name for layer in flat(model.layers) if isinstance(layer, Dense))
    return dense or tuple(layer for layer, _ in named(model)[-1:])


def some(names: Collection[str], most: int = 1) -> str:
    """The first of some names, and how many more there are."""
    shown = ", ".join(repr(name) for name in list(names)[:most])
    more = len(names) - most
    return shown + (f" and {more} more arrays" if more > 0 else "")
