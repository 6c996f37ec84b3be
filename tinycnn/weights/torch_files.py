"""PyTorch's checkpoints, legacy and zip, read without torch."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.opcodes import Machine, Makers, Named, Note
from tinycnn.weights.pickles import NUMPY, leaves
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Kind, Stored, check_shape, in_place, kind
from tinycnn.weights.zips import Archive

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number that opens a legacy file."""

PROTOCOL = 1001

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}


@dataclass(frozen=True)
class Storage:
    """A run of numbers that tensors are views of."""

    key: str
    kind: Kind
    count: int


class TensorNote(Note):
    """A tensor: a strided view of a storage."""

    def __init__(self, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> None:
        if type(storage) is not Storage or type(offset) is not int or offset < 0:
            raise ValueError("a tensor is not a view of a storage")
        check_shape(size)
        check_shape(stride)
        if len(size) != len(stride):
            raise ValueError("a tensor has other strides than sides")
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


TORCH: Makers = {
    **NUMPY,
    **{("torch", name): None for name in STORAGES},
    ("torch._utils", "_rebuild_tensor"): TensorNote,
    ("torch._utils", "_rebuild_tensor_v2"): TensorNote,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}
"""All that a checkpoint may mention."""

Place = Callable[[Storage], int]
"""Where the numbers of a storage begin in the file."""


def index_zip(archive: Archive, source: Source) -> Iterator[tuple[str, Stored]]:
    """Find the tensors of a zip checkpoint."""
    (main,) = (name for name in archive.names if name.split("/")[1:] == ["data.pkl"])
    folder = main.split("/")[0]
    order = archive.read(f"{folder}/byteorder", 6) if f"{folder}/byteorder" in archive.names else b"little"
    if order not in (b"little", b"big"):
        raise ValueError("its byte order is neither little nor big")
    code = Source(io.BytesIO(archive.read(main)))
    tree = Machine(code, 0, TORCH, lambda pid: _storage(pid, "<" if order == b"little" else ">")).run()

    def place(storage: Storage) -> int:
        offset, size = archive.place(f"{folder}/data/{storage.key}")
        if size != storage.count * storage.kind.raw.itemsize:
            raise ValueError(f"storage {storage.key} has {size} bytes for {storage.count} numbers")
        return offset

    return _tensors(tree, source, place)


def index_legacy(source: Source) -> Iterator[tuple[str, Stored]]:
    """Find the tensors of a legacy checkpoint: five pickles, and storages in the order of the last."""
    machine = Machine(source, len(LEGACY), {})
    protocol = machine.run()
    machine = Machine(source, machine.position, {})
    system = machine.run()
    if type(protocol) is not int or protocol != PROTOCOL or type(system) is not dict:
        raise ValueError(f"it is not of protocol {PROTOCOL}")
    if system.get("little_endian") is not True:
        raise ValueError("it was written on a big-endian machine")
    storages: dict[str, Storage] = {}
    machine = Machine(source, machine.position, TORCH, lambda pid: _noted(storages, _storage(pid, "<")))
    tree = machine.run()
    machine = Machine(source, machine.position, {})
    places = _places(source, machine.run(), machine.position, storages)

    return _tensors(tree, source, lambda storage: places[storage.key])


def _noted(storages: dict[str, Storage], storage: Storage) -> Storage:
    known = storages.setdefault(storage.key, storage)
    if known != storage:
        raise ValueError(f"storage {storage.key} is described in two ways")
    return known


def _places(source: Source, keys: Any, position: int, storages: dict[str, Storage]) -> dict[str, int]:
    """Where each storage's numbers begin; each is preceded by its count."""
    if type(keys) is not list or len(keys) != len(storages):
        raise ValueError("its list of storages is not complete")
    places: dict[str, int] = {}
    for key in keys:
        if type(key) is not str or key not in storages or key in places:
            raise ValueError("its list of storages names one that no tensor needs, or one twice")
        (count,) = source.unpack("<q", position)
        if count != storages[key].count:
            raise ValueError(f"storage {key} has {count} numbers, not {storages[key].count}")
        places[key] = position + 8
        position += 8 + count * storages[key].kind.raw.itemsize
    if position > source.size:
        raise ValueError(f"it ends {position - source.size} bytes early")
    return places


def _storage(pid: Any, order: str) -> Storage:
    if type(pid) is not tuple or not 5 <= len(pid) <= 6 or type(pid[0]) is not str or pid[0] != "storage":
        raise ValueError("it refers to something that is not a storage")
    _, named, key, _, count, *view = pid
    if (
        type(named) is not Named
        or named.name not in STORAGES
        or type(key) is not str
        or type(count) is not int
    ):
        raise ValueError("it refers to a storage that is not of numbers")
    if count < 0 or view not in ([], [None]):
        raise ValueError(f"storage {key[:40]} has a negative count, or is a view of another")
    return Storage(key, kind(STORAGES[named.name], order), count)


def _tensors(tree: Any, source: Source, place: Place) -> Iterator[tuple[str, Stored]]:
    """The tensors of a tree, or of its "state_dict"."""
    if type(tree) is dict and type(tree.get("state_dict")) is dict:
        tree = tree["state_dict"]
    for name, note in leaves(tree, (TensorNote,), "."):
        yield name, _stored(note, source, place)


def _stored(note: TensorNote, source: Source, place: Place) -> Stored:
    size, stride, numbers = note.size, note.stride, note.storage.kind
    extent = _extent(size, stride)
    if note.offset + extent > note.storage.count:
        raise ValueError(f"a tensor of shape {size} and strides {stride} reaches past its storage")

    width = numbers.raw.itemsize
    offset = place(note.storage) + note.offset * width
    if _is_dense(size, stride):
        return in_place(size, numbers, source, offset)

    def load() -> Array:
        flat = source.numbers(offset, extent, numbers.raw)
        return np.lib.stride_tricks.as_strided(flat, size, [step * width for step in stride], writeable=False)

    return Stored(size, numbers, load)


def _is_dense(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether the elements lie one after another, in row-major order."""
    below = [math.prod(size[axis + 1 :]) for axis in range(len(size))]
    return math.prod(size) == 0 or all(
        side == 1 or step == dense for side, step, dense in zip(size, stride, below, strict=True)
    )


def _extent(size: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """How many numbers of the storage a tensor spans; strides by which elements coincide are refused."""
    if math.prod(size) == 0:
        return 0
    extent = 1
    for step, side in sorted((step, side) for step, side in zip(stride, size, strict=True) if side > 1):
        if step < extent:
            raise ValueError(f"strides {stride} of a tensor of shape {size} overlap")
        extent += step * (side - 1)
    return extent
