"""Whole Keras models as HDF5: their description is an attribute of the root, their weights are groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.image.preprocess import Preprocess
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import hdf5
from tinycnn.weights.hdf5_messages import Attribute, Bytes
from tinycnn.weights.hdf5_objects import CONTINUATION, Objects
from tinycnn.weights.source import Source
from tinycnn.weights.stored import gather
from tinycnn.zoo.importing import keras_graph
from tinycnn.zoo.importing.finish import finish

ATTRIBUTE = 0x0C


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
        except Exception as error:  # a damaged file fails in every way there is
            text = " ".join(str(error).split())[:200]
            raise ModelFileError(place, f"not a usable HDF5 file: {text or type(error).__name__}") from error

        def weights(here: tuple[tuple[str, str], ...]) -> list[Array]:
            top, *inner = (name for name, _ in here)
            found = [name for name in arrays if name.startswith(f"{top}/")]
            for name in inner:
                found = [each for each in found if f"/{name}/" in each]
            return [arrays[name].read() for name in found]

        description = keras_graph.parsed(texts["model_config"], place)
        old = not texts.get("keras_version", "2").startswith("3")
        graph, output = keras_graph.translated(description, weights, size, place, old)
    return finish(graph, output, path.stem, place, preprocess, classes)


def _texts(source: Source) -> dict[str, str]:
    """The attributes of the root that are texts."""
    reader = Objects(source)
    address = reader.root()
    version, _, _, _, length = reader.at(address, 12).unpack("<BBHII")
    if version != 1:
        raise ValueError("its root is of a kind that Keras does not write")
    blocks, found = [(address + 16, address + 16 + length)], {}
    while blocks:
        position, end = blocks.pop(0)
        while position + 8 <= end:
            code, count, _ = reader.at(position, 8).unpack("<HHB3x")
            body = Bytes(reader.fetch(position + 8, count))
            position += 8 + count
            if code == CONTINUATION:
                offset, length = body.unpack("<QQ")
                blocks.append((offset, offset + length))
            elif code == ATTRIBUTE:
                name, attribute = _attribute(body)
                if name in ("model_config", "keras_version"):
                    found[name] = reader.strings(attribute)[0]
    return found


def _attribute(body: Bytes) -> tuple[str, Attribute]:
    version, _, *sizes = body.unpack("<BBHHH")
    body.take(1 if version == 3 else 0)
    parts = []
    for count in sizes:
        parts.append(body.take(count))
        body.take(-count % 8 if version == 1 else 0)
    name, kind, space = parts
    return name.rstrip(b"\0").decode(), Attribute(kind, space, body.data[body.position :])
