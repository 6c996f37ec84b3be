"""What is no array of numbers costs nothing but itself: the rest is read, and it is said what was skipped."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
from refusal import assert_refused
from weight_writers import arrays, keras_3, npz, state_dict, tensor, torch_zip, unchecked, write, zipped

import tinycnn as tc
from tinycnn.weights import inspect, open_weights

ONE = np.arange(6, dtype=np.float32).reshape(2, 3)


def opened(folder: Path, data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with open_weights(write(folder, data)) as file:
        return dict(file), dict(file.skipped)


@pytest.mark.parametrize(
    "odd",
    [np.array(["text"]), np.array([None, 1]), np.zeros(3, "f4,i4"), np.zeros(3, complex), np.zeros(3, "V2")],
)
def test_one_odd_array_does_not_cost_an_npz_or_a_pickle(tmp_path: Path, odd: np.ndarray) -> None:
    for data in (npz({"a": ONE, "odd": odd}), pickle.dumps({"a": ONE, "odd": odd}, 4)):
        found, skipped = opened(tmp_path, data)
        np.testing.assert_array_equal(found["a"], ONE)
        assert list(found) == ["a"]
        assert list(skipped) == ["odd"]
    assert inspect(tmp_path / "weights.bin").skipped == skipped


def test_members_that_are_no_arrays_do_not_cost_an_npz(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(npz({"a": ONE}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    found, skipped = opened(
        tmp_path, zipped({**members, "__MACOSX/._a.npy": b"\0\5", "notes.txt": b"x", "b/": b""})
    )
    assert list(found) == ["a"]
    assert set(skipped) == {"__MACOSX/._a", "notes.txt"}


def test_numbers_that_are_not_supported_do_not_cost_a_safetensors_file(tmp_path: Path) -> None:
    rows = {
        "eight": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]},
        "mask": {"dtype": "BOOL", "shape": [4], "data_offsets": [4, 8]},
    }
    header = json.dumps(rows).encode()
    found, skipped = opened(
        tmp_path, struct.pack("<Q", len(header)) + header + bytes([1, 2, 3, 4, 1, 0, 1, 0])
    )
    np.testing.assert_array_equal(found["mask"], [True, False, True, False])
    assert skipped == {"eight": "of 'F8_E4M3', not of numbers that are supported"}


def test_odd_things_do_not_cost_an_hdf5_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "net", "w", userblock_size=1024) as target:
        target["a"], target["mask"] = ONE, np.array([True, False])
        target["text"], target["strange"] = "text", np.zeros(3, "f4,i4")
        target["soft"] = h5py.SoftLink("/a")
        target.create_dataset("lzf", data=np.zeros(999), compression="lzf")
        target.create_dataset("checked", data=ONE, chunks=(2, 2), fletcher32=True, compression="gzip")
        target.create_dataset("unwritten", (1 << 40,), "f4", chunks=(1 << 20,))
    with open_weights(tmp_path / "net") as file:
        np.testing.assert_array_equal(file["checked"], ONE)
        np.testing.assert_array_equal(file["mask"], [True, False], strict=True)
        assert set(file) == {"a", "mask", "checked"}
        assert set(file.skipped) == {"text", "strange", "soft", "lzf", "unwritten"}


def test_links_and_shared_types_do_not_cost_an_hdf5_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "net", "w") as target:
        target["a"], target["outside"] = ONE, h5py.ExternalLink("/etc/passwd", "/x")
        target["t"] = np.dtype("f4")
        target.create_dataset("typed", data=[1.0], dtype=target["t"])
    with open_weights(tmp_path / "net") as file:
        assert list(file) == ["a"]
        assert set(file.skipped) == {"outside", "typed"}


def test_arrays_of_hdf5_with_two_names_are_read_under_both(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "net", "w") as target:
        target["a"], target["group/b"] = ONE, ONE + 1
        target.create_dataset("packed", data=ONE, chunks=(1, 3), compression="gzip")
        target["a again"], target["packed again"] = target["a"], target["packed"]
        target["group again"] = target["group"]
    with open_weights(tmp_path / "net") as file:
        np.testing.assert_array_equal(file["a again"], ONE)
        np.testing.assert_array_equal(file["packed again"], ONE)
        assert set(file.skipped) == {"group again"}


def test_a_checksum_of_hdf5_that_differs_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with h5py.File(file, "w") as target:
        target.create_dataset("a", data=np.arange(100.0), chunks=(100,), fletcher32=True)
    whole = file.getvalue()
    place = whole.index(np.arange(100.0).tobytes())
    assert_refused(whole[: place + 9] + b"\1" + whole[place + 10 :], tmp_path, "checksum differs")


def test_damage_inside_a_storage_is_noticed(tmp_path: Path) -> None:
    storage = {"s": np.arange(100, dtype=np.float32)}
    whole = torch_zip(storage, state_dict({"a": tensor("0", "<f4", 100, 3, (2,), (1,))}))
    place = whole.index(storage["s"].tobytes()) + 300  # behind what the tensor is a view of
    damaged = whole[:place] + b"\7" + whole[place + 1 :]
    assert_refused(damaged, tmp_path, "CRC-32 differs")
    found, _ = opened(tmp_path, unchecked(damaged) if len(unchecked(whole)) == len(whole) else whole)
    np.testing.assert_array_equal(found["a"], [3, 4])


def test_a_recompressed_checkpoint_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(torch_zip(arrays()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    found, _ = opened(tmp_path, zipped(members, zipfile.ZIP_DEFLATED))
    for name, array in arrays().items():
        np.testing.assert_array_equal(found[name], array)


def test_a_view_keeps_no_more_than_it_shows(tmp_path: Path) -> None:
    view = {"a": tensor("0", "<f4", 1 << 20, 0, (2,), ((1 << 20) - 1,))}
    found, _ = opened(tmp_path, torch_zip({"s": np.arange(1 << 20, dtype=np.float32)}, state_dict(view)))
    np.testing.assert_array_equal(found["a"], [0, (1 << 20) - 1])
    assert found["a"].base is None or found["a"].base.nbytes == found["a"].nbytes


def test_a_keras_file_is_read(tmp_path: Path) -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        members = {"config.json": b"{}", "model.weights.h5": keras_3(arrays())}
        found, _ = opened(tmp_path, zipped(members, compression))
        np.testing.assert_array_equal(found["layers/conv_2/vars/0"], arrays()["conv_2/kernel"])


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_npy_is_read(tmp_path: Path, order: str) -> None:
    file = io.BytesIO()
    np.save(file, np.asarray(ONE, order=order))
    np.testing.assert_array_equal(opened(tmp_path, file.getvalue())[0]["array"], ONE)


def test_an_npy_of_a_dict_is_read(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, {"conv1": [ONE, ONE[0]]}, allow_pickle=True)
    found, _ = opened(tmp_path, file.getvalue())
    assert list(found) == ["conv1/0", "conv1/1"]
    np.testing.assert_array_equal(found["conv1/0"], ONE)


def test_a_net_in_several_files_is_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(safetensors.numpy.save({name: ONE, "spare": ONE}))
    listed = {"metadata": {}, "weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}
    (tmp_path / "index.json").write_text(json.dumps(listed, indent=2), encoding="utf-8")
    with open_weights(tmp_path / "index.json") as file:
        assert list(file) == ["a", "b"]
        np.testing.assert_array_equal(file["b"], ONE)
    (tmp_path / "b.safetensors").unlink()
    with (
        pytest.raises(tc.WeightFileError, match=r"b\.safetensors.*No such file"),
        open_weights(tmp_path / "index.json"),
    ):
        pass


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "..", "", "a\0b", "a\nb", "\ud800", "\x1b[2J"])
def test_shards_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    assert_refused(json.dumps({"weight_map": {"a": name}}).encode(), tmp_path, "not in its folder")


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"MATLAB 5.0 MAT-file, Platform", "MatConvNet"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (b"<!DOCTYPE html>", "web page"),
        (b'{"a": 1}', "weight_map"),
        (b'{"a": 1', "damaged"),
        (zipped({"net/constants.pkl": b"x"}), "TorchScript"),
    ],
)
def test_what_is_not_read_is_called_by_its_name(tmp_path: Path, start: bytes, words: str) -> None:
    assert_refused(start.ljust(64), tmp_path, words) if start[:2] != b"PK" else assert_refused(
        start, tmp_path, words
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_a_pipe_or_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(tc.WeightFileError, match="not a file"), open_weights(path):
            pass


def test_long_names_are_whole_or_refused(tmp_path: Path) -> None:
    for letters in (300, 4000, 5000):
        with h5py.File(tmp_path / "net", "w") as target:
            target["a" * letters] = ONE
        if letters > 4096:
            with pytest.raises(tc.WeightFileError, match="longer than 4096"), open_weights(tmp_path / "net"):
                pass
            continue
        with open_weights(tmp_path / "net") as file:
            assert list(file) == ["a" * letters]


@pytest.mark.parametrize("keras", [False, True])
def test_names_that_share_256_letters_are_two(tmp_path: Path, keras: bool) -> None:
    group, names = "g" * 300, ["w" * 300, "w" * 256]
    with h5py.File(tmp_path / "net", "w") as target:
        for number, name in enumerate(names):
            target[f"{group}/{name}"] = ONE + number
        if keras:
            target.attrs["layer_names"], target[group].attrs["weight_names"] = [group], names
            target.attrs["a" * 300] = "b" * 5000
    with open_weights(tmp_path / "net") as file:
        for number, name in enumerate(names):
            np.testing.assert_array_equal(file[f"{group}/{name}"], ONE + number)
