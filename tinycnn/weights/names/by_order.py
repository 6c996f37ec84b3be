"""Finding a model's parameters in a file of unknown names: by their last words, by order, by shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tinycnn.errors import WeightFileError
from tinycnn.model import Model
from tinycnn.weights import WeightFile
from tinycnn.weights.hdf5 import magnitude
from tinycnn.weights.names.by_name import KEPT
from tinycnn.weights.names.fitting import Places, Way, only_way
from tinycnn.weights.names.layout import LAYOUTS, Layout
from tinycnn.weights.names.wanted import by_layer, shapes

ROLES = {
    **dict.fromkeys(("weight", "kernel", "w", "gamma", "scale"), "weight"),
    **dict.fromkeys(("bias", "b", "beta"), "bias"),
    **dict.fromkeys(("running_mean", "moving_mean", "mean"), "mean"),
    **dict.fromkeys(("running_var", "moving_variance", "variance", "var"), "variance"),
}
"""What the last word of a name says of an array."""

NUMBERED = {"0": "weight", "1": "bias", "2": "mean", "3": "variance"}
"""The parameters of a layer by the numbers that Keras 3 gives them."""

KINDS = {4: "kernels", 2: "dense weights", 1: "vectors"}


def by_order(model: Model, file: WeightFile, layouts: Sequence[Layout] = LAYOUTS) -> Way:
    """The only way in which a file of unknown names fits a model.

    Arrays are gathered into layers if their names say which weight, bias, mean or variance belong together,
    and these layers are given to the model's: in the order of the file, where the format keeps one that is
    not just the alphabet's; in the order of the numbers in their names, where nothing else differs; or each
    by its shapes, where no two are alike. Arrays whose names say nothing are taken kind by kind: kernels,
    dense weights, vectors.

    Raises
    ------
    WeightFileError
        There is no such way, or more than one.
    """
    arrays = [
        name
        for name, stored in file.index.items()
        if stored.shape and "float" in stored.kind.name and not KEPT.search(name)
    ]
    covered = _covered(model, file, arrays)
    _check_counts(model, file, arrays, covered)
    wanted = [(layer, wants) for layer, wants in by_layer(model).items() if layer in covered]
    groups = _groups(file, arrays)
    ways: list[Places] = []
    if groups is not None:
        ways = [
            {f"{ours}.{key}": theirs[key] for ours, theirs in pairs for key in theirs}
            for pairs in _pairings(file, wanted, groups, trusted(file, arrays), layouts)
            if all(theirs.keys() == dict(wanted)[ours].keys() for ours, theirs in pairs)
        ]
    elif trusted(file, arrays):
        ways = [_in_order(model, file, arrays, covered)]
    else:
        numbered = _by_number(arrays)
        ways = [] if numbered is None else [_in_order(model, file, numbered, covered)]
    if not ways:
        raise WeightFileError(
            file.path,
            file.format,
            f"its names are unknown, and no order of {model.name}'s layers is in it; give a mapping of names",
        )
    return only_way(model, file, ways, layouts)


def trusted(file: WeightFile, arrays: Sequence[str]) -> bool:
    """Whether the order of arrays is that of the net: kept by the format, and more than the alphabet's."""
    return file.ordered and (len(arrays) == 1 or list(arrays) != sorted(arrays))


def _covered(model: Model, file: WeightFile, arrays: Sequence[str]) -> set[str]:
    """The layers of whose kind of weight the file has any; a file of convolutions has no dense ones."""
    sides = {len(file.index[name].shape) for name in arrays}
    return {layer for layer, wants in by_layer(model).items() if len(wants["weight"]) in sides}


def _check_counts(model: Model, file: WeightFile, arrays: Sequence[str], covered: set[str]) -> None:
    wanted = [shape for name, shape in shapes(model).items() if name.rpartition(".")[0] in covered]
    for axes, kind in KINDS.items():
        ours = sum(len(shape) == axes for shape in wanted)
        theirs = sum(len(file.index[name].shape) == axes for name in arrays)
        if ours != theirs:
            raise WeightFileError(
                file.path,
                file.format,
                f"its names are unknown, and it has {theirs} {kind} where {model.name} has {ours}; "
                "give a mapping of names",
            )


def _in_order(model: Model, file: WeightFile, arrays: Sequence[str], covered: set[str]) -> Places:
    """Kernels, dense weights and vectors, each in order."""
    places: dict[str, str] = {}
    for axes in KINDS:
        ours = [
            name
            for name, shape in shapes(model).items()
            if len(shape) == axes and name.rpartition(".")[0] in covered
        ]
        theirs = [name for name in arrays if len(file.index[name].shape) == axes]
        places.update(zip(ours, theirs, strict=True))
    return places


