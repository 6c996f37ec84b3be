"""Finding each parameter of a model in a weight file, before any array is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.image.preprocess import Preprocess
from tinycnn.layers import Dense, flat
from tinycnn.model import Model
from tinycnn.weights import WeightFile
from tinycnn.weights.names.by_name import Match, best, complete, spare
from tinycnn.weights.names.by_order import by_order
from tinycnn.weights.names.fitting import NAMED, misfits, only_way, refuse_misfits
from tinycnn.weights.names.layout import LAYOUTS, TORCH, Layout, flattened
from tinycnn.weights.names.wanted import head, shapes, some, untouched

LISTED = 3
"""Arrays that are not used are named up to so many."""


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
    spare : tuple of str
        Arrays that the model has no place for.
    """

    file: WeightFile
    places: Mapping[str, str]
    layout: Layout
    matched: str
    missing: tuple[str, ...] = ()
    preprocess: Preprocess | None = None
    spare: tuple[str, ...] = ()

    def carry_out(self, model: Model) -> Model:
        """The model with the weights in the file."""
        features = flattened(model)
        arrays = {
            ours: self.layout.ours(self.file[theirs], features.get(ours))
            for ours, theirs in self.places.items()
        }
        source = f"{Path(self.file.path).name} ({self.matched})"
        if self.missing:
            source += f"; {', '.join(self.missing)}: {model.weights}"
        if self.spare:
            source += f"; not used: {some(self.spare, LISTED)}"
        if self.preprocess is not None:
            model = dataclasses.replace(model, preprocess=self.preprocess.at(model.preprocess.size))
        return model.with_weights(arrays, source)


@dataclass(frozen=True)
class Wish:
    """What a user says of a weight file, where the file alone does not tell.

    Parameters
    ----------
    mapping : mapping, optional
        From names in the file to the model's.
    part : str
        What the names begin with of the arrays that are meant, such as ``"model_ema"``.
    head : {"", "random"}
        "random" leaves layers of the head, see `wanted.head`, as they are where the file has other ones.
    layout : {"", "torch", "tensorflow"}
        How arrays are laid out whose names are unknown.
    """

    mapping: Mapping[str, str] | None = None
    part: str = ""
    head: Literal["", "random"] = ""
    layout: Literal["", "torch", "tensorflow"] = ""

    def __post_init__(self) -> None:
        if self.head not in ("", "random"):
            raise UnknownNameError("head", self.head, ("random",))
        if self.layout and self.layout not in NAMED:
            raise UnknownNameError("layout", self.layout, NAMED)
        if self.mapping is not None and (self.part or self.head):
            raise TinycnnError("a mapping says which arrays are meant; it goes with no part and no head")

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The layouts that arrays of unknown names may have."""
        return (NAMED[self.layout],) if self.layout else LAYOUTS


def plan(model: Model, file: WeightFile, wish: Wish | None = None) -> Plan:
    """Find each parameter of a model in a weight file.

    Parameters
    ----------
    model : Model
    file : WeightFile
        Of its arrays only names and shapes are looked at, unless more than one layout fits.
    wish : Wish, optional

    Returns
    -------
    Plan
        By the mapping if there is one; else by our own names or those of a family, one by one; else, where no
        name is known, by order and shape, see `by_order`.

    Raises
    ------
    WeightFileError
        The file does not fit the model, or in more than one way; names the parameter and both shapes.
    UnknownNameError
        The mapping speaks of a parameter or an array that does not exist.
    """
    wish = wish or Wish()
    if wish.mapping is not None:
        return _by_mapping(model, file, wish.mapping, wish.layouts)
    found = best(model, file, wish.part)
    if found is not None:
        return _by_name(model, file, found, wish)
    places, layout = by_order(model, file, wish.layouts)
    return Plan(file, places, layout, "names unknown, matched by order and shape", untouched(model, places))


def _by_mapping(
    model: Model, file: WeightFile, mapping: Mapping[str, str], layouts: tuple[Layout, ...]
) -> Plan:
    known = shapes(model)
    for theirs, ours in mapping.items():
        if theirs not in file:
            raise UnknownNameError(f"array of {file.path}", theirs, file)
        if ours not in known:
            raise UnknownNameError("parameter", ours, known)
    places = {ours: theirs for theirs, ours in mapping.items()}
    if len(places) < len(mapping):
        twice = next(ours for ours in places if list(mapping.values()).count(ours) > 1)
        raise TinycnnError(f"the mapping gives {twice} more than one array")
    layout = only_way(model, file, [places], layouts)[1]
    return Plan(file, places, layout, "matched by a mapping", untouched(model, places))


def _by_name(model: Model, file: WeightFile, match: Match, wish: Wish) -> Plan:
    spared = head(model) if wish.head else ()
    complete(model, file, match, spared)
    layout = match.family.layout or _own_layout(model, file, match.places, wish)
    unfit = {name.rpartition(".")[0] for name in misfits(model, file, match.places, layout)}
    lacking = {name.rpartition(".")[0] for name in match.wanted if name not in match.places}
    left = (unfit | lacking) & set(spared)
    places = {ours: name for ours, name in match.places.items() if ours.rpartition(".")[0] not in left}
    dense = {layer.name for layer in flat(model.layers) if isinstance(layer, Dense)}
    hint = "; head='random' leaves it random" if unfit <= dense else ""
    refuse_misfits(model, file, places, layout, hint)
    rest = spare(model, file, match, bool(wish.head))
    how = f"named as by {match.family.name}" if match.family.name else "named as here"
    how += f", under {match.prefix.rstrip('./')}" if wish.part else ""
    return Plan(file, places, layout, how, untouched(model, places), match.family.preprocess, rest)


def _own_layout(model: Model, file: WeightFile, places: Mapping[str, str], wish: Wish) -> Layout:
    """Ours, if the shapes fit; else the only one in which they do."""
    if not wish.layout and not misfits(model, file, places, TORCH):
        return TORCH
    return only_way(model, file, [places], wish.layouts)[1]
