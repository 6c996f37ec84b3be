"""What the documentation promises of weight files, kept by files that were made to break it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_files import HOSTILE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "notebooks" / "docs" / "explanation" / "promises.md"

READ = (
    "20,000 zip members",
    "68 MB of zeros",
    "12,000 tensors over one storage",
    "40,000 arrays",
    "100 MB of numbers, no trick",
)
"""Files that are large, but do nothing wrong."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="costs are measured in forks")


def costs(pattern: str) -> dict[str, dict]:
    """Outcome, seconds of the processor and memory of each file, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hostile", "--json", "--only", pattern]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "pattern",
    [
        "zip member *",
        "a million zip members",
        "4,000 HDF5 *",
        "wide tuple*",
        "12,000 views*",
        "safetensors * empty *",
    ],
)
def test_a_file_that_once_took_seconds_or_gigabytes_is_refused_at_little_cost(pattern: str) -> None:
    found = costs(pattern)
    assert found
    for name, cost in found.items():
        assert cost["outcome"] == "refused", name
        assert cost["kept"], (name, cost)


@pytest.mark.slow
def test_every_hostile_file_keeps_the_promise() -> None:
    found = costs("*")
    assert set(found) == set(HOSTILE)
    for name, cost in found.items():
        assert cost["outcome"] == ("read" if name in READ else "refused"), (name, cost)
        assert cost["kept"], (name, cost)


def test_the_page_has_a_figure_for_every_file() -> None:
    """``python -m benchmarks.hostile --markdown`` writes them."""
    rows = re.findall(r"^\| (.+?) \| [\d.]+ \| (?:read|refused) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(HOSTILE)


def test_the_page_names_tests_that_exist() -> None:
    folder = ROOT
    for name in re.findall(r"`(?:python -m tests\.repeat \d+ )?([\w/]*\w+\.py)\b", PAGE.read_text("utf-8")):
        folder = (ROOT / name).parent if "/" in name else folder
        assert (folder / Path(name).name).is_file(), name
