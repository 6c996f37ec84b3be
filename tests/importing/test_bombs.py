"""Small model files that ask for much time or memory, or that say two things by one name: one line each."""

from __future__ import annotations

import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.zoo.importing.own import save_model

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")

from importing import small_keras  # noqa: E402
from importing.small_onnx import _model, gated, made  # noqa: E402
from onnx import helper  # noqa: E402


def refusal(content: onnx.ModelProto | bytes, folder: Path, words: str) -> None:
    path = folder / "net"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    with pytest.raises(tc.ModelFileError, match=words) as caught:
        tc.load_model(path)
    assert len(str(caught.value).splitlines()) == 1


def computing(*nodes: tuple, **constants: np.ndarray) -> onnx.ModelProto:
    """A net whose image is scaled by what operators make of constants."""
    operators = [helper.make_node(kind, inputs, [output], **rest) for kind, inputs, output, rest in nodes]
    operators.append(helper.make_node("ReduceMax", [nodes[-1][2]], ["most"], keepdims=0))
    operators.append(helper.make_node("Mul", ["x", "most"], ["y"]))
    return _model(operators, [1, 3, 8, 8], constants, "y")


def layers(*nodes: tuple, shape: list | None = None, **constants: np.ndarray) -> onnx.ModelProto:
    """A net of operators (kind, inputs, attributes), the image in and through; the last is its output."""
    ends = [f"y{at}" for at in range(len(nodes))]
    operators = [
        helper.make_node(
            kind, [f"y{each}" if isinstance(each, int) else each for each in inputs], [end], **rest
        )
        for (kind, inputs, rest), end in zip(nodes, ends, strict=True)
    ]
    return _model(operators, shape or [1, 3, 8, 8], constants, ends[-1])


