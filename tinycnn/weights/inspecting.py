"""What is in a weight file, without reading its arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath

from tinycnn.weights.reading import open_weights


@dataclass(frozen=True)
class ArrayInfo:
    """One array of a file: its name, shape, type in the file, and bytes in the file."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class Contents:
    """A weight file's path, format, sha256, a row for each array in its order, and what else is in it."""

    path: str
    format: str
    sha256: str
    rows: tuple[ArrayInfo, ...]
    skipped: Mapping[str, str]


def inspect(path: str | PathLike[str]) -> Contents:
    """List what is in a weight file.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Contents

    Raises
    ------
    WeightFileError
        As `open_weights`.
    """
    with open_weights(path) as file:
        rows = tuple(
            ArrayInfo(name, stored.shape, stored.kind.name, stored.size * stored.kind.raw.itemsize)
            for name, stored in file.index.items()
        )
        return Contents(fspath(path), file.format, digest(path), rows, file.skipped)


def digest(path: str | PathLike[str], algorithm: str = "sha256") -> str:
    """The hash of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
