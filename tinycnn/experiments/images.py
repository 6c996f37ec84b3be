"""The pictures that experiments run on."""

from __future__ import annotations

from pathlib import Path

from tinycnn.errors import ImageError
from tinycnn.image import load, sample
from tinycnn.ops.types import Array

PHOTOGRAPHS = (
    "chelsea", "astronaut", "coffee", "rocket", "camera", "motorcycle_left", "coins", "retina",
    "hubble_deep_field", "moon", "brick", "grass",
)  # fmt: skip
"""Samples of scikit-image, a cat first: few, and not of ImageNet."""

MOST = 100
"""How many pictures of a folder are used."""


def photographs() -> dict[str, Array]:
    """The pictures that are used where the user gives none."""
    return {name: sample(name) for name in PHOTOGRAPHS}


def of_folder(folder: Path) -> tuple[dict[str, Array], list[str]]:
    """The first pictures of a folder, by name, and what was wrong with files that are none.

    Raises
    ------
    ImageError
        The folder is missing or holds no picture.
    """
    if not folder.is_dir():
        raise ImageError(f"{folder}: not a folder; --images takes a folder of pictures")
    images: dict[str, Array] = {}
    refused = []
    for path in sorted(folder.iterdir()):
        if len(images) == MOST:
            break
        if path.is_file():
            try:
                images[path.name] = load(path)
            except ImageError as error:
                refused.append(str(error))
    if not images:
        raise ImageError(f"{folder}: no picture in it that Pillow can read")
    return images, refused
