"""The files around the code say what the code says."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

import tinycnn as tc

yaml = pytest.importorskip("yaml", reason="needs PyYAML, of the extra [testing]")

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_the_citation_is_of_this_version_and_of_the_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # what the format requires
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == tc.__version__
    assert citation["license"] in (ROOT / "LICENSE").read_text("utf-8")
    [paper] = citation["references"]
    assert paper["title"] in " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert [author["family-names"] for author in paper["authors"]] == ["Nie", "Zhang", "Patel"]
    assert paper["identifiers"][0]["value"] == "arXiv:1805.07039v4"


def test_the_changelog_knows_this_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] in (tc.__version__, f"Unreleased ({tc.__version__})")


def test_the_hooks_run_the_quick_checks_of_ci() -> None:
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    programs = [re.sub(r"^python -m ", "", hook["entry"]).split(" --")[0] for hook in local["hooks"]]
    assert programs == ["ruff check", "ruff format", "mypy", "lint-imports"]
    assert all(program in script for program in programs)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_forms_for_reports_are_what_the_format_asks_for(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["name"]
    assert form["description"]
    names = [part["id"] for part in form["body"]]
    assert len(set(names)) == len(names) > 0
    for part in form["body"]:
        assert part["type"] in ("input", "textarea")
        assert part["attributes"]["label"]


def test_there_are_forms() -> None:
    assert {path.stem for path in TEMPLATES} >= {"file", "rule", "claim"}


def test_lines_are_as_long_as_the_editor_is_told() -> None:
    editor = configparser.ConfigParser()
    editor.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    ruff = re.search(r"^line-length = (\d+)", (ROOT / "ruff.toml").read_text("utf-8"), re.MULTILINE)
    assert ruff is not None
    assert editor["*.py"]["max_line_length"] == ruff[1]
