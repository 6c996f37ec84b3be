"""Model files that are zip archives: Keras 3's ``.keras``, and our own ``.npz``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.image.preprocess import Preprocess
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import hdf5
from tinycnn.weights.source import Source
from tinycnn.weights.stored import NothingStored, gather
from tinycnn.weights.zips import Archive
from tinycnn.zoo.importing import keras_graph, own
from tinycnn.zoo.importing.finish import finish
from tinycnn.zoo.importing.keras_call import SAVE_WHOLE

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LARGEST = 1 << 28
"""Bytes of the weights in an archive, if they are compressed."""


def load(path: Path, size: Pair | None, preprocess: Preprocess | None, classes: Sequence[str]) -> Model:
    """Read a zip archive, told by its members.

    Raises
    ------
    ModelFileError
        It holds no model, or is damaged.
    """
    place = str(path)
    with path.open("rb") as file:
        try:
            archive = Archive(Source(file))
            if own.MEMBER in archive.members:
                return own.read(archive, path, size, preprocess, classes)
            if CONFIG not in archive.members:
                raise ModelFileError(place, "it is a zip archive, but neither of Keras nor of tinycnn")
            if WEIGHTS not in archive.members:
                raise ModelFileError(place, f"it describes a network without weights; {SAVE_WHOLE}")
            description = keras_graph.parsed(archive.read(CONFIG), place)
            stored = archive.part(WEIGHTS, LARGEST)
            arrays = gather(hdf5.Reader(stored).index(), stored.size).arrays
        except TinycnnError:
            raise
        except NothingStored as error:
            raise ModelFileError(place, f"{error}; {SAVE_WHOLE}") from None
        except Exception as error:  # a damaged file fails in every way there is
            text = " ".join(str(error).split())[:200]
            raise ModelFileError(place, f"not a usable archive: {text or type(error).__name__}") from error

        folders = _folders(description)
        counts = Counter(name.rpartition("/")[0] for name in arrays)

        def weights(here: tuple[tuple[str, str], ...]) -> list[Array]:
            folder = f"{folders.get(tuple(name for name, _ in here), '')}/vars"
            return [arrays[f"{folder}/{index}"].read() for index in range(counts[folder])]

        declared = sum(array.size for array in arrays.values())
        graph, output = keras_graph.translated(description, weights, declared, size, place, old=False)
    return finish(graph, output, path.stem, place, preprocess, classes)


def _folders(
    description: object, names: tuple[str, ...] = (), folder: str = ""
) -> dict[tuple[str, ...], str]:
    """Where the arrays of each layer are: folders are called by the class, and counted."""
    found: dict[tuple[str, ...], str] = {}
    counts: Counter[str] = Counter()
    config = description.get("config") if isinstance(description, dict) else None
    layers = config.get("layers") if isinstance(config, dict) and len(names) <= keras_graph.DEEPEST else None
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or layer.get("module") == "keras.src.ops.numpy":
            continue
        kind, own_config = str(layer.get("class_name")), layer.get("config")
        name = layer.get("name") or (own_config.get("name") if isinstance(own_config, dict) else "")
        base = _snake(kind)
        label = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        here = (*names, str(name))
        found[here] = f"{folder}layers/{label}"
        if kind in keras_graph.MODELS:
            found |= _folders(layer, here, f"{folder}layers/{label}/")
    return found


def _snake(name: str) -> str:
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
