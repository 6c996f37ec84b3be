"""Every command that takes the file of a network, on a network of each source."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_outcome import Outcome
from PIL import Image

import tinycnn as tc
from tinycnn.zoo.importing.own import save_model

SOURCES = ("onnx", "keras", "torch")


def write(source: str, folder: Path) -> str:
    """A network of 12x12 images that the framework itself wrote; of torch, as a file of our own."""
    path = folder / f"net.{source}"
    if source == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch")
        keras = pytest.importorskip("keras", reason="the extra [peers] is not installed")
        layers = [
            keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(5, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(6),
        ]  # fmt: skip
        keras.Sequential([keras.Input((12, 12, 3)), *layers]).save(path)
        return path.name
    torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(45, 6),
    ).eval()  # fmt: skip
    example = torch.zeros(1, 3, 12, 12)
    if source == "onnx":
        pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
        torch.onnx.export(net, (example,), str(path), dynamo=False)
        return path.name
    save_model(tc.from_torch(net, example), folder / "net.npz")
    return "net.npz"


@pytest.fixture(params=SOURCES)
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return write(request.param, tmp_path)


pytestmark = pytest.mark.filterwarnings("ignore")


def test_every_command_takes_it(file: str, tinycnn: Callable[..., Outcome]) -> None:
    from tinycnn.explore.session import Choice, Session

    assert tinycnn("visualize", "chelsea", "--model", file, "--rules", "guided", "--out", "maps").status == 0
    assert Path("maps/chelsea.png").stat().st_size > 1000
    classified = tinycnn("classify", "chelsea", "--model", file, "--top", "6")
    assert sum(re.match(r"0\.\d{4} ", line) is not None for line in classified.out) == 6, classified.out
    assert tinycnn("survey", file, "chelsea", "--json", "survey.json").status == 0
    assert json.loads(Path("survey.json").read_text("utf-8"))
    seen = Session(file).view(Choice(model=file, weights="own", rule="guided", target="0"))
    assert seen["network"].startswith(Path(file).stem if file != "net.npz" else "Sequential")
    assert tinycnn("inspect", file).status == 0


@pytest.mark.slow
def test_a_study_takes_it(file: str, tinycnn: Callable[..., Outcome]) -> None:
    Image.fromarray(tc.image.default()).save("cat.png")
    words = (
        "study",
        "class-sensitivity",
        "cat.png",
        "--results",
        "study.db",
        "--model",
        file,
        "--workers",
        "1",
    )
    found = tinycnn(*words)
    assert found.status == 0
    assert found.out[0] == "1 images measured, 0 known before, 0 unreadable"
    assert any("weights own" in line for line in found.out)
    assert tinycnn(*words).out[0] == "0 images measured, 1 known before, 0 unreadable"


RULES = """
def mine(signal, step):
    return signal * (step.input > 0) * (signal > 0)

def crossed(signal, step):
    return signal * (step.input > 0) + signal[..., :1] * 0 + (signal.max() > 0)
"""


@pytest.mark.slow
def test_the_laws_of_a_rule_are_tried_on_it(file: str, tinycnn: Callable[..., Outcome]) -> None:
    Path("mine.py").write_text(RULES, encoding="utf-8")
    found = tinycnn("check", "mine.py::mine", "--laws", "homogeneity,several-seeds", "--model", file)
    assert found.status == 0
    assert sum(line.rstrip().endswith(" held") for line in found.out) == 2
    found = tinycnn("check", "mine.py::crossed", "--laws", "homogeneity", "--model", file)
    assert found.status == 1
    assert any("BROKEN: the map of 3 times the signal is another" in line for line in found.out)


def test_a_rule_without_a_row_for_one_of_its_layers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tinycnn: Callable[..., Outcome]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(RULES, encoding="utf-8")
    save_model(tc.Model("smooth", (tc.SiLU(), tc.Flatten()), (1, 4, 4), tc.preprocess.DIGITS), "net.npz")
    found = tinycnn("check", "mine.py::mine", "--laws", "homogeneity", "--model", "net.npz")
    assert found.status == 1
    assert len(found.err) == 1
    assert "SiLU" in found.err[0]


def test_a_size_that_the_file_leaves_open_is_given(tmp_path: Path, tinycnn: Callable[..., Outcome]) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
    from importing.small_onnx import gated, made

    model = made(gated)
    for side in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        side.Clear()
        side.dim_param = "any"
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(tc.ModelFileError, match=r"its size is not fixed in the file; give size=\(h, w\)"):
        tc.load_model(path)
    assert tc.load_model(path, size=8).input_shape == (2, 8, 8)
    out = tmp_path / "net.npz"
    found = tinycnn("visualize", "chelsea", "--model", str(path), "--out", str(tmp_path))
    assert (found.status, len(found.err)) == (1, 1)
    assert "convert it with --size" in found.err[0]
    assert tinycnn("convert", str(path), str(out), "--size", "8").status == 0
    x = np.random.default_rng(0).standard_normal((1, 2, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(
        tc.predict(tc.load_model(out), x), tc.predict(tc.load_model(path, size=(8, 8)), x)
    )
