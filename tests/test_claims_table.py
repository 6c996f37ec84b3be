"""The table of claims, ``notebooks/CLAIMS.md``, names what exists, and leaves no claim of the paper out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tinycnn.experiments import EXPERIMENTS
from tinycnn.theory.claims import CLAIMS

ROOT = Path(__file__).parents[1]
PAPER = "Nie, Zhang and Patel (2018)"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "notebooks" / "CLAIMS.md").read_text("utf-8").splitlines()
    if line.startswith("|")
][2:]

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])


def quoted(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall("`([^`]+)`", cell)


@each_row
def test_notebooks_tests_claims_and_experiments_of_a_row_exist(row: list[str]) -> None:
    _, notebook, tests, claims, experiments = row
    links = re.findall(r"\(([^)]+)\)", notebook)
    assert links
    assert quoted(tests)
    assert all((ROOT / "notebooks" / link).is_file() for link in links)
    assert all((ROOT / path).is_file() for path in quoted(tests))
    assert set(quoted(claims)) <= set(CLAIMS)
    assert set(quoted(experiments)) <= set(EXPERIMENTS)
    assert quoted(claims) or quoted(experiments)


def test_every_claim_of_the_paper_is_in_the_table_and_none_twice() -> None:
    listed = [id for row in ROWS for id in quoted(row[3])]
    assert len(listed) == len(set(listed))
    assert {id for id, claim in CLAIMS.items() if PAPER in claim.source} <= set(listed)


def test_every_notebook_on_the_theory_is_in_the_table() -> None:
    theory = {path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path.name[:2] >= "04"}
    assert theory == {link for row in ROWS for link in re.findall(r"\(([^)]+)\)", row[1])}
