"""ONNX files as people export them: both of torch's exporters, and Keras's."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
pytest.importorskip("onnxscript", reason="the extra [peers] is not installed")

from importing.torch_nets import Dense, Functional, Reused, Shuffled, Squeeze, UNet, made  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def check(file: Path, net: torch.nn.Module, x: torch.Tensor) -> None:
    model = tc.load_model(file, size=8)
    found, expected = tc.predict(model, x.numpy()), net(x).detach().numpy()
    if any("left out" in note for note in model.notes):
        found, expected = found - found.mean(), expected - expected.mean()
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
@pytest.mark.parametrize("kind", [Reused, Functional, Squeeze, UNet, Shuffled, Dense])
def test_what_torch_exports_is_read(kind: type, dynamo: bool, tmp_path: Path) -> None:
    net, x = made(kind).float(), torch.randn(1, 3, 8, 8)
    torch.onnx.export(net, (x,), str(tmp_path / "net.onnx"), dynamo=dynamo)
    check(tmp_path / "net.onnx", net, x)


def test_a_group_norm_that_was_taken_apart_is_read(tmp_path: Path) -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3), torch.nn.GroupNorm(2, 6), torch.nn.Flatten()).eval()
    x = torch.randn(1, 3, 8, 8)
    torch.onnx.export(net, (x,), str(tmp_path / "net.onnx"), dynamo=False)
    check(tmp_path / "net.onnx", net, x)


def test_an_operator_without_a_layer_is_named(tmp_path: Path) -> None:
    class Summed(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.cumsum(1)

    torch.onnx.export(Summed(), (torch.randn(1, 3, 8, 8),), str(tmp_path / "net.onnx"), dynamo=False)
    with pytest.raises(tc.ModelFileError, match="CumSum: is an operator for which there is no layer here"):
        tc.load_model(tmp_path / "net.onnx")


def test_what_keras_exports_is_read(tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="the extra [peers] is not installed")
    L = keras.layers
    image = keras.Input((8, 8, 3), batch_size=1)
    x = L.Conv2D(4, 3, padding="same", activation="relu")(image)
    x = L.Add()([x, L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(x))])
    model = keras.Model(image, L.Dense(3)(L.Flatten()(L.MaxPooling2D(2)(x))))
    model(np.zeros((1, 8, 8, 3), np.float32))
    model.export(str(tmp_path / "net.onnx"), format="onnx", verbose=False)
    net = tc.load_model(tmp_path / "net.onnx")
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 3)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    found = tc.predict(net, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert not any(isinstance(layer, tc.Transpose) for layer in net.layers)
