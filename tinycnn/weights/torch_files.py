"""PyTorch's checkpoints, legacy and zip, read without torch."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.opcodes import Machine, Makers, Named, Note, StandIn
from tinycnn.weights.pickles import NUMPY, found
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Found, Kind, Stored, Unsupported, check_shape, kind
from tinycnn.weights.zips import Archive

MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number that opens a legacy file, behind the head of its pickle."""

PROTOCOL = 1001

STORAGES = {
    "FloatStorage": ("float32", 4),
    "DoubleStorage": ("float64", 8),
    "HalfStorage": ("float16", 2),
    "BFloat16Storage": ("bfloat16", 2),
    "LongStorage": ("int64", 8),
    "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2),
    "CharStorage": ("int8", 1),
    "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1),
    "UntypedStorage": ("bytes", 1),
    "ComplexFloatStorage": ("complex64", 8),
    "ComplexDoubleStorage": ("complex128", 16),
    "QInt8Storage": ("qint8", 1),
    "QUInt8Storage": ("quint8", 1),
    "QInt32Storage": ("qint32", 4),
}
"""What the numbers of a storage are, and the bytes of each."""


@dataclass(frozen=True)
class Storage:
    """A run of numbers that tensors are views of, and their byte order."""

    key: str
    numbers: str
    width: int
    count: int
    order: str

    @property
    def bytes(self) -> int:
        """Bytes that all its numbers take."""
        return self.count * self.width


class TensorNote(Note):
    """A tensor: a strided view of a storage; newer types of numbers are named beside it."""

    def __init__(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        needs_gradient: Any = False,
        hooks: Any = None,
        metadata: Any = None,
        numbers: str | None = None,
    ) -> None:
        if type(storage) is not Storage or type(offset) is not int or offset < 0:
            raise ValueError("a tensor is not a view of a storage")
        check_shape(size)
        check_shape(stride)
        if len(size) != len(stride):
            raise ValueError("a tensor has other strides than sides")
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride
        self.metadata = metadata if type(metadata) is dict else {}
        self.numbers = storage.numbers if numbers is None else numbers

    def kind(self) -> Kind:
        """What numbers it is of."""
        unknown = [key for key, value in self.metadata.items() if value and key != "neg"]
        if unknown:
            raise Unsupported(f"a tensor with metadata {str(unknown[0])[:40]!r}")
        return kind(self.numbers, self.storage.order)


