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


def test_the_order_of_the_arrays_is_kept(tmp_path: Path) -> None:
    order = ["z/weight", "z/bias", "a/weight", "a/bias", "m/weight"]
    path = write(
        tmp_path, torch_zip({name: np.full(2, place, np.float32) for place, name in enumerate(order)})
    )
    for one in SUFFIXES:
        for two in SUFFIXES:
            convert(path, tmp_path / f"one{one}")
            convert(tmp_path / f"one{one}", tmp_path / f"two{two}")
            with open_weights(tmp_path / f"two{two}") as file:
                assert list(file) == order
                assert file.ordered


def test_an_order_that_was_forgotten_is_not_made_up(tmp_path: Path) -> None:
    arrays = {name: np.zeros(2, np.float32) for name in ("b", "a")} | {"c": np.array(1)}
    (tmp_path / "net").write_bytes(safetensors.numpy.save(arrays))
    for suffix in SUFFIXES:
        convert(tmp_path / "net", tmp_path / f"out{suffix}")
        with open_weights(tmp_path / f"out{suffix}") as file:
            assert not file.ordered or list(file) == sorted(file)


def test_a_long_list_of_names_is_kept(tmp_path: Path) -> None:
    order = [f"{number % 7}/{'x' * 90}{number}" for number in range(1500)]
    convert(write(tmp_path, npz({name: np.zeros(1, np.float32) for name in order})), tmp_path / "out.h5")
    with open_weights(tmp_path / "out.h5") as file:
        assert list(file) == order


def test_booleans_come_back_as_booleans(tmp_path: Path) -> None:
    path = write(tmp_path, npz({"mask": np.array([True, False])}))
    for suffix in SUFFIXES:
        convert(path, tmp_path / f"out{suffix}")
        with open_weights(tmp_path / f"out{suffix}") as file:
            np.testing.assert_array_equal(file["mask"], [True, False], strict=True)


@pytest.mark.parametrize("name", ["a\\b", "a\0b", "__metadata__", "model_weights/a", "__MACOSX/a"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_cannot_be_read_back_is_not_written(tmp_path: Path, name: str, suffix: str) -> None:
    path, out = write(tmp_path, torch_zip({name: np.ones(2, np.float32)})), tmp_path / f"out{suffix}"
    try:
        convert(path, out)
    except tc.OutputError:
        assert not out.exists()
    else:
        with open_weights(out) as file:
            np.testing.assert_array_equal(file[name], np.ones(2))
