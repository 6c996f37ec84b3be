"""Files that Keras itself wrote: every array under its name, and nets that say what Keras's say."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest

import tinycnn as tc
from tinycnn.weights import open_weights
from tinycnn.zoo import load

FILES = [f"{net}.{suffix}" for net in ("vgg16", "small") for suffix in ("h5", "keras", "weights.h5")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files that Keras wrote."""
    for package in ("keras", "torch"):
        if find_spec(package) is None:
            pytest.skip(f"needs {package}, of the extra [peers]")
    folder = tmp_path_factory.mktemp("keras")
    script = Path(__file__).with_name("keras_files.py")
    environment = {**os.environ, "PYTHONWARNINGS": ""}  # what Keras warns of is not ours
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def small() -> tc.Model:
    """The small net of `keras_files`, with other weights."""

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    def norm(name: str) -> tc.BatchNorm2D:
        return tc.BatchNorm2D(zeros(4), zeros(4), zeros(4), zeros(4) + 1, name=name, epsilon=1e-3)

    layers = (
        tc.Conv2D(zeros(4, 3, 3, 3), zeros(4), name="a"), norm("na"), tc.ReLU(), tc.MaxPool2D(2, 2),
        tc.Conv2D(zeros(4, 4, 3, 3), zeros(4), name="b", padding="same"), norm("nb"), tc.ReLU(),
        tc.Flatten(), tc.Dense(zeros(5, 36), zeros(5), name="c"), tc.ReLU(),
        tc.Dense(zeros(5, 5), zeros(5), name="d"),
    )  # fmt: skip
    return tc.Model("small", layers, (3, 8, 8), tc.preprocess.RAW.at((8, 8)))


def net(name: str) -> tc.Model:
    return small() if name == "small" else tc.zoo.vgg16(seed=9, image=(32, 32), classes=5)


@pytest.mark.parametrize("file", FILES)
def test_a_net_says_what_keras_says(made: Path, file: str) -> None:
    name = file.partition(".")[0]
    loaded = load(net(name), made / file)
    with np.load(made / "said.npz") as said:
        found = tc.forward(loaded, np.ascontiguousarray(said[name].transpose(0, 3, 1, 2))).output
        np.testing.assert_allclose(found, said[f"{name}_said"], rtol=1e-3, atol=1e-4 * np.abs(found).max())
    if name == "vgg16":
        assert loaded.preprocess.name == "caffe-bgr"
        assert loaded.weights == f"{file} (named as by Keras 3)"


def test_a_legacy_file_is_read_in_the_order_of_the_net(made: Path) -> None:
    """Layers without weights, as pooling and the input, have an empty list of names, of floats."""
    with h5py.File(made / "small.h5") as theirs, open_weights(made / "small.h5") as file:
        group = theirs["model_weights"]
        listed = [
            f"{layer}/{weight}"
            for layer in group.attrs["layer_names"]
            for weight in group[layer].attrs["weight_names"]
        ]
        assert list(file) == listed
        assert file.ordered
        for name in listed:
            np.testing.assert_array_equal(file[name], group[name][()], strict=True)


def test_a_base_under_another_head_is_read_when_that_is_asked_for(made: Path) -> None:
    with pytest.raises(tc.WeightFileError, match=r"fc6, fc7, fc8.*of another head; head='random'"):
        load(net("vgg16"), made / "tuned.h5")
    whole, tuned = load(net("vgg16"), made / "vgg16.h5"), load(net("vgg16"), made / "tuned.h5", head="random")
    for one, two, fresh in zip(whole.layers, tuned.layers, net("vgg16").layers, strict=True):
        if isinstance(one, tc.Conv2D):
            np.testing.assert_array_equal(two.weight, one.weight)
        if isinstance(one, tc.Dense):
            np.testing.assert_array_equal(two.weight, fresh.weight)
    assert "fc6, fc7, fc8: random (seed 9); not used: " in tuned.weights


def test_names_of_keras_2_are_known_with_the_numbers_that_saving_again_adds(tmp_path: Path) -> None:
    trained = tc.zoo.vgg16(seed=1, image=(32, 32), dense=False)
    for pattern in ("{0}/{0}/{1}:0", "{0}/{0}_2/{1}:0", "{0}/model_1/{0}/{1}:0", "vgg16/{0}_3/{1}:0"):
        with h5py.File(tmp_path / "net.h5", "w") as target:
            for layer in trained.layers:
                if isinstance(layer, tc.Conv2D):
                    block, number = layer.name.removeprefix("conv").split("_")
                    name = f"block{block}_conv{number}"
                    target[pattern.format(name, "kernel")] = layer.weight.transpose(2, 3, 1, 0)
                    target[pattern.format(name, "bias")] = layer.bias
        found = load(tc.zoo.vgg16(seed=2, image=(32, 32), dense=False), tmp_path / "net.h5")
        assert found.preprocess.name == "caffe-bgr"
        for one, two in zip(trained.layers, found.layers, strict=True):
            if isinstance(one, tc.Conv2D):
                np.testing.assert_array_equal(one.weight, two.weight)
