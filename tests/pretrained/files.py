"""Real weight files, where this machine has them."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinycnn as tc
from tinycnn.weights import cached


def trained(name: str) -> Path:
    """The cached file of trained weights; without it the test is skipped, and says why."""
    try:
        return cached(name)
    except tc.FetchError as error:
        pytest.skip(str(error))
