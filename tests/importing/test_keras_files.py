"""Keras files: what Keras computes comes out, from ``.keras`` and from HDF5, without Keras."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="the extra [peers] is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")

L = keras.layers

SIZES = {
    "VGG16": 32, "ResNet50": 32, "ResNet50V2": 32, "InceptionV3": 75, "Xception": 71, "DenseNet121": 32,
    "MobileNet": 32, "MobileNetV2": 32, "MobileNetV3Small": 32, "EfficientNetB0": 32,
}  # fmt: skip


def drawn(model: Any, seed: int = 0) -> Any:
    """The model with norms and biases that do something."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "variance" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif any(part in weight.path for part in ("mean", "beta", "bias")):
            weight.assign(0.1 * rng.standard_normal(weight.shape))
    return model


@pytest.fixture(autouse=True)
def double_precision(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In which Keras computes, and models of its files, too; by itself it makes products in single."""
    from keras.src.backend.common import dtypes

    promoted = dtypes.result_type

    def wide(*kinds: Any) -> Any:
        return "float64" if any(str(kind).endswith("float64") for kind in kinds) else promoted(*kinds)

    monkeypatch.setattr(dtypes, "result_type", wide)
    monkeypatch.setattr(keras.src.backend, "result_type", wide)
    compute_in("float64")
    keras.utils.set_random_seed(0)
    yield
    compute_in("float32")


def compute_in(precision: str) -> None:
    keras.config.set_floatx(precision)
    keras.config.set_dtype_policy(precision)


def check(model: Any, folder: Path) -> tc.Model:
    """Both formats give Keras's logits and, in double precision, its gradient of the largest.

    Images are what the file's own first layers say.
    """
    shape = model.input_shape[1:]
    raw = np.random.default_rng(1).uniform(0, 255, (1, *shape))
    x = torch.tensor(raw, requires_grad=True)
    y = model(x, training=False).reshape(-1)
    y[y.argmax()].backward()
    logits, gradient = y.detach().numpy(), x.grad.numpy().transpose(0, 3, 1, 2)
    for ending in ("keras", "h5"):
        file = folder / f"net.{ending}"
        model.save(file)
        net = tc.load_model(file)
        images, std = raw.transpose(0, 3, 1, 2), np.ones(1)
        if net.preprocess.name == "from the file":
            mean, std = (np.reshape(each, (-1, 1, 1)) for each in (net.preprocess.mean, net.preprocess.std))
            images = (images - mean) / std
        same(tc.predict(net.astype(np.float32), images.astype(np.float32)).reshape(-1), logits, 1e-5)
        same(tc.predict(net, images).reshape(-1), logits, 1e-8)
        (found,) = tc.visualize(net, images, rules=["saliency"], target="max").values()
        same(found, gradient * std, 1e-8)
    return net


def same(found: np.ndarray, expected: np.ndarray, bound: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound * np.abs(expected).max())


def test_every_layer_once(tmp_path: Path) -> None:
    x = image = keras.Input((12, 10, 3))
    x = L.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    x = L.BatchNormalization(scale=False)(x)
    x = L.SeparableConv2D(8, 3, depth_multiplier=2, activation="silu")(x)
    x = L.Conv2DTranspose(8, 3, strides=2, padding="same")(x)
    x = L.LeakyReLU(0.1)(x)
    x = L.ZeroPadding2D(((0, 1), (1, 0)))(x)
    x = L.DepthwiseConv2D(3, depth_multiplier=1, activation="elu")(x)
    x = L.Cropping2D(((1, 0), (0, 1)))(x)
    y = L.Activation("sigmoid")(L.Dense(8)(x))  # torch's derivative of the hard one is of single precision
    x = L.Multiply()([x, y])
    x = L.Add()([x, L.PReLU(shared_axes=[1, 2])(x)])
    x = L.Concatenate()([x, L.Subtract()([x, L.ReLU(6.0)(x)])])
    x = L.AveragePooling2D(3, 1, padding="same")(x)  # with a stride Keras's own backends disagree
    x = L.AveragePooling2D(2)(x)
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    x = L.MaxPooling2D(2)(L.Permute((2, 1, 3))(x))
    x = L.Average()([x, 2.0 * x + 1.0])
    z = L.Reshape((1, 1, 16))(L.GlobalMaxPooling2D()(x))
    x = L.Flatten()(x * z)
    x = L.BatchNormalization()(L.Dropout(0.5)(x))
    check(drawn(keras.Model(image, L.Dense(5)(x))), tmp_path)


@pytest.mark.parametrize("axis", [1, -1])
def test_channels_first(axis: int, tmp_path: Path) -> None:
    """There a Flatten moves channels to the end; an image is (c, h, w) in the file, too."""
    first = {"data_format": "channels_first"} if axis == 1 else {}
    x = image = keras.Input((3, 9, 8) if axis == 1 else (9, 8, 3))
    x = L.Conv2D(4, 3, activation="relu", **first)(x)
    x = L.BatchNormalization(axis=axis)(x)
    x = L.PReLU(shared_axes=[2, 3] if axis == 1 else [1, 2], alpha_initializer="uniform")(x)
    x = L.MaxPooling2D(2, **first)(x)
    x = L.Flatten(**first)(x)
    model = drawn(keras.Model(image, L.Dense(3)(x)))
    raw = np.random.default_rng(1).standard_normal((1, 3, 9, 8))
    y = keras.ops.convert_to_numpy(model(raw if axis == 1 else raw.transpose(0, 2, 3, 1)))
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"net.{ending}")
        net = tc.load_model(tmp_path / f"net.{ending}")
        assert net.input_shape == (3, 9, 8)
        same(tc.predict(net, raw), y, 1e-8)


def test_each_output_of_a_model_within_a_model(tmp_path: Path) -> None:
    inner = keras.Input((6, 6, 3))
    first = L.Conv2D(4, 3, name="first")(inner)
    features = keras.Model(inner, [first, L.Conv2D(4, 3, name="second")(first)], name="features")
    image = keras.Input((6, 6, 3))
    _, deep = features(image)
    check(drawn(keras.Model(image, L.Dense(3)(L.GlobalMaxPooling2D()(deep)))), tmp_path)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (lambda x: L.PReLU(shared_axes=[2])(x), r"slopes of shape \(6, 1, 3\)"),
        (lambda x: L.RandomCrop(4, 4)(x), "of images of 6x6 to 4x4 is not supported"),
        (lambda x: L.Normalization(axis=1, mean=[0.1] * 6, variance=[1.0] * 6)(x), "along axis"),
    ],
)
def test_what_is_done_otherwise_than_usual_is_refused(layers: Any, words: str, tmp_path: Path) -> None:
    image = keras.Input((6, 6, 3))
    model = keras.Model(image, L.Dense(2)(L.Flatten()(layers(image))))
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"net.{ending}")
        with pytest.raises(tc.ModelFileError, match=words):
            tc.load_model(tmp_path / f"net.{ending}")


def test_who_calls_a_model_of_keras_3_says_whether_it_is_trained(tmp_path: Path) -> None:
    """And in Keras 2 who wrote it."""
    image = keras.Input((6, 6, 3))
    x = L.Dropout(0.5, name="drop")(L.RandomFlip()(L.Conv2D(4, 3)(image)), training=True)
    check(keras.Model(image, L.Dense(2)(L.Flatten()(x))), tmp_path)

    def to_keras_2(layers: list[dict]) -> None:
        drop = next(layer for layer in layers if layer["class_name"] == "Dropout")
        drop["inbound_nodes"] = [[["random_flip", 0, 0, {"training": True}]]]

    with pytest.raises(tc.ModelFileError, match="drop: is called with training=True, which is not"):
        tc.load_model(rewritten(tmp_path / "net.keras", to_keras_2))


def test_models_within_models_and_names_of_ones_own(tmp_path: Path) -> None:
    block = keras.Sequential([L.Conv2D(4, 3, name="mine", activation="relu"), L.Conv2D(4, 1)], name="block")
    image = keras.Input((9, 9, 3))
    x = block(L.Conv2D(3, 1, name="stem")(L.Rescaling(1 / 127.5, offset=-1)(image)))
    net = check(drawn(keras.Model(image, L.Dense(3)(L.GlobalAveragePooling2D()(x)))), tmp_path)
    assert net.preprocess.mean == pytest.approx((127.5,) * 3)


def test_a_softmax_at_the_end_is_left_out_and_this_is_said(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((6, 6, 1)), L.Flatten(), L.Dense(4, activation="softmax")])
    model.save(tmp_path / "net.keras")
    net = tc.load_model(tmp_path / "net.keras")
    assert any("Softmax at the end is left out" in note for note in net.notes)
    x = np.random.default_rng(0).standard_normal((1, 1, 6, 6))
    expected = keras.ops.convert_to_numpy(model(x.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(tc.ops.softmax(tc.predict(net, x)), expected, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_the_applications(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    shape = (SIZES[name], SIZES[name], 3)
    options = {"weights": None, "input_shape": shape, "classes": 20, "classifier_activation": None}
    model = drawn(getattr(keras.applications, name)(**options))
    net = check(model, tmp_path)
    assert net.size > 1e6


@pytest.mark.slow
def test_convnext_is_refused_by_the_name_of_its_norm(tmp_path: Path) -> None:
    model = keras.applications.ConvNeXtTiny(weights=None, input_shape=(32, 32, 3), classes=2)
    model.save(tmp_path / "net.keras")
    with pytest.raises(tc.ModelFileError, match="LayerNormalization is a layer that is not read here"):
        tc.load_model(tmp_path / "net.keras")


def rewritten(path: Path, change: Any) -> Path:
    """The same archive with its description changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    description = json.loads(members["config.json"])
    change(description["config"]["layers"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, json.dumps(description) if name == "config.json" else data)
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda layers: layers[1].update(class_name="Lambda"), "layer of one's own, which is code"),
        (lambda layers: layers[1].update(module="my.package"), "layer of one's own, which is code"),
        (lambda layers: layers[1].update(class_name="LSTM"), "LSTM is a layer that is not read here"),
        (lambda layers: layers[1]["config"].update(padding="causal"), "padding 'causal' is not supported"),
        (lambda layers: layers[1]["config"].update(strides="x"), "damaged"),
        (lambda layers: layers[1].pop("config"), "damaged"),
    ],
)
def test_what_is_not_read_is_named(change: Any, words: str, tmp_path: Path) -> None:
    keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(2, 3), L.Flatten()]).save(tmp_path / "net.keras")
    with pytest.raises(tc.ModelFileError, match=words):
        tc.load_model(rewritten(tmp_path / "net.keras", change))