def _tensor_3(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    gradient: Any,
    hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> TensorNote:
    if type(dtype) is not Named:
        raise ValueError("a tensor has no type")
    return TensorNote(storage, offset, size, stride, gradient, hooks, metadata, dtype.name)


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


def _from_type(rebuild: Any, type_: Any, arguments: Any, *_: Any) -> Any:
    """A tensor of a class of its own, such as a buffer: what its class adds is no weight."""
    make = TENSORS.get(rebuild.name) if type(rebuild) is Named else None
    if make is None or type(arguments) is not tuple or len(arguments) > 8:
        return StandIn("a tensor of a class of its own")
    return make(*arguments)


TENSORS: dict[str, Callable[..., Any]] = {
    "_rebuild_tensor": TensorNote,
    "_rebuild_tensor_v2": TensorNote,
    "_rebuild_tensor_v3": _tensor_3,
    "_rebuild_parameter": _parameter,
    "_rebuild_parameter_with_state": _parameter,
}

TORCH: Makers = {
    **NUMPY,
    **{("torch._utils", name): make for name, make in TENSORS.items()},
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
}
"""All that the tensors in a checkpoint are made by."""


class Place(Protocol):
    """Where the numbers of a storage are: in one run of the file, or in a compressed member."""

    @property
    def whole(self) -> int:
        """Bytes that are gone through whatever is read; 0 if only what is asked for."""

    def numbers(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers from byte `offset` on."""


@dataclass(frozen=True)
class InFile:
    """A storage that lies at an offset of a file."""

    source: Source
    start: int
    whole: int = 0

    def numbers(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers from byte `offset` on."""
        return self.source.numbers(self.start + offset, count, dtype)


@dataclass(frozen=True)
class InMember:
    """A storage that is a member of an archive."""

    archive: Archive
    name: str

    @property
    def whole(self) -> int:
        """A deflated member is inflated from its beginning."""
        member = self.archive.member(self.name)
        return member.size + member.packed if member.deflated else 0

    def numbers(self, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers from byte `offset` on."""
        return self.archive.numbers(self.name, offset, count, dtype)


def is_legacy(start: bytes) -> bool:
    """Whether a file begins as a legacy checkpoint does, by any protocol of pickles."""
    head = 11 if start[2:3] == b"\x95" else 2  # from protocol 4 on there is a frame
    return start[:1] == b"\x80" and start[head : head + len(MAGIC)] == MAGIC


def index_zip(archive: Archive) -> Iterator[tuple[str, Found]]:
    """Find the tensors of a zip checkpoint."""
    mains = [name for name in archive.members if name.split("/")[1:] == ["data.pkl"]]
    if len(mains) != 1:
        raise ValueError(f"it has {len(mains)} members <folder>/data.pkl instead of one")
    folder = mains[0].split("/")[0]
    order = archive.read(f"{folder}/byteorder", 6) if f"{folder}/byteorder" in archive.members else b"little"
    if order not in (b"little", b"big"):
        raise ValueError("its byte order is neither little nor big")
    code = Source(io.BytesIO(archive.read(mains[0])))
    tree = Machine(code, 0, TORCH, lambda pid: _storage(pid, "<" if order == b"little" else ">")).run()

    def place(storage: Storage) -> Place:
        name = f"{folder}/data/{storage.key}"
        if archive.member(name).size != storage.bytes:
            raise ValueError(
                f"storage {storage.key[:40]} has {archive.member(name).size} bytes, not {storage.bytes}"
            )
        return InMember(archive, name)

    return _tensors(tree, place)


def index_legacy(source: Source) -> Iterator[tuple[str, Found]]:
    """Find the tensors of a legacy checkpoint: five pickles, and storages in the order of the last."""
    machine = Machine(source, 0, {})
    machine.run()
    machine = Machine(source, machine.position, {})
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

    return _tensors(tree, lambda storage: InFile(source, places[storage.key]))


def _noted(storages: dict[str, Storage], storage: Storage) -> Storage:
    known = storages.setdefault(storage.key, storage)
    if known != storage:
        raise ValueError(f"storage {storage.key[:40]} is described in two ways")
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
            raise ValueError(f"storage {key[:40]} has {count} numbers, not {storages[key].count}")
        places[key] = position + 8
        position += 8 + storages[key].bytes
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
    return Storage(key, *STORAGES[named.name], count, order)


def _tensors(tree: Any, place: Callable[[Storage], Place]) -> Iterator[tuple[str, Found]]:
    """The tensors of a checkpoint; those of its "state_dict" come first, without that word."""
    if type(tree) is dict and type(tree.get("state_dict")) is dict:
        rest = {name: part for name, part in tree.items() if name != "state_dict"}
        parts = [tree["state_dict"], *([rest] if rest else [])]
    else:
        if type(tree) is StandIn and not tree.items:
            raise ValueError(f"it holds an object of {tree.what}, not arrays; save the state_dict() of it")
        parts = [tree]
    for part in parts:
        yield from found(part, (TensorNote,), ".", lambda note: _stored(note, place(note.storage)))


def _stored(note: TensorNote, place: Place) -> Stored:
    size, stride, numbers = note.size, note.stride, note.kind()
    extent, width = _extent(size, stride), numbers.raw.itemsize
    if (note.offset + extent) * width > note.storage.bytes:
        raise ValueError(f"a tensor of shape {size} and strides {stride} reaches past its storage")
    start, negative = note.offset * width, bool(note.metadata.get("neg"))
    touched = max(extent * width, place.whole)

    def part(first: int, count: int) -> Array:
        return place.numbers(start + first * width, count, numbers.raw)

    def load() -> Array:
        flat = part(0, extent)
        view = np.lib.stride_tricks.as_strided(flat, size, [step * width for step in stride], writeable=False)
        return view if extent == view.size else view.copy()  # else it would keep all that it spans

    if not _is_dense(size, stride):
        return Stored(size, numbers, load, None, touched, negative)
    return Stored(size, numbers, lambda: part(0, extent), None if place.whole else part, touched, negative)


def _is_dense(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether the elements lie one after another, in row-major order."""
    below = [math.prod(size[axis + 1 :]) for axis in range(len(size))]
    return math.prod(size) == 0 or all(
        side == 1 or step == dense for side, step, dense in zip(size, stride, below, strict=True)
    )


def _extent(size: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """How many numbers of the storage a tensor spans; elements may coincide along whole axes only."""
    if math.prod(size) == 0:
        return 0
    extent = 1
    for step, side in sorted((step, side) for step, side in zip(stride, size, strict=True) if side > 1):
        if step < extent and step:
            raise ValueError(f"strides {stride} of a tensor of shape {size} overlap")
        extent += step * (side - 1)
    return extent
