"""Pretrained weights: what there is, fetching it, and reading the files."""

from tinycnn.weights.download import cache_folder, cached, fetch
from tinycnn.weights.pickles import read_pickle
from tinycnn.weights.reading import open_weights
from tinycnn.weights.registry import REGISTRY, Entry

__all__ = ["REGISTRY", "Entry", "cache_folder", "cached", "fetch", "open_weights", "read_pickle"]
