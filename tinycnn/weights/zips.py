"""Zip archives whose members are read in place; nothing is ever unpacked to disk."""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np

from tinycnn.ops.types import Array
from tinycnn.weights.source import Source, fill

DEFLATE = 1032
"""No deflated byte can stand for more than so many."""


class Archive:
    """The directory of a zip archive, checked, and reads from its members."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.zip = zipfile.ZipFile(source.file)
        self.names: dict[str, zipfile.ZipInfo] = {}
        for info in self.zip.infolist():
            _check(info, source.size)
            if info.filename in self.names:
                raise ValueError(f"member {info.filename[:60]!r} is there twice")
            self.names[info.filename] = info

    def size(self, name: str) -> int:
        """Bytes of a member."""
        if name not in self.names:
            raise ValueError(f"it has no member {name[:60]!r}")
        return self.names[name].file_size

    def read(self, name: str, limit: int = 1 << 24) -> bytes:
        """A small member."""
        if self.size(name) > limit:
            raise ValueError(f"member {name[:60]!r} has more than {limit} bytes")
        return self.zip.read(name)

    def head(self, name: str, count: int) -> bytes:
        """The first bytes of a member."""
        with self.zip.open(name) as member:
            return member.read(count)

    def place(self, name: str) -> tuple[int, int]:
        """Where an uncompressed member begins in the file, and its bytes; its checksum is not verified."""
        size = self.size(name)
        info = self.names[name]
        signature, names, extra = self.source.unpack("<4s22xHH", info.header_offset)
        if signature != b"PK\3\4" or info.compress_type != zipfile.ZIP_STORED or info.compress_size != size:
            raise ValueError(f"member {name[:60]!r} is compressed, or damaged")
        return info.header_offset + 30 + names + extra, size

    def numbers(self, name: str, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
        """`count` numbers of a member from byte `offset` on; at its end its checksum is verified."""
        if offset + count * dtype.itemsize > self.size(name):
            raise ValueError(f"member {name[:60]!r} has fewer than {count} numbers")
        array = np.empty(count, dtype)
        with self.zip.open(name) as member:
            member.seek(offset)
            fill(array, member)
            member.read(1)
        return array


def _check(info: zipfile.ZipInfo, size: int) -> None:
    name = info.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise ValueError(f"member {name[:60]!r} lies outside the archive's folder")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise ValueError(f"member {name[:60]!r} is encrypted, or compressed in an unusual way")
    if info.compress_size > size or info.file_size > DEFLATE * info.compress_size:
        raise ValueError(f"member {name[:60]!r} claims {info.file_size} bytes in {info.compress_size}")
