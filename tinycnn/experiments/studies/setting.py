"""What a results file is about: everything that its rows depend on, besides the images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinycnn import zoo
from tinycnn.layers import Branches, MaxPool2D, ReLU, flat
from tinycnn.model import Model
from tinycnn.rules import get
from tinycnn.trace import forward


@dataclass(frozen=True)
class StudySetting:
    """The recipe of a study, small enough to travel with every task.

    Parameters
    ----------
    study : str
        A key of `STUDIES`.
    model, weights : str
        As `zoo.build` takes them. Two settings whose weights only differ in name are equal.
    weights_hash : str
        See `weights_hash`.
    rules : tuple of str
    pairs : int
        Comparisons for each image and rule.
    seed : int
        Seed of random weights, and of all that the study draws.
    units : tuple of int
        See `units`; the predictions for random nets depend on them.
    """

    study: str
    model: str
    weights: str = field(compare=False)
    weights_hash: str
    rules: tuple[str, ...]
    pairs: int
    seed: int
    units: tuple[int, ...]


def describe(
    study: str, model: str, weights: str, rules: Sequence[str], pairs: int = 1, seed: int = 0
) -> tuple[StudySetting, Model]:
    """The setting of a study, and the model that it speaks of.

    Parameters
    ----------
    study, model, weights, rules, pairs, seed
        As of `StudySetting`.

    Raises
    ------
    UnknownNameError, FetchError, WeightFileError
        As `rules.get` and `zoo.build` raise them.
    """
    names = tuple(get(rule).name for rule in rules)
    place = str(Path(weights).resolve()) if Path(weights).is_file() else weights
    model = str(Path(model).resolve()) if zoo.is_file(model) else model
    built = zoo.build(model, place, seed)
    return StudySetting(study, model, place, weights_hash(built), names, pairs, seed, units(built)), built


def weights_hash(model: Model) -> str:
    """SHA-256 over the names and numbers of all parameters, and over the preprocessing."""
    found = hashlib.sha256(repr(model.preprocess).encode())
    for layer in flat(model.layers):
        for key, array in layer.parameters():
            found.update(f"{layer.name}.{key} {array.dtype} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def units(model: Model) -> tuple[int, ...]:
    """Numbers of the input, then of every ReLU's output in order; none for a net that branches or pools."""
    if any(isinstance(layer, Branches | MaxPool2D) for layer in model.layers):
        return ()
    trace = forward(model, np.zeros((1, *model.input_shape), np.float32))
    return (trace.input.size, *(step.output.size for step in trace if isinstance(step.layer, ReLU)))
