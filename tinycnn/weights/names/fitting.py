"""In which layouts the arrays of a file fit a model: there must be one way only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tinycnn.errors import WeightFileError
from tinycnn.model import Model
from tinycnn.weights import WeightFile
from tinycnn.weights.names.layout import LAYOUTS, Features, Layout, flattened
from tinycnn.weights.names.wanted import shapes

Places = Mapping[str, str]
"""From our names to those of a file."""

Way = tuple[Places, Layout]
"""Which array becomes which parameter, and how it is laid out."""


def only_way(model: Model, file: WeightFile, ways: Iterable[Places], layouts: Iterable[Layout]) -> Way:
    """The only one of several ways in which the shapes of a file fit a model.

    Ways that give the same parameters count as one: arrays that they treat differently are read and compared.

    Raises
    ------
    WeightFileError
        None fits: the message has the parameter and both shapes of the nearest. Or more than one does.
    """
    tried = [(places, layout) for places in ways for layout in layouts]
    found = [way for way in tried if not misfits(model, file, *way)]
    if not found:
        refuse_misfits(model, file, *max(tried, key=lambda way: -len(misfits(model, file, *way))))
    features = flattened(model)
    for other in found[1:]:
        name = next((n for n in other[0] if _differs(file, n, found[0], other, features.get(n))), None)
        if name is not None:
            raise WeightFileError(file.path, file.format, _ambiguous(model, name, found[0], other))
    return found[0]


def misfits(model: Model, file: WeightFile, places: Places, layout: Layout) -> list[str]:
    """Our names of the parameters whose arrays in a file have other shapes."""
    wanted = shapes(model)
    return [ours for ours, theirs in places.items() if file.index[theirs].shape != layout.shape(wanted[ours])]


def refuse_misfits(model: Model, file: WeightFile, places: Places, layout: Layout, hint: str = "") -> None:
    """Raise if a shape does not fit; names the parameter and both shapes."""
    for ours in misfits(model, file, places, layout):
        found, expected = file.index[places[ours]].shape, layout.shape(shapes(model)[ours])
        raise WeightFileError(
            file.path,
            file.format,
            f"{places[ours]} has shape {found}, expected {expected} for {ours} of {model.name}{hint}",
        )


def _differs(file: WeightFile, name: str, one: Way, two: Way, features: Features | None) -> bool:
    """Whether two ways give a parameter different values."""
    (places, layout), (others, other) = one, two
    same_array, axes = places[name] == others[name], len(file.index[places[name]].shape)
    same_layout = {
        4: layout.kernel == other.kernel,
        2: layout.dense == other.dense and (features is None or layout.flatten == other.flatten),
    }.get(axes, True)
    if same_array and same_layout:
        return False
    values = [way.ours(file[place[name]], features) for place, way in (one, two)]
    return not np.array_equal(values[0], values[1])


def _ambiguous(model: Model, name: str, one: Way, two: Way) -> str:
    (places, _), (others, _) = one, two
    if places[name] != others[name]:
        return (
            f"{places[name]!r} and {others[name]!r} both fit {name} of {model.name}, and their names do not "
            "say which it is; give a mapping of names"
        )
    return (
        f"{places[name]!r} fits {name} of {model.name} in more than one layout; "
        "say which: layout='torch' or 'tensorflow'"
    )


NAMED = {"torch": LAYOUTS[0], "tensorflow": LAYOUTS[1]}
"""The layouts that can be asked for."""
