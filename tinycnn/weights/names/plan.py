"""Finding each parameter of a model in a weight file, before any array is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinycnn.errors import UnknownNameError, WeightFileError
from tinycnn.layers import Dense, flat
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.preprocess import Preprocess
from tinycnn.weights import WeightFile
from tinycnn.weights.names.families import FAMILIES, Family
from tinycnn.weights.names.layout import LAYOUTS, Layout, flattened


@dataclass(frozen=True)
class Plan:
    """Which array of a file becomes which parameter of a model, and how.

    Parameters
    ----------
    file : WeightFile
    places : mapping
        From our names to theirs.
    layout : Layout
    matched : str
        How the names were matched, for captions.
    missing : tuple of str
        Layers that the file has nothing for.
    preprocess : Preprocess, optional
        What the file's family expects.
    """

    file: WeightFile
    places: Mapping[str, str]
    layout: Layout
    matched: str
    missing: tuple[str, ...] = ()
    preprocess: Preprocess | None = None

    def carry_out(self, model: Model) -> Model:
        """The model with the weights in the file."""
        features = flattened(model.layers)
        arrays = {
            ours: self.layout.ours(self.file[theirs], features.get(ours))
            for ours, theirs in self.places.items()
        }
        source = f"{Path(self.file.path).name} ({self.matched})"
        if self.missing:
            source += f"; {', '.join(self.missing)}: {model.weights}"
        if self.preprocess is not None:
            model = dataclasses.replace(model, preprocess=self.preprocess.at(model.preprocess.size))
        return model.with_weights(arrays, source)


def plan(model: Model, file: WeightFile, mapping: Mapping[str, str] | None = None) -> Plan:
    """Find each parameter of a model in a weight file.

    Parameters
    ----------
    model : Model
    file : WeightFile
        Of its arrays only names and shapes are looked at.
    mapping : mapping, optional
        From the names in the file to the model's.

    Returns
    -------
    Plan
        By the mapping if there is one; else by our own names; else by those of a family; else by order and
        shape.

    Raises
    ------
    WeightFileError
        The file does not fit the model; names the parameter and both shapes.
    UnknownNameError
        The mapping speaks of a parameter or an array that does not exist.
    """
    if mapping is not None:
        return _by_mapping(model, file, mapping)
    if all(name in file for name in _shapes(model)):
        return _by_our_names(model, file)
    found = max(_candidates(model, file), key=lambda candidate: candidate[0], default=None)
    return _by_order(model, file) if found is None else _by_family(model, file, *found[1:])


def _by_mapping(model: Model, file: WeightFile, mapping: Mapping[str, str]) -> Plan:
    shapes = _shapes(model)
    for theirs, ours in mapping.items():
        if theirs not in file:
            raise UnknownNameError(f"array of {file.path}", theirs, file)
        if ours not in shapes:
            raise UnknownNameError("parameter", ours, shapes)
    places = {ours: theirs for theirs, ours in mapping.items()}
    layout = _fitting_layout(model, file, places)
    return Plan(file, places, layout, "matched by a mapping", _untouched(model, places))


def _by_our_names(model: Model, file: WeightFile) -> Plan:
    places = {name: name for name in _shapes(model)}
    return Plan(file, places, _fitting_layout(model, file, places), "named as here")


def _candidates(model: Model, file: WeightFile) -> Iterator[tuple[int, Family, str]]:
    """Families that have the model's first weight: how many parameters they find, behind which prefix."""
    for family in FAMILIES:
        if model.name not in family.layers:
            continue
        wanted = [family.theirs(model.name, *name) for name in _named(model)]
        for name in sorted(file, key=len, reverse=True):
            prefix, first, rest = name.rpartition(wanted[0])
            if first and not rest and prefix[-1:] in ("", "/", "."):
                yield sum(prefix + other in file for other in wanted), family, prefix


