"""Hostile and damaged model files: one line each, no other file is opened, and nothing grows or hangs."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")

from importing import small_keras  # noqa: E402
from importing.small_onnx import NETS, gated, made  # noqa: E402
from onnx import helper  # noqa: E402

HERE = Path(__file__).parent


def refusal(path: Path, words: str) -> None:
    with pytest.raises(tc.ModelFileError, match=words) as caught:
        tc.load_model(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("net", NETS)
def test_the_nets_that_are_mutated_are_what_onnx_computes(net, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from onnx.reference import ReferenceEvaluator

    model = made(net)
    onnx.save(model, tmp_path / "net.onnx")
    found = tc.load_model(tmp_path / "net.onnx")
    x = np.random.default_rng(1).uniform(0, 255, (1, *found.input_shape)).astype(np.float32)
    (expected,) = ReferenceEvaluator(model).run(
        None, {"x": x.transpose(0, 2, 3, 1) if x.shape[1] == 3 else x}
    )
    if found.preprocess.name == "from the file":
        mean, std = (np.reshape(each, (-1, 1, 1)) for each in (found.preprocess.mean, found.preprocess.std))
        x = ((x - mean) / std).astype(np.float32)
    y = tc.predict(found, x)
    y = tc.ops.softmax(y) if found.notes[0].startswith("Softmax") else y
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert not any(isinstance(layer, tc.Transpose) for layer in found.layers)


@pytest.mark.parametrize(
    "place", ["../secret", "/etc/passwd", "a/../../secret", "..\\secret", "", "link", "missing", "short"]
)
def test_weights_elsewhere_are_not_opened(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"s" * 4096)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "short").write_bytes(b"s" * 8)
    model = made(gated)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    refusal(folder / "net.onnx", "w: (its numbers are|'short' is too short)")


def test_weights_beside_the_file_are_read(tmp_path: Path) -> None:
    model = made(gated)
    (tmp_path / "whole.onnx").write_bytes(model.SerializeToString())
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, size_threshold=0, location="net.data")
    whole, parts = (tc.load_model(tmp_path / name) for name in ("whole.onnx", "net.onnx"))
    x = np.random.default_rng(0).standard_normal((1, 2, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(tc.predict(parts, x), tc.predict(whole, x))


def test_a_cycle_is_an_operator_that_reads_what_is_not_written(tmp_path: Path) -> None:
    model = made(gated)
    model.graph.node[0].input[0] = "y"
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    refusal(tmp_path / "net.onnx", "reads 'y', which no operator before it writes")


@pytest.mark.parametrize(
    ("count", "words"), [(70_000, "has 700[0-9]+ operators; at most 65536"), (1_000_000, "more fields")]
)
def test_a_million_operators_are_counted_and_refused(count: int, words: str, tmp_path: Path) -> None:
    model = made(gated)
    one = model.graph.node[2]
    data = model.SerializeToString()
    extra = onnx.ModelProto(graph=onnx.GraphProto(node=[one])).SerializeToString()
    (tmp_path / "net.onnx").write_bytes(data + extra * count)  # protobuf appends what is repeated
    refusal(tmp_path / "net.onnx", words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda m: setattr(m.graph.node[2], "op_type", "NonZero"),
            "r: NonZero: is an operator for which there is no",
        ),
        (lambda m: setattr(m.graph.node[2], "domain", "my.own"), "is of the domain 'my.own'"),
        (lambda m: setattr(m.opset_import[0], "version", 6), "its opset is 6"),
        (
            lambda m: m.graph.node[0].attribute.append(helper.make_attribute("own", 1)),
            "attribute own is not supported",
        ),
        (
            lambda m: m.graph.node[10].attribute[0].CopyFrom(helper.make_attribute("mode", "cubic")),
            "u: Resize: mode 'cubic' from",
        ),
        (
            lambda m: setattr(m.graph.node[2], "op_type", "LayerNormalization"),
            "r: LayerNormalization: is an operator for which there is no layer here",
        ),
    ],
)
def test_what_is_not_read_names_its_node(change, words: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    model = made(gated)
    change(model)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    refusal(tmp_path / "net.onnx", words)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "tinycnn.json.npy"])
def test_a_zip_bomb_is_refused_by_its_claims(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * (1 << 26))
        for other in {"config.json", "model.weights.h5"} - {name}:
            archive.writestr(other, b"{}")
    refusal(tmp_path / "net.keras", "bytes|archive")


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", b"\x89HDF\r\n\x1a\n", b"\x08\x08", b"[" * 5000, b"\xff" * 99]
)
def test_what_is_no_model_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(data)
    refusal(tmp_path / "net", "net")
    refusal(tmp_path / "missing", "No such file")


def test_a_description_that_waits_for_itself_is_refused(tmp_path: Path) -> None:
    def layer(name: str, after: str) -> dict:
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [after, 0, 0]}}
        return {
            "class_name": "ReLU", "module": "keras.layers", "name": name, "config": {"name": name},
            "inbound_nodes": [{"args": [tensor], "kwargs": {}}],
        }  # fmt: skip

    image = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4, 4, 3]}, "name": "x"}
    config = {
        "layers": [image, layer("a", "b"), layer("b", "a")],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["a", 0, 0]],
    }
    import h5py

    h5py.File(tmp_path / "w.h5", "w").create_dataset(
        "layers/a/vars/0", data=np.zeros(1, np.float32)
    ).file.close()
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": config}))
        archive.write(tmp_path / "w.h5", "model.weights.h5")
    refusal(tmp_path / "net.keras", "a: waits for itself")


SAVE = r"; save the whole model, with its weights: model\.save\('net\.keras'\)$"


def _without_weights(folder: Path, kind: str) -> None:
    """A network of one layer without weights, in every form that Keras has for it; "net" has another's."""
    import h5py

    image = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4, 4, 3]}}
    layer = {"class_name": kind, "config": {"name": "own", "kernel_size": [1, 1]}}
    text = json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": [image, layer]}})
    (folder / "net.json").write_text(text, "utf-8")
    for name in ("net", "bare"):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file.attrs.update({"model_config": text, "keras_version": "3.0"})
            if name == "net":
                file["layers/other/vars/0"] = np.ones(1, np.float32)
    for name, weights in (("net", "net.h5"), ("bare", "bare.h5"), ("half", "")):
        with zipfile.ZipFile(folder / f"{name}.keras", "w") as archive:
            archive.writestr("config.json", text)
            if weights:
                archive.write(folder / weights, "model.weights.h5")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("net.keras", "own: Conv2D: the file has no weights of it"),
        ("net.h5", "own: Conv2D: the file has no weights of it"),
        ("bare.keras", "it holds no arrays of numbers"),
        ("bare.h5", "it holds no arrays of numbers"),
        ("half.keras", "it describes a network without weights"),
        ("net.json", "it is a text, such as a description without weights"),
    ],
)
def test_a_network_without_weights_is_refused_with_what_to_do(name: str, words: str, tmp_path: Path) -> None:
    _without_weights(tmp_path, "Conv2D")
    refusal(tmp_path / name, words + SAVE)


@pytest.mark.parametrize("kind", ["Dense", "BatchNormalization", "PReLU", "Normalization", "SeparableConv2D"])
def test_a_layer_without_its_weights_is_named(kind: str, tmp_path: Path) -> None:
    _without_weights(tmp_path, kind)
    refusal(tmp_path / "net.keras", f"own: {kind}: the file has no weights of it{SAVE}")


def test_the_keras_file_that_is_mutated_is_read(tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(small_keras.written(small_keras.description(), small_keras.weights()))
    model = tc.load_model(tmp_path / "net")
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Conv2D", "ReLU", "Branches", "MaxPool2D", "Flatten", "Dense"]


@pytest.mark.parametrize("count", [1_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_mutants_are_read_or_refused(count: int) -> None:
    program = [sys.executable, str(HERE / "model_fuzz.py"), str(count), "7"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["read"] > count / 10
    assert report["refused"] > count / 2
    assert report["slowest"] < 10
    assert report["grown"] < 512 << 20
