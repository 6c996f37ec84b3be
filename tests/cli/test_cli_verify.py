"""``tinycnn verify`` as its users meet it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from tinycnn.cli import main
from tinycnn.theory import claims


def test_a_claim_that_holds_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "findings.json"
    assert main(["verify", "noise.saliency*", "--quick", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    findings = json.loads(path.read_text())["findings"]
    assert findings
    assert all(finding["claim"] in printed for finding in findings)
    assert all(finding["verdict"] == finding["recorded"] for finding in findings)


def test_a_verdict_that_is_not_as_recorded_is_named_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    claim = next(claim for claim in claims.CLAIMS.values() if claim.recorded == "holds")
    wrong = replace(claim, predict=lambda setting: 1e6)
    monkeypatch.setattr(claims, "CLAIMS", MappingProxyType({claim.id: wrong}))
    assert main(["verify", "--quick"]) == 1
    assert f"not as recorded: {claim.id}" in capsys.readouterr().out


def test_an_unknown_claim_names_the_nearest(capsys: pytest.CaptureFixture) -> None:
    assert main(["verify", "limit.is_the_imag"]) == 1
    assert "did you mean limit.is_the_image" in capsys.readouterr().err


@pytest.mark.slow
def test_every_quick_verdict_is_as_recorded() -> None:
    assert main(["verify", "--quick"]) == 0
