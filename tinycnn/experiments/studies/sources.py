"""Images in files and folders, one after the other; their names are never all in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinycnn.errors import ImageError
from tinycnn.files import files_in
from tinycnn.image.reading import endings


@dataclass(frozen=True)
class File:
    """A file as it was found.

    Parameters
    ----------
    path : str
        Absolute, as `written` has it.
    size : int
        In bytes.
    changed : int
        Time of the last change, in nanoseconds; on Unix the system's own, which no program can set.
    """

    path: str
    size: int
    changed: int


def walk(places: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    """Paths of images: files as they are given, and what folders hold at any depth.

    Parameters
    ----------
    places : iterable of path-like

    Yields
    ------
    str
        Absolute paths. Of a folder those whose ending is an image's, hidden ones left out, in the order in
        which the file system has them, and subfolders that cannot be looked into. Links to folders are not
        followed.

    Raises
    ------
    ImageError
        There is no such file or folder.
    """
    for place in places:
        path = os.path.abspath(place)
        if os.path.isdir(path):
            yield from (p for p in files_in(path) if Path(p).suffix.lower() in endings() or os.path.isdir(p))
        elif os.path.exists(path):
            yield path
        else:
            raise ImageError(f"{place}: no such file or folder")


def look(path: str) -> File:
    """What is known of a file before it is read; of one that has gone, nothing but its path."""
    shown = written(path)
    try:
        found = os.stat(path)
    except OSError:
        return File(shown, 0, 0)
    return File(shown, found.st_size, found.st_ctime_ns if os.name == "posix" else found.st_mtime_ns)


def is_there(shown: str) -> bool:
    """Whether a file is still there whose path `look` has written."""
    name = shown.encode()
    if os.sep == "/":
        name = re.sub(rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), name)
    return os.path.lexists(name)


def written(path: str) -> str:
    """A path as text of which no two are alike.

    Bytes that are not UTF-8 are written as ``\\xff``, and a backslash that could be read so as ``\\x5c``.
    """
    name = os.fsencode(path)
    if os.sep == "/":
        name = re.sub(rb"\\(?=x[0-9a-f]{2})", rb"\\x5c", name)
    return name.decode(errors="backslashreplace")