TALL, WIDE = np.ones((1 << 14, 1), np.float32), np.ones((1, 1 << 14), np.float32)
HALF, LARGE = np.array(0.5, np.float32), np.array([1 << 21])
BOMBS = {
    "doubled": computing(
        *(("Concat", [f"c{i}", f"c{i}"], f"c{i + 1}", {"axis": 0}) for i in range(40)), c0=TALL
    ),
    "every sum of two": computing(("Add", ["a", "b"], "c", {}), a=TALL, b=WIDE),
    "taken again and again": computing(
        ("Gather", ["a", "at"], "c", {"axis": 0}), a=WIDE, at=np.zeros(1 << 14, np.int64)
    ),
    "of a shape": computing(("ConstantOfShape", ["shape"], "c", {}), shape=np.array([1 << 27])),
    "a range": computing(
        ("Range", ["a", "b", "c"], "d", {}), a=np.array(0), b=np.array(1 << 26), c=np.array(1)
    ),
    "repeated": computing(("Tile", ["a", "times"], "c", {}), a=WIDE, times=np.array([1 << 12, 1])),
    "large and many": computing(
        ("ConstantOfShape", ["shape"], "c0", {}),
        *(("Exp", [f"c{i}"], f"c{i + 1}", {}) for i in range(20)),
        shape=np.array([1 << 23]),
    ),
    "read and read again": computing(
        ("ConstantOfShape", ["shape"], "c", {}),
        *(("ReduceMax", ["c"], f"r{i}", {"keepdims": 0}) for i in range(100)),
        shape=np.array([1 << 24]),
    ),
    "the largest of many": computing(
        ("ConstantOfShape", ["shape"], "c", {}),
        ("Max", ["c", *["half"] * 1000], "d", {}),
        ("Concat", ["d"] * 16, "e", {"axis": 0}),
        shape=LARGE, half=HALF,
    ),
    "wider": computing(
        ("ConstantOfShape", ["shape"], "c", {"value": helper.make_tensor("value", 9, [1], [True])}),
        ("Cast", ["c"], "d", {"to": 11}),
        shape=np.array([1 << 27]),
    ),
    "objects": computing(
        ("ConstantOfShape", ["shape"], "c", {}), ("Cast", ["c"], "d", {"to": 8}), shape=LARGE
    ),
    "split into very many": computing(
        ("Split", ["a"], "c", {"axis": 0, "num_outputs": 1 << 40}), a=TALL
    ),
    "an image, split into very many": layers(("Split", ["x"], {"axis": 1, "num_outputs": 1 << 40})),
    "a hundred sizes": layers(
        *(
            ("Resize", ["x" if at == 0 else at - 1, "", "", f"s{at % 2}"], {"mode": "linear"})
            for at in range(100)
        ),
        s0=np.array([1, 1, 2048, 2047]), s1=np.array([1, 1, 2047, 2048]), shape=[1, 1, 8, 8],
    ),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_take_gigabytes_or_minutes_is_refused(bomb: str, tmp_path: Path) -> None:
    tracemalloc.start()
    start = time.process_time()
    words = "is too l(arge|ong)|constants takes more|num_outputs is|not supported|more than .* parameters"
    refusal(BOMBS[bomb], tmp_path, words)
    taken = time.process_time() - start
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 2
    assert most < 300 << 20


def test_layers_share_what_they_are_given(tmp_path: Path) -> None:
    """A constant that is declared once is held once, whatever reads it."""
    nodes = [("ConstantOfShape", ["sides"], {"value": helper.make_tensor("value", 1, [1], [0.5])})]
    for at in range(0, 400, 2):
        nodes += [("Add", [at or "x", 0], {}), ("Relu", [at + 1], {})]
    (tmp_path / "net").write_bytes(
        layers(*nodes, sides=np.array([1, 64, 64]), shape=[1, 1, 64, 64]).SerializeToString()
    )
    net = tc.load_model(tmp_path / "net")
    assert len({layer.bias.ctypes.data for layer in net.layers if isinstance(layer, tc.Scale)}) == 1
    np.testing.assert_array_equal(tc.predict(net, np.zeros((1, 1, 64, 64), np.float32)), 100)


def test_a_long_row_is_made_short_in_little_memory(tmp_path: Path) -> None:
    shape, sizes = [1, 1, 1, 1 << 16], np.array([1, 1, 1, 64])
    model = layers(("Resize", ["x", "", "", "s"], {"mode": "linear"}), s=sizes, shape=shape)
    (tmp_path / "net").write_bytes(model.SerializeToString())
    tracemalloc.start()
    net = tc.load_model(tmp_path / "net")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 128 << 20
    row = np.arange(1 << 16, dtype=np.float32).reshape(shape)
    np.testing.assert_array_equal(tc.predict(net, row).ravel(), 1024 * np.arange(64) + 511.5)


def test_merges_far_from_where_their_branches_part_are_read_at_once(tmp_path: Path) -> None:
    chain = [("Relu", [at - 1 if at else "x"], {}) for at in range(4000)]
    sides = [("Neg", [3999], {}) for _ in range(4000)]
    end = ("Sum", ["x", *range(4000, 8000)], {})
    model = layers(*chain, *sides, end, shape=[1, 1, 1, 1])
    (tmp_path / "net").write_bytes(model.SerializeToString())
    start = time.process_time()
    net = tc.load_model(tmp_path / "net")
    assert time.process_time() - start < 2.5
    assert tc.predict(net, np.ones((1, 1, 1, 1), np.float32)).item() == 1 - 4000


def test_stacks_that_begin_alike_are_read_at_once(tmp_path: Path) -> None:
    other = ("Neg", ["x"], {})
    stacks = [("Concat", ["x"] * (1000 + at) + [0], {"axis": 1}) for at in range(240)]
    model = layers(other, *stacks, shape=[1, 1, 1, 1])
    (tmp_path / "net").write_bytes(model.SerializeToString())
    start = time.process_time()
    assert tc.load_model(tmp_path / "net").layers
    assert time.process_time() - start < 2


def test_constants_without_axes_are_arrays_too(tmp_path: Path) -> None:
    """What NumPy makes of two of them is a scalar, and no array."""
    nodes = [helper.make_node("Add", ["h", "h"], ["one"]), helper.make_node("Sub", ["x", "one"], ["y"])]
    model = _model(nodes, [1, 3, 2, 2], {"h": np.array(0.5, np.float32)}, "y")
    (tmp_path / "net").write_bytes(model.SerializeToString())
    net = tc.load_model(tmp_path / "net", preprocess="raw")
    np.testing.assert_array_equal(tc.predict(net, np.ones((1, 3, 2, 2), np.float32)), 0)


def varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def field(number: int, content: bytes = b"") -> bytes:
    """A field of protobuf that holds others, or numbers."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


GRAPH, NODE, INITIALIZER, INT64, SIDES = 7, 1, 5, 7, 1


@pytest.mark.parametrize(
    "behind",
    [
        field(GRAPH, field(NODE) * 1_000_000),
        field(14) * 1_000_000,
        field(GRAPH, field(INITIALIZER, field(INT64, bytes(20_000_000)))),
        field(GRAPH, field(INITIALIZER, field(SIDES, bytes(20_000_000)))),
    ],
    ids=["operators", "metadata", "numbers of a byte", "sides"],
)
def test_onnx_that_takes_far_more_memory_than_its_bytes_is_refused(behind: bytes, tmp_path: Path) -> None:
    whole = made(gated).SerializeToString()
    refusal(whole + behind, tmp_path, "more fields, or more numbers of a byte, than any net")


def test_weights_beside_the_file_are_not_read_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(4 << 20))
    model = made(gated)
    for number in range(40):
        tensor = model.graph.initializer.add(name=f"e{number}", data_type=1, dims=[1 << 20], data_location=1)
        tensor.external_data.add(key="location", value="data")
    refusal(model, tmp_path, "e2: the arrays in 'data' claim more than it holds")


@pytest.mark.parametrize(
    ("at", "name", "words"),
    [
        (None, "w", "two of its constants have one name"),
        (0, "w", "writes 'w', which is there already"),
        (0, "x", "writes 'x', which is there already"),
        (3, "r", "writes 'r', which is there already"),
    ],
    ids=["two constants", "a constant", "the image", "an operator's output"],
)
def test_a_name_for_two_values_is_refused(at: int | None, name: str, words: str, tmp_path: Path) -> None:
    model = made(gated)
    if at is None:
        model.graph.initializer.append(model.graph.initializer[0])
    else:
        model.graph.node.insert(at, helper.make_node("Neg", [name], [name]))
    refusal(model, tmp_path, words)


def test_a_stack_of_very_many_is_read_at_once(tmp_path: Path) -> None:
    model = _model([helper.make_node("Concat", ["x"] * 20_000, ["y"], axis=1)], [1, 3, 2, 2], {}, "y")
    (tmp_path / "net").write_bytes(model.SerializeToString())
    start = time.process_time()
    assert len(tc.load_model(tmp_path / "net").layers) == 1
    assert time.process_time() - start < 1


def nested(depth: int, times: int) -> dict:
    """A model of Keras that calls another so many times, which calls another, ...; the last does nothing."""
    if not depth:
        return small_keras._layer("Dropout", "nothing", [], rate=0.1)
    inner, image = nested(depth - 1, times), f"image{depth}"
    calls = [(image, 0), *((inner["name"], number) for number in range(times - 1))]
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [*call, 0]}} for call in calls]
    inner["inbound_nodes"] = [{"args": [tensor], "kwargs": {}} for tensor in tensors]
    first = small_keras._layer("InputLayer", image, [], batch_shape=[None, 8, 8, 3])
    ends = {"input_layers": [[image, 0, 0]], "output_layers": [[inner["name"], times - 1, 0]]}
    return small_keras._layer("Functional", f"model{depth}", [], layers=[first, inner], **ends)


def test_models_that_call_one_another_many_times_are_refused(tmp_path: Path) -> None:
    few = small_keras.written(nested(3, 2), small_keras.weights())
    refusal(few, tmp_path, "does nothing to its images")
    many = small_keras.written(nested(7, 20), small_keras.weights())
    refusal(many, tmp_path, "its layers are called more than 8192 times")


def test_descriptions_of_nothing_but_brackets_are_refused(tmp_path: Path) -> None:
    """They take sixty times their bytes, which are a thousandth when deflated."""
    text = b'{"config": [' + b"[]," * 2_000_000 + b"[]]}"
    with zipfile.ZipFile(tmp_path / "keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", small_keras.weights())
    with (tmp_path / "own").open("wb") as file:
        np.savez_compressed(file, **{"tinycnn.json": np.frombuffer(text, np.uint8)})
    for name in ("keras", "own"):
        refusal((tmp_path / name).read_bytes(), tmp_path, "larger than that of any net")


def test_an_array_of_our_own_file_is_read_once(tmp_path: Path) -> None:
    draw = np.random.default_rng(0).standard_normal
    net = tc.Model("net", (tc.Dense(draw((3, 3)), name="a"), tc.Dense(draw((3, 3)), name="b")), (3,))
    save_model(net, tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = dict(file)
    arrays["tinycnn.json"] = np.frombuffer(
        arrays["tinycnn.json"].tobytes().replace(b"1.weight", b"0.weight"), np.uint8
    )
    np.savez(tmp_path / "again.npz", **arrays)
    refusal((tmp_path / "again.npz").read_bytes(), tmp_path, "'0.weight' is not there, or is asked for twice")
