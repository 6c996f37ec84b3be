"""ONNX files: what is in them, as plain Python; the package onnx decodes protobuf and nothing else.

Nothing is run, and no file is opened but the one that is given and, if it names any, files of weights beside
it.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.ops.types import Array

NODES = 1 << 16
"""Operators that a file may have; of those many are constants."""

LARGEST = 1 << 31
"""Bytes of a protobuf message, by its own rules."""

ROOM, FIELD, NUMBER = 1 << 27, 192, 8
"""Bytes that decoding may take beyond twice the file's: so many for each field, and for each number."""

WHOLE = {1, 2, 3, 4, 7, 8}
"""Protobuf's codes of whole numbers, booleans and enums, which may have a single byte in a file."""


@dataclass(frozen=True)
class Operator:
    """One node of a file: its kind, what it reads and writes, and its attributes."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class OnnxFile:
    """A file, decoded.

    Parameters
    ----------
    path : str
    opset : int
    operators : tuple of Operator
    tensors : mapping
        From name to array, of what is stored.
    inputs : mapping
        From name to shape, with None where it is not fixed, and to the dtype.
    outputs : tuple of str
    """

    path: str
    opset: int
    operators: tuple[Operator, ...]
    tensors: Mapping[str, Array]
    inputs: Mapping[str, tuple[tuple[int | None, ...], np.dtype[Any]]]
    outputs: tuple[str, ...]


def read(path: Path) -> OnnxFile:
    """Decode an ONNX file.

    Raises
    ------
    ModelFileError
        It is damaged, too large, or names files of weights that are not beside it.
    """
    onnx = _package()
    if path.stat().st_size > LARGEST:
        raise ModelFileError(path, "it has more than 2 GB; keep its weights in a file beside it")
    try:
        data = path.read_bytes()
        _check_room(data, onnx.ModelProto.DESCRIPTOR, path)
        return _decoded(onnx, onnx.ModelProto.FromString(data), path)
    except ModelFileError:
        raise
    except Exception as error:  # a damaged file fails in every way there is
        text = " ".join(str(error).split())[:200]
        raise ModelFileError(path, f"not a usable ONNX file: {type(error).__name__} {text}") from error


def _check_room(data: bytes, message: Any, path: Path) -> None:
    """Refuse a file of millions of fields, or of numbers that take far more memory than their bytes."""
    waiting, taken = [(_fields(message), 0, len(data))], 0
    while waiting:
        fields, at, end = waiting.pop()
        while at < end:
            key, at = _varint(data, at)
            taken += FIELD
            size, inner, packed = 0, None, False
            match key & 7:
                case 0:
                    _, at = _varint(data, at)
                case 1:
                    at += 8
                case 2:
                    size, at = _varint(data, at)
                    inner, packed = fields.get(key >> 3, (None, False))
                case 5:
                    at += 4
                case _:
                    raise ValueError(f"a field is of type {key & 7}")
            if inner is not None:
                waiting.append((_fields(inner), at, at + size))
            if packed:  # every number ends in a byte below 128
                taken += NUMBER * int(np.count_nonzero(np.frombuffer(data, np.int8, size, at) >= 0))
            at += size
            if taken > ROOM + len(data):
                raise ModelFileError(path, "it has more fields, or more numbers of a byte, than any net")


@cache
def _fields(message: Any) -> dict[int, tuple[Any, bool]]:
    """For the number of a field the message in it, if any, and whether it is of whole numbers."""
    return {field.number: (field.message_type, field.cpp_type in WHOLE) for field in message.fields}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1


def _package() -> Any:
    try:
        import onnx
    except ModuleNotFoundError:
        raise TinycnnError("ONNX files need the extra [onnx]: pip install 'tinycnn[onnx]'") from None
    return onnx


def _decoded(onnx: Any, model: Any, path: Path) -> OnnxFile:
    graph = model.graph
    if len(graph.node) > NODES:
        raise ModelFileError(path, f"it has {len(graph.node)} operators; at most {NODES} are read")
    if model.functions or graph.sparse_initializer:
        raise ModelFileError(path, "it has functions of its own or sparse weights; export it without")
    versions = {entry.domain: entry.version for entry in model.opset_import}
    opset = versions.get("", versions.get("ai.onnx", 0))
    if not opset >= 7:
        raise ModelFileError(path, f"its opset is {opset}; export it with opset 7 or newer")
    held: Counter[str] = Counter()
    tensors = {_text(tensor.name): numbers(onnx, tensor, path, held) for tensor in graph.initializer}
    if len(tensors) < len(graph.initializer):
        raise ModelFileError(path, "two of its constants have one name")
    return OnnxFile(
        os.fspath(path),
        opset,
        tuple(_operator(onnx, node, path, held) for node in graph.node),
        tensors,
        {
            _text(value.name): _described(onnx, value, path)
            for value in graph.input
            if _text(value.name) not in tensors
        },
        tuple(_text(value.name) for value in graph.output),
    )


def _text(value: Any) -> str:
    """A string of a file; one that is no UTF-8 arrives as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _operator(onnx: Any, node: Any, path: Path, held: Counter[str]) -> Operator:
    kind, inputs, outputs = _text(node.op_type), tuple(map(_text, node.input)), tuple(map(_text, node.output))
    name = _text(node.name) or next(iter(outputs), "") or kind
    if node.domain not in ("", "ai.onnx"):
        raise ModelFileError(f"{path}: {name}", f"{kind} is of the domain {node.domain!r}; export without it")
    attributes = {_text(entry.name): _attribute(onnx, entry, path, held) for entry in node.attribute}
    return Operator(kind, name, inputs, outputs, attributes)


