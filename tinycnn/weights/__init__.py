"""Pretrained weights: what there is, fetching it, and reading, listing and converting the files."""

from tinycnn.weights.cache import cache_folder, cached, is_cached
from tinycnn.weights.converting import convert
from tinycnn.weights.fetching import fetch
from tinycnn.weights.inspecting import Contents, Row, inspect
from tinycnn.weights.reading import WeightFile, open_weights
from tinycnn.weights.registry import REGISTRY, Entry, Package

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
