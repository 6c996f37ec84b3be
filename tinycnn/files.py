"""Writing a file whole or not at all, opening what others wrote, and finding what came with the package."""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from tinycnn.errors import OutputError


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only once it is complete.

    Parameters
    ----------
    path : path-like
        The file to write. Missing folders are created; a symbolic link is written through.

    Yields
    ------
    binary file
        A temporary file in the same folder. When the block ends it is flushed to disk and takes the
        name in one step; when the block raises, it is removed and an older file stays as it was.

    Raises
    ------
    OutputError
        The operating system refused: no permission, no space, a folder in the way.

    Examples
    --------
    >>> with atomic_write("maps.npz") as file:  # doctest: +SKIP
    ...     np.savez(file, saliency=saliency)
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".tinycnn-{os.urandom(8).hex()}.part")
    try:
        if target.is_dir():
            raise IsADirectoryError("there is a folder of that name")
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write {os.fspath(path)}: {reason}; choose another name") from error
    finally:
        with suppress(OSError):  # it has its name by now, or could never be made
            part.unlink()


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Create a folder if need be, and make sure that it can be written, before long work is done for it.

    Raises
    ------
    OutputError
        It cannot.
    """
    probe = Path(folder) / f".tinycnn-{os.urandom(8).hex()}.part"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"cannot write to {os.fspath(folder)}: {error.strerror}; choose another folder"
        ) from error


def files_in(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Paths of the files in a folder, at any depth, hidden files and folders left out.

    Links to folders are not followed, and links that lead nowhere are files. A folder that cannot be looked
    into is given itself.
    """
    folders = [os.fspath(folder)]
    while folders:  # not by recursion, which a thousand nested folders would end
        place = folders.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif not os.path.isdir(entry.path):  # unlike the entry, it takes a link to itself
                        yield entry.path
        except OSError:
            yield place


def open_file(path: str | os.PathLike[str], largest: int) -> BinaryIO:
    """Open a regular file of at most `largest` bytes to read.

    Raises
    ------
    OSError
        The system refuses; the file is larger; or it is a folder, a pipe or a device, which may never end.
    """
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        os.scandir(path).close()  # if even that is refused, it is the better reason
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if found.st_size > largest:
        raise OSError(errno.EFBIG, f"has {found.st_size >> 20} MiB, and at most {largest >> 20} MiB are read")
    return open(path, "rb")


def submodule(package: str, name: str) -> ModuleType:
    """A module of a package that is imported when it is first asked for, in the package's ``__getattr__``.

    Raises
    ------
    AttributeError
        The package has no module of that name.
    ImportError
        It has, but what the module needs is not installed.
    """
    module = f"{package}.{name}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def embedded(name: str) -> Path:
    """Where a file of the top-level folder ``weights`` is: installed with the package, or beside it."""
    package = Path(__file__).parent
    installed = package / "embedded" / name
    return installed if installed.exists() else package.parent / "weights" / name


def json_fields(row: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON has them: what is no finite number is null."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in asdict(row).items()
    }