def _by_family(model: Model, file: WeightFile, family: Family, prefix: str) -> Plan:
    wanted = {".".join(name): prefix + family.theirs(model.name, *name) for name in _named(model)}
    places = {ours: theirs for ours, theirs in wanted.items() if theirs in file}
    missing = _untouched(model, places)
    absent = next((ours for ours in wanted if ours not in places), None)
    if absent is not None and missing != _dense(model):
        raise WeightFileError(
            file.path, file.format, f"{model.name} needs {absent}, which it should call {wanted[absent]!r}"
        )
    used = {*places.values(), *(prefix + name for name in family.known(model.name))}
    spare = [name for name in file if name not in used and not any(part in name for part in family.idle)]
    if spare:
        raise WeightFileError(
            file.path, file.format, f"{model.name} has no place for {_some(spare)}; is it of another model?"
        )
    _check_shapes(model, file, places, family.layout)
    return Plan(file, places, family.layout, f"named as by {family.name}", missing, family.preprocess)


def _by_order(model: Model, file: WeightFile) -> Plan:
    """Weights, then vectors, in the order of the file; layers whose kind of weight it lacks are left out."""
    arrays = [name for name, stored in file.index.items() if stored.shape and "float" in stored.kind.name]
    shapes = _shapes(model)
    sides = {len(file.index[name].shape) for name in arrays}
    weights = [layer for layer, key in _named(model) if key == "weight"]
    covered = {layer for layer in weights if len(shapes[f"{layer}.weight"]) in sides}
    places: dict[str, str] = {}
    for count in (4, 2, 1):
        ours = [name for name in shapes if len(shapes[name]) == count and name.rpartition(".")[0] in covered]
        theirs = [name for name in arrays if len(file.index[name].shape) == count]
        if len(ours) != len(theirs):
            kind = {4: "kernels", 2: "dense weights", 1: "vectors"}[count]
            raise WeightFileError(
                file.path,
                file.format,
                f"its names are unknown, and it has {len(theirs)} {kind} where {model.name} has {len(ours)}; "
                "give a mapping of names",
            )
        places.update(zip(ours, theirs, strict=True))
    layout = _fitting_layout(model, file, places)
    return Plan(file, places, layout, "names unknown, matched by order and shape", _untouched(model, places))


def _fitting_layout(model: Model, file: WeightFile, places: Mapping[str, str]) -> Layout:
    """The first of the layouts in which most shapes fit; they must all fit."""
    shapes = _shapes(model)

    def fits(layout: Layout) -> int:
        return sum(layout.shape(shapes[ours]) == file.index[theirs].shape for ours, theirs in places.items())

    best = max(LAYOUTS, key=fits)
    _check_shapes(model, file, places, best)
    return best


def _check_shapes(model: Model, file: WeightFile, places: Mapping[str, str], layout: Layout) -> None:
    shapes = _shapes(model)
    for ours, theirs in places.items():
        found, expected = file.index[theirs].shape, layout.shape(shapes[ours])
        if found != expected:
            raise WeightFileError(
                file.path,
                file.format,
                f"{theirs} has shape {found}, expected {expected} for {ours} of {model.name}",
            )


def _parameters(model: Model) -> Iterator[tuple[str, str, Array]]:
    """Layer, parameter and array, each layer once."""
    layers = {layer.name: layer for layer in flat(model.layers)}
    for name, layer in layers.items():
        for key, array in layer.parameters():
            yield name, key, array


def _named(model: Model) -> list[tuple[str, str]]:
    return [(layer, key) for layer, key, _ in _parameters(model)]


def _shapes(model: Model) -> dict[str, tuple[int, ...]]:
    return {f"{layer}.{key}": array.shape for layer, key, array in _parameters(model)}


def _untouched(model: Model, places: Mapping[str, str]) -> tuple[str, ...]:
    """Layers that nothing is loaded for."""
    touched = {name.rpartition(".")[0] for name in places}
    return tuple(dict.fromkeys(layer for layer, _ in _named(model) if layer not in touched))


def _dense(model: Model) -> tuple[str, ...]:
    return tuple(layer.name for layer in flat(model.layers) if isinstance(layer, Dense))


def _some(names: Sequence[str]) -> str:
    more = len(names) - 1
    return f"{names[0]!r}" + (f" and {more} more arrays" if more else "")
