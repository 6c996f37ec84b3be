"""Pretrained weights: what there is, fetching it, and reading, listing and converting the files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinycnn.files import submodule
from tinycnn.weights.cache import cache_folder, cached, is_cached
from tinycnn.weights.inspecting import ArrayInfo, Contents, inspect
from tinycnn.weights.reading import WeightFile, open_weights
from tinycnn.weights.registry import REGISTRY, Entry, Package

if TYPE_CHECKING:
    from tinycnn.weights.converting import convert
    from tinycnn.weights.fetching import fetch

__all__ = [
    "REGISTRY",
    "ArrayInfo",
    "Contents",
    "Entry",
    "Package",
    "WeightFile",
    "cache_folder",
    "cached",
    "convert",
    "fetch",
    "inspect",
    "is_cached",
    "open_weights",
]

LATE = {"convert": "tinycnn.weights.converting", "fetch": "tinycnn.weights.fetching"}
"""What is imported when first asked for: requests and rich take a tenth of a second."""

RENAMED = {"Row": "ArrayInfo"}
"""What version 0.1 called by a name that other parts of the package have, too."""


def __getattr__(name: str) -> Any:
    if name in RENAMED:
        return globals()[RENAMED[name]]
    if name not in LATE:
        return submodule(__name__, name)
    return getattr(import_module(LATE[name]), name)