Group = dict[str, str]
"""From the key of a parameter to the array of a file, for what one layer has."""


def _groups(file: WeightFile, arrays: Sequence[str]) -> dict[str, Group] | None:
    """Arrays by the layer that their names speak of; None if a name says nothing of its part in it."""
    groups: dict[str, Group] = {}
    for name in arrays:
        stem, key = _role(name)
        if not key or key in groups.setdefault(stem, {}):
            return None
        groups[stem][key] = name
    return groups if all("weight" in group for group in groups.values()) else None


def _role(name: str) -> tuple[str, str]:
    """What stands before the last word of a name, and the parameter that this word means."""
    stem, _, word = re.sub(r":\d+$", "", name).replace("/", ".").rpartition(".")
    if stem.endswith(".vars") and word in NUMBERED:
        return stem.removesuffix(".vars"), NUMBERED[word]
    return stem, ROLES.get(word.lower(), "")


@dataclass(frozen=True)
class _Kind:
    """Layers of one kind: ours, and those of a file."""

    ours: list[tuple[str, dict[str, tuple[int, ...]]]]
    theirs: list[tuple[str, Group]]


def _pairings(
    file: WeightFile,
    wanted: Sequence[tuple[str, dict[str, tuple[int, ...]]]],
    groups: Mapping[str, Group],
    in_order: bool,
    layouts: Sequence[Layout],
) -> Iterator[list[tuple[str, Group]]]:
    """Ways to give each of our layers one of the file's, kind by kind."""
    kinds = [
        _Kind(
            [(layer, wants) for layer, wants in wanted if len(wants["weight"]) == axes],
            [
                (stem, group)
                for stem, group in groups.items()
                if len(file.index[group["weight"]].shape) == axes
            ],
        )
        for axes in KINDS
    ]
    if any(len(kind.ours) != len(kind.theirs) for kind in kinds):
        return
    for chosen in product(*(list(_orders(file, kind, in_order, layouts)) for kind in kinds)):
        yield [pair for order in chosen for pair in order]


def _orders(
    file: WeightFile, kind: _Kind, in_order: bool, layouts: Sequence[Layout]
) -> Iterator[list[tuple[str, Group]]]:
    """The orders in which layers of one kind may be meant."""
    ours = [layer for layer, _ in kind.ours]
    groups = dict(kind.theirs)
    stems = list(groups)
    numbered = _by_number(stems)
    if len(stems) < 2 or in_order:
        yield list(zip(ours, groups.values(), strict=True))
    if numbered is not None and numbered != (stems if in_order else None) and len(stems) > 1:
        yield list(zip(ours, (groups[stem] for stem in numbered), strict=True))
    if numbered is None and len(stems) > 1 and not in_order:
        for layout in layouts:
            yield from _by_shape(file, kind, layout)


def _by_shape(file: WeightFile, kind: _Kind, layout: Layout) -> Iterator[list[tuple[str, Group]]]:
    """The layers of a file by their shapes, if no two are alike."""
    found = {
        frozenset((key, file.index[name].shape) for key, name in group.items()): group
        for _, group in kind.theirs
    }
    wanted = [
        (layer, frozenset((key, layout.shape(shape)) for key, shape in wants.items()))
        for layer, wants in kind.ours
    ]
    if len(found) == len(kind.theirs) and {shape for _, shape in wanted} == set(found):
        yield [(layer, found[shape]) for layer, shape in wanted]


def _by_number(names: Sequence[str]) -> list[str] | None:
    """Names in the order of their numbers; None if they differ in anything else.

    Either in one at the end, which the first may lack, as conv2d, conv2d_1, conv2d_2; or in any, as
    features.0 and features.3.
    """
    for numbers in (_last_number, _all_numbers):
        keys = {name: numbers(name) for name in names}
        if len({rest for _, rest in keys.values()}) == 1 and len({*keys.values()}) == len(names):
            return sorted(names, key=lambda name: keys[name])
    return None


def _last_number(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    rest, _, number = name.rpartition("_")
    return ((magnitude(number),), rest) if rest and number.isdecimal() else ((magnitude(""),), name)


def _all_numbers(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    return tuple(map(magnitude, re.findall(r"\d+", name))), re.sub(r"\d+", "#", name)
