"""HDF5 as Keras writes it: the legacy layout, whole models, and Keras 3's ``.weights.h5``.

HDF5's C library hangs or crashes on damaged files, so no file is given to it. What Keras's files consist of
is read here: superblocks 0 to 3, object headers 1 and 2, symbol tables and compact links, contiguous,
compact and chunked arrays. See "HDF5 File Format Specification Version 3.0".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.hdf5_chunks import check_chunks, read_chunks
from tinycnn.weights.hdf5_messages import UNDEFINED, Attribute, Bytes, Messages, decode, number_kind, shape
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Stored, in_place

SIGNATURE = b"\x89HDF\r\n\x1a\n"

BUDGET = 1 << 26
"""Bytes of headers and trees that are read, each read costing `READ` more; an array needs a few thousand."""

READ = 100

DEPTH = 16

CONTINUATION = 0x10


def index(source: Source) -> Iterator[tuple[str, Stored]]:
    """Find the arrays of an HDF5 file, in the order that Keras lists them."""
    reader = Reader(source)
    root = reader.root()
    weights = dict(reader.children(reader.messages(root))).get("model_weights", root)
    yield from reader.group(weights, 0)


class Reader:
    """Walks the objects of a file within a budget, each of them once."""

    def __init__(self, source: Source) -> None:
        self.source, self.left = source, BUDGET
        self.seen: set[int] = set()

    def fetch(self, address: int, count: int) -> bytes:
        """Bytes of a header or a tree."""
        self.left -= count + READ
        if self.left < 0:
            raise ValueError("its headers are longer than those of any net")
        return self.source.read(address, count)

    def at(self, address: int, count: int) -> Bytes:
        return Bytes(self.fetch(address, count))

    def root(self) -> int:
        """The address of the root group's header, from the superblock."""
        version = self.fetch(8, 1)[0]
        if version < 2:
            head = self.at(0, 100 if version else 96)
            widths, begin = head.data[13:15], 28 if version else 24
            base, root = int.from_bytes(head.data[begin : begin + 8], "little"), begin + 40
        else:
            head = self.at(0, 48)
            widths, root = head.data[9:11], 36
            base = int.from_bytes(head.data[12:20], "little")
        if version > 3 or widths != b"\x08\x08" or base != 0:
            raise ValueError("its superblock is of a kind that Keras does not write")
        return int.from_bytes(head.data[root : root + 8], "little")

    def messages(self, address: int) -> Messages:
        """All that an object's header says."""
        found = Messages()
        modern = self.fetch(address, 4) == b"OHDR"
        blocks = [self._modern(address) if modern else self._classic(address)]
        tracked = bool(modern and self.fetch(address + 5, 1)[0] & 4)
        while blocks:
            position, end = blocks.pop(0)
            entry = (6 if tracked else 4) if modern else 8
            while position + entry <= end:
                head = self.at(position, entry)
                code, size, flags = head.unpack("<BHB" if modern else "<HHB")
                body = self.fetch(position + entry, size)
                position += entry + size
                if code == CONTINUATION:
                    offset, length = Bytes(body).unpack("<QQ")
                    blocks.append((offset + 4, offset + length - 4) if modern else (offset, offset + length))
                else:
                    decode(found, code, flags, body)
        return found

    def _classic(self, address: int) -> tuple[int, int]:
        version, _, _, _, size = self.at(address, 12).unpack("<BBHII")
        if version != 1:
            raise ValueError("an object's header is damaged")
        return address + 16, address + 16 + size

    def _modern(self, address: int) -> tuple[int, int]:
        version, flags = self.at(address + 4, 2).unpack("<BB")
        if version != 2:
            raise ValueError("an object's header is damaged")
        start = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        width = 1 << (flags & 3)
        size = self.at(start, width).number(width)
        return start + width, start + width + size

    def children(self, group: Messages) -> Iterator[tuple[str, int]]:
        """Names and header addresses of what is in a group."""
        yield from group.links
        if group.table is None:
            return
        tree, heap = group.table
        signature, size, _, names = self.at(heap, 32).unpack("<8sQQQ")
        if signature[:5] != b"HEAP\0":
            raise ValueError("a group's heap of names is damaged")
        stack = [(tree, 256)]
        while stack:
            address, above = stack.pop()
            kind, level, count = self.at(address, 8).unpack("<5sBH")
            if kind != b"TREE\0":
                yield from self._leaf(address, names, size)
                continue
            if level >= above:
                raise ValueError("a group's tree is damaged")
            body = self.at(address + 24, 16 * count + 8)
            below = [body.unpack("<QQ")[1] for _ in range(count)]
            stack.extend((child, level) for child in reversed(below))

    def _leaf(self, address: int, names: int, size: int) -> Iterator[tuple[str, int]]:
        signature, version, _, count = self.at(address, 8).unpack("<4sBBH")
        if signature != b"SNOD" or version != 1:
            raise ValueError("a group's table of names is damaged")
        body = self.at(address + 8, 40 * count)
        for _ in range(count):
            offset, header, cached, *_ = body.unpack("<QQII16s")
            if cached not in (0, 1) or offset >= size:
                raise ValueError("it has a soft link, or a name outside its heap")
            text, _, _ = self.fetch(names + offset, min(256, size - offset)).partition(b"\0")
            yield text.decode(), header

    def group(self, address: int, depth: int) -> list[tuple[str, Stored]]:
        """The arrays under a group, by their paths in it."""
        if depth > DEPTH or address in self.seen:
            raise ValueError("its groups are nested too deeply, or one is in two places")
        self.seen.add(address)
        messages = self.messages(address)
        if messages.layout is not None:
            return [("", self._stored(messages))]
        found = [
            (f"{name}/{path}".rstrip("/"), stored)
            for name, child in sorted(self.children(messages), key=lambda item: _natural(item[0]))
            for path, stored in self.group(child, depth + 1)
        ]
        listed = [
            name
            for label in sorted(messages.attributes)
            for name in self._strings(messages.attributes[label])
        ]
        rank = {name: place for place, name in enumerate(listed)}
        return sorted(
            found, key=lambda item: rank.get(item[0], rank.get(item[0].partition("/")[0], len(rank)))
        )

    def _strings(self, attribute: Attribute) -> list[str]:
        """The strings of an attribute, of fixed length or in the global heap."""
        count = math.prod(shape(Bytes(attribute.space)))
        form, size = attribute.kind[0] & 15, int.from_bytes(attribute.kind[4:8], "little")
        if form not in (3, 9) or size == 0 or count * size > len(attribute.data):
            raise ValueError("one of its lists of names is damaged")
        items = [attribute.data[start : start + size] for start in range(0, count * size, size)]
        texts = (self._heaped(item) if form == 9 else item for item in items)
        return [text.rstrip(b"\0 ").decode() for text in texts]

    def _heaped(self, item: bytes) -> bytes:
        """A string of variable length, from the global heap."""
        length, address, wanted = Bytes(item).unpack("<IQI")
        signature, end = self.at(address, 16).unpack("<8sQ")
        position = address + 16
        while signature == b"GCOL\1\0\0\0" and position < address + end:
            number, _, size = self.at(position, 16).unpack("<HH4xQ")
            if number == wanted:
                return self.fetch(position + 16, min(size, length))
            position += 16 + size + -size % 8
        raise ValueError("one of its lists of names is damaged")

    def _stored(self, messages: Messages) -> Stored:
        if messages.shape is None or messages.kind is None or messages.layout is None:
            raise ValueError("an array lacks its shape or its type")
        sides, numbers, layout, filters = (
            messages.shape,
            number_kind(messages.kind),
            messages.layout,
            messages.filters,
        )
        count = math.prod(sides)
        size = count * numbers.raw.itemsize
        if layout.chunk:
            check_chunks(sides, numbers, layout, filters)
        elif filters or (len(layout.compact) if layout.compact is not None else layout.size) < size:
            raise ValueError(f"an array of shape {sides} and {numbers.name} is given other than {size} bytes")
        elif layout.compact is None and layout.address == UNDEFINED and size:
            raise ValueError("an array was never written")

        def load() -> Array:
            if layout.compact is not None:
                return np.frombuffer(layout.compact, numbers.raw, count)
            return read_chunks(self.fetch, self.source.read, sides, numbers, layout, filters)

        if layout.compact is None and not layout.chunk:
            return in_place(sides, numbers, self.source, layout.address if size else 0)
        return Stored(sides, numbers, load)


def _natural(name: str) -> list[tuple[int, str]]:
    """A sorting key by which conv2d_2 comes before conv2d_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
