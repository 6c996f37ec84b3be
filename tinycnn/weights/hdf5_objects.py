"""The objects of an HDF5 file: superblock, object headers, and what is in a group.

After "HDF5 File Format Specification Version 3.0", sections II, III and IV.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tinycnn.weights.hdf5_messages import Attribute, Bytes, Messages, decode, shape
from tinycnn.weights.source import Source

BUDGET = 1 << 25
"""Bytes of headers and trees that are read, each read costing `READ` more; an array needs a few thousand."""

READ = 100

LETTERS = 4096
"""A name has at most so many letters."""

CONTINUATION = 0x10


class Objects:
    """Reads the headers of a file's objects, and what groups hold, within a budget."""

    def __init__(self, source: Source, budget: int = BUDGET) -> None:
        self.source, self.left = source, budget
        self.heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def fetch(self, address: int, count: int) -> bytes:
        """Bytes of a header or a tree."""
        self.charge(count + READ)
        return self.source.read(address, count)

    def charge(self, cost: int) -> None:
        """Count so many bytes as read."""
        self.left -= cost
        if self.left < 0:
            raise ValueError("its headers are longer than those of any net")

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
        if version > 3 or widths != b"\x08\x08" or base not in (0, self.source.start):
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

    def children(self, group: Messages) -> Iterator[tuple[str, int | None]]:
        """Names and header addresses of what is in a group; those of links that lead elsewhere are None."""
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

    def _leaf(self, address: int, names: int, size: int) -> Iterator[tuple[str, int | None]]:
        signature, version, _, count = self.at(address, 8).unpack("<4sBBH")
        if signature != b"SNOD" or version != 1:
            raise ValueError("a group's table of names is damaged")
        body = self.at(address + 8, 40 * count)
        for _ in range(count):
            offset, header, cached, *_ = body.unpack("<QQII16s")
            if cached not in (0, 1, 2) or offset >= size:
                raise ValueError("a group's table of names is damaged")
            text, end, _ = self.fetch(names + offset, min(LETTERS, size - offset)).partition(b"\0")
            if not end:
                raise ValueError(f"the name {text[:60]!r}... is longer than {LETTERS}, or does not end")
            yield text.decode(), None if cached == 2 else header

    def strings(self, attribute: Attribute) -> list[str]:
        """The strings of an attribute, of fixed length or in the global heap."""
        count = math.prod(shape(Bytes(attribute.space)))
        if count == 0:  # Keras writes an empty list as one of floats
            return []
        form, size = attribute.kind[0] & 15, int.from_bytes(attribute.kind[4:8], "little")
        if form not in (3, 9) or size == 0 or count * size > len(attribute.data):
            raise ValueError("one of its lists of names is damaged")
        items = [attribute.data[start : start + size] for start in range(0, count * size, size)]
        texts = (self._heaped(item) if form == 9 else item for item in items)
        return [text.rstrip(b"\0 ").decode() for text in texts]

    def _heaped(self, item: bytes) -> bytes:
        """A string of variable length, from the global heap."""
        length, address, wanted = Bytes(item).unpack("<IQI")
        if address not in self.heaps:
            self.heaps[address] = dict(self._heap(address))
        if wanted not in self.heaps[address]:
            raise ValueError("one of its lists of names is damaged")
        position, size = self.heaps[address][wanted]
        return self.fetch(position, min(size, length))

    def _heap(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """The objects in a collection of the global heap: number, place and size."""
        signature, end = self.at(address, 16).unpack("<8sQ")
        position = address + 16
        while signature == b"GCOL\1\0\0\0" and position + 16 <= address + end:
            number, _, size = self.at(position, 16).unpack("<HH4xQ")
            if number == 0:
                return
            yield number, (position + 16, size)
            position += 16 + size + -size % 8
