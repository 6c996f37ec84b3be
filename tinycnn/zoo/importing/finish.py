"""From a graph of layers to a model: the chain, what is left out at its ends, and what that means."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import chain as chain_of
from itertools import count

import numpy as np

from tinycnn.errors import ModelFileError, TinycnnError
from tinycnn.image.preprocess import Preprocess
from tinycnn.layers import Layer, Reshape, Scale, Sigmoid, Transpose, flat, transform
from tinycnn.layers.sizes import Shape, shape_after
from tinycnn.model import Model
from tinycnn.zoo.importing.chains import chain
from tinycnn.zoo.importing.graph import End, Erf, Flow, Graph
from tinycnn.zoo.importing.tidy import tidy


def finish(
    graph: Graph,
    output: Flow,
    name: str,
    source: str,
    preprocess: Preprocess | None = None,
    classes: Sequence[str] = (),
    front: bool = True,
) -> Model:
    """The model of a graph.

    Parameters
    ----------
    graph : Graph
    output : Flow
    name, source : str
        Of the model and of its weights, for captions and messages.
    preprocess : Preprocess, optional
        How the network wants its images; otherwise, what its first layers say, or an assumption.
    classes : sequence of str
    front : bool
        Whether what the network does to its images first may become its preprocessing.

    Raises
    ------
    ModelFileError
        The graph is no chain of branches, is empty, or has a softmax anywhere but at its end.
    """
    shape = graph.nodes[0].shape
    kept = _without_end(chain(graph.nodes, output.node, source), graph)
    for layer in flat(kept):
        if isinstance(layer, End):
            raise ModelFileError(f"{source}: {layer.name}", f"{layer.kind} is supported at the end only")
    layers = list(tidy(kept, shape))
    for layer in flat(layers):
        if isinstance(layer, Erf):
            raise ModelFileError(f"{source}: {layer.name}", "Erf is supported as a part of GELU only")
    layers, preprocess = _front(layers, graph, preprocess, front)
    if not layers:
        raise ModelFileError(source, "does nothing to its images, so there is nothing to explain")
    ends = shape_after(layers, shape)
    if len(ends) == 3 and ends[1:] == (1, 1):
        layers = list(tidy([*layers, Reshape(ends[:1], name=graph.name("logits"))], shape))
        ends = ends[:1]
    if classes and (len(ends) != 1 or len(classes) != ends[0]):
        raise ModelFileError(source, f"has an output of shape {ends}, but {len(classes)} classes were given")
    c, h, w = shape
    try:
        return Model(
            name, _renamed(layers), (c, h, w), preprocess, tuple(classes), source, tuple(graph.notes)
        )
    except TinycnnError as error:
        raise ModelFileError(source, str(error)) from None


def _renamed(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Every layer with a name of its own; one that is used twice stays one."""
    taken: set[str] = set()

    def change(layer: Layer) -> Layer:
        numbered = (f"{layer.name}.{number}" for number in count(1))
        name = next(name for name in chain_of([layer.name], numbered) if name not in taken)
        taken.add(name)
        return layer if name == layer.name else dataclasses.replace(layer, name=name)

    return transform(layers, change)


def _without_end(layers: tuple[Layer, ...], graph: Graph) -> tuple[Layer, ...]:
    """Targets are logits, so what turns those into probabilities is left out, and this is noted."""
    kept = list(layers)
    tail = []
    while kept and isinstance(kept[-1], Reshape | Transpose):
        tail.append(kept.pop())
    last = kept[-1] if kept else None
    end = isinstance(last, Sigmoid) and sum(side != 1 for side in _sides(graph, kept[:-1])) <= 1
    if isinstance(last, End) or end:
        kind = last.kind if isinstance(last, End) else "Sigmoid"
        graph.note(f"{kind} at the end is left out: targets are the logits before it")
        kept.pop()
    return (*kept, *reversed(tail))


def _sides(graph: Graph, layers: Sequence[Layer]) -> Shape:
    return shape_after(layers, graph.nodes[0].shape)


def _front(
    layers: list[Layer], graph: Graph, given: Preprocess | None, take: bool
) -> tuple[list[Layer], Preprocess]:
    """What the network does to its images first is its preprocessing, if nothing else is given.

    Their numbers tell whether they expect pixels of 0..255 or of 0..1.
    """
    (c, h, w) = graph.nodes[0].shape
    if given is not None:
        if len(given.mean) != c:
            raise ModelFileError(
                graph.place,
                f"takes {c} channels, but the preprocessing {given.name!r} makes {len(given.mean)}",
            )
        return layers, given.at((h, w))
    first = layers[0] if layers else None
    if take and isinstance(first, Scale) and first.weight.shape[1:] == (1, 1) and np.all(first.weight > 0):
        weight, bias = (np.broadcast_to(a[:, 0, 0], (c,)).astype(float) for a in (first.weight, first.bias))
        mean, std = -bias / weight, 1 / weight
        unit = bool(np.all(np.abs(mean) <= 1.5) and np.all(std < 1.5))  # in units of 0..1
        mean, std = (mean * 255, std * 255) if unit else (mean, std)
        graph.note("the preprocessing is what the file's first operators say")
        order = "grey" if c == 1 else "rgb"
        own = Preprocess("from the file", tuple(mean.tolist()), tuple(std.tolist()), order, (h, w))  # type: ignore[arg-type]
        return layers[1:], own
    graph.note("the file says nothing of preprocessing: pixels are taken as (image - 127.5) / 127.5")
    centre = (127.5,) * c
    order = "grey" if c == 1 else "rgb"
    return layers, Preprocess("assumed", centre, centre, order, (h, w))  # type: ignore[arg-type]
