"""HDF5 as Keras writes it: the legacy layout, whole models, and Keras 3's ``.weights.h5``.

HDF5's C library hangs or crashes on damaged files, so no file is given to it. What Keras's files consist of
is read here: superblocks 0 to 3, object headers 1 and 2, symbol tables and compact links, contiguous,
compact and chunked arrays. What is of another kind is skipped, and said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tinycnn.weights.hdf5_chunks import Chunked
from tinycnn.weights.hdf5_messages import ORDERED, UNDEFINED, Messages, number_kind
from tinycnn.weights.hdf5_objects import Objects
from tinycnn.weights.source import Source
from tinycnn.weights.stored import Found, Skipped, Stored, Unsupported, in_place

SIGNATURE = b"\x89HDF\r\n\x1a\n"

DEPTH = 16


class Reader:
    """Walks the groups of a file, each of them once; `ordered` says whether it lists all its arrays."""

    def __init__(self, source: Source) -> None:
        self.source, self.objects = source, Objects(source)
        self.ordered = False
        self.seen: set[int] = set()
        self.arrays: dict[int, Stored] = {}
        self.blobs: list[tuple[int, int]] = []

    def index(self) -> Iterator[tuple[str, Found]]:
        """Find the arrays of the file, in the order that Keras lists them."""
        root = self.objects.root()
        weights = dict(self.objects.children(self.objects.messages(root))).get("model_weights") or root
        found, self.ordered = self._group(self.objects.messages(weights), weights, 0)
        for (one, size), (two, _) in pairwise(sorted(self.blobs)):
            if one + size > two:
                raise ValueError(f"two of its arrays, or chunks of them, share the bytes at {two}")
        yield from found

    def _group(self, messages: Messages, address: int, depth: int) -> tuple[list[tuple[str, Found]], bool]:
        """What is under a group, by its paths in it, and whether all of it is listed."""
        if depth > DEPTH or address in self.seen:
            raise Unsupported("a group that is nested too deeply, or in two places")
        self.seen.add(address)
        found: list[tuple[str, Found]] = []
        below: dict[str, bool] = {}
        for name, child in sorted(self.objects.children(messages), key=lambda item: natural(item[0])):
            inside, below[name] = self._child(child, depth)
            found += [(f"{name}/{path}".rstrip("/"), thing) for path, thing in inside]
        labels = sorted((name for name in messages.attributes if name.startswith(ORDERED)), key=natural)
        listed = [name for label in labels for name in self.objects.strings(messages.attributes[label])]
        rank = {name: place for place, name in enumerate(listed)}
        arrays = [name for name, thing in found if isinstance(thing, Stored)]
        found.sort(key=lambda item: rank.get(item[0], rank.get(_head(item[0]), len(rank))))
        return found, all(
            name in rank or ((_head(name) in rank or len(below) == 1) and below[_head(name)])
            for name in arrays
        )

    def _child(self, address: int | None, depth: int) -> tuple[list[tuple[str, Found]], bool]:
        if address is None:
            return [("", Skipped("a link that leads elsewhere"))], True
        try:
            messages = self.objects.messages(address)
            if messages.layout is None and messages.shape is None:
                return self._group(messages, address, depth + 1)
            if address not in self.arrays:  # which may have several names
                self.arrays[address] = self._stored(messages)
            return [("", self.arrays[address])], True
        except Unsupported as reason:
            return [("", Skipped(str(reason)))], True

    def _stored(self, messages: Messages) -> Stored:
        if messages.shape is None or messages.kind is None or messages.layout is None:
            raise ValueError("an array lacks its shape or its type")
        sides, numbers, layout = messages.shape, number_kind(messages.kind), messages.layout
        count = math.prod(sides)
        size = count * numbers.raw.itemsize
        if layout.chunk:
            chunked = Chunked(self.objects, sides, numbers, layout, messages.filters)
            self.blobs += [(chunk.address, chunk.size) for chunk in chunked.chunks]
            return Stored(sides, numbers, chunked.read, touched=chunked.touched)
        compact = layout.compact
        if messages.filters or (len(compact) if compact is not None else layout.size) < size:
            raise ValueError(f"an array of shape {sides} and {numbers.name} is given other than {size} bytes")
        if compact is not None:
            return Stored(sides, numbers, lambda: np.frombuffer(compact, numbers.raw, count))
        if layout.address == UNDEFINED and size:
            raise Unsupported("an array that was never written")
        if size:
            self.blobs.append((layout.address, size))
        return in_place(sides, numbers, self.source, layout.address if size else 0)


def _head(path: str) -> str:
    return path.partition("/")[0]


def natural(name: str) -> list[tuple[int, str]]:
    """A sorting key by which conv2d_2 comes before conv2d_10."""
    return [magnitude(part) if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def magnitude(digits: str) -> tuple[int, str]:
    """A sorting key of numbers, however many digits they have."""
    short = digits.lstrip("0")
    return len(short), short
