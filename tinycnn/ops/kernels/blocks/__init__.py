"""Kernels on images in blocks, (n, chunks, h, w, LANES) float32: see `tinycnn.ops.kernels.blocks.layout`."""

from types import ModuleType

from tinycnn.files import submodule


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
