"""Searches for counterexamples follow hypothesis's seed where one is given, as `tests.repeat` does."""

from __future__ import annotations

import pytest


@pytest.fixture
def search_seed(request: pytest.FixtureRequest) -> int:
    """Seed of `check_rule` and `verdicts`; 0 unless ``--hypothesis-seed`` says otherwise."""
    return int(request.config.getoption("--hypothesis-seed") or 0)
