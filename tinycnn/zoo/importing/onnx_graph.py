"""From the operators of an ONNX file to a graph of layers.

Values are arrays, where a file computes with constants (shapes above all), and flows, where the image is in
them. What operators do to flows is in `tinycnn.zoo.importing.onnx_layers`, what they do to constants in
`tinycnn.zoo.importing.constants`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.ops.types import Array, Pair
from tinycnn.zoo.importing import onnx_file
from tinycnn.zoo.importing.constants import FOLDS, Folding
from tinycnn.zoo.importing.graph import Flow, Graph
from tinycnn.zoo.importing.onnx_file import OnnxFile, Operator

Value = Array | Flow

_MISSING = object()

HARMLESS = {"consumed_inputs", "is_test", "momentum", "seed", "ratio", "storage_order", "saturate"}
"""Attributes that say nothing about inference."""

USUAL = (1, 3, 4)
"""How many channels images have."""

OF_CHANNELS = {
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "LRN"),
    *("BatchNormalization", "InstanceNormalization", "GroupNormalization"),
}
"""Operators whose images are (n, c, h, w)."""

IN_PLACE = {
    *("Add", "Sub", "Mul", "Div", "Neg", "Clip", "Relu", "Cast", "Identity", "Dropout"),
    *("Pad", "Resize", "Upsample", "Slice", "Split", "Concat"),
}
"""Operators that files have in front of those, and that leave all axes where they are."""


class Call:
    """One operator with its values, as the functions that translate operators see it.

    An attribute that no function has asked for is refused afterwards: nothing is passed over in silence.
    """

    def __init__(self, operator: Operator, values: Mapping[str, Value], graph: Graph, opset: int) -> None:
        self.operator, self.graph, self.opset = operator, graph, opset
        self.name, self.kind = operator.name, operator.kind
        self.inputs = [values[name] if name else None for name in operator.inputs]
        self.outputs = len(operator.outputs)
        self._asked: set[str] = set()

    def refuse(self, reason: str) -> ModelFileError:
        return self.graph.refuse(f"{self.kind}: {reason}")

    def has(self, at: int) -> bool:
        """Whether there is such an input."""
        return at < len(self.inputs) and self.inputs[at] is not None

    def flow(self, at: int = 0) -> Flow:
        """An input that the image is in."""
        value = self.inputs[at] if self.has(at) else None
        if not isinstance(value, Flow):
            raise self.refuse(f"input {at} is a constant, where images are expected")
        return value

    def array(self, at: int) -> Array:
        """An input that is a constant."""
        value = self.inputs[at] if self.has(at) else None
        if not isinstance(value, np.ndarray):
            raise self.refuse(f"input {at} must be a constant; it depends on the image, or is not there")
        return value

    def integers(self, at: int) -> list[int]:
        """A constant list of whole numbers."""
        array = self.array(at)
        if array.dtype.kind not in "iu" or array.size > 64:
            raise self.refuse(f"input {at} must be a few whole numbers, got {array.dtype} {array.shape}")
        return [int(number) for number in array.reshape(-1)]

    def number(self, at: int, default: float) -> float:
        """A constant single number, if there is one."""
        return float(self.array(at).item()) if self.has(at) else default

    def attribute(self, name: str, default: Any = _MISSING) -> Any:
        """An attribute, or what it is when it is not there."""
        self._asked.add(name)
        if name in self.operator.attributes:
            return self.operator.attributes[name]
        if default is _MISSING:
            raise self.refuse(f"attribute {name} is missing")
        return default

    def expect(self, **expected: Any) -> None:
        """Attributes that must be what they are by default."""
        for name, value in expected.items():
            if self.attribute(name, value) != value:
                raise self.refuse(f"{name} = {self.attribute(name)!r} is not supported, only {value!r}")

    def dtype(self, name: str) -> np.dtype[Any]:
        """An attribute that is a type of numbers."""
        import onnx

        return onnx_file.dtype_of(onnx, self.attribute(name))

    def check_attributes(self) -> None:
        """Refuse attributes that nobody asked for."""
        left = set(self.operator.attributes) - self._asked - HARMLESS
        if left:
            raise self.refuse(f"attribute {', '.join(sorted(left))} is not supported")


def read(path: Path, size: Pair | None) -> tuple[Graph, Flow]:
    """The graph of an ONNX file, for images of a size, and its output.

    Raises
    ------
    ModelFileError
        Names the operator that has no layer here, and what to do.
    """
    file = onnx_file.read(path)
    (name, (shape, dtype)), *others = file.inputs.items() or [("", ((), np.dtype(np.float32)))]
    if others or not name:
        raise ModelFileError(
            path, f"it has the inputs {', '.join(file.inputs) or '(none)'}; one image is expected"
        )
    if dtype.kind != "f":
        raise ModelFileError(f"{path}: {name}", f"takes {dtype}; images are of float32 or float64")
    sides, last = _image(file, name, shape, size)
    declared = sum(array.size for array in file.tensors.values())
    graph = Graph(sides, np.dtype(np.float64 if dtype == np.float64 else np.float32), declared)
    flow = graph.turned(graph.image, (2, 3, 1)) if last else graph.image
    return graph, graph.ended(translated(file, {name: flow}, graph), last)


def translated(file: OnnxFile, inputs: Mapping[str, Value], graph: Graph) -> Flow:
    """Add the layers of all operators to a graph, with values at the inputs; return their output."""
    values: dict[str, Value] = {**file.tensors, **inputs}
    fold = Folding(sum(array.nbytes for array in file.tensors.values()))
    for operator in file.operators:
        graph.place = f"{file.path}: {operator.name}"
        twice = next((name for name in operator.outputs if name and name in values), None)
        if twice is not None:
            raise graph.refuse(f"{operator.kind}: writes {twice!r}, which is there already")
        found = _outputs(operator, values, graph, file.opset, fold)
        values.update(zip(operator.outputs, found, strict=False))
    return _output(file, values, graph)


def _image(
    file: OnnxFile, name: str, shape: Sequence[int | None], size: Pair | None
) -> tuple[tuple[int, int, int], bool]:
    """(c, h, w) of the input, and whether channels come last in the file."""
    place = f"{file.path}: {name}"
    if len(shape) != 4:
        raise ModelFileError(place, f"has {len(shape)} axes; images (n, c, h, w) are expected")
    axis = _channels(file, name)
    last = _comes_last(place, shape, size) if axis is None else axis == 3
    channels, fixed = (shape[3], shape[1:3]) if last else (shape[1], shape[2:])
    h, w = size or fixed
    if channels is None:
        raise ModelFileError(
            place, "its number of channels is not fixed in the file; export it with a fixed one"
        )
    if h is None or w is None:
        raise ModelFileError(
            place, "its size is not fixed in the file; give size=(h, w), or convert it with --size"
        )
    if not _fits(fixed, (h, w)):
        raise ModelFileError(place, f"is for images of {fixed[0]}x{fixed[1]}, not {h}x{w}")
    return (channels, h, w), last


def _channels(file: OnnxFile, name: str) -> int | None:
    """Which axis of the input the first operator that takes images has as channels, where axes lead there."""
    axes: dict[str, tuple[int, ...]] = {name: (0, 1, 2, 3)}
    for operator in file.operators:
        seen = next((axes[each] for each in operator.inputs if each in axes), None)
        if seen is None:
            continue
        if operator.kind in OF_CHANNELS:
            return seen[1]
        if operator.kind == "Transpose":
            seen = _transposed(seen, operator.attributes.get("perm", [3, 2, 1, 0]))
        elif operator.kind not in IN_PLACE:
            seen = None
        if seen is not None:
            axes.update(dict.fromkeys(filter(None, operator.outputs), seen))
    return None


def _transposed(axes: Sequence[int], perm: Any) -> tuple[int, ...] | None:
    """The axes in another order, if that is one."""
    if not isinstance(perm, list):
        return None
    order = next((each for each in permutations(range(len(axes))) if [*each] == perm), None)
    return None if order is None else tuple(axes[at] for at in order)


def _comes_last(place: str, shape: Sequence[int | None], size: Pair | None) -> bool:
    """Whether channels come last where the operators do not say: as ONNX has it, they come first.

    Raises
    ------
    ModelFileError
        Channels may come first or last, and the size that would tell is not given.
    """
    if shape[1] in USUAL or shape[3] not in USUAL:
        return False
    if shape[1] is None or shape[1] > max(USUAL):
        return True
    if size is None:
        raise ModelFileError(
            place,
            f"its images are {shape[2]}x{shape[3]} with {shape[1]} channels, or {shape[1]}x{shape[2]} with "
            f"{shape[3]}; give size=(h, w), or convert it with --size",
        )
    return _fits(shape[1:3], size)


def _fits(sides: Sequence[int | None], size: Pair) -> bool:
    return all(a in (None, b) for a, b in zip(sides, size, strict=True))


def _outputs(
    operator: Operator, values: Mapping[str, Value], graph: Graph, opset: int, fold: Folding
) -> Sequence[Value]:
    missing = [name for name in operator.inputs if name and name not in values]
    if missing:
        raise graph.refuse(f"{operator.kind}: reads {missing[0]!r}, which no operator before it writes")
    call = Call(operator, values, graph, opset)
    try:
        found = _run(call, fold)
    except TinycnnError:
        raise
    except Exception as error:  # a damaged file fails in every way there is
        text = " ".join(str(error).split())[:160]
        raise call.refuse(f"does not fit its inputs: {type(error).__name__} {text}") from error
    call.check_attributes()
    return found if isinstance(found, list | tuple) else [found]


def _run(call: Call, fold: Folding) -> Any:
    from tinycnn.zoo.importing.onnx_layers import LAYERS

    given = [value for value in call.inputs if value is not None]
    with np.errstate(all="ignore"):  # what is not finite is refused later
        if any(isinstance(value, Flow) for value in given):
            if call.kind not in LAYERS:
                raise call.refuse("is an operator for which there is no layer here")
            return LAYERS[call.kind](call)
        if call.kind not in FOLDS:
            raise call.refuse("is an operator that is not computed on constants here")
        return fold(call, given)


def _output(file: OnnxFile, values: Mapping[str, Value], graph: Graph) -> Flow:
    graph.place = file.path
    found = [name for name in file.outputs if isinstance(values.get(name), Flow)]
    if not found:
        raise graph.refuse("none of its outputs depends on the image")
    for name in file.outputs:
        if name != found[0]:
            graph.note(f"the output {name} is left out")
    flow = values[found[0]]
    assert isinstance(flow, Flow)
    return flow
