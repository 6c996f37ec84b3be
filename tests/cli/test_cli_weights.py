"""``tinycnn weights`` as its users meet it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.layers import flat
from tinycnn.weights import REGISTRY, open_weights


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.npz"
    np.savez(path, **{"a/kernel": np.zeros((3, 3, 2, 4), np.float32), "a/bias": np.zeros(4)})
    return path


def test_list_names_all_that_can_be_had(capsys: pytest.CaptureFixture) -> None:
    assert main(["weights", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in REGISTRY)
    assert "in the cache" not in printed


def test_inspect_prints_every_array_the_format_and_the_hash(
    file: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["weights", "inspect", str(file)]) == 0
    printed = capsys.readouterr().out
    for words in ("a/kernel", "3x3x2x4", "float32", "288", "a/bias", "float64", "npz", "2 arrays", "sha256 "):
        assert words in printed


def test_inspect_cuts_no_name_and_takes_none_for_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    names = ["net[relu].w", "[bold]x[i]", "deep." * 30 + "w", "\x1b[2Jw", "two\nlines"]
    np.savez(tmp_path / "mine.npz", **{name: np.zeros((2, 3)) for name in names})
    assert main(["weights", "inspect", str(tmp_path / "mine.npz")]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = ["name", *(name.replace("\x1b", "\\x1b").replace("\n", "\\n") for name in names)]
    assert [line.split()[0] for line in lines[:-2]] == shown
    assert all(line.split()[1:] == ["2x3", "float64", "48"] for line in lines[1:-2])


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".safetensors"])
def test_convert_keeps_every_array(file: Path, suffix: str, capsys: pytest.CaptureFixture) -> None:
    out = file.with_name(f"out{suffix}")
    assert main(["weights", "convert", str(file), str(out)]) == 0
    with open_weights(file) as before, open_weights(out) as after:
        assert set(before) == set(after)
        for name in before:
            np.testing.assert_array_equal(before[name], after[name])


def test_a_file_that_is_no_weights_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "not.npz"
    path.write_bytes(b"hello")
    assert main(["weights", "inspect", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(path) in error


def test_offline_is_one_line_that_says_what_to_do(capsys: pytest.CaptureFixture) -> None:
    assert main(["weights", "fetch", "vgg16-features", "--offline"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "vgg16-features" in error


def test_list_says_what_a_download_is_verified_by(capsys: pytest.CaptureFixture) -> None:
    assert main(["weights", "list"]) == 0
    printed = capsys.readouterr().out
    said = [line.strip() for line in printed.splitlines() if "verified by" in line]
    assert len(said) == len(REGISTRY)
    assert said.count("verified by the whole sha256") == 8
    assert said.count("verified by the whole md5") == 3
    assert "verified by the first 8 digits of the sha256" in said
    assert any(line.startswith("verified by nothing") for line in said)


def test_inspect_says_what_is_no_array(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    np.savez(tmp_path / "net.npz", a=np.zeros(3), words=np.array(["x"]))
    assert main(["weights", "inspect", str(tmp_path / "net.npz")]) == 0
    assert "skipped 'words': not of numbers" in capsys.readouterr().out


@pytest.fixture
def bgr(tmp_path: Path) -> tuple[str, ...]:
    """A net under names of its own, another head, and a mapping for all but that."""
    model = tc.zoo.squeezenet1_1(seed=3)
    arrays = {
        f"mine/{number}": array
        for number, (_, array) in enumerate(
            (key, array) for layer in flat(model.layers) for key, array in layer.parameters()
        )
    }
    names = [f"{layer.name}.{key}" for layer in flat(model.layers) for key, _ in layer.parameters()]
    np.savez(tmp_path / "net.npz", **arrays)
    (tmp_path / "names.json").write_text(json.dumps(dict(zip(arrays, names, strict=True))), encoding="utf-8")
    return ("classify", "chelsea", "--model", "squeezenet1_1", "--weights", str(tmp_path / "net.npz"))


def test_names_and_preprocessing_are_said_on_the_command_line(
    bgr: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    names = str(tmp_path / "names.json")
    assert main([*bgr, "--names", names]) == 0
    as_rgb = capsys.readouterr().out
    assert main([*bgr, "--names", names, "--preprocess", "caffe-bgr"]) == 0
    as_bgr = capsys.readouterr().out
    assert as_rgb.endswith("net.npz (matched by a mapping)\n")
    assert as_bgr.endswith("net.npz (matched by a mapping)\n")
    assert as_rgb != as_bgr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--names", "{folder}/absent.json"], "as a mapping of names: No such file"),
        (["--names", "{folder}/list.json"], "no JSON object from name to name"),
        (["--names", "{folder}/pipe"], "as a mapping of names: not a regular file"),
        (["--names", "{folder}/deep.json"], "as a mapping of names: nested too deeply"),
        (["--preprocess", "cafe-bgr"], "did you mean caffe-bgr"),
        (["--part", "ema"], "no array of squeezenet1_1 is under 'ema'"),
    ],
)
def test_options_that_make_no_sense_are_one_line(
    bgr: tuple[str, ...], tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "list.json").write_text("[1]", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    assert main([*bgr, *(option.format(folder=tmp_path) for option in options)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_options_of_a_file_need_a_file(capsys: pytest.CaptureFixture) -> None:
    assert main(["classify", "chelsea", "--model", "alexnet", "--weights", "random", "--head", "random"]) == 1
    assert "are about a weight file, not about 'random'" in capsys.readouterr().err
