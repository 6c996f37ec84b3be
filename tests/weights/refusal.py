"""What it means that a file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from weight_writers import write

import tinycnn as tc
from tinycnn.weights import open_weights


def assert_refused(data: bytes, folder: Path, reason: str | None = None) -> None:
    """Opening the file and reading its arrays raises the one typed error, in one line, and runs nothing."""
    with pytest.raises(tc.WeightFileError, match=reason) as caught, open_weights(write(folder, data)) as file:
        dict(file)
    assert "\n" not in str(caught.value)
    assert not (folder / "ran").exists()
