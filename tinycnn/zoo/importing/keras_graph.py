"""From Keras's own description of a network, a JSON object, to a graph of layers. Nothing of it is run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.layers import Layer
from tinycnn.ops.types import Array, Pair
from tinycnn.weights import safetensors_file
from tinycnn.zoo.importing.graph import NODES, Flow, Graph
from tinycnn.zoo.importing.keras_call import KerasCall
from tinycnn.zoo.importing.keras_layers import LAYERS

MODELS = ("Functional", "Model", "Sequential")
MODULES = ("keras", "keras.layers", "keras.src.ops.numpy", "keras.models", "keras.src.models.functional")
DEEPEST = 8
"""Models within models."""

Weights = Callable[[tuple[tuple[str, str], ...]], list[Array]]
"""The arrays of a layer, given the names and classes on the way to it: of models around it, then its own."""

Spot = tuple[str, int, int]
"""Of a layer's so-manieth call the so-manieth output."""


def parsed(text: bytes | str, place: str) -> Mapping[str, Any]:
    """The description of a network.

    Raises
    ------
    ModelFileError
        It is no JSON object.
    """
    try:
        return safetensors_file.parsed(text.encode() if isinstance(text, str) else text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(place, f"its description is damaged: {str(error)[:100]}") from None


def translated(
    description: Mapping[str, Any], weights: Weights, declared: int, size: Pair | None, place: str, old: bool
) -> tuple[Graph, Flow]:
    """The graph of a network, and its output; its file's arrays have so many numbers as are `declared`.

    Raises
    ------
    ModelFileError
        A layer is of a class that is not read here, or one's own; names it.
    """
    try:
        config = _first_input(description)
        precision = np.float64 if config.get("dtype") == "float64" else np.float32
        last = _format(description) != "channels_first"
        graph = Graph(_image(config, size, place, last), np.dtype(precision), declared)
        graph.place = place
        image = graph.turned(graph.image, (2, 3, 1)) if last else graph.image
        reader = _Reader(graph, cache(weights), place, old)
        flow, *others = reader.model(description, [image], ())
        if others:
            graph.note(f"the first of {1 + len(others)} outputs is explained")
        return graph, graph.ended(flow, last)
    except TinycnnError:
        raise
    except RecursionError:
        raise ModelFileError(place, "its description is nested too deeply") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        text = " ".join(str(error).split())[:120]
        raise ModelFileError(place, f"its description is damaged: {type(error).__name__} {text}") from error


def _first_input(description: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration of the first layer that tells the shape of its images."""
    for layer in description["config"]["layers"]:
        config = layer["config"]
        if layer["class_name"] in MODELS and not _shape(config):
            return _first_input(layer)
        if _shape(config):
            return config
    return description["config"]


def _format(description: Mapping[str, Any]) -> str:
    """Which axis of images is that of channels, by the first layer that says so."""
    for layer in description["config"]["layers"]:
        inner = _format(layer) if layer["class_name"] in MODELS else layer["config"].get("data_format")
        if inner:
            return str(inner)
    return ""


def _shape(config: Mapping[str, Any]) -> Sequence[Any]:
    keys = ("batch_shape", "batch_input_shape", "build_input_shape")
    return next((config[key] for key in keys if config.get(key)), ())


def _image(config: Mapping[str, Any], size: Pair | None, place: str, last: bool) -> tuple[int, int, int]:
    """(c, h, w) of an input."""
    shape = _shape(config)
    if len(shape) != 4:
        raise ModelFileError(place, f"takes {list(shape)}; images are expected")
    sides, c = (shape[1:3], shape[3]) if last else (shape[2:4], shape[1])
    h, w = size or sides
    if h is None or w is None or c is None:
        raise ModelFileError(
            place, "its size is not fixed in the file; give size=(h, w), or convert it with --size"
        )
    if any(a not in (None, b) for a, b in zip(sides, (h, w), strict=True)):
        raise ModelFileError(place, f"is for images of {sides[0]}x{sides[1]}, not {h}x{w}")
    return int(c), int(h), int(w)


class _Reader:
    def __init__(self, graph: Graph, weights: Weights, place: str, old: bool) -> None:
        self.graph, self.weights, self.place, self.old = graph, weights, place, old
        self.shared: dict[str, Layer] = {}
        self.calls = 0

    def model(
        self, description: Mapping[str, Any], inputs: Sequence[Any], path: tuple[tuple[str, str], ...]
    ) -> list[Any]:
        """What a model makes of its inputs."""
        if len(path) > DEEPEST:
            raise ModelFileError(self.place, f"models are nested more than {DEEPEST} times")
        config = description["config"]
        layers = config["layers"]
        if description["class_name"] == "Sequential":
            (flow,) = inputs
            for layer in layers:
                if layer["class_name"] != "InputLayer":
                    (flow,) = self.call(layer, [flow], path)
            return [flow]
        return self.functional(config, inputs, path)

    def functional(
        self, config: Mapping[str, Any], inputs: Sequence[Any], path: tuple[tuple[str, str], ...]
    ) -> list[Any]:
        layers = {_name(layer): layer for layer in config["layers"]}
        starts = list(_spots(config["input_layers"]))
        if len(starts) != len(inputs):
            raise ModelFileError(self.place, f"it has {len(starts)} inputs; one image is expected")
        values = {spot[:2]: [given] for spot, given in zip(starts, inputs, strict=True)}
        calls = {
            (name, index): self.arguments(name, node)
            for name, layer in layers.items()
            for index, node in enumerate(layer.get("inbound_nodes", []))
        }
        waiting: dict[tuple[str, int], set[tuple[str, int]]] = {}
        readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for call, arguments in calls.items():
            needed = {spot[:2] for spot in _wanted(arguments)} - values.keys()
            waiting[call] = needed
            for each in needed:
                readers.setdefault(each, []).append(call)
        ready = deque(call for call, needed in waiting.items() if not needed)
        while ready:
            call = ready.popleft()
            if call in values:
                continue
            given = [_filled(each, values) for each in calls[call]]
            values[call] = self.call(layers[call[0]], given, path)
            for reader in readers.get(call, ()):
                waiting[reader].discard(call)
                if not waiting[reader]:
                    ready.append(reader)
        ends = list(_spots(config["output_layers"]))
        missing = [name for name, index, _ in ends if (name, index) not in values]
        if missing or not ends:
            raise ModelFileError(
                f"{self.place}: {missing[0] if missing else ''}", "waits for itself, or for nothing"
            )
        return [_filled(spot, values) for spot in ends]

    def arguments(self, name: str, node: Any) -> list[Any]:
        """The arguments of one call: spots where images are, in lists where a layer takes a list."""
        if isinstance(node, dict):  # Keras 3, where who calls a model says whether it is trained
            found, options = (
                [_argument(each) for each in node["args"]],
                [{**node["kwargs"], "training": None}],
            )
        else:
            rows = [node] if node and isinstance(node[0], str) else node
            found = [[(str(name), int(index), int(part)) for name, index, part, *_ in rows]]
            options = [row[3] for row in rows if len(row) > 3]
        asked = [f"{key}={value}" for each in options for key, value in (each or {}).items() if value]
        if asked:
            raise ModelFileError(
                f"{self.place}: {name}", f"is called with {asked[0][:60]}, which is not supported"
            )
        return found

    def call(
        self, layer: Mapping[str, Any], inputs: list[Any], path: tuple[tuple[str, str], ...]
    ) -> list[Any]:
        """What one layer makes of its inputs; a list of images is one input of several."""
        self.calls += 1
        if self.calls > NODES:  # models that call one another, each many times
            raise ModelFileError(self.place, f"its layers are called more than {NODES} times")
        kind, name = str(layer["class_name"]), _name(layer)
        here = (*path, (name, kind))
        self.graph.place = f"{self.place}: {'/'.join(each for each, _ in here)}"
        if kind in MODELS:
            return self.model(layer, inputs, here)
        module = layer.get("module", "keras.layers")
        if kind not in LAYERS or module not in MODULES:
            own = "a layer of one's own, which is code" if kind == "Lambda" or module not in MODULES else ""
            raise self.graph.refuse(f"{kind} is {own or 'a layer that is not read here'}")
        flat = [part for each in inputs for part in (each if isinstance(each, list) else [each])]
        label = "/".join(each for each, _ in here)
        call = KerasCall(
            kind, label, layer["config"], flat, lambda: self.weights(here), self.graph, self.shared, self.old
        )
        return [LAYERS[kind](call)]


def _name(layer: Mapping[str, Any]) -> str:
    return str(layer.get("name") or layer["config"]["name"])


def _spots(given: Any) -> Iterator[Spot]:
    """Keras lists the ends of a model as ``[name, 0, 0]``, or as a list of those."""
    if given and isinstance(given[0], str):
        given = [given]
    for name, index, part in given:
        yield str(name), int(index), int(part)


def _argument(value: Any) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        name, index, part = value["config"]["keras_history"]
        return str(name), int(index), int(part)
    if isinstance(value, list):
        return [_argument(each) for each in value]
    return value


def _wanted(argument: Any) -> Iterator[Spot]:
    if isinstance(argument, tuple):
        yield argument
    elif isinstance(argument, list):
        for each in argument:
            yield from _wanted(each)


def _filled(argument: Any, values: Mapping[tuple[str, int], Sequence[Any]]) -> Any:
    if isinstance(argument, tuple):
        return values[argument[:2]][argument[2]]
    if isinstance(argument, list):
        return [_filled(each, values) for each in argument]
    return argument
