"""``tinycnn check`` and ``tinycnn laws``, run as a user would."""

from __future__ import annotations

import argparse
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from tinycnn import ELU, layers
from tinycnn.cli import check, laws
from tinycnn.errors import CheckError, TinycnnError, UnknownNameError
from tinycnn.rules import RULES
from tinycnn.testing import LAWS, Case, Verdict, load
from tinycnn.testing.card import foreseen, reads
from tinycnn.testing.declared import BROKEN, TRIED
from tinycnn.theory.claims import CLAIMS

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

class Twice:
    def __call__(self, signal, step):
        return 2 * signal

whole = GUIDED.replace("whole", {})
number = 3
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.py"
    path.write_text(SOURCE, encoding="utf-8")
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
    assert run(check, f"{rules}::{name}", "--laws", "homogeneity, switches", "--like", "guided") == 0
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


def test_an_error_that_breaks_many_laws_is_shown_once(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["untouched", "determinism", "homogeneity"]
    assert run(check, f"{rules}::rude", "--laws", ",".join(["shape", *names])) == 1
    out = capsys.readouterr().out
    assert out.count("its row for ReLU writes to its arguments") == out.count("case = Case(") == 1
    assert "\nBroken in the same way: determinism, homogeneity.\n" in out
    assert out.endswith(f"Broken, and must hold: {', '.join(names)}.\n")


@pytest.mark.parametrize(
    ("tried", "status", "summary"),
    [
        ({"shape": 7, "batch": 2}, 0, "All 2 that must hold held."),
        ({"shape": 7, "switches": 0, "batch": 2}, 0, "2 that must hold held; not tried: switches."),
        (
            {"shape": 0, "switches": 0},
            1,
            "None that must hold could be tried: add rows for more types of layers",
        ),
    ],
)
def test_laws_that_were_not_tried_are_not_said_to_hold(
    rules: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tried: dict[str, int],
    status: int,
    summary: str,
) -> None:
    found = [Verdict(LAWS[name], count) for name, count in tried.items()]
    monkeypatch.setattr("tinycnn.testing.verdicts", lambda *arguments: iter(found))
    assert run(check, f"{rules}::mine", "--laws", ",".join(tried)) == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(summary)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("rules.py", TinycnnError, "FILE.py::NAME"),
        ("{path}::mien", UnknownNameError, "did you mean mine"),
        (
            "{path}::xyz",
            UnknownNameError,
            "known: GUIDED, mine, wrong, rude, Twice, whole$",
        ),
        ("{path}::number", TinycnnError, "neither a Rule nor a function"),
        ("{path}::Twice", TinycnnError, "the row for ReLU must be a function .* got <class"),
        ("absent.py::mine", TinycnnError, "no such file"),
        ("{broken}::mine", TinycnnError, "cannot be run: SyntaxError"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(
    rules: Path, text: str, error: type[Exception], message: str
) -> None:
    broken = rules.parent / "broken.py"
    broken.write_text("def mine(:\n", encoding="utf-8")
    with pytest.raises(error, match=message) as caught:
        run(check, text.format(path=rules, broken=broken))
    assert "\n" not in str(caught.value)


def test_unknown_laws_and_rules_are_named(rules: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean homogeneity"):
        run(check, f"{rules}::mine", "--laws", "homogenity")
    with pytest.raises(UnknownNameError, match="did you mean guided"):
        run(check, f"{rules}::mine", "--like", "guidde")


SIBLING = """
from dataclasses import dataclass
from helper import BASE
import numpy as np
from tinycnn.layers import Activation, Conv2D, Dense
from tinycnn.rules import Relevance
from tinycnn.rules.lrp import Plain
from tinycnn.testing import from_function

@dataclass(frozen=True)
class Scaled:
    factor: float

    def __call__(self, signal, step):
        return self.factor * signal * (step.input > 0)

class Cube(Activation):
    def function(self, x):
        return x**3

    def derivative(self, x):
        return 3 * x**2

row = Scaled(2.0)
foreign = from_function(lambda x, signal: signal * (x > 0))
reads_weights = BASE.replace("mine", {Conv2D: Relevance(Plain()), Dense: Relevance(Plain())})

def through_squares(signal, step):
    return signal @ (step.layer.weight**2)
"""


@pytest.fixture
def siblings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "helper", raising=False)
    (tmp_path / "helper.py").write_text("from tinycnn.rules import GRADIENT as BASE\n", encoding="utf-8")
    return tmp_path


def pasted(out: str) -> str:
    """The statements that a user would paste: the line that gives the rule, and the first case."""
    _, _, below = out.partition("after: ")
    line, _, cases = below.partition("\n")
    first = cases[cases.index("import numpy") :]
    return f"{line}\n{first.partition(chr(10) * 2)[0]}"


@pytest.mark.parametrize(
    "file",
    [
        "mine.py",
        "my-rule.py",
        "class.py",
        "random.py",
        "a b.py",
        "3d.py",
        "it's.py",
        "two\nlines.py",
        '"::\\.py',
    ],
)
@pytest.mark.parametrize("name", ["row", "foreign", "reads_weights"])
def test_a_case_can_be_pasted_whatever_the_file_is_called(
    siblings: Path, file: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (siblings / file).write_text(SIBLING, encoding="utf-8")
    assert run(check, f"{siblings / file}::{name}", "--laws", "non-negativity") == 1
    monkeypatch.chdir(siblings)
    monkeypatch.syspath_prepend(siblings)
    with pytest.raises(CheckError, match="below ReLU"):
        exec(pasted(capsys.readouterr().out), {})
    sys.modules.pop("mine", None)


@pytest.mark.parametrize("package", ["", "with __init__", "without __init__"])
def test_each_file_imports_what_lies_beside_itself(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "helper", raising=False)
    libraries = [entry for entry in sys.path if not entry.startswith(str(tmp_path.parent))]
    known = {name: sys.modules[name] for name in ("json", "numpy")}
    for number, folder in enumerate(("a", "b", "a")):
        beside = tmp_path / folder / ("helper/factor.py" if package else "helper.py")
        beside.parent.mkdir(exist_ok=True, parents=True)
        if package == "with __init__":
            (beside.parent / "__init__.py").touch()
        beside.write_text(f"FACTOR = {number}\nLONG = {'0' * number!r}\n", encoding="utf-8")
        (tmp_path / folder / "json.py").write_text("raise RuntimeError('not the library')", encoding="utf-8")
        source = f"import json, numpy\nfrom helper{'.factor' * bool(package)} import FACTOR\n"
        (tmp_path / folder / "rules.py").write_text(
            f"{source}row = lambda signal, step: FACTOR\n", encoding="utf-8"
        )
        assert load(f"{tmp_path / folder / 'rules.py'}::row")(0, 0) == number
        assert "helper" not in sys.modules
        assert sys.path[: len(libraries)] == libraries
    assert known == {name: sys.modules[name] for name in known}


def test_a_function_can_be_the_row_of_a_layer_with_weights(
    siblings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (siblings / "rows.py").write_text(SIBLING, encoding="utf-8")
    where = f"{siblings / 'rows.py'}::through_squares"
    assert run(check, where, "--layers", "Dense", "--like", "saliency", "--laws", "homogeneity") == 1
    out = capsys.readouterr().out
    assert "Broken, and must hold: like saliency." in out
    monkeypatch.syspath_prepend(siblings)
    with pytest.raises(CheckError, match="the map is"):
        exec(pasted(out), {})
    sys.modules.pop("rows", None)
    with pytest.raises(UnknownNameError, match="did you mean Dense"):
        run(check, where, "--layers", "Dens")


def test_code_of_a_case_imports_what_the_rules_file_defines(siblings: Path) -> None:
    (siblings / "my-layers.py").write_text(SIBLING, encoding="utf-8")
    cube = load(f"{siblings / 'my-layers.py'}::Cube")
    case = Case((cube(), ELU(), layers.Identity()), np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1)))
    code = str(case)
    assert "from tinycnn import ELU, Identity\n" in code
    assert "from tinycnn.testing import load; Cube = load('my-layers.py::Cube')\n" in code


def test_a_file_that_ends_the_process_is_an_error_in_one_line(siblings: Path) -> None:
    (siblings / "quits.py").write_text("raise SystemExit('two\\nlines')", encoding="utf-8")
    with pytest.raises(TinycnnError, match=r"cannot be run: SystemExit: two$"):
        run(check, f"{siblings / 'quits.py'}::mine")


@pytest.mark.parametrize("rule", ["lrp-zplus", "rectgrad", "guided+center"])
def test_laws_of_a_rule_are_its_card(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(laws, rule) == 0
    out = capsys.readouterr().out
    broken = BROKEN[rule]
    assert out.count("case = Case(") == len(broken)
    assert all(f"\n{name}: {LAWS[name].statement}" in out for name in broken)
    with pytest.raises(UnknownNameError, match="did you mean guided"):
        run(laws, "guidde")


def test_a_card_names_the_checks_that_theory_predicts_and_claims_that_verify_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for rule in ("guided", "deconvnet", "abs+center", "lrp-0"):
        assert run(laws, rule) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("checks that")]
    named = [re.findall(r"(\w+) \(([^)]*)\)", line) for line in lines]
    invariance = "input_invariance"
    assert [[check for check, _ in found] for found in named] == [
        ["mprt", "csc", invariance],
        ["csc", invariance],
        [invariance],
        [],
    ]
    patterns = [each for found in named for _, listed in found for each in listed.split(", ")]
    assert all(any(fnmatch(id, pattern) for id in CLAIMS) for pattern in patterns)


def test_a_card_says_what_a_rule_reads() -> None:
    assert set(reads(TRIED["guided"])) == {"weights", "masks", "switches"}
    assert set(reads(TRIED["deconvnet+average"])) == {"weights"}
    assert set(reads(TRIED["lrp-flat"])) == {"inputs of averages", "switches"}
    assert "activations" in reads(TRIED["stein"])
    assert "activations" in reads(TRIED["rectgrad"])
    assert "biases" not in set(reads(TRIED["excitation"]))
    assert {"biases", "inputs of linear layers"} <= set(reads(TRIED["lrp-0"]))


@pytest.mark.parametrize("name", TRIED)
def test_what_follows_from_what_a_rule_reads_is_not_broken(name: str) -> None:
    assert not BROKEN[name] & set(foreseen(TRIED[name]))


def test_a_card_says_beforehand_which_laws_follow() -> None:
    assert set(foreseen(TRIED["guided"])) == {"ball", "shift"}
    assert set(foreseen(TRIED["stein"])) == set(foreseen(TRIED["lrp-flat"])) == {"shift"}
    assert not set(foreseen(TRIED["lrp-0"]))


def test_laws_prints_every_law_and_every_arm(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(laws) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in LAWS)
    assert all(name in out for name in RULES if "+" not in name)
