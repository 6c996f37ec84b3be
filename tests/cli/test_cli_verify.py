"""``tinycnn verify`` as its users meet it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from cli_outcome import Outcome

from benchmarks import verdicts
from tinycnn.cli import main
from tinycnn.theory import claims


def test_a_claim_that_holds_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "findings.json"
    assert main(["verify", "noise.saliency*", "--quick", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    findings = json.loads(path.read_text("utf-8"))["findings"]
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


def test_the_last_line_sums_up_and_a_bound_reads_as_one(tinycnn: Callable[..., Outcome]) -> None:
    found = tinycnn("verify", "identity.positive", "draws.widths", "--quick")
    assert found.status == 0
    assert found.out[-1] == "2 claims judged: 2 hold, 0 fail, all as recorded"
    (row,) = [line for line in found.out if line.startswith("identity.positive ")]
    assert re.match(r"identity\.positive +at least 0 +\d", row)
    assert row.endswith("holds, as recorded")


def test_findings_can_be_printed_as_json(tinycnn: Callable[..., Outcome]) -> None:
    found = tinycnn("verify", "draws.widths", "--quick", "--json", "-")
    assert [finding["claim"] for finding in json.loads("\n".join(found.out))["findings"]] == ["draws.widths"]


def test_on_a_narrow_terminal_every_id_and_number_is_whole(
    tinycnn: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycnn.cli.terminal._columns", lambda: 40)
    found = tinycnn("verify", "draws.widths", "--quick")
    assert found.out[0] == "draws.widths"
    row = " ".join(" ".join(found.out[1:-1]).split())
    heads = ("predicted", "measured", "notices", "nets", "seconds", "verdict")
    assert [part.split()[0] for part in row.split("; ")] == list(heads)
    assert row.endswith("verdict holds, as recorded")
    assert max(map(len, found.out[:-1])) <= 40


def test_what_could_not_be_measured_is_said_in_words_and_null_in_json(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tinycnn: Callable[..., Outcome]
) -> None:
    claim = replace(claims.get("limit.mean"), measure=lambda bench, setting, seed: np.full(9, np.nan))
    monkeypatch.setattr(claims, "CLAIMS", MappingProxyType({claim.id: claim}))
    found = tinycnn("verify", "--quick", "--json", tmp_path / "found.json", "--out", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    explained = tinycnn("explain", "limit.mean")
    for text in ("\n".join(found.out), page, "\n".join(explained.out)):
        assert "nothing to measure, as in nets that are closed all over" in text
        assert "nan ±" not in text
    text = (tmp_path / "found.json").read_text("utf-8")
    (finding,) = json.loads(text, parse_constant=pytest.fail)["findings"]
    assert [finding[key] for key in ("measured", "error", "low", "high", "notices")] == [None] * 5
    assert math.isnan(verdicts.read(tmp_path / "found.json")[claim.id].measured)
