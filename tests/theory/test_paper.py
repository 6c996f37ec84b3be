"""The paper, statement by statement: every one is judged, and a page says by which claims, how sharply."""

import json
from dataclasses import asdict

import pytest

from benchmarks.verdicts import main
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.judge import judge
from tinycnn.theory.paper import STATEMENTS

CHEAP = ("any_head.along", "thousand.patch", "thousand.angle", "draws.widths")


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
def test_a_statement_is_judged_by_claims(statement):
    assert list(statement.judged_by(CLAIMS))
    for pattern in statement.claims:
        single = type(statement)("", "", "", (pattern,))
        assert list(single.judged_by(CLAIMS)), pattern


def test_whatever_is_refuted_of_the_paper_stands_under_a_statement():
    listed = {claim.id for statement in STATEMENTS for claim in statement.judged_by(CLAIMS)}
    refuted = {
        id for id, claim in CLAIMS.items() if claim.recorded == "fails" and "Nie, Zhang" in claim.source
    }
    assert refuted
    assert refuted <= listed


def test_the_page_has_every_finding_with_what_it_notices(tmp_path, capsys):
    findings = [judge(CLAIMS[id]) for id in CHEAP]
    file, page = tmp_path / "quick.json", tmp_path / "page.md"
    file.write_text(json.dumps({"findings": [asdict(finding) for finding in findings]}), encoding="utf-8")
    main([str(file), str(file), "--markdown", str(page)])
    text = page.read_text("utf-8")
    assert capsys.readouterr().out == text + "\n"
    assert (
        "4 claims were judged in their quick setting and 4 in their full one. Not as recorded: none." in text
    )
    for finding in findings:
        assert f"| `{finding.claim}` | {finding.verdict} |" in text
        assert finding.smallest in text
    assert "| Sample complexity |" in text
    assert "**fails**: `thousand.patch`" in text
