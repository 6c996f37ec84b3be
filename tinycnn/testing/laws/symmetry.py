"""Laws about what must not matter: the order of channels, the position, the other classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tinycnn.layers import BatchNorm2D, Conv2D, Dense, Flatten, Layer, replace_parameters
from tinycnn.layers.sizes import Shape, shape_after
from tinycnn.ops.types import Array
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_same_map
from tinycnn.testing.strategies import cases, chains, denses
from tinycnn.trace import Rows


def channels(rule: Rows, case: Case) -> None:
    count = case.x.shape[1]
    for order in (np.roll(np.arange(count), 1), np.arange(count)[::-1]):
        layers, outputs = permuted(case, order)
        moved = case.but(layers=layers, x=case.x[:, order], seed=case.seed[:, outputs])
        what = f"with the channels in order {order.tolist()}, the map"
        expect_same_map(moved.map(rule), case.map(rule)[:, order], what, rule, case)


def permuted(case: Case, order: Array) -> tuple[tuple[Layer, ...], Array]:
    """The network for images whose channels come in another order, and the order of its outputs."""
    found: list[Layer] = []
    for step in case.trace():
        layer = step.layer
        if isinstance(layer, Conv2D | Dense):
            found.append(replace_parameters(layer, {"weight": layer.weight[:, order]}))
            order = np.arange(len(layer.weight))
            continue
        if isinstance(layer, BatchNorm2D):
            layer = replace_parameters(layer, {key: array[order] for key, array in layer.parameters()})
        if isinstance(layer, Flatten):
            places = np.arange(float(step.input[0].size)).reshape(1, *step.input.shape[1:])
            moved = layer.forward(places[:, order])[0][0].astype(int)
            order = np.argsort(layer.forward(places)[0][0])[moved]
        found.append(layer)
    return tuple(found), order


def translation(rule: Rows, case: Case) -> None:
    for axis, name in ((2, "down"), (3, "across")):
        moved = case.but(x=np.roll(case.x, 1, axis), seed=np.roll(case.seed, 1, axis))
        here = np.roll(case.map(rule), 1, axis)
        expect_same_map(moved.map(rule), here, f"moved one pixel {name}, the map", rule, case)


def unused_class(rule: Rows, case: Case) -> None:
    seed: Array = np.zeros_like(case.seed)
    seed[:, 0] = case.seed[:, 0]
    used = case.but(seed=seed)
    last = case.layers[-1]
    assert isinstance(last, Dense)
    weight = last.weight.copy()
    weight[1:] = 1 - weight[1:]
    changed = used.but(layers=(*case.layers[:-1], replace_parameters(last, {"weight": weight})))
    what = "with other weights of the other classes, the map"
    expect_same_map(changed.map(rule), used.map(rule), what, rule, used)


@st.composite
def _classifiers(draw: st.DrawFn, shape: Shape) -> Any:
    below = draw(chains(shape, ("relu", "conv", "maxpool"), deepest=3))
    layers = (*below, Flatten())
    last = draw(denses(shape_after(layers, shape)))
    assume(len(last.weight) > 1)
    return (*layers, last)


_CHANNELWISE = ("relu", "conv", "maxpool", "relu6", "activation", "avgpool", "batchnorm", "flatten", "gap")
_CIRCULAR = ("relu", "conv", "relu6", "activation", "batchnorm", "branches")
_SEVERAL_CHANNELS = st.tuples(st.integers(2, 3), st.integers(1, 2), st.integers(1, 3))

SYMMETRY = (
    Law(
        "channels",
        "Channels in another order, with the weights to match, give the same map in that order.",
        channels,
        (cases(lambda shape: chains(shape, _CHANNELWISE, 3, plain=True), _SEVERAL_CHANNELS),),
    ),
    Law(
        "translation",
        "With circular padding, a map moves along with its image and signal.",
        translation,
        (cases(lambda shape: chains(shape, _CIRCULAR, plain=True)),),
    ),
    Law(
        "unused-class",
        "The weights of classes that are not asked for do not change the map.",
        unused_class,
        (cases(_classifiers),),
    ),
)
