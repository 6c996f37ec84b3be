"""PyTorch modules, by way of ``torch.export``.

The exporter runs the module once on an example and writes down which operations of ATen it did: whether they
came from modules, functions or methods, in place or not, and used once or often, is no longer to be seen. So
nothing depends on how a module is written, as hooks do.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.image.preprocess import Preprocess
from tinycnn.layers import Layer
from tinycnn.model import Model
from tinycnn.ops.types import Array, Pair
from tinycnn.zoo.importing.finish import finish
from tinycnn.zoo.importing.graph import Flow, Graph
from tinycnn.zoo.importing.torch_patterns import kind_of, response_norms

if TYPE_CHECKING:
    import torch


class TorchCall:
    """One operation of ATen with its values, as the functions that translate operations see it."""

    def __init__(self, node: Any, values: Mapping[str, Any], graph: Graph, shared: dict[Any, Layer]) -> None:
        self.node, self.graph, self.shared = node, graph, shared
        self.kind = kind_of(node)
        self.targets: dict[str, str] = {}
        self.name = _place(node)
        names = [entry.name for entry in node.target._schema.arguments] if self.kind != "getitem" else []
        given = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
        if self.kind == "getitem":
            given = dict(zip(("input", "index"), node.args, strict=True))
        for entry in node.target._schema.arguments if self.kind != "getitem" else ():
            given.setdefault(entry.name, entry.default_value if entry.has_default_value() else None)
        self.values = {key: self._value(value, values) for key, value in given.items()}

    def _value(self, value: Any, values: Mapping[str, Any]) -> Any:
        if isinstance(value, list | tuple):
            return [self._value(each, values) for each in value]
        return values[value.name] if hasattr(value, "op") and hasattr(value, "users") else value

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def refuse(self, reason: str) -> ModelFileError:
        return self.graph.refuse(f"{self.kind}: {reason}")

    def flow(self, key: str = "input") -> Flow:
        """An argument that the image is in."""
        value = self.values.get(key, self.values.get("self"))
        if not isinstance(value, Flow):
            raise self.refuse(f"its {key} is constant, where images are expected")
        return value

    @property
    def image(self) -> Pair:
        """Height and width of the images."""
        seen = self.flow().seen
        if len(seen) != 4:
            raise self.refuse(f"expects images (n, c, h, w), got {seen}")
        return seen[2], seen[3]

    def array(self, key: str) -> Array:
        """An argument that is a parameter."""
        found = numbers(self.values[key])
        if not isinstance(found, np.ndarray):
            raise self.refuse(f"its {key} must be a parameter; it depends on the image, or is not there")
        return found

    def pair(self, key: str) -> tuple[int, int]:
        """An argument that is a number, or two."""
        value = self.values[key]
        one = [value] if isinstance(value, int) else list(value)
        if len(one) not in (1, 2) or not all(isinstance(each, int) for each in one):
            raise self.refuse(f"{key} = {value} is not supported")
        return one[0], one[-1]


def numbers(value: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def from_torch(
    module: torch.nn.Module,
    example: torch.Tensor,
    preprocess: Preprocess | None = None,
    classes: Sequence[str] = (),
) -> Model:
    """Read a network from a PyTorch module.

    Parameters
    ----------
    module : torch.nn.Module
        In evaluation mode. Functions, methods, modules used twice and operations in place are all the same.
    example : tensor (n, c, h, w)
        An image, or several: their size and precision become the model's.
    preprocess : Preprocess, optional
        How the network wants its images. Otherwise there is an assumption, which ``notes`` tells.
    classes : sequence of str

    Returns
    -------
    Model
        It shares no memory with the module.

    Raises
    ------
    ModelFileError
        The module does what no layer here does, or cannot be exported; names the operation.

    Examples
    --------
    >>> model = from_torch(net.eval(), torch.zeros(1, 3, 224, 224))  # doctest: +SKIP
    """
    place = type(module).__name__
    if any(part.training for part in module.modules()):
        raise ModelFileError(place, "is in training mode; call eval() first")
    precision = str(example.dtype).removeprefix("torch.")
    if example.ndim != 4 or not len(example) or precision not in ("float32", "float64"):
        raise ModelFileError(
            place,
            f"needs an example (n, c, h, w) of float32 or float64, got {tuple(example.shape)} of {precision}",
        )
    program = _exported(module, example[:1], place)
    graph = Graph(tuple(example.shape[1:]), np.dtype(precision))
    output = graph.ended(_translated(program, graph, place), last=False)
    graph.place = place
    return finish(graph, output, place, f"{place} (PyTorch)", preprocess, classes, front=False)


def _exported(module: Any, example: Any, place: str) -> Any:
    import torch

    log = logging.getLogger("torch._subclasses.fake_tensor")  # what it says is in the error, too
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return torch.export.export(module, (example,)).run_decompositions({})
    except Exception as error:  # whatever the module, or the exporter, raises
        text = " ".join(str(error).split())[:200]
        raise ModelFileError(place, f"torch.export refuses it: {type(error).__name__}: {text}") from error
    finally:
        log.setLevel(before)


def _translated(program: Any, graph: Graph, place: str) -> Flow:
    values: dict[str, Any] = {}
    shared: dict[Any, Layer] = {}
    tensors = {**program.state_dict, **program.constants}
    signature = program.graph_signature
    stored = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    stored |= getattr(signature, "inputs_to_lifted_tensor_constants", {})
    norms = response_norms(program.graph.nodes)
    inside = {node for norm in norms.values() for node in norm.nodes}
    for node in program.graph.nodes:
        graph.place = f"{place}: {_place(node)}"
        if node in inside:
            continue
        if node.name in norms:
            values[node.name] = norms[node.name].apply(values, graph, _place(node))
        elif node.op == "placeholder":
            values[node.name] = tensors[stored[node.name]] if node.name in stored else graph.image
        elif node.op == "call_function":
            values[node.name] = _run(node, values, graph, shared, stored)
        elif node.op == "output":
            return _output(node, values, graph)
    raise ModelFileError(place, "has no output")


def _run(
    node: Any, values: Mapping[str, Any], graph: Graph, shared: dict[Any, Layer], stored: Mapping[str, str]
) -> Any:
    from tinycnn.zoo.importing.torch_layers import LAYERS

    call = TorchCall(node, values, graph, shared)
    call.targets = {
        argument.name: stored[argument.name] for argument in node.all_input_nodes if argument.name in stored
    }
    if not _has_flow(list(call.values.values())):
        try:
            return node.target(*_plain(node.args, values), **_plain(dict(node.kwargs), values))
        except RuntimeError as error:
            raise call.refuse(f"cannot be computed: {' '.join(str(error).split())[:120]}") from error
    if call.kind not in LAYERS:
        raise call.refuse("is an operation for which there is no layer here")
    try:
        found = LAYERS[call.kind](call)
    except TinycnnError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        text = " ".join(str(error).split())[:120]
        raise call.refuse(f"does not fit: {type(error).__name__} {text}") from error
    expected = getattr(node.meta.get("val"), "shape", None)
    if (
        isinstance(found, Flow)
        and expected is not None
        and tuple(expected) != found.seen
        and call.kind != "expand"
    ):
        raise call.refuse(f"became {found.seen}, where {tuple(expected)} is expected")
    return found


def _has_flow(value: Any) -> bool:
    return isinstance(value, Flow) or (isinstance(value, list) and any(map(_has_flow, value)))


def _plain(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each, values) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(each, values) for each in value)
    return values[value.name] if hasattr(value, "op") and hasattr(value, "users") else value


def _output(node: Any, values: Mapping[str, Any], graph: Graph) -> Flow:
    found = [values[each.name] for each in node.args[0] if each is not None]
    flows = [value for value in found if isinstance(value, Flow)]
    if not flows:
        raise graph.refuse("none of its outputs depends on the image")
    if len(found) > 1:
        graph.note(f"the first of {len(found)} outputs is explained")
    return flows[0]


def _place(node: Any) -> str:
    """The path of the module that an operation belongs to, if it is one of torch's own; else its own name."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"
    return str(path) if path and name.startswith("torch.nn.") else str(node.name)
