"""Every format gives the arrays that were written, told by its content."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy
from weight_writers import (
    arrays,
    keras_legacy,
    names,
    nested,
    npz,
    seeds,
    state_dict,
    tensor,
    torch_legacy,
    torch_zip,
    write,
)

import tinycnn as tc
from tinycnn.weights import inspect, open_weights, stored

SEEDS = seeds()


@pytest.mark.parametrize("format", SEEDS)
def test_every_format_gives_the_arrays_that_were_written(tmp_path: Path, format: str) -> None:
    with open_weights(write(tmp_path, SEEDS[format])) as file:
        theirs = names(format)
        assert set(file) == set(theirs.values())
        for ours, array in arrays().items():
            np.testing.assert_array_equal(file[theirs[ours]], array, strict=True)


@pytest.mark.parametrize(
    "format", ["Keras legacy", "Keras legacy, newest HDF5", "torch zip", "torch legacy", "pickle 3"]
)
def test_the_order_of_the_file_is_kept(tmp_path: Path, format: str) -> None:
    with open_weights(write(tmp_path, SEEDS[format])) as file:
        assert list(file) == list(names(format).values())


def test_keras_3_layers_come_in_natural_order(tmp_path: Path) -> None:
    with open_weights(write(tmp_path, SEEDS["Keras 3"])) as file:
        assert [name.split("/")[1] for name in file] == ["conv_2", "conv_2", "conv_10", "conv_10"]


def test_a_whole_keras_model_gives_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with h5py.File(path, "w") as target:
        target.attrs["model_config"] = "{}" * 9
        target["model_weights/conv/kernel:0"] = np.ones((2, 3), np.float32)
        target["optimizer_weights/step"] = 7
    with open_weights(path) as file:
        assert list(file) == ["conv/kernel:0"]


@pytest.mark.parametrize("count", [1, 7, 9, 300])
def test_an_hdf5_group_may_hold_many_arrays(tmp_path: Path, count: int) -> None:
    path = tmp_path / "many"
    with h5py.File(path, "w") as target:
        for number in range(count):
            target[f"layer_{number}/vars/0"] = np.full(3, number, np.float32)
    with open_weights(path) as file:
        assert list(file) == [f"layer_{number}/vars/0" for number in range(count)]
        assert all(file[name][0] == number for number, name in enumerate(file))


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i8", ">i4", "|u1", "|i1", "<u2"])
@pytest.mark.parametrize("container", ["npz", "pickle", "hdf5"])
def test_numbers_of_every_type_and_byte_order_are_read(tmp_path: Path, dtype: str, container: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    data = {"npz": lambda: npz({"a": array}), "pickle": lambda: pickle.dumps({"a": array}, 3)}.get(
        container, lambda: keras_legacy({"g/a": array})
    )()
    with open_weights(write(tmp_path, data)) as file:
        (read,) = file.values()
    assert read.dtype == (np.float32 if dtype == "<f2" else array.dtype.newbyteorder("="))
    np.testing.assert_array_equal(read, array)


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    values = np.array([1.5, -2.0, 3.0e38, 0.0], np.float32)
    raw = (values.view(np.uint32) >> 16).astype(np.uint16)
    header = b'{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]},"__metadata__":{"x":"y"}}'
    path = write(tmp_path, len(header).to_bytes(8, "little") + header + raw.tobytes())
    expected = (raw.astype(np.uint32) << 16).view(np.float32)
    with open_weights(path) as file:
        np.testing.assert_array_equal(file["a"], expected, strict=True)
        assert inspect(path).rows[0].dtype == "bfloat16"
        assert inspect(path).rows[0].bytes == 8


@pytest.mark.parametrize("container", [torch_zip, torch_legacy])
def test_a_tensor_may_be_a_view_of_its_storage(tmp_path: Path, container) -> None:
    storage = np.arange(20, dtype=np.float32)
    views = {
        "part": tensor("0", "<f4", 20, 4, (2, 3), (3, 1)),
        "transposed": tensor("0", "<f4", 20, 0, (4, 5), (1, 4)),
        "strided": tensor("0", "<f4", 20, 1, (3,), (5,)),
        "empty": tensor("0", "<f4", 20, 0, (0, 3), (3, 1)),
    }
    with open_weights(write(tmp_path, container({"s": storage}, state_dict(views)))) as file:
        np.testing.assert_array_equal(file["part"], storage[4:10].reshape(2, 3))
        np.testing.assert_array_equal(file["transposed"], storage.reshape(5, 4).T)
        np.testing.assert_array_equal(file["strided"], storage[1:15:5])
        assert file["empty"].shape == (0, 3)


@pytest.mark.parametrize("container", [torch_zip, torch_legacy])
def test_a_checkpoint_is_looked_into_for_its_state_dict(tmp_path: Path, container) -> None:
    weight = {"w": np.ones(3, np.float32)}
    inner = state_dict({"w": tensor("0", "<f4", 3, 0, (3,), (1,))})[2:-1]
    wrapped = b"\x80\x02}(X\x0a\x00\x00\x00state_dict" + inner + b"X\x05\x00\x00\x00epochK\x03u."
    with open_weights(write(tmp_path, container(weight, wrapped))) as file:
        assert list(file) == ["w"]


@pytest.mark.parametrize("zip", [False, True], ids=["legacy", "zip"])
def test_what_torch_writes_is_what_is_read(tmp_path: Path, zip: bool) -> None:
    torch = pytest.importorskip("torch", reason="needs torch, of the extra [peers]")
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    tensors = {
        **net.state_dict(),
        "half": torch.ones(3).half(),
        "brain": torch.tensor([1.5, -2.0]).bfloat16(),
    }
    tensors |= {"view": torch.arange(6.0).reshape(2, 3).T, "mask": torch.tensor([True, False])}
    path = tmp_path / "checkpoint"
    torch.save({"state_dict": tensors, "epoch": 3, "best": 0.5}, path, _use_new_zipfile_serialization=zip)
    with open_weights(path) as file:
        assert list(file) == list(tensors)
        for name, tensor_ in tensors.items():
            expected = tensor_.float() if name in ("half", "brain") else tensor_
            np.testing.assert_array_equal(file[name], expected.numpy(), strict=True)


def test_a_whole_torch_model_is_refused_by_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch, of the extra [peers]")
    torch.save(torch.nn.Linear(2, 3), tmp_path / "model")
    with (
        pytest.raises(tc.WeightFileError, match=r"torch zip.*torch\.nn\.modules\.linear\.Linear"),
        open_weights(tmp_path / "model"),
    ):
        pass


@pytest.mark.parametrize("length", [128, 0x4B50, 300, 640])
def test_a_safetensors_header_of_any_length_is_told_from_a_pickle(tmp_path: Path, length: int) -> None:
    header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
    with open_weights(write(tmp_path, length.to_bytes(8, "little") + header + bytes(4))) as file:
        assert file.format == "safetensors"
        assert list(file) == ["a"]


@pytest.mark.parametrize("format", SEEDS)
def test_an_array_can_be_read_into_a_transposed_view(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "BLOCK", 40)  # bytes: several blocks even in these small files
    with open_weights(write(tmp_path, SEEDS[format])) as file:
        for ours, array in arrays().items():
            transposed = np.empty(array.shape[::-1], array.dtype)
            file.read_into(names(format)[ours], transposed.T)
            np.testing.assert_array_equal(transposed, array.T, strict=True)
        with pytest.raises(tc.ShapeError, match=r"\(4,\), but is read into \(3,\)"):
            file.read_into(names(format)["conv_2/bias"], np.empty(3))


def test_arrays_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    whole = safetensors.numpy.save({name: np.full(1 << 16, 1.0, np.float32) for name in ("sound", "cut")})
    path = write(tmp_path, whole)
    with open_weights(path) as file:
        os.truncate(path, len(whole) - 1)
        first, last = file
        assert file[first].sum() == 1 << 16
        with pytest.raises(tc.WeightFileError, match=f"{last}: it ends 1 bytes early"):
            file[last]


def test_a_missing_name_is_a_key_error(tmp_path: Path) -> None:
    with open_weights(write(tmp_path, SEEDS["npz"])) as file, pytest.raises(KeyError):
        file["absent"]


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"PK\3\4", b"<!DOCTYPE html>", b"version https://git-lfs", b"\x93NUMPY\1\0"]
)
def test_anything_else_is_refused_with_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(tc.WeightFileError) as caught, open_weights(write(tmp_path, content)):
        pass
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tc.WeightFileError, match="No such file"), open_weights(tmp_path / "absent"):
        pass


def test_the_callers_own_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_weights(write(tmp_path, SEEDS["npz"])):
        _ = 1 / 0


def test_inspect_lists_what_is_there(tmp_path: Path) -> None:
    contents = inspect(write(tmp_path, SEEDS["torch legacy"]))
    assert contents.format == "torch legacy"
    assert len(contents.sha256) == 64
    assert [(row.name, row.shape, row.dtype, row.bytes) for row in contents.rows] == [
        (name, array.shape, str(array.dtype), array.nbytes) for name, array in arrays().items()
    ]


def test_protocol_2_and_ordered_dicts_of_python_2_are_read(tmp_path: Path) -> None:
    array = pickle.dumps(np.arange(3.0), 2)[2:-1]
    pairs = b"](](X\x01\x00\x00\x00a" + array + b"ee"
    data = b"\x80\x02ccollections\nOrderedDict\n" + pairs + b"\x85R."
    with open_weights(write(tmp_path, data)) as file:
        np.testing.assert_array_equal(file["a"], np.arange(3.0))


def test_nested_names_are_joined(tmp_path: Path) -> None:
    tree = {"a": nested(arrays()), "step": 3, "list": [np.zeros(2), np.ones(2)], "score": np.float64(0.5)}
    file = io.BytesIO()
    pickle.dump(tree, file, 4)
    with open_weights(write(tmp_path, file.getvalue())) as weights:
        assert {"a/conv_2/kernel", "list/0", "list/1"} <= set(weights)
        assert not {"step", "score"} & set(weights)
