"""onnx's own tests of single operators, run through our layers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

from tinycnn.trace import run
from tinycnn.zoo.importing import onnx_file
from tinycnn.zoo.importing.chains import chain
from tinycnn.zoo.importing.graph import Graph
from tinycnn.zoo.importing.onnx_graph import translated
from tinycnn.zoo.importing.onnx_layers import LAYERS
from tinycnn.zoo.importing.tidy import tidy


def cases() -> Iterator[Any]:
    """The cases whose operators are all ones that may meet the image here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every = collect_testcases(None)
    for case in every:
        if all(node.op_type in LAYERS for node in case.model.graph.node):
            yield case


def outcome(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """What our layers make of a case's inputs, and what onnx expects.

    Inputs that the operator treats alike are all parts of the image; otherwise only the first is.
    """
    inputs, outputs = case.data_sets[0]
    arrays = [_array(each) for each in inputs]
    if case.model.graph.node[0].op_type == "Pad":  # whole numbers that are only moved
        arrays[0] = arrays[0].astype(np.float32)
    names = [value.name for value in case.model.graph.input]
    alike = case.model.graph.node[0].op_type in ALIKE and len({len(a) for a in arrays if a.ndim}) == 1
    count = len(arrays) if alike and all(a.ndim > 1 for a in arrays) else 1
    rows = [a.reshape(len(a), -1) for a in arrays[:count]]
    x = np.concatenate(rows, axis=1) if count > 1 else arrays[0]
    graph = Graph(x.shape[1:], np.dtype(np.float32))
    values: dict[str, Any] = dict(zip(names[1:], arrays[1:], strict=True))
    end = 0
    for name, array in zip(names[:count], arrays, strict=False):
        part = graph.image
        if count > 1:
            first, end = end, end + array[0].size
            part = graph.reshaped(graph.taken(part, [(first, end, 1)], name), (1, *array.shape[1:]), name)
        values[name] = part
    file = onnx_file._decoded(onnx, case.model, Path(case.name))
    output = graph.arranged(translated(file, values, graph))
    layers = tidy(chain(graph.nodes, output.node, case.name), x.shape[1:])
    trace = run(layers, x)
    return (trace.output if trace else x), _array(outputs[0])


ALIKE = ("Add", "Sum", "Sub", "Mul", "Mean", "Concat")


def _array(value: Any) -> np.ndarray:
    return (
        np.asarray(value) if isinstance(value, np.ndarray | np.generic) else onnx.numpy_helper.to_array(value)
    )
