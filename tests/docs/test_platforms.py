"""The page that says where tinycnn was tried is made of the lines that it ends with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.platforms import PLATFORMS, line, main, markdown, requirements, trials

PAGE = Path(__file__).parents[2] / "notebooks" / "docs" / "reference" / "platforms.md"

LOG = """
== Python 3.12, newest libraries (40 s)
tinycnn 0.2.0
""" + "\n".join(
    json.dumps({"platform": "Linux x86_64"} | entry)
    for entry in (
        {"python": "3.12.1", "libraries": "newest", "result": "wheel", "versions": {"numpy": "2.4.1"}},
        {"python": "3.9.2", "libraries": "lowest", "result": "not tried: no wheels of them"},
        {
            "python": "3.12.1",
            "libraries": "lowest",
            "result": "tests: 7 passed",
            "versions": {"numpy": "2.0.0"},
        },
    )
)


def test_the_page_is_made_of_its_own_lines() -> None:
    text = PAGE.read_text("utf-8")
    assert markdown(trials(text)) == text, "not written by hand: see .ci/packages"


def test_a_row_for_each_python_and_each_platform() -> None:
    text = markdown(trials(LOG))
    assert (
        "| Linux, x86-64 | 3.9.2 | not tried | not tried: no wheels of them |\n| Linux, x86-64 | 3.12.1 |"
        in text
    )
    assert "| Linux, x86-64 | 3.12.1 | wheel | tests: 7 passed |" in text
    assert text.count("| any | not tried | not tried |") == len(PLATFORMS) - 1
    assert "| numpy | 2.0.0 | 2.4.1 |" in text


def test_a_line_says_what_is_installed_here() -> None:
    import numpy as np

    (found,) = trials(line("newest", "wheel", None))
    assert found.versions["numpy"] == np.__version__
    (missing,) = trials(line("newest", "not tried: no such Python", "3.99"))
    assert (missing.python, missing.versions) == ("3.99", {})


def test_the_lowest_libraries_are_those_that_are_permitted_now(capsys: pytest.CaptureFixture[str]) -> None:
    main(["lowest"])
    assert capsys.readouterr().out.split() == [f"{name}=={least}" for name, least in requirements().items()]
    tried = [trial.versions for trial in trials(PAGE.read_text("utf-8")) if trial.libraries == "lowest"]
    assert any(tried), "the page has no line of the lowest libraries"
    for versions in tried:
        least = {name: short(requirements()[name]) for name in versions}
        assert {name: short(one) for name, one in versions.items()} == least, (
            "a minimum of setup.cfg has changed: run .ci/packages, and make the page anew"
        )


def short(text: str) -> str:
    """2.0 and 2.0.0 are one version."""
    return re.sub(r"(\.0)+$", "", text)
