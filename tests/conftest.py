"""One hypothesis profile for all tests: seeded, and without a deadline, as kernels compile on first use.

And an option, ``--skipped``, to run what was skipped before, when the packages that it needs are there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib
import pytest
from hypothesis import HealthCheck, settings

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "seeded", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("short", parent=settings.get_profile("seeded"), max_examples=8)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))

SKIPPED = "tinycnn/skipped"
"""In pytest's cache: what the last run with every test that is not slow had to skip."""

FAST = "not slow"
"""The tests that are run unless told otherwise, as setup.cfg says it."""

_skipped: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--skipped", action="store_true", help="only what the last run of all tests skipped")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def _note(report: pytest.CollectReport | pytest.TestReport) -> None:
    if report.skipped:
        _skipped.add(report.nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("skipped"):
        cache = getattr(config, "cache", None)
        known = tuple(cache.get(SKIPPED, ())) if cache else ()
        config.hook.pytest_deselected(items=[item for item in items if not item.nodeid.startswith(known)])
        items[:] = [item for item in items if item.nodeid.startswith(known)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test, or a whole file of them, can be skipped for want of a package that is there later."""
    config = session.config  # whose cache can be turned off
    cache = getattr(config, "cache", None)
    every = config.args == config.getini("testpaths") and config.option.markexpr == FAST
    if every and cache and not config.option.keyword and not config.getoption("skipped"):
        cache.set(SKIPPED, sorted(_skipped))
