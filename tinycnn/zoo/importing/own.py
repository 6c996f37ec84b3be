"""Our own file of a network: an ``.npz`` of its arrays, and one member that says how they are put together.

The member ``tinycnn.json`` is JSON text, kept as an array of bytes, as everything in an ``.npz`` is an array:

    {"format": 1, "name", "input_shape", "preprocess", "classes", "weights", "notes", "layers", "chain"}

``layers`` lists every distinct layer as ``{"type": "Conv2D", "name": "conv1", "stride": 2, ...}``, where a
value ``{"array": "0.weight"}`` is a member of the archive. ``chain`` lists indices into it; branches are
``{"name", "branches": [chain, ...], "merge": index}``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn import layers as L
from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.files import atomic_write
from tinycnn.image.preprocess import Preprocess
from tinycnn.layers import Branches, Layer
from tinycnn.layers.sizes import shape_after
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import npz
from tinycnn.weights.safetensors_file import parsed
from tinycnn.weights.stored import gather
from tinycnn.weights.zips import Archive

MEMBER = "tinycnn.json.npy"
FORMAT = 1
LARGEST = 1 << 24
"""Bytes of the text."""

TYPES: dict[str, type[Layer]] = {
    name: kind
    for name in L.__all__
    if isinstance(kind := getattr(L, name), type)
    and issubclass(kind, Layer)
    and kind not in (Layer, Branches, L.Activation, L.Pool2D)
}
"""The classes that a file may name."""


def save_model(model: Model, path: str | PathLike[str]) -> None:
    """Write a model to a file that `load_model` reads in an instant.

    Parameters
    ----------
    model : Model
        Of the package's own layers.
    path : path-like

    Raises
    ------
    OutputError
        The file cannot be written.
    TinycnnError
        A layer is of a class of one's own.
    """
    listed: list[Layer] = []
    chain = _chain(model.layers, listed)
    arrays: dict[str, Array] = {}
    text = {
        "format": FORMAT,
        "name": model.name,
        "input_shape": model.input_shape,
        "preprocess": dataclasses.asdict(model.preprocess),
        "classes": model.classes,
        "weights": model.weights,
        "notes": model.notes,
        "layers": [_described(layer, index, arrays) for index, layer in enumerate(listed)],
        "chain": chain,
    }
    arrays["tinycnn.json"] = np.frombuffer(json.dumps(text).encode(), np.uint8)
    with atomic_write(Path(path)) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _chain(layers: Sequence[Layer], listed: list[Layer]) -> list[Any]:
    found: list[Any] = []
    for layer in layers:
        if isinstance(layer, Branches):
            branches = [_chain(branch, listed) for branch in layer.branches]
            (merge,) = _chain([layer.merge], listed)
            found.append({"name": layer.name, "branches": branches, "merge": merge})
            continue
        if TYPES.get(type(layer).__name__) is not type(layer):
            raise TinycnnError(f"a file has no place for layers of one's own, such as {type(layer).__name__}")
        known = next((at for at, each in enumerate(listed) if each is layer), None)
        if known is None:
            listed.append(layer)
            known = len(listed) - 1
        found.append(known)
    return found


def _described(layer: Layer, index: int, arrays: dict[str, Array]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": type(layer).__name__}
    for entry in dataclasses.fields(layer):
        value = getattr(layer, entry.name)
        if isinstance(value, np.ndarray):
            key = f"{index}.{entry.name}"
            arrays[key] = value
            value = {"array": key}
        found[entry.name] = value
    return found


def read(
    archive: Archive, path: Path, size: Pair | None, preprocess: Preprocess | None, classes: Sequence[str]
) -> Model:
    """The model in an archive.

    Raises
    ------
    ModelFileError
        It is damaged, or of a later version.
    """
    place = str(path)
    try:
        if archive.member(MEMBER).size > LARGEST:
            raise ValueError(f"its description has more than {LARGEST} bytes")
        arrays = gather(npz.index(archive), archive.source.size).arrays
        text = parsed(arrays["tinycnn.json"].read().tobytes())
        if text["format"] != FORMAT:
            raise ValueError(f"it is of version {text['format']}; this program reads version {FORMAT}")

        def value(found: Any) -> Any:
            if isinstance(found, dict):
                if found["array"] not in arrays:
                    raise ValueError(f"array {found['array'][:60]!r} is not there, or is asked for twice")
                return arrays.pop(found["array"]).read()
            return tuple(value(each) for each in found) if isinstance(found, list) else found

        listed = [_layer({key: value(each) for key, each in entry.items()}) for entry in text["layers"]]
        shape: Any = tuple(int(side) for side in text["input_shape"])
        if size not in (None, shape[1:]):
            raise ValueError(f"it is for images of {shape[1]}x{shape[2]}, not {size}")
        settings = {key: value(each) for key, each in text["preprocess"].items()}
        names = tuple(map(str, classes or text["classes"]))
        layers = _layers(text["chain"], listed, 0)
        ends = shape_after(layers, shape)
        if names and ends != (len(names),):
            raise ValueError(f"its output has the shape {ends}, but there are {len(names)} classes")
        chosen = preprocess.at(shape[1:]) if preprocess else Preprocess(**settings)
        if len(chosen.mean) != shape[0]:
            raise ValueError(f"it takes {shape[0]} channels, but {chosen.name!r} makes {len(chosen.mean)}")
        notes = tuple(map(str, text["notes"]))
        return Model(str(text["name"]), layers, shape, chosen, names, str(text["weights"]), notes)
    except Exception as error:  # a damaged file fails in every way there is
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(
            place, f"not a usable file of tinycnn: {reason or type(error).__name__}"
        ) from error


def _layer(fields: dict[str, Any]) -> Layer:
    kind = TYPES[fields.pop("type")]
    return kind(**fields)


def _layers(chain: Any, listed: Sequence[Layer], depth: int) -> tuple[Layer, ...]:
    if depth > 64:
        raise ValueError("its branches are nested too deeply")
    found: list[Layer] = []
    for each in chain:
        if isinstance(each, int):
            found.append(listed[each])
            continue
        branches = tuple(_layers(branch, listed, depth + 1) for branch in each["branches"])
        found.append(Branches(branches, listed[each["merge"]], name=str(each["name"])))
    return tuple(found)
