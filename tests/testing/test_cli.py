"""``tinycnn check`` and ``tinycnn laws``, run as a user would."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tinycnn.cli import check, laws
from tinycnn.errors import CheckError, TinycnnError, UnknownNameError
from tinycnn.rules import RULES
from tinycnn.testing import LAWS

SOURCE = """
import numpy as np
from tinycnn.rules import GUIDED

def mine(signal, step):
    return np.maximum(signal, 0) * (step.input > 0)

def wrong(signal, step):
    return np.abs(signal) * (step.input > 0)

def rude(signal, step):
    signal[...] = 0
    return signal

whole = GUIDED.replace("whole", {})
number = 3
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.py"
    path.write_text(SOURCE)
    return path


def run(command: object, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())  # type: ignore[attr-defined]
    arguments = parser.parse_args([command.__name__.rpartition(".")[2], *words])  # type: ignore[attr-defined]
    return arguments.run(arguments)


@pytest.mark.parametrize("name", ["mine", "whole"])
def test_a_sound_rule_passes_and_leaves_no_files(
    rules: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = rules.parent / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert run(check, f"{rules}::{name}", "--laws", "homogeneity,switches", "--like", "guided") == 0
    out = capsys.readouterr().out
    assert "BROKEN" not in out
    assert out.endswith("All 3 that must hold held.\n")
    assert not list(folder.iterdir())


def test_a_counterexample_can_be_pasted_with_the_line_that_is_given_for_it(
    rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(check, f"{rules}::wrong", "--laws", "additivity") == 1
    _, _, below = capsys.readouterr().out.partition("after: ")
    line, _, cases = below.partition("\n")
    case = cases[cases.index("import numpy") : cases.index("\n\nBroken, and must hold")]
    monkeypatch.syspath_prepend(rules.parent)
    with pytest.raises(CheckError, match="the map of the sum of two signals"):
        exec(f"{line}\n{case}", {})


def test_a_rule_unlike_the_one_it_claims_to_be_fails(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(check, f"{rules}::wrong", "--laws", "homogeneity", "--like", "guided") == 1
    out = capsys.readouterr().out
    assert "like guided" in out
    assert "case = Case(\n    (ReLU(),),\n" in out
    assert out.endswith("Broken, and must hold: like guided.\n")


@pytest.mark.slow
def test_without_options_all_laws_are_tried_and_only_the_required_ones_must_hold(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(check, f"{rules}::mine") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in LAWS)
    assert "additivity is broken" in out
    assert out.strip().splitlines()[-1].startswith("All 10 that must hold held. The 3 broken say what kind")


def test_a_law_asked_for_must_hold(rules: Path) -> None:
    assert run(check, f"{rules}::mine", "--laws", "additivity") == 1
    assert run(check, f"{rules}::rude", "--laws", "untouched") == 1


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("rules.py", TinycnnError, "FILE.py::NAME"),
        ("{path}::mien", UnknownNameError, "did you mean mine"),
        ("{path}::xyz", UnknownNameError, "known: GUIDED, mine, wrong, rude, whole$"),
        ("{path}::number", TinycnnError, "neither a Rule nor a function"),
        ("absent.py::mine", TinycnnError, "not a Python file"),
        ("{broken}::mine", TinycnnError, "cannot be run: SyntaxError"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(
    rules: Path, text: str, error: type[Exception], message: str
) -> None:
    broken = rules.parent / "broken.py"
    broken.write_text("def mine(:\n")
    with pytest.raises(error, match=message) as caught:
        run(check, text.format(path=rules, broken=broken))
    assert "\n" not in str(caught.value)


def test_unknown_laws_and_rules_are_named(rules: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean homogeneity"):
        run(check, f"{rules}::mine", "--laws", "homogenity")
    with pytest.raises(UnknownNameError, match="did you mean guided"):
        run(check, f"{rules}::mine", "--like", "guidde")


def test_laws_prints_every_law_and_every_arm(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(laws) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in LAWS)
    assert all(name in out for name in RULES if "+" not in name)
