"""Small ONNX files of every kind of graph that is read, made by torch's exporters or by hand."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def _model(nodes: list, shape: list, constants: dict[str, np.ndarray], output: str) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def channels_last(draw: np.random.Generator) -> onnx.ModelProto:
    """As tf2onnx writes Keras's nets: images (n, h, w, c), and transposes around every convolution."""
    nodes = [
        helper.make_node("Mul", ["x", "factor"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "mean"], ["normal"]),
        helper.make_node("Transpose", ["normal"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["nchw", "w"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2]),
        helper.make_node("Transpose", ["c"], ["nhwc"], perm=[0, 2, 3, 1]),
        helper.make_node("Add", ["nhwc", "bias"], ["b"]),
        helper.make_node("Relu", ["b"], ["r"]),
        helper.make_node("Shape", ["r"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "one"], ["n"]),
        helper.make_node("Concat", ["n", "rest"], ["sides"], axis=0),
        helper.make_node("Reshape", ["r", "sides"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["m"]),
        helper.make_node("Add", ["m", "shift"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["y"], axis=-1),
    ]
    constants = {
        "factor": np.full((1,), 1 / 127.5, np.float32),
        "mean": np.array([1, 0.9, 1.1], np.float32),
        "w": draw.standard_normal((4, 3, 3, 3)).astype(np.float32),
        "bias": draw.standard_normal(4).astype(np.float32),
        "zero": np.array([0]),
        "one": np.array([1]),
        "rest": np.array([-1]),
        "dense": draw.standard_normal((4 * 16, 5)).astype(np.float32),
        "shift": draw.standard_normal(5).astype(np.float32),
    }
    return _model(nodes, ["batch", 8, 8, 3], constants, "y")


def gated(draw: np.random.Generator) -> onnx.ModelProto:
    """Branches, a gate, pools with ceil mode, a split, and Gemm."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["c", "one", "one", "zero", "one"], ["n"]),
        helper.make_node("Clip", ["n", "low", "high"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["g"]),
        helper.make_node("HardSigmoid", ["g"], ["h"], alpha=1 / 6),
        helper.make_node("Mul", ["r", "h"], ["m"]),
        helper.make_node("Split", ["m", "halves"], ["a", "b"], axis=1),
        helper.make_node("MaxPool", ["a"], ["p"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        helper.make_node("AveragePool", ["b"], ["q"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        helper.make_node("Concat", ["p", "q"], ["k"], axis=1),
        helper.make_node("Resize", ["k", "", "scales"], ["u"], mode="nearest"),
        helper.make_node("Flatten", ["u"], ["f"]),
        helper.make_node("Gemm", ["f", "dense", "shift"], ["y"], transB=1),
    ]
    constants = {
        "w": draw.standard_normal((4, 2, 3, 3)).astype(np.float32),
        "one": np.ones(4, np.float32),
        "zero": np.zeros(4, np.float32),
        "low": np.array(0, np.float32),
        "high": np.array(6, np.float32),
        "halves": np.array([2, 2]),
        "scales": np.array([1, 1, 2, 2], np.float32),
        "dense": draw.standard_normal((3, 4 * 8 * 8)).astype(np.float32),
        "shift": draw.standard_normal(3).astype(np.float32),
    }
    return _model(nodes, [1, 2, 8, 8], constants, "y")


NETS = (channels_last, gated)


def made(net, seed: int = 0) -> onnx.ModelProto:  # type: ignore[no-untyped-def]
    """One of the nets, its weights drawn."""
    return net(np.random.default_rng(seed))
