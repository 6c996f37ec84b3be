"""Files of our own, cut models, redrawn ones, and the commands that take the file of a network."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.zoo.importing.own import save_model
from tinycnn.zoo.importing.redraw import redrawn


def some_net() -> tc.Model:
    """A net with a gate, a shared layer, and every kind of value in its fields."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    relu = tc.ReLU(name="relu")
    gate = (tc.GlobalAvgPool2D(), tc.Reshape((4, 1, 1)), tc.Sigmoid(name="gate"))
    return tc.Model(
        "some",
        (
            tc.Pad2D(((1, 0), (2, 1)), "reflect"),
            tc.Conv2D(draw(4, 3, 3, 3), None, 2, ((1, 1), (0, 1)), name="c1"),
            relu, tc.Branches(((), gate), tc.Multiply(), name="squeeze"), relu,
            tc.Take(((0, 4, 1), (0, 5, 2), (0, 6, 1))), tc.MaxPool2D(2, 1, dilation=(1, 2)),
            tc.Clip(-2.0, 2.0, name="clip"), tc.Flatten("hwc"), tc.Dense(draw(3, 32), draw(3), name="logits"),
        ),
        (3, 9, 9), tc.preprocess.TORCHVISION.at((9, 9)), ("a", "b", "c"), "drawn", ("a note",),
    )  # fmt: skip


def test_a_file_of_our_own_holds_all_of_a_model(tmp_path: Path) -> None:
    net = some_net()
    save_model(net, tmp_path / "net.npz")
    found = tc.load_model(tmp_path / "net.npz")
    x = np.random.default_rng(1).standard_normal((2, 3, 9, 9)).astype(np.float32)
    np.testing.assert_array_equal(tc.forward(found, x).output, tc.forward(net, x).output)
    for name in ("name", "input_shape", "preprocess", "classes", "weights", "notes"):
        assert getattr(found, name) == getattr(net, name)
    assert found.layers[2] is found.layers[4]


def test_a_layer_of_ones_own_has_no_place_in_a_file(tmp_path: Path) -> None:
    class Mine(tc.ReLU):
        pass

    with pytest.raises(tc.TinycnnError, match="layers of one's own, such as Mine"):
        save_model(tc.Model("mine", (Mine(),), (1, 2, 2)), tmp_path / "net.npz")


def test_until_cuts_after_a_layer() -> None:
    net = some_net()
    x = np.random.default_rng(1).standard_normal((1, 3, 9, 9)).astype(np.float32)
    trace = tc.forward(net, x)
    cut = net.until("squeeze")
    np.testing.assert_array_equal(tc.forward(cut, x).output, trace[3].output)
    assert cut.classes == ()
    assert "cut after squeeze" in cut.notes
    with pytest.raises(tc.UnknownNameError, match="unknown layer 'gate'"):
        net.until("gate")


def test_a_redrawn_net_has_the_layers_but_not_the_weights() -> None:
    net = some_net()
    first, second, again = redrawn(net, 1), redrawn(net, 2), redrawn(net, 1)
    weights = [each.layers[1].weight for each in (net, first, second, again)]
    assert weights[1].shape == weights[0].shape
    assert not np.array_equal(weights[1], weights[0])
    assert not np.array_equal(weights[1], weights[2])
    np.testing.assert_array_equal(weights[1], weights[3])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    save_model(some_net(), tmp_path / "net.npz")
    return "net.npz"


def test_inspect_shows_each_layer_and_what_the_fast_path_takes(
    file: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["inspect", file]) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("c1 "))
    assert row.split() == ["c1", "Conv2D", "4x5x6", "108", "3,240"]
    assert "    gate" not in out
    assert "  gate" in out
    assert "207 parameters, 3,336 multiplications" in out
    assert "fast path: the first" in out
    assert "a note" in out


def test_inspect_takes_our_own_networks_by_name(capsys: pytest.CaptureFixture) -> None:
    assert main(["inspect", "digits"]) == 0
    assert "32,058 parameters, 4,644,416 multiplications" in capsys.readouterr().out


def test_convert_writes_what_inspect_reads(file: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["convert", file, "copy.npz", "--preprocess", "symmetric"]) == 0
    assert tc.load_model("copy.npz").preprocess == tc.preprocess.SYMMETRIC.at((9, 9))
    assert main(["convert", file, "copy.txt"]) == 1
    assert "must end in .npz" in capsys.readouterr().err


def test_every_command_takes_a_file(file: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["visualize", "chelsea", "--model", file, "--target", "b", "--out", "maps"]) == 0
    assert Path("maps/chelsea.png").stat().st_size > 1000
    assert main(["classify", "chelsea", "--model", file, "--top", "3"]) == 0
    assert "some, weights: drawn\na note\n" in capsys.readouterr().out
    first = tc.Conv2D(np.random.default_rng(0).standard_normal((4, 3, 3, 3), np.float32), name="first")
    save_model(tc.Model("plain", (first, tc.ReLU(), tc.Flatten()), (3, 9, 9)), "plain.npz")
    assert main(["survey", "plain.npz", "chelsea", "--json", "survey.json"]) == 0
    assert json.loads(Path("survey.json").read_text("utf-8"))


def test_the_page_offers_the_file_that_it_was_given_and_no_other(file: str, tmp_path: Path) -> None:
    from tinycnn.explore.session import Choice, Session, offers

    save_model(some_net(), tmp_path / "other.npz")
    session = Session(file)
    assert offers(file)["models"][file] == {"own": True, "random": True}
    seen = session.view(Choice(model=file, weights="own", rule="guided", target="b"))
    assert seen["network"] == "some, weights: drawn"
    with pytest.raises(tc.UnknownNameError, match=r"unknown model 'other\.npz'"):
        session.view(Choice(model="other.npz", weights="own"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "9.5"], "--size is N or HxW"),
        (["--size", "12"], "it is for images of 9x9"),
        (["--preprocess", "torchvison"], "did you mean torchvision"),
        (["--classes", "missing.txt"], "missing.txt: not a list of classes"),
    ],
)
def test_refusals_of_the_command_are_one_line(
    words: list[str], said: str, file: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["inspect", file, *words]) == 1
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_a_pipe_is_refused_before_it_is_waited_for(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for words in (["inspect", "pipe"], ["inspect", file, "--classes", "pipe"]):
        assert main(words) == 1
        error = capsys.readouterr().err
        assert "not a regular file" in error
        assert len(error.splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])  # as editors on Windows write it
def test_classes_come_from_text_and_from_json(file: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("x\ny\nz\n", encoding=encoding)
    (tmp_path / "names.json").write_text(
        '{"1": ["n2", "y"], "0": ["n1", "x"], "2": ["n3", "z"]}', encoding=encoding
    )
    for name in ("names.txt", "names.json"):
        assert tc.load_model(file, classes=name).classes == ("x", "y", "z")
    with pytest.raises(tc.ModelFileError, match="but there are 2 classes"):
        tc.load_model(file, classes=["x", "y"])
