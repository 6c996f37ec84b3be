"""``tinycnn weights`` as its users meet it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinycnn.cli import main
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
