"""Laws about the same function, written down otherwise: what a map must not notice."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinycnn.layers import (
    Activation,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    replace_parameters,
)
from tinycnn.layers.sizes import Shape, shape_after
from tinycnn.ops.types import Array
from tinycnn.rules.fold import merged
from tinycnn.testing.case import Case
from tinycnn.testing.code import array_code
from tinycnn.testing.law import Law, expect_same, expect_same_map
from tinycnn.testing.strategies import cases, chains, convolutions, denses, tiny_shapes
from tinycnn.trace import Rows, Step


def rescale(rule: Rows, case: Case) -> None:
    at, below, above = _hidden(case)
    factors = 2.0 ** (1 + np.arange(len(below.weight)))
    loud = _with(below, {key: _rows(factors, array) * array for key, array in below.parameters()})
    quiet = _with(above, {"weight": above.weight / _columns(factors, above.weight)})
    other = case.but(layers=_exchanged(case, at, loud, quiet))
    what = "with hidden unit k 2^(k+1) times as large, and its weights as much smaller, the map"
    expect_same_map(other.map(rule), case.map(rule), what, rule, case, other)


def split(rule: Rows, case: Case) -> None:
    at, below, above = _hidden(case)
    twice = _with(below, {key: np.concatenate([array, array[:1]]) for key, array in below.parameters()})
    weight = np.concatenate([above.weight, above.weight[:, :1]], axis=1)
    weight[:, [0, -1]] /= 2
    other = case.but(layers=_exchanged(case, at, twice, _with(above, {"weight": weight})))
    what = "with the first hidden unit split into two of half its weight, the map"
    expect_same_map(other.map(rule), case.map(rule), what, rule, case, other)


def identity(rule: Rows, case: Case) -> None:
    at, below, _ = _hidden(case)
    eye = np.eye(len(below.weight))
    same = Dense(eye) if isinstance(below, Dense) else Conv2D(eye[:, :, None, None])
    other = case.but(layers=(*case.layers[: at + 2], same, ReLU(), *case.layers[at + 2 :]))
    what = "with an identity and a ReLU put in after the ReLU, the map"
    expect_same_map(other.map(rule), case.map(rule), what, rule, case, other)


def shift(rule: Rows, case: Case) -> None:
    at, below, _ = _hidden(case)
    bias = np.zeros(len(below.weight)) if below.bias is None else below.bias
    moved = bias - below.weight.reshape(len(bias), -1).sum(axis=1)
    layers = (*case.layers[:at], _with(below, {"bias": moved}), *case.layers[at + 1 :])
    other = case.but(layers=layers, x=case.x + 1)
    what = "with 1 added to every pixel, and taken from the first layer's biases, the map"
    expect_same_map(other.map(rule), case.map(rule), what, rule, case, other)


def dummy(rule: Rows, case: Case) -> None:
    at, below, _ = _hidden(case)
    weight = below.weight.copy()
    weight[:, 0] = 0
    unread = case.but(layers=(*case.layers[:at], _with(below, {"weight": weight}), *case.layers[at + 1 :]))
    found = unread.map(rule)
    first = found.reshape(len(found), found.shape[1], -1)[:, 0]
    ignored = first if isinstance(below, Conv2D) else found.reshape(len(found), -1)[:, :1]
    expect_same(ignored, np.zeros_like(ignored), "where the first layer's weights are all 0, the map")


def fold(rule: Rows, case: Case) -> None:
    conv, norm, *rest = case.layers
    assert isinstance(conv, Conv2D)
    assert isinstance(norm, BatchNorm2D)
    other = case.but(layers=(merged(conv, norm), *rest))
    what = "with the batch norm folded into the convolution, the map"
    expect_same_map(other.map(rule), case.map(rule), what, rule, case, other)


def ball(rule: Rows, case: Case) -> None:
    near = _neighbour(case)
    if near is None:
        return
    what = f"for an image so near that no mask or switch changes,\n    {array_code(near.x)},\nthe map"
    expect_same_map(near.map(rule), case.map(rule), what, rule, case, near)


def _neighbour(case: Case) -> Case | None:
    """The case for another image in whose reach every activation and pool does the same."""
    away = np.where(np.arange(case.x.size).reshape(case.x.shape) % 2, -1.0, 1.0)
    pattern = _pattern(case)
    for power in range(-1, -9, -1):
        near = case.but(x=case.x + 2.0**power * away)
        if _pattern(near) == pattern:
            return near
    return None


def _pattern(case: Case) -> list[bytes]:
    """All that masks and switches depend on."""
    return [found.tobytes() for step in case.trace() for found in _choices(step)]


def _choices(step: Step) -> list[Array]:
    if isinstance(step.layer, Activation):
        return [np.sign(step.input)]
    return [step.saved] if isinstance(step.layer, MaxPool2D) else []


def _hidden(case: Case) -> tuple[int, Any, Any]:
    """Position of the first layer with weights, this layer, and the next one."""
    at, *others = (i for i, layer in enumerate(case.layers) if isinstance(layer, Conv2D | Dense))
    return at, case.layers[at], case.layers[others[0]] if others else None


def _exchanged(case: Case, at: int, below: Layer, above: Layer) -> tuple[Layer, ...]:
    """The layers with two of them replaced, which have a ReLU between them."""
    return (*case.layers[:at], below, case.layers[at + 1], above, *case.layers[at + 3 :])


def _with(layer: Any, arrays: dict[str, Array]) -> Any:
    return replace_parameters(layer, arrays)


def _rows(factors: Array, array: Array) -> Array:
    return factors.reshape(-1, *(1,) * (array.ndim - 1))


def _columns(factors: Array, array: Array) -> Array:
    return factors.reshape(1, -1, *(1,) * (array.ndim - 2))


@st.composite
def _two_layers(draw: st.DrawFn, shape: Shape) -> tuple[Layer, ...]:
    """Two convolutions or dense layers with a ReLU between them."""
    if draw(st.booleans()):
        below: Any = draw(convolutions(shape, plain=True))
        middle = shape_after((below,), shape)
        return (below, ReLU(), draw(convolutions(middle, plain=True)))
    below = draw(denses((shape[0] * shape[1] * shape[2],)))
    return (Flatten(), below, ReLU(), draw(denses((len(below.weight),))))


@st.composite
def _normalised(draw: st.DrawFn, shape: Shape) -> tuple[Layer, ...]:
    """A convolution and its batch norm, with scales whose roots are exact, and perhaps more."""
    conv = draw(convolutions(shape, plain=True))
    k = len(conv.weight)
    weight, bias, mean = (draw(_each(k, st.integers(-3, 3))) for _ in range(3))
    layers = (conv, BatchNorm2D(weight, bias, mean, draw(_each(k, st.sampled_from([1, 4]))), epsilon=0.0))
    return (*layers, *draw(chains(shape_after(layers, shape), ("relu", "conv"), 2, plain=True)))


def _each(k: int, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Array]:
    return st.lists(numbers, min_size=k, max_size=k).map(lambda found: np.array(found, float))


_MILD = ("mixed", "zeros", "ties", "halves")
_TWO_LAYERS = (
    cases(_two_layers, tiny_shapes, regimes=_MILD),
    cases(_two_layers, st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 3)), regimes=_MILD),
)
_SEVERAL_CHANNELS = st.tuples(st.integers(2, 3), st.just(1), st.integers(1, 2))

REWRITING = (
    Law(
        "rescale",
        "Hidden units that are larger, with weights as much smaller above them, give the same map.",
        rescale,
        _TWO_LAYERS,
    ),
    Law(
        "split",
        "A hidden unit that is split into two of half its weight gives the same map.",
        split,
        _TWO_LAYERS,
    ),
    Law(
        "identity",
        "An identity layer and a ReLU that are put in after a ReLU do not change the map.",
        identity,
        _TWO_LAYERS,
    ),
    Law(
        "shift",
        "A number added to all pixels, and taken from the first biases, does not change the map.",
        shift,
        _TWO_LAYERS,
        readers=("biases", "inputs of linear layers"),
    ),
    Law(
        "dummy",
        "An input that no weight of the first layer reads gets nothing.",
        dummy,
        (cases(_two_layers, _SEVERAL_CHANNELS, regimes=_MILD),),
    ),
    Law(
        "fold",
        "A batch norm folded into the convolution before it gives the same map.",
        fold,
        (cases(_normalised, regimes=_MILD),),
    ),
    Law(
        "ball",
        "An image so near that no mask or switch changes has the same map.",
        ball,
        (
            cases(
                lambda shape: chains(shape, ("relu", "conv", "maxpool", "avgpool", "flatten")), regimes=_MILD
            ),
        ),
        readers=("inputs of linear layers", "inputs of averages", "activations"),
    ),
)
