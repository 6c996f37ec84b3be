"""Where fetched weights are kept, and whether they are there."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir

from tinycnn.errors import FetchError, UnknownNameError
from tinycnn.weights.inspecting import digest
from tinycnn.weights.registry import REGISTRY, Entry


def cache_folder() -> Path:
    """Where weights are kept: ``TINYCNN_CACHE``, else the user's cache folder.

    Raises
    ------
    FetchError
        The user has no home.
    """
    try:
        return Path(os.environ.get("TINYCNN_CACHE") or user_cache_dir("tinycnn")).expanduser()
    except RuntimeError:
        raise FetchError(
            "there is no home folder to keep weights in; set TINYCNN_CACHE to a folder"
        ) from None


def cached(weights: str | Entry) -> Path:
    """The verified file of weights that are in the cache.

    Parameters
    ----------
    weights : str or Entry
        A key of `REGISTRY`, or an entry of one's own.

    Raises
    ------
    UnknownNameError
        There are no such weights.
    FetchError
        They are not in the cache, or the file there is not what it should be; says how to get it.
    """
    entry = find(weights)
    wrong = mismatch(place(entry), entry)
    if wrong:
        raise FetchError(f"{entry.name}: {wrong}; get it with: tinycnn weights fetch {entry.name}")
    return place(entry)


def is_cached(weights: str | Entry) -> bool:
    """Whether weights are in the cache, whole and unchanged."""
    entry = find(weights)
    try:
        return not mismatch(place(entry), entry)
    except FetchError:
        return False


def find(weights: str | Entry) -> Entry:
    """The entry of a name."""
    if isinstance(weights, Entry):
        return weights
    if weights not in REGISTRY:
        raise UnknownNameError("weights", weights, REGISTRY)
    return REGISTRY[weights]


def place(entry: Entry) -> Path:
    """Where an entry's file is, or would be."""
    return cache_folder() / entry.name / entry.file


def mismatch(path: Path, entry: Entry) -> str:
    """What is wrong with the file in an entry's place; nothing if it is the one."""
    if not path.is_file():
        return "it is not in the cache"
    wrong = wrong_hash(path, entry.hash) if entry.hash else ""
    return f"the file in the cache has {wrong}" if wrong else ""


def wrong_hash(path: Path, expected: str) -> str:
    """What is wrong with the hash of a file; nothing if it is right."""
    algorithm, _, digits = expected.partition(":")
    found = digest(path, algorithm)
    return "" if found.startswith(digits) else f"{algorithm} {found}, expected {digits}"
