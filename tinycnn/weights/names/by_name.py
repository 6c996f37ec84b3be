"""Finding a model's parameters by the names of a family, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tinycnn.errors import WeightFileError
from tinycnn.model import Model
from tinycnn.weights import WeightFile
from tinycnn.weights.names.families import FAMILIES, Family
from tinycnn.weights.names.wanted import head, named, some, untouched

KEPT = re.compile(r"(^|[._/])(\w*optim\w*|ema|\w+_ema|ema_\w+|swa\w*|averaged?_\w+|shadow\w*)([._/]|$)")
"""Names under which trainers keep the optimizer's state, or an average of the weights."""


@dataclass(frozen=True)
class Match:
    """A family that finds parameters of a model in a file, behind a prefix.

    Parameters
    ----------
    family : Family
    prefix : str
    wanted : mapping
        From all our names to theirs.
    places : mapping
        Those of them that are in the file, under their full names there.
    names : mapping
        From all names by which an array may be known to the full one, see `known_as`.
    """

    family: Family
    prefix: str
    wanted: Mapping[str, str]
    places: Mapping[str, str]
    names: Mapping[str, str]


def ours(model: Model) -> Family:
    """The family of files that name the parameters as this model does."""
    keys = {key: "{}." + key for _, key in named(model)}
    return Family("", None, None, keys, {model.name: {}})


def best(model: Model, file: WeightFile, part: str = "") -> Match | None:
    """The family and prefix by which most parameters are found; None if none are.

    Parameters
    ----------
    model : Model
    file : WeightFile
    part : str
        What the names of the arrays begin with, if the file holds the net more than once.

    Raises
    ------
    WeightFileError
        The file has the net more than once, and `part` does not say which; or not under `part`.
    """
    part = part.rstrip("./")
    found = [
        match
        for match in _matches(model, file)
        if not part or match.prefix.startswith((f"{part}.", f"{part}/"))
    ]
    if part and not found:
        raise WeightFileError(file.path, file.format, f"no array of {model.name} is under {part!r}")
    most = max((len(match.places) for match in found), default=0)
    whole = [match for match in found if len(match.places) == most]
    if len(whole) > 1 and not part:
        whole = [match for match in whole if not KEPT.search(match.prefix)] or whole
    prefixes = list(dict.fromkeys(match.prefix for match in whole))
    if len(prefixes) > 1:
        raise WeightFileError(
            file.path,
            file.format,
            f"it has {model.name} more than once, under {' and '.join(map(repr, prefixes[:4]))}; "
            f"say which, as with part={prefixes[0].rstrip('./')!r}",
        )
    return whole[0] if whole else None


def known_as(file: WeightFile) -> dict[str, str]:
    """From all names by which the arrays of a file may be known to their full names.

    Legacy Keras writes ``<layer>/<scope>/<weight>``: the scope is the layer again, to which a net that was
    loaded and saved adds a number, or has other names before it. So ``fc1/fc1_2/kernel:0`` is known as
    ``fc1/kernel:0``, and in a net inside another one ``vgg16/fc1_2/kernel:0`` as ``vgg16/fc1/kernel:0``.
    """
    full = {name: name for name in file}
    if file.format != "HDF5":
        return full
    short: dict[str, list[str]] = {}
    for name in file:
        if name.count("/") > 1:
            first, *scope, last = name.split("/")
            short.setdefault(f"{first}/{last}", []).append(name)
            scope[-1] = re.sub(r"_\d+$", "", scope[-1])
            short.setdefault("/".join((first, *scope, last)), []).append(name)
    return {**{name: found[0] for name, found in short.items() if len({*found}) == 1}, **full}


def _matches(model: Model, file: WeightFile) -> Iterator[Match]:
    """Every family that has the model's first weight or one in its middle, behind every prefix."""
    names = known_as(file)
    for family in (ours(model), *FAMILIES):
        if model.name not in family.layers:
            continue
        wanted = {f"{layer}.{key}": family.theirs(model.name, layer, key) for layer, key in named(model)}
        theirs = list(wanted.values())
        prefixes: dict[str, None] = {}
        for anchor in {theirs[0], theirs[len(theirs) // 2]} if theirs else ():
            ends = (name.removesuffix(anchor) for name in names if name.endswith(anchor))
            prefixes.update(dict.fromkeys(prefix for prefix in ends if prefix[-1:] in ("", "/", ".")))
        for prefix in prefixes:
            full = {ours: prefix + name for ours, name in wanted.items()}
            places = {ours: names[name] for ours, name in full.items() if name in names}
            yield Match(family, prefix, full, places, names)


def complete(model: Model, file: WeightFile, match: Match, spared: tuple[str, ...]) -> None:
    """Raise unless all layers are found, but for dense ones that are all missing, or that are spared."""
    absent = [name for name in match.wanted if name not in match.places]
    needed = [name for name in absent if name.rpartition(".")[0] not in spared]
    if needed and untouched(model, match.places) != head(model):
        raise WeightFileError(
            file.path,
            file.format,
            f"{model.name} needs {needed[0]}, which it should call {match.wanted[needed[0]]!r}",
        )


def spare(model: Model, file: WeightFile, match: Match, head_is_spared: bool) -> tuple[str, ...]:
    """Arrays that the model has no place for, but for those that every file of the family has.

    Raises
    ------
    WeightFileError
        Beside the net's own layers there are convolutions, as of a larger net, or another head.
    """
    family = match.family
    used = {*match.places.values(), *(match.names.get(match.prefix + n) for n in family.known(model.name))}
    rest = [name for name in file if name not in used and not any(part in name for part in family.idle)]
    other = [name for name in rest if not KEPT.search(name)]
    axes = {name: len(file.index[name].shape) for name in other}
    inside = [name for name in other if name.startswith(match.prefix) and axes[name] == 4]
    if inside:
        raise WeightFileError(
            file.path, file.format, f"{model.name} has no place for {some(inside)}; is it of another model?"
        )
    lacking = [layer for layer in untouched(model, match.places) if layer in head(model)]
    heads = [name for name in other if axes[name] == 2]
    if lacking and heads and not head_is_spared:
        raise WeightFileError(
            file.path,
            file.format,
            f"{model.name} needs {', '.join(lacking)}, and has no place for {some(heads)}, of another head; "
            "head='random' loads the rest, and leaves these layers random",
        )
    return tuple(rest)