def _attribute(onnx: Any, entry: Any, path: Path, held: Counter[str]) -> Any:
    value = onnx.helper.get_attribute_value(entry)
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, onnx.TensorProto):
        return numbers(onnx, value, path, held)
    if isinstance(value, int | float):
        return value
    return list(value) if isinstance(value, Sequence) or hasattr(value, "__iter__") else value


def _described(onnx: Any, value: Any, path: Path) -> tuple[tuple[int | None, ...], np.dtype[Any]]:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        raise ModelFileError(f"{path}: {value.name}", "is an input that is no array of a known rank")
    shape = tuple(side.dim_value if side.dim_value > 0 else None for side in tensor.shape.dim)
    return shape, dtype_of(onnx, tensor.elem_type)


def dtype_of(onnx: Any, code: int) -> np.dtype[Any]:
    """The NumPy type of ONNX's code for one."""
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(code))


def numbers(onnx: Any, tensor: Any, path: Path, held: Counter[str]) -> Array:
    """A stored array. Half precision becomes float32, which holds all its numbers.

    `held` counts what is read of each file beside the model.
    """
    dtype, shape = dtype_of(onnx, tensor.data_type), tuple(tensor.dims)
    if dtype.kind not in "fiub" and dtype.name != "bfloat16":
        raise ModelFileError(f"{path}: {tensor.name}", f"is an array of {dtype}, not of numbers")
    if min(shape, default=0) < 0:
        raise ModelFileError(f"{path}: {tensor.name}", f"has the shape {shape}")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        array = _beside(tensor, dtype, shape, path, held)
    else:
        array = onnx.numpy_helper.to_array(tensor)
    half = array.dtype.itemsize == 2 and array.dtype.kind not in "iu"
    return array.astype(np.float32) if half else array


def _beside(
    tensor: Any, dtype: np.dtype[Any], shape: tuple[int, ...], path: Path, held: Counter[str]
) -> Array:
    """An array in a file of its own: one beside the model, and no link to another place."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    name = entries.get("location", "")
    place = f"{path}: {tensor.name}"
    file = path.parent / name
    if not name or Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name or "\0" in name:
        raise ModelFileError(
            place, f"its numbers are said to be in {name[:80]!r}, outside the model's folder"
        )
    if any(part.is_symlink() for part in (file, *file.parents) if path.parent in part.parents):
        raise ModelFileError(place, f"its numbers are in {name[:80]!r}, which is a link; copy the file here")
    if not file.is_file():
        raise ModelFileError(place, f"its numbers are in {name[:80]!r}, which is not beside the model")
    count, offset = math.prod(shape), int(entries.get("offset", 0))
    if offset < 0 or offset + count * dtype.itemsize > file.stat().st_size:
        raise ModelFileError(place, f"{name[:80]!r} is too short for {count} numbers from byte {offset} on")
    held[str(file)] += count * dtype.itemsize
    if held[str(file)] > 2 * file.stat().st_size:  # an array may have two names
        raise ModelFileError(place, f"the arrays in {name[:80]!r} claim more than it holds")
    return np.fromfile(file, dtype.newbyteorder("<"), count, offset=offset).reshape(shape)
