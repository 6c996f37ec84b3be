"""Zip archives whose members are read in place; nothing is ever unpacked to disk.

Python's `zipfile` builds half a kilobyte per member before anything can be checked, and inflates what a
member holds rather than what it declares. The format is simple enough to be read here within limits. See
PKWARE's "APPNOTE.TXT", sections 4.3 to 4.5.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.source import BLOCK, Source

SIGNATURE = b"PK\3\4"

MEMBERS, DIRECTORY = 20_000, 1 << 24
"""An archive has at most so many members, and so many bytes in its directory."""

SMALL = 1 << 24
"""Bytes of a member that is read at once, unless a larger limit is given."""

RATIO = 1032
"""No deflated byte can stand for more than so many."""

STORE, DEFLATE = 0, 8
END, END64, LOCATOR, ENTRY = "<4s4H2LH", "<4sQ2H2L4Q", "<4sLQL", "<4s6H3L5H2L"
WIDE = 0xFFFFFFFF
"""Stands for a number that the 64-bit extension has."""


@dataclass(frozen=True)
class Member:
    """A member of an archive.

    Parameters
    ----------
    name : str
    header, offset : int
        Where its header and its bytes begin.
    packed, size : int
        Its bytes in the archive, and once they are inflated.
    crc : int
        The checksum; 0 if none was recorded, as torch can be told.
    deflated : bool
    """

    name: str
    header: int
    offset: int
    packed: int
    size: int
    crc: int
    deflated: bool

    @property
    def end(self) -> int:
        """Where its bytes end in the archive."""
        return self.offset + self.packed


class Archive:
    """The directory of a zip archive, checked, and reads from its members."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.members: dict[str, Member] = {}
        self.verified: set[str] = set()
        start, size, count = _directory(source)
        for member in _members(source, source.read(start, size), count):
            if member.name in self.members:
                raise ValueError(f"member {member.name[:60]!r} is there twice")
            self.members[member.name] = member
        places = sorted(self.members.values(), key=lambda member: member.header)
        for one, two in pairwise(places):
            if one.end > two.header:
                raise ValueError(f"members {one.name[:60]!r} and {two.name[:60]!r} overlap")
        if places and places[-1].end > start:
            raise ValueError(f"member {places[-1].name[:60]!r} reaches into the directory")

    def member(self, name: str) -> Member:
        """The member of that name."""
        if name not in self.members:
            raise ValueError(f"it has no member {name[:60]!r}")
        return self.members[name]

    def blocks(self, name: str, step: int = BLOCK) -> Iterator[bytes]:
        """The bytes of a member, `step` at a time and no more than it declares; its checksum comes last."""
        member = self.member(name)
        done = crc = 0
        for block in self._inflated(member, step):
            done += len(block)
            if done > member.size:
                raise ValueError(f"member {name[:60]!r} holds more than the {member.size} bytes it declares")
            crc = zlib.crc32(block, crc)
            yield block
        if done != member.size:
            raise ValueError(f"member {name[:60]!r} holds {done} bytes, but declares {member.size}")
        if member.crc and crc != member.crc:
            raise ValueError(f"member {name[:60]!r} is damaged: its CRC-32 differs")
        self.verified.add(name)

    def _inflated(self, member: Member, step: int) -> Iterator[bytes]:
        packed = self.source.blocks(member.offset, member.packed, step)
        if not member.deflated:
            yield from packed
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        for piece in packed:
            while True:
                block = inflate.decompress(piece, step)
                piece = inflate.unconsumed_tail
                if block:
                    yield block
                elif not piece:
                    break

    def read(self, name: str, limit: int = SMALL) -> bytes:
        """A whole member of at most `limit` bytes."""
        if self.member(name).size > limit:
            raise ValueError(f"member {name[:60]!r} has more than {limit} bytes")
        return b"".join(self.blocks(name))

    def head(self, name: str, count: int) -> bytes:
        """The first bytes of a member, not yet verified."""
        head = b""
        for block in self.blocks(name, count):
            head += block
            if len(head) >= count:
                break
        return head[:count]

    def part(self, name: str, limit: int) -> Source:
        """A verified member as a file of its own: in place, or inflated if it has at most `limit` bytes."""
        member = self.member(name)
        if member.deflated:
            return Source(io.BytesIO(self.read(name, limit)))
        for _ in self.blocks(name):
            pass
        return self.source.part(member.offset, member.size)

    def numbers(self, name: str, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers of a member from byte `offset` on; the whole member is verified the first time."""
        member, size = self.member(name), count * dtype.itemsize
        if not 0 <= offset <= offset + size <= member.size:
            raise ValueError(f"member {name[:60]!r} has fewer than {count} numbers")
        if name in self.verified and not member.deflated:
            return self.source.numbers(member.offset + offset, count, dtype)
        array = np.empty(count, dtype)
        target = array.view(np.uint8).data if count else memoryview(b"")
        position = 0
        for block in self.blocks(name):
            low, high = max(position, offset), min(position + len(block), offset + size)
            if low < high:
                target[low - offset : high - offset] = memoryview(block)[low - position : high - position]
            position += len(block)
        return array


def _directory(source: Source) -> tuple[int, int, int]:
    """Where the directory begins, its bytes, and how many members it lists."""
    tail = source.read(max(0, source.size - (1 << 16) - 22), min(source.size, (1 << 16) + 22))
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) < place + 22:
        raise ValueError("it has no zip directory: the file is cut short")
    _, disk, first, _, count, size, start, _ = struct.unpack_from(END, tail, place)
    limit = source.size - len(tail) + place
    if limit >= 20 and (0xFFFF in (count, disk) or WIDE in (size, start)):
        signature, _, end, _ = source.unpack(LOCATOR, limit - 20)
        if signature == b"PK\6\7":
            signature, *_, disk, first, _, count, size, start = source.unpack(END64, end)
            if signature != b"PK\6\6":
                raise ValueError("its zip directory is damaged")
            limit = end
    if disk or first or start + size > limit:
        raise ValueError("its zip directory is damaged, or in another file")
    if count > MEMBERS or size > DIRECTORY:
        raise ValueError(f"it has {count} members, in a directory of {size} bytes: more than any net")
    return start, size, count


def _members(source: Source, directory: bytes, count: int) -> Iterator[Member]:
    """The members that a directory lists."""
    position, width = 0, struct.calcsize(ENTRY)
    for _ in range(count):
        if len(directory) < position + width:
            raise ValueError("its zip directory is damaged")
        fields = struct.unpack_from(ENTRY, directory, position)
        signature, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, *_, header = fields
        if signature != b"PK\1\2":
            raise ValueError("its zip directory is damaged")
        label = directory[position + width : position + width + name]
        position += width + name
        size, packed, header = _wide((size, packed, header), directory[position : position + extra])
        position += extra + comment
        text = label.decode("utf-8" if flags & 0x800 else "cp437")
        _check(text, flags, method, packed, size, source.size)
        yield Member(text, header, _place(source, header, label), packed, size, crc, method == DEFLATE)
    if position != len(directory):
        raise ValueError("its zip directory lists fewer members than it has")


def _wide(numbers: tuple[int, int, int], extra: bytes) -> Iterator[int]:
    """The numbers of an entry; those of more than 32 bits are in its extra field of type 1."""
    position, wide = 0, b""
    while len(extra) >= position + 4:
        code, length = struct.unpack_from("<HH", extra, position)
        if code == 1:
            wide = extra[position + 4 : position + 4 + length]
        position += 4 + length
    for number in numbers:
        if number == WIDE and len(wide) >= 8:
            number, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        yield number


def _place(source: Source, header: int, label: bytes) -> int:
    """Where a member's bytes begin, behind a header of its own."""
    head = source.read(header, min(30 + len(label), max(0, source.size - header)))
    if head[:4] != SIGNATURE or head[30:] != label:
        raise ValueError(f"member {label[:60]!r} is not where the directory says")
    names, extra = struct.unpack_from("<HH", head, 26)
    return header + 30 + int(names) + int(extra)


def _check(name: str, flags: int, method: int, packed: int, size: int, limit: int) -> None:
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise ValueError(f"member {name[:60]!r} lies outside the archive's folder")
    if method not in (STORE, DEFLATE) or flags & 0x41:
        raise ValueError(f"member {name[:60]!r} is encrypted, or compressed in an unusual way")
    if packed > limit or size > RATIO * packed or (method == STORE and size != packed):
        raise ValueError(f"member {name[:60]!r} claims {size} bytes in {packed}")
