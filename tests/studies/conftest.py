"""Folders of small images."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from study_runs import COUNT

from tinycnn import image


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cuts of a photograph in two folders, one of them inside the other."""
    folder = tmp_path_factory.mktemp("images")
    photograph = image.sample("chelsea")
    corners = np.random.default_rng(0).integers(0, 260, (COUNT, 2))
    for number, (top, left) in enumerate(corners):
        place = folder / "inner" if number % 2 else folder
        place.mkdir(exist_ok=True)
        Image.fromarray(photograph[top : top + 40, left : left + 40]).save(place / f"{number}.png")
    return folder


@pytest.fixture
def few(images: Path, tmp_path: Path) -> Path:
    """Six of the images."""
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(6):
        found = images / f"{number}.png" if number % 2 == 0 else images / "inner" / f"{number}.png"
        shutil.copy(found, folder)
    return folder
