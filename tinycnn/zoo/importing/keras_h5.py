"""Whole Keras models as HDF5: their description is an attribute of the root, their weights are groups."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.image.preprocess import Preprocess
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import hdf5
from tinycnn.weights.hdf5_messages import DESCRIBING
from tinycnn.weights.hdf5_objects import Objects
from tinycnn.weights.source import Source
from tinycnn.weights.stored import NothingStored, gather
from tinycnn.zoo.importing import keras_graph
from tinycnn.zoo.importing.finish import finish
from tinycnn.zoo.importing.keras_call import SAVE_WHOLE


def load(path: Path, size: Pair | None, preprocess: Preprocess | None, classes: Sequence[str]) -> Model:
    """Read a whole model.

    Raises
    ------
    ModelFileError
        The file is damaged, or holds weights alone.
    """
    place = str(path)
    with path.open("rb") as file:
        source = Source(file)
        try:
            texts = _texts(source)
            if "model_config" not in texts:
                raise ModelFileError(place, "it holds weights but no network: give it as --weights of one")
            arrays = gather(hdf5.Reader(source).index(), source.size).arrays
        except TinycnnError:
            raise
        except NothingStored as error:
            raise ModelFileError(place, f"{error}; {SAVE_WHOLE}") from None
        except Exception as error:  # a damaged file fails in every way there is
            text = " ".join(str(error).split())[:200]
            raise ModelFileError(place, f"not a usable HDF5 file: {text or type(error).__name__}") from error

        names, places = sorted(arrays), {name: place for place, name in enumerate(arrays)}

        def weights(here: tuple[tuple[str, str], ...]) -> list[Array]:
            top, *inner = (name for name, _ in here)
            found = names[bisect_left(names, f"{top}/") : bisect_left(names, f"{top}0")]  # "0" follows "/"
            for name in inner:
                found = [each for each in found if f"/{name}/" in each]
            return [arrays[name].read() for name in sorted(found, key=places.__getitem__)]

        description = keras_graph.parsed(texts["model_config"], place)
        old = not texts.get("keras_version", "2").startswith("3")
        declared = sum(array.size for array in arrays.values())
        graph, output = keras_graph.translated(description, weights, declared, size, place, old)
    return finish(graph, output, path.stem, place, preprocess, classes)


def _texts(source: Source) -> dict[str, str]:
    """What the attributes of the root say of the network."""
    reader = Objects(source)
    found = reader.messages(reader.root()).attributes
    return {name: reader.strings(found[name])[0] for name in DESCRIBING if name in found}
