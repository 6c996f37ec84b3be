"""Claims on nets as they come: verdicts as recorded, and turned by planted faults."""

import json

import pytest
from faults import FAULTS

from tinycnn.cli import main
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.judge import judge

CATCHES = {
    "identity.positive": "the gradient for every rule",
    "identity.open_biased": "no mask and no backward ReLU",
    "identity.open_digits": "the gradient for every rule",
    "identity.complete_digits": "a factor of 1.15",
    "bank.real_digits": "a constant signal",
    "bank.shifted_digits": "a factor of 1.15",
}
"""A claim, and a fault that turns it."""


@pytest.mark.parametrize("id", [*CATCHES, "identity.positive_biased"])
def test_a_verdict_on_nets_as_they_come_is_as_recorded(id):
    finding = judge(CLAIMS[id])
    assert finding.as_recorded, finding


@pytest.mark.parametrize("id", CATCHES)
def test_a_planted_fault_turns_a_claim_on_nets_as_they_come(id):
    assert judge(CLAIMS[id], bench=FAULTS[CATCHES[id]]()).verdict == "fails"


def test_what_needs_weights_is_listed_with_the_command_and_fails_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "findings.json"
    assert main(["verify", "identity.complete_*", "--quick", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "identity.complete_digits" in printed
    assert "needs: tinycnn weights fetch vgg16-features" in printed
    record = json.loads(path.read_text("utf-8"))
    assert [finding["claim"] for finding in record["findings"]] == ["identity.complete_digits"]
    assert set(record["needs_weights"]) == {"identity.complete_alexnet", "identity.complete_vgg16"}


def test_explaining_what_needs_weights_names_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "empty"))
    assert main(["explain", "identity.open_vgg16"]) == 1
    assert "tinycnn weights fetch vgg16-features" in capsys.readouterr().err
