"""Kinds of HDF5 that other writers make: enums, and files that track the order of their parts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import tinycnn as tc
from tinycnn.weights import open_weights

ONE = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize(
    ("names", "base", "dtype"),
    [
        ({"RED": 0, "GREEN": 1, "BLUE": 42}, "i1", "int8"),
        ({"RED": 0, "BLUE": -42}, ">i4", "int32"),
        ({"FALSE": 0, "TRUE": 1}, "i1", "bool"),
        ({"FALSE": 1, "TRUE": 0}, "i1", "int8"),
        ({"NOT_FALSE": 0, "MAYBE": 2, "TRUE": 1}, "i1", "int8"),
        ({"FALSE": 0, "TRUE": 1, "UNKNOWN": 2}, "i1", "int8"),
    ],
)
def test_an_enum_is_its_numbers_and_one_of_false_and_true_is_booleans(
    names: dict[str, int], base: str, dtype: str, libver: str, tmp_path: Path
) -> None:
    values = np.array(list(names.values()), base)
    with h5py.File(tmp_path / "net", "w", libver=libver) as target:
        target.create_dataset("a", data=values, dtype=h5py.enum_dtype(names, base))
    with open_weights(tmp_path / "net") as file:
        np.testing.assert_array_equal(file["a"], values.astype(dtype), strict=True)


def in_keras_order(target: h5py.File, tracked: bool) -> None:
    """Two layers, whose order is not the alphabet's, and their weights, neither."""
    for number, layer in enumerate(("conv_b", "conv_a")):
        group = target.create_group(layer, track_order=tracked)
        for place, name in enumerate((f"{layer}/kernel:0", f"{layer}/bias:0")):
            group.create_dataset(name, data=ONE + 10 * number + place, track_order=tracked)
        group.attrs["weight_names"] = [f"{layer}/kernel:0", f"{layer}/bias:0"]
    target.attrs["layer_names"] = ["conv_b", "conv_a"]


@pytest.mark.parametrize("options", [{}, {"track_order": True}, {"libver": "latest"}], ids=str)
@pytest.mark.parametrize("tracked", [False, True])
def test_a_file_that_tracks_its_order_is_read_in_the_order_of_the_net(
    tracked: bool, options: dict, tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "net", "w", **options) as target:
        in_keras_order(target, tracked)
    with open_weights(tmp_path / "net") as file:
        assert file.ordered
        assert [array[0, 0] for array in file.values()] == [0, 1, 10, 11]


def test_what_is_tracked_in_a_heap_is_named_and_no_order_is_made_up(tmp_path: Path) -> None:
    """So are more than eight links, or more than eight attributes, of an object."""
    with h5py.File(tmp_path / "net", "w", track_order=True) as target:
        in_keras_order(target, tracked=True)
        many = target.create_group("many", track_order=True)
        for number in range(20):
            target.attrs[f"more{number}"] = number
            many[f"a{number}"] = ONE
    with open_weights(tmp_path / "net") as file:
        assert not file.ordered
        assert len(file) == 4
        assert set(file.skipped) == {"many"}


@pytest.mark.parametrize("options", [{}, {"track_order": True}, {"libver": "latest"}], ids=str)
def test_a_whole_model_of_any_layout_is_read(options: dict, tmp_path: Path) -> None:
    kernel = np.random.default_rng(0).standard_normal((3, 3, 1, 2)).astype(np.float32)
    image = {"name": "image", "batch_input_shape": [None, 5, 5, 1]}
    conv = {"name": "conv", "filters": 2, "kernel_size": [3, 3], "use_bias": False, "activation": "linear"}
    layers = [{"class_name": "InputLayer", "config": image}, {"class_name": "Conv2D", "config": conv}]
    target = io.BytesIO()
    with h5py.File(target, "w", **options) as file:
        network = {"class_name": "Sequential", "config": {"name": "net", "layers": layers}}
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(network), "2.4.0"
        file["model_weights/conv/conv/kernel:0"] = kernel
        file["model_weights"].attrs["layer_names"] = ["image", "conv"]
        file["model_weights/conv"].attrs["weight_names"] = ["conv/kernel:0"]
    (tmp_path / "net").write_bytes(target.getvalue())
    model = tc.load_model(tmp_path / "net")
    x = np.random.default_rng(1).standard_normal((1, 1, 5, 5)).astype(np.float32)
    expected = tc.ops.conv2d(x, np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
    np.testing.assert_allclose(tc.predict(model, x), expected, rtol=1e-5, atol=1e-6)
