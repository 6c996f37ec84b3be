"""The parts of an HDF5 file that describe its arrays, decoded from bytes.

After "HDF5 File Format Specification Version 3.0", section IV.A (object headers and their messages). Whatever
could lead out of the file or run a plug-in is not followed, but skipped: soft and external links, external
and virtual storage, filters other than shuffle, deflate and checksums.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from tinycnn.weights.stored import Kind, Unsupported, kind

UNDEFINED = (1 << 64) - 1
"""The address of what was never written."""

IEEE = {
    (2, 16, 10, 5, 0, 10, 15): "float16",
    (2, 16, 7, 8, 0, 7, 127): "bfloat16",
    (4, 32, 23, 8, 0, 23, 127): "float32",
    (8, 64, 52, 11, 0, 52, 1023): "float64",
}
"""(bytes, bits, exponent's place and width, mantissa's place and width, bias) of the floats there are."""


ENUM = 8
"""The class of a datatype that gives names to whole numbers."""

BOOLEAN = (b"FALSE\0\0\0TRUE\0\0\0\0\0\1", b"FALSE\0TRUE\0\0\1")
"""The names and numbers of the one that stands for booleans, padded as older files have them, and not."""

ORDERED = ("layer_names", "weight_names")
"""Attributes in which Keras lists the names in a group, in order."""

DESCRIBING = ("model_config", "keras_version")
"""Attributes of the root of a whole model."""


@dataclass
class Messages:
    """What the header of one object says."""

    links: list[tuple[str, int | None]] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    table: tuple[int, int] | None = None
    shape: tuple[int, ...] | None = None
    kind: bytes | None = None
    layout: Storage | None = None
    filters: tuple[int, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """An attribute's datatype and dataspace messages, and its data."""

    kind: bytes
    space: bytes
    data: bytes


@dataclass(frozen=True)
class Storage:
    """Where a dataset's bytes are: in the header itself, in one run, or in chunks under a B-tree."""

    compact: bytes | None = None
    address: int = UNDEFINED
    size: int = 0
    chunk: tuple[int, ...] = ()


class Bytes:
    """A cursor over bytes that does not go past their end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.position : self.position + count]
        if count < 0 or len(taken) != count:
            raise ValueError("a message of its header is cut short")
        self.position += count
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))


def decode(messages: Messages, code: int, flags: int, body: bytes) -> None:
    """Note what one message says; messages that say nothing about arrays are passed over."""
    if code in DECODERS and flags & 2:
        raise Unsupported("described by another object, whose type or shape it shares")
    if code in DECODERS:
        DECODERS[code](messages, Bytes(body))


def _dataspace(messages: Messages, body: Bytes) -> None:
    messages.shape = shape(body)


def shape(body: Bytes) -> tuple[int, ...]:
    """The sides of a dataspace message."""
    version, rank, _ = body.unpack("<BBB")
    if version == 1:
        body.take(5)
    elif version != 2 or body.number(1) == 2:
        raise Unsupported("an array without a shape")
    return tuple(body.number(8) for _ in range(rank))


def _datatype(messages: Messages, body: Bytes) -> None:
    messages.kind = body.data


def number_kind(data: bytes) -> Kind:
    """The kind of numbers that a datatype message describes."""
    body = Bytes(data)
    if data[:1] and data[0] & 15 == ENUM:
        base = number_kind(data[8:])
        return kind("bool") if base.raw.itemsize == 1 and data[20:].startswith(BOOLEAN) else base
    version, flags, _, _, size = body.unpack("<BBBBI")
    order = ">" if flags & 1 else "<"
    if version & 15 == 0:
        offset, bits = body.unpack("<HH")
        if offset == 0 and bits == 8 * size and size in (1, 2, 4, 8):
            return kind(f"{'int' if flags & 8 else 'uint'}{bits}", order)
    elif version & 15 == 1 and not flags & 64:
        start, *form = body.unpack("<HHBBBBI")
        if start == 0 and (size, *form) in IEEE:
            return kind(IEEE[size, *form], order)
    raise Unsupported("not of numbers")


def _link_info(messages: Messages, body: Bytes) -> None:
    _, flags = body.unpack("<BB")
    body.take(8 if flags & 1 else 0)
    if body.number(8) != UNDEFINED:
        raise Unsupported(
            "a group whose links are in a heap, as HDF5's newest layout has them; save it with h5py's default"
        )


def _link(messages: Messages, body: Bytes) -> None:
    _, flags = body.unpack("<BB")
    elsewhere = bool(flags & 8 and body.number(1) != 0)  # a soft or an external link
    body.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = body.take(body.number(1 << (flags & 3))).decode()
    messages.links.append((name, None if elsewhere else body.number(8)))


def _external(messages: Messages, body: Bytes) -> None:
    raise Unsupported("an array whose bytes are in another file")


def _layout(messages: Messages, body: Bytes) -> None:
    version = body.number(1)
    if version not in (3, 4):
        raise Unsupported(f"an array whose layout is of version {version}")
    form = body.number(1)
    if form == 0:
        messages.layout = Storage(compact=body.take(body.number(2)))
    elif form == 1:
        address, size = body.unpack("<QQ")
        messages.layout = Storage(address=address, size=size)
    elif form == 2 and version == 3:
        rank = body.number(1)
        address = body.number(8)
        messages.layout = Storage(address=address, chunk=tuple(body.number(4) for _ in range(rank)))
    else:
        raise Unsupported("an array that is virtual, or whose chunks are kept as HDF5's newest layout does")


def _filters(messages: Messages, body: Bytes) -> None:
    version, count = body.unpack("<BB")
    body.take(6 if version == 1 else 0)
    codes = []
    for _ in range(count):
        code = body.number(2)
        length = body.number(2) if version == 1 or code >= 256 else 0
        _, values = body.unpack("<HH")
        body.take(length + -length % 8 if version == 1 else length)
        body.take(4 * (values + values % 2 if version == 1 else values))
        codes.append(code)
    messages.filters = tuple(codes)


def _attribute(messages: Messages, body: Bytes) -> None:
    """Keep an attribute if it is one that Keras writes of its arrays or its network."""
    version, _ = body.unpack("<BB")
    sizes = body.unpack("<HHH")
    body.take(1 if version == 3 else 0)
    name, kind_, space = (_padded(body, size, version) for size in sizes)
    label = name.rstrip(b"\0").decode()
    if label.startswith((*ORDERED, *DESCRIBING)):
        messages.attributes[label] = Attribute(kind_, space, body.data[body.position :])


def _padded(body: Bytes, size: int, version: int) -> bytes:
    data = body.take(size)
    body.take(-size % 8 if version == 1 else 0)
    return data


def _symbol_table(messages: Messages, body: Bytes) -> None:
    tree, heap = body.unpack("<QQ")
    messages.table = tree, heap


DECODERS = {
    0x01: _dataspace,
    0x02: _link_info,
    0x03: _datatype,
    0x06: _link,
    0x07: _external,
    0x08: _layout,
    0x0B: _filters,
    0x0C: _attribute,
    0x11: _symbol_table,
}
"""By the code of the message."""
