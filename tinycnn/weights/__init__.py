"""Pretrained weights: what there is, fetching it, and reading, listing and converting the files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinycnn.weights.cache import cache_folder, cached, is_cached
from tinycnn.weights.inspecting import Contents, Row, inspect
from tinycnn.weights.reading import WeightFile, open_weights
from tinycnn.weights.registry import REGISTRY, Entry, Package

if TYPE_CHECKING:
    from tinycnn.weights.converting import convert
    from tinycnn.weights.fetching import fetch

__all__ = [
    "REGISTRY",
    "Contents",
    "Entry",
    "Package",
    "Row",
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


def __getattr__(name: str) -> Any:
    if name not in LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(LATE[name]), name)
