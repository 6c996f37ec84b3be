"""A converted file holds the same arrays under the same names, and appears whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
from weight_writers import names, npz, seeds, torch_zip, write

import tinycnn as tc
from tinycnn.weights import convert, inspect, open_weights

SUFFIXES = (".npz", ".h5", ".safetensors")


@pytest.mark.parametrize("format", seeds())
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_converted_file_holds_the_same_arrays(tmp_path: Path, format: str, suffix: str) -> None:
    path, out = write(tmp_path, seeds()[format]), tmp_path / f"out{suffix}"
    convert(path, out)
    with open_weights(path) as before, open_weights(out) as after:
        assert set(before) == set(after) == set(names(format).values())
        for name, array in before.items():
            np.testing.assert_array_equal(after[name], array, strict=True)
    assert set(tmp_path.iterdir()) == {path, out}


def test_other_libraries_read_what_is_written(tmp_path: Path) -> None:
    arrays = {"a/kernel": np.arange(6.0, dtype=np.float32).reshape(2, 3), "count": np.array(3)}
    path = write(tmp_path, npz(arrays))
    for suffix in SUFFIXES:
        convert(path, tmp_path / f"out{suffix}")
    with np.load(tmp_path / "out.npz") as by_numpy, h5py.File(tmp_path / "out.h5") as by_h5py:
        by_safetensors = safetensors.numpy.load_file(tmp_path / "out.safetensors")
        for name, array in arrays.items():
            np.testing.assert_array_equal(by_numpy[name], array, strict=True)
            np.testing.assert_array_equal(by_h5py[name][()], array)
            np.testing.assert_array_equal(by_safetensors[name], array, strict=True)


def test_converting_twice_gives_the_same_npz(tmp_path: Path) -> None:
    path = write(tmp_path, seeds()["torch zip"])
    for out in ("one.npz", "two.npz"):
        convert(path, tmp_path / out)
    assert inspect(tmp_path / "one.npz").sha256 == inspect(tmp_path / "two.npz").sha256


@pytest.mark.parametrize("out", ["out.pth", "out", "folder/.npz"])
def test_another_suffix_is_refused_before_anything_is_written(tmp_path: Path, out: str) -> None:
    with pytest.raises(tc.OutputError, match=r"\.npz, \.h5, \.safetensors"):
        convert(write(tmp_path, seeds()["npz"]), tmp_path / out)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_file_leaves_the_older_output_as_it_was(tmp_path: Path, suffix: str) -> None:
    whole = npz({"a": np.ones(1000, np.float32)})
    place = whole.index(bytes(np.ones(10, np.float32)))
    path, out = write(tmp_path, whole[:place] + b"\1" + whole[place + 1 :]), tmp_path / f"out{suffix}"
    out.write_bytes(b"older")
    with pytest.raises(tc.WeightFileError, match="CRC"):
        convert(path, out)
    assert out.read_bytes() == b"older"
    assert set(tmp_path.iterdir()) == {path, out}


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, torch_zip({"../a": np.ones(2, np.float32)}))
    with pytest.raises(tc.OutputError, match=r"'\.\./a'"):
        convert(path, tmp_path / "out.npz")


def test_a_name_that_would_be_a_group_and_an_array_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, torch_zip({"a": np.ones(2, np.float32), "a/b": np.ones(2, np.float32)}))
    with pytest.raises(tc.OutputError, match="a group and an array"):
        convert(path, tmp_path / "out.h5")
    convert(path, tmp_path / "out.npz")
    assert len(inspect(tmp_path / "out.npz").rows) == 2


@pytest.mark.parametrize(("suffix", "library"), [(".h5", "h5py"), (".safetensors", "safetensors.numpy")])
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, library: str
) -> None:
    path = write(tmp_path, npz({"a": np.ones(2, np.float32)}))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(tc.OutputError, match=r"by (h5py|safetensors), .*: pip install 'tinycnn\[convert\]'$"):
        convert(path, tmp_path / f"out{suffix}")
    convert(path, tmp_path / "out.npz")
    assert set(tmp_path.iterdir()) == {path, tmp_path / "out.npz"}
