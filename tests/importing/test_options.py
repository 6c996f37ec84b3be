"""What a file says in an option, a rare input or a long name is done or refused, and never passed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.image.preprocess import Preprocess

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")

from importing.small_onnx import _model  # noqa: E402
from onnx import helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

X = np.random.default_rng(0).standard_normal((1, 3, 4, 4)).astype(np.float32)
HALF, ONE = np.array(0.5, np.float32), np.array(1, np.float32)


def loaded(folder: Path, *nodes: onnx.NodeProto, **constants: np.ndarray) -> tc.Model:
    return tc.load_model(stored(folder, [1, 3, 4, 4], *nodes, **constants), preprocess="raw")


def stored(folder: Path, shape: list, *nodes: onnx.NodeProto, **constants: np.ndarray) -> Path:
    model = _model(list(nodes), shape, constants, nodes[-1].output[0])
    (folder / "net").write_bytes(model.SerializeToString())
    return folder / "net"


@pytest.mark.parametrize(
    ("node", "constants", "words"),
    [
        (helper.make_node("Max", ["x", "a", "b"], ["y"]), {"a": HALF, "b": ONE}, "Max: of 3 values"),
        (helper.make_node("Min", ["a", "x", "b"], ["y"]), {"a": HALF, "b": ONE}, "Min: of 3 values"),
        (
            helper.make_node("Clip", ["x", "a"], ["y"]),
            {"a": np.array([[[0.0]], [[1.0]], [[2.0]]], np.float32)},
            "Clip: does not fit its inputs",
        ),
        (helper.make_node("Gather", ["x", "a"], ["y"], axis=1), {"a": np.array(3)}, "beyond the 3 that"),
        (helper.make_node("Gather", ["x", "a"], ["y"], axis=1), {"a": np.array([-4])}, "beyond the 3 that"),
        (
            helper.make_node("ConvTranspose", ["x", "a"], ["y"], output_shape=[1, 2, 6, 6]),
            {"a": np.ones((3, 2, 3, 3), np.float32)},
            "output_shape .* is not a height and a width",
        ),
        (
            helper.make_node("BatchNormalization", ["x", *"aaaa"], ["y"]),
            {"a": np.ones(1, np.float32)},
            "BatchNormalization: has arrays of shapes",
        ),
    ],
)
def test_what_has_no_layer_is_refused(
    node: onnx.NodeProto, constants: dict[str, np.ndarray], words: str, tmp_path: Path
) -> None:
    with pytest.raises(tc.ModelFileError, match=words):
        loaded(tmp_path, node, **constants)


def test_bounds_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    low, high = np.array(-0.1, np.float32), np.array(1234567.9, np.float32)
    net = loaded(tmp_path, helper.make_node("Clip", ["x", "low", "high"], ["y"]), low=low, high=high)
    assert net.layers[0].range == (-0.1, 1234567.9)
    np.testing.assert_array_equal(tc.predict(net, 1e7 * X), np.clip(1e7 * X, low, high))


def test_constants_reduced_over_no_axes_are_reduced_over_all(tmp_path: Path) -> None:
    a, none = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.zeros(0, np.int64)
    net = loaded(
        tmp_path,
        helper.make_node("ReduceSum", ["a", "none"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["x", "sum"], ["y"]),
        a=a, none=none,
    )  # fmt: skip
    np.testing.assert_allclose(tc.predict(net, X), 10 * X)


def test_whole_numbers_are_divided_towards_zero(tmp_path: Path) -> None:
    net = loaded(
        tmp_path,
        helper.make_node("Div", ["a", "b"], ["c"]),
        helper.make_node("Cast", ["c"], ["d"], to=1),
        helper.make_node("Mul", ["x", "d"], ["y"]),
        a=np.array([-7, 7, -6]).reshape(3, 1, 1), b=np.array([2]),
    )  # fmt: skip
    np.testing.assert_array_equal(tc.predict(net, X), X * np.float32([[[-3]], [[3]], [[-3]]]))


def test_long_names_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    """As converters write that join the names of all that they fused."""
    nodes = [
        helper.make_node(
            "Relu" if at else "Neg", [f"v{at}" if at else "x"], [f"v{at + 1}"], "a" * 200 + f";{at}"
        )
        for at in range(4)
    ]
    net = loaded(tmp_path, *nodes)
    assert len({layer.name for layer in net.layers}) == 4
    np.testing.assert_array_equal(tc.predict(net, X), np.maximum(-X, 0))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_an_output_has_the_axes_that_it_has_in_the_file(axis: int, tmp_path: Path) -> None:
    nodes = helper.make_node("Neg", ["x"], ["z"]), helper.make_node("Concat", ["x", "z"], ["y"], axis=axis)
    found = tc.predict(loaded(tmp_path, *nodes), X)
    np.testing.assert_array_equal(found, np.concatenate([X, -X], axis))


def test_a_softmax_is_left_out_before_its_axes_are_moved(tmp_path: Path) -> None:
    net = loaded(
        tmp_path,
        helper.make_node("Neg", ["x"], ["z"]),
        helper.make_node("Softmax", ["z"], ["p"], axis=1),
        helper.make_node("Transpose", ["p"], ["y"], perm=[0, 2, 3, 1]),
    )
    assert "Softmax at the end is left out" in net.notes[0]
    np.testing.assert_array_equal(tc.predict(net, X), -X.transpose(0, 2, 3, 1))


def test_gemm_scales_weights_and_bias(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    w, c = rng.standard_normal((48, 5)).astype(np.float32), np.array([[0.5]], np.float32)
    net = loaded(
        tmp_path,
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "c"], ["y"], alpha=0.5, beta=3.0),
        w=w, c=c,
    )  # fmt: skip
    np.testing.assert_allclose(tc.predict(net, X), 0.5 * X.reshape(1, -1) @ w + 1.5, rtol=1e-5)


CONV = helper.make_node("Conv", ["z", "w"], ["y"], pads=[1, 1, 1, 1])
FIRST, LAST = [0, 1, 2, 3], [0, 3, 1, 2]


@pytest.mark.parametrize(
    ("shape", "order"),
    [([1, 2, 8, 3], FIRST), ([1, 2, 8, 3], LAST), ([1, 4, 6, 3], LAST), ([1, 5, 6, 12], LAST),
     ([1, 3, 6, 3], FIRST), ([1, 3, 6, 3], LAST), ([1, 5, 6, 12], FIRST)],
)  # fmt: skip
def test_which_axis_is_that_of_channels_the_first_convolution_says(
    shape: list, order: list, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    w = rng.standard_normal((4, shape[order[1]], 3, 3)).astype(np.float32)
    nodes = (
        helper.make_node("Mul", ["half", "x"], ["h"]),
        helper.make_node("Transpose", ["h"], ["z"], perm=order),
    )
    raw = Preprocess("raw", (0.0,) * w.shape[1], (1.0,) * w.shape[1])
    net = tc.load_model(stored(tmp_path, shape, *nodes, CONV, w=w, half=HALF), preprocess=raw)
    x = rng.standard_normal(shape).astype(np.float32)
    (expected,) = ReferenceEvaluator(str(tmp_path / "net")).run(None, {"x": x})
    found = tc.predict(net, x.transpose(order))
    np.testing.assert_allclose(found, expected.transpose(order), rtol=1e-5, atol=1e-5)


def test_where_channels_may_be_first_or_last_the_size_tells(tmp_path: Path) -> None:
    path = stored(tmp_path, [1, 2, 8, 3], helper.make_node("Neg", ["x"], ["y"]))
    words = r"8x3 with 2 channels, or 2x8 with 3; give size=\(h, w\), or convert it with --size$"
    with pytest.raises(tc.ModelFileError, match=words):
        tc.load_model(path)
    assert tc.load_model(path, size=(8, 3)).input_shape == (2, 8, 3)
    assert tc.load_model(path, size=(2, 8)).input_shape == (3, 2, 8)
    with pytest.raises(tc.ModelFileError, match="is for images of 8x3, not 8x2"):
        tc.load_model(path, size=(8, 2))


def test_a_number_of_channels_that_is_not_fixed_is_not_asked_for_as_a_size(tmp_path: Path) -> None:
    path = stored(tmp_path, ["n", "c", 8, 8], helper.make_node("Neg", ["x"], ["y"]))
    with pytest.raises(tc.ModelFileError, match="number of channels is not fixed in the file; export it"):
        tc.load_model(path)


@pytest.mark.parametrize(
    "perm", [[0, 3, 1], [0, 3, 1, 9], [0.5, 3.0, 1.0, 2.0], 3, "chw", [0, 0, 1, 2]], ids=str
)
def test_a_transposition_that_is_none_is_refused(perm: object, tmp_path: Path) -> None:
    nodes = helper.make_node("Transpose", ["x"], ["z"], perm=perm), CONV
    w = np.ones((4, 3, 3, 3), np.float32)
    with pytest.raises(tc.ModelFileError, match="Transpose") as refusal:
        tc.load_model(stored(tmp_path, [1, 4, 4, 3], *nodes, w=w))
    assert "\n" not in str(refusal.value)
