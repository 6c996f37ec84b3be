"""The demo, the lists, the help, and the program as its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_outcome import names
from PIL import Image

import tinycnn as tc
from tinycnn.experiments import demo
from tinycnn.weights import REGISTRY, cached

COMMANDS = ("demo", "visualize", "list", "weights", "train")


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``python -m tinycnn`` as users run it, from another folder."""
    environment = {**os.environ, "PYTHONPATH": str(Path(tc.__file__).parents[1])}
    command = [sys.executable, "-m", "tinycnn", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_program_draws_into_the_current_folder_by_default(tmp_path: Path) -> None:
    done = process("visualize", "chelsea", "missing.jpg", "--model", "three_layer_cnn", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [str(Path("tinycnn-out") / "chelsea.png")]
    assert done.stderr.splitlines() == ["tinycnn: missing.jpg: no such file"]
    assert names(tmp_path / "tinycnn-out") == ["chelsea.png"]


def test_the_program_refuses_without_a_traceback(tmp_path: Path) -> None:
    done = process("visualize", "chelsea", "--model", "vgg_16", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tinycnn: unknown model 'vgg_16'; did you mean vgg16")
    assert done.stderr.count("\n") == 1


def test_the_demo_draws_every_net_and_says_how_to_get_what_is_missing(
    tmp_path: Path, tinycnn: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real command on one small net, and on weights that an empty cache does not have."""
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "cache"))
    nets = {
        "small": lambda seed: tc.zoo.three_layer_cnn(16, 3, image=(32, 32), seed=seed),
        "not here": lambda seed: cached("vgg16-features"),
    }
    monkeypatch.setattr(demo, "NETS", nets)
    outcome = tinycnn("demo", "--out", tmp_path / "new" / "out")
    assert (outcome.status, outcome.err) == (0, [])
    assert outcome.out == [str(tmp_path / "new" / "out" / "demo.png")]
    assert names(tmp_path / "new" / "out") == ["demo.png"]
    with Image.open(tmp_path / "new" / "out" / "demo.png") as picture:
        picture.load()
        assert picture.size[0] > 4 * 448  # four panels side by side
    drawn, missing = demo.rows(tc.image.default())
    assert [panel.title for panel in drawn.panels] == ["input", "saliency", "deconvnet", "guided"]
    assert missing.note.endswith("get it with: tinycnn weights fetch vgg16-features")


@pytest.mark.slow
def test_the_demo_shows_what_the_paper_is_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In random nets guided backprop correlates with the image, DeconvNet only with pools, saliency never.

    By chance alone the correlation of two 224x224 colour maps has standard deviation .003, and of 64x64 ones
    .009: 0.05 is five of the wider, and 0.1 is over thirty of the narrower.
    """
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "empty"))
    cells = [
        {panel.title: float(panel.caption.split()[-1]) for panel in row.panels[1:]}
        for row in demo.rows(tc.image.default())
    ]
    cnn, pooled, fcn, vgg, digits, trained = cells
    assert min(cnn["guided"], pooled["guided"], vgg["guided"]) > 0.3
    assert 0.05 < fcn["guided"] < cnn["guided"] / 2
    assert min(pooled["deconvnet"], vgg["deconvnet"]) > 0.1
    assert max(abs(net["deconvnet"]) for net in (cnn, fcn)) < 0.05
    assert max(abs(net["saliency"]) for net in (cnn, pooled, fcn, vgg)) < 0.05
    assert set(digits) == {"saliency", "deconvnet", "guided"}  # small maps, on which nothing is claimed
    assert trained == {}


_OF_CLASSES = (
    "probability(CLASS)",
    "log-probability(CLASS)",
    "difference(CLASS,",
    "sum(CLASS,",
    "times-value(TARGET)",
)


def _listed_rules() -> list[str]:
    """First words of the lines: arms, the product with ways to unpool, and what has options."""
    arms = [name for name in tc.rules.RULES if "+" not in name]
    return [*arms, "NAME+average,", *tc.rules.TABLES, *tc.rules.METHODS]


@pytest.mark.parametrize(
    "rule", ["guided", "epsilon-gamma-box", "lrp-epsilon(epsilon=0.5)", "contrastive-excitation"]
)
def test_a_rules_table_is_printed(tinycnn: Callable, rule: str) -> None:
    out = "\n".join(tinycnn("list", "rules", "--table", rule).out)
    assert "Conv2D" in out
    expected = {
        "guided": "mask derivative, send positive",
        "epsilon-gamma-box": "first Conv2D     ZBox(low=None, high=None)",
        "lrp-epsilon(epsilon=0.5)": "Plain(), epsilon=0.5",
        "contrastive-excitation": "last Dense       AlphaBeta(alpha=1, beta=1, bias=False)",
    }
    assert expected[rule] in out


def test_a_table_is_of_a_rule(tinycnn: Callable) -> None:
    assert "is an option of" in tinycnn("list", "models", "--table", "guided").err[-1]
    assert "is a method around a rule" in tinycnn("list", "rules", "--table", "grad-cam").err[-1]


@pytest.mark.parametrize(
    ("what", "known"),
    [
        ("models", [*tc.zoo.MODELS]),
        ("rules", _listed_rules()),
        ("targets", ["max", "random", "cost", "INDEX", "CLASS", *_OF_CLASSES]),
        ("weights", ["random", "digits", "digits-initial", *REGISTRY]),
    ],
)
@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_list_names_everything_whole_at_any_width(
    tinycnn: Callable, monkeypatch: pytest.MonkeyPatch, what: str, known: list[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    outcome = tinycnn("list", what)
    assert outcome.status == 0
    named = [line.split()[0] for line in outcome.out if line.strip() and not line.startswith(" ")]
    assert set(named) == set(known)
    assert len(named) == len(known)


def test_help_gives_each_command_one_line(tinycnn: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = tinycnn("--help").out
    for name in COMMANDS:
        (line,) = (line for line in lines if line.split()[:1] == [name])
        assert len(line.split()) > 3


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_option(tinycnn: Callable, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    outcome = tinycnn(name, "--help")
    assert outcome.status == 0
    options = [line.strip() for line in outcome.out if line.startswith("  -")]
    assert options
    assert all("  " in option for option in options)


def test_version(tinycnn: Callable) -> None:
    assert tinycnn("--version").out == [f"tinycnn {tc.__version__}"]


@pytest.mark.parametrize("arguments", [[], ["visualise"], ["visualize"], ["list"], ["list", "cats"]])
def test_an_incomplete_command_shows_its_usage(tinycnn: Callable, arguments: list[str]) -> None:
    outcome = tinycnn(*arguments)
    assert (outcome.status, outcome.out) == (2, [])
    assert outcome.err[0].startswith("usage: tinycnn")


def test_training_refuses_data_that_are_not_images(tmp_path: Path, tinycnn: Callable) -> None:
    np.savez(tmp_path / "data.npz", images=np.zeros((3, 5, 5), np.uint8), labels=np.zeros(3, int))
    os.mkfifo(tmp_path / "pipe.npz")
    for data in (tmp_path / "missing.npz", tmp_path / "data.npz", tmp_path / "pipe.npz"):
        outcome = tinycnn("train", data, "--out", tmp_path / "out")
        assert (outcome.status, outcome.out, len(outcome.err)) == (1, [], 1)
        assert str(data) in outcome.err[0]
    assert names(tmp_path / "out") == []
