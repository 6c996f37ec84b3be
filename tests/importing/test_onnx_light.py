"""The nine architectures that onnx ships: their outputs, and those of the same graphs with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
NAMES = ("bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet",
         "squeezenet", "vgg19", "zfnet512")  # fmt: skip


def probabilities(model: tc.Model, x: np.ndarray) -> np.ndarray:
    logits = tc.predict(model, x)
    return tc.ops.softmax(logits) if any("Softmax" in note for note in model.notes) else logits


def image(model: tc.Model) -> np.ndarray:
    """The input that onnx's runner takes for them."""
    size = int(np.prod(model.input_shape))
    return (np.arange(size, dtype=np.float32) / size).reshape(1, *model.input_shape)


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_output_comes_out(name: str) -> None:
    model = tc.load_model(LIGHT / f"light_{name}.onnx")
    expected = onnx.TensorProto.FromString((LIGHT / f"light_{name}_output_0.pb").read_bytes())
    y = onnx.numpy_helper.to_array(expected)
    found = probabilities(model, image(model))
    np.testing.assert_allclose(found.reshape(y.shape), y, rtol=1e-3, atol=1e-7)


def with_random_weights(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The shipped weights are constants, which hide mistakes; here each is drawn, of the shape it has."""
    rng = np.random.default_rng(seed)
    shapes = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    variances = {node.input[4] for node in model.graph.node if node.op_type == "BatchNormalization"}
    for node in [node for node in model.graph.node if node.op_type == "ConstantOfShape"]:
        shape = tuple(shapes[node.input[0]].tolist())
        fan = max(1, int(np.prod(shape[1:]))) if len(shape) > 1 else 4
        drawn = rng.standard_normal(shape, np.float32) * np.float32((2 / fan) ** 0.5)
        if node.output[0] in variances:
            drawn = np.exp(drawn)
        model.graph.initializer.append(onnx.numpy_helper.from_array(drawn, node.output[0]))
        model.graph.node.remove(node)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", ["densenet121", "inception_v2", "resnet50", "shufflenet", "squeezenet"])
def test_with_random_weights_it_is_what_onnx_computes(name: str, tmp_path: Path) -> None:
    import onnx.version_converter
    from onnx.reference import ReferenceEvaluator

    drawn = with_random_weights(onnx.load(LIGHT / f"light_{name}.onnx"), seed=1)
    onnx.save(drawn, tmp_path / "net.onnx")
    model = tc.load_model(tmp_path / "net.onnx")
    x = image(model)
    initial = {each.name for each in drawn.graph.initializer}
    (feed,) = [each.name for each in drawn.graph.input if each.name not in initial]
    drawn.ir_version = 8
    newer = onnx.version_converter.convert_version(drawn, 15)  # the reference knows no older batch norm
    (expected,) = ReferenceEvaluator(newer).run(None, {feed: x})
    found = probabilities(model, x).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    assert expected.std() > 1e-6
