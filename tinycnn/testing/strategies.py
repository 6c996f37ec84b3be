"""Hypothesis strategies of this domain: layers, small networks, traces, rules, and cases to try laws on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinycnn import layers as L
from tinycnn.errors import ShapeError
from tinycnn.layers.sizes import Shape, shape_after
from tinycnn.ops.geometry import pool_window, window
from tinycnn.ops.types import Array
from tinycnn.rules import RULES, Rule
from tinycnn.testing.case import Case
from tinycnn.testing.regimes import REGIMES, arrays
from tinycnn.trace import Trace, forward

seeds = st.integers(0, 2**32 - 1)
"""Seeds of random generators."""

dtypes = st.sampled_from([np.float64, np.float32])

strides = st.one_of(st.integers(1, 2), st.tuples(st.integers(1, 2), st.integers(1, 2)))
"""The same along both axes, or one for each."""


@st.composite
def paddings(draw: st.DrawFn) -> Any:
    """Every way to write a padding down, of at most 2 rows and columns."""
    amount = st.integers(0, 2)
    side = st.tuples(amount, amount)
    return draw(st.one_of(amount, side, st.tuples(side, side), st.just("same")))


@st.composite
def convolutions(
    draw: st.DrawFn, shape: Shape, plain: bool = False, bias: bool = True, smallest: int | None = None
) -> L.Conv2D:
    """A convolution that fits on images of shape (c, h, w).

    Parameters
    ----------
    plain : bool
        Circular padding, stride 1, and as many rows and columns out as in.
    bias : bool
        Whether it may have one.
    smallest : int, optional
        A bound on its numbers from below.
    """
    c, h, w = shape
    k = draw(st.integers(1, 2))
    size = draw(st.tuples(st.integers(1, min(h, 3)), st.integers(1, min(w, 3))))
    options: dict[str, Any] = {"padding": "same", "circular": True} if plain else {}
    if not plain and draw(st.booleans()):
        options = {"stride": draw(strides), "padding": draw(paddings())}
        options |= {"dilation": draw(st.integers(1, 2)), "circular": draw(st.booleans())}
        try:
            window((h, w), size, **options)
        except ShapeError:
            options["dilation"] = 1
    groups = c if not plain and draw(st.booleans()) else 1
    kernels = draw(_weights((k * groups, c // groups, *size), smallest))
    shift = draw(_weights((k * groups,), smallest)) if bias and draw(st.booleans()) else None
    return L.Conv2D(kernels, shift, groups=groups, **options)


@st.composite
def pools(draw: st.DrawFn, shape: Shape, kinds: Sequence[type[L.Pool2D]] = (L.MaxPool2D,)) -> L.Pool2D:
    """A pool that fits on images of shape (c, h, w); its windows may overlap, leave gaps, and be padded."""
    _, h, w = shape
    kind = draw(st.sampled_from(kinds))
    size = draw(st.tuples(st.integers(1, min(h, 3)), st.integers(1, min(w, 3))))
    stride, padding = draw(strides), draw(st.one_of(st.just(0), paddings()))
    try:
        pool_window((h, w), size, stride, padding)
    except ShapeError:
        padding = 0
    return kind(size, stride, padding)


@st.composite
def batch_norms(draw: st.DrawFn, shape: Shape) -> L.BatchNorm2D:
    """A batch norm for images of shape (c, h, w)."""
    c = shape[0]
    weight, bias, mean = (draw(_weights((c,), None)) for _ in range(3))
    return L.BatchNorm2D(weight, bias, mean, draw(_weights((c,), 1)))


@st.composite
def denses(draw: st.DrawFn, shape: Shape, bias: bool = True, smallest: int | None = None) -> L.Dense:
    """A dense layer for features of shape (c,)."""
    k = draw(st.integers(1, 2))
    shift = draw(_weights((k,), smallest)) if bias and draw(st.booleans()) else None
    return L.Dense(draw(_weights((k, *shape), smallest)), shift)


def every_activation() -> list[type[L.Activation]]:
    """Every activation that is a public layer, or one's own, and is made without arguments; ReLU first."""
    found: list[type[L.Activation]] = [L.ReLU]
    kinds: list[type[L.Activation]] = [L.Activation]
    while kinds:
        kinds += (kind := kinds.pop(0)).__subclasses__()
        if kind not in (L.Activation, L.ReLU) and _is_at_hand(kind):
            found.append(kind)
    return found


def _is_at_hand(kind: type[L.Activation]) -> bool:
    home = L if kind.__module__.startswith("tinycnn.") else sys.modules.get(kind.__module__)
    return getattr(home, kind.__name__, None) is kind and all(
        entry.default is not MISSING or entry.default_factory is not MISSING for entry in fields(kind)
    )


@st.composite
def any_activation(draw: st.DrawFn) -> L.Activation:
    """A ReLU, a ReLU6, or any activation there is by now, each as often: most networks have the first two."""
    kind = draw(st.sampled_from((L.ReLU, L.ReLU6, L.Activation)))
    return draw(st.sampled_from(every_activation()))() if kind is L.Activation else kind()


IMAGE_LAYERS: dict[str, Callable[[Shape], st.SearchStrategy[L.Layer]]] = {
    "relu": lambda shape: st.builds(L.ReLU),
    "conv": convolutions,
    "maxpool": pools,
    "relu6": lambda shape: st.builds(L.ReLU6),
    "activation": lambda shape: any_activation(),
    "avgpool": lambda shape: pools(shape, (L.AvgPool2D,)),
    "batchnorm": batch_norms,
    "flatten": lambda shape: st.builds(L.Flatten, st.sampled_from(["chw", "hwc"])),
    "gap": lambda shape: st.builds(L.GlobalAvgPool2D),
}
"""Strategies of layers for images of shape (c, h, w), by a short name; "branches" comes on top."""

EVERYTHING = (*IMAGE_LAYERS, "branches")


@st.composite
def chains(
    draw: st.DrawFn,
    shape: Shape,
    kinds: Collection[str] = EVERYTHING,
    deepest: int = 4,
    bias: bool = True,
    smallest: int | None = None,
    plain: bool = False,
    reuse: bool = True,
) -> tuple[L.Layer, ...]:
    """A small network for images of shape (c, h, w).

    Parameters
    ----------
    kinds : collection of str
        Of `EVERYTHING`: which layers there may be; a dense layer follows where images are flattened.
    deepest : int
        Most layers in the chain; at least one is there.
    bias, smallest, plain
        As `convolutions` takes them, and for dense layers too.
    reuse : bool
        Whether one activation may stand at several places.
    """
    found: list[L.Layer] = []
    for _ in range(draw(st.integers(1, deepest))):
        if len(shape) == 1:
            features: st.SearchStrategy[L.Layer] = denses(shape, bias, smallest)
            layer = draw(st.one_of(st.builds(L.ReLU), features) if "relu" in kinds else features)
        else:
            layer = draw(_layer(shape, tuple(kinds), bias, smallest, plain))
        used = [one for one in found if type(one) is type(layer) and isinstance(one, L.Activation)]
        found.append(used[0] if reuse and used and draw(st.booleans()) else layer)
        shape = shape_after(found[-1:], shape)
    return tuple(found)


@st.composite
def branches(
    draw: st.DrawFn, shape: Shape, kinds: Collection[str], bias: bool = True, smallest: int | None = None
) -> L.Branches:
    """A block of two chains that keep height and width: a residual sum, or a stack of channels."""
    inner = tuple(kind for kind in ("relu", "conv") if kind in kinds)
    first = draw(chains(shape, inner, 2, bias, smallest, plain=True))
    if draw(st.booleans()):
        second = draw(chains(shape, inner, 1, bias, smallest, plain=True))
        return L.Branches((first, second), L.Concatenate())
    shortcut = () if shape_after(first, shape) == shape else first
    return L.Branches((first, shortcut), L.Add())


def activations(shape: Shape) -> st.SearchStrategy[tuple[L.Layer, ...]]:
    """A network of one activation."""
    return st.tuples(any_activation())


@st.composite
def reused(draw: st.DrawFn, shape: Shape) -> tuple[L.Layer, ...]:
    """A network in which one activation object stands at two places."""
    activation = draw(any_activation())
    first = draw(convolutions(shape, plain=True))
    second = draw(convolutions((len(first.weight), *shape[1:]), plain=True))
    return (first, activation, second, activation)


@st.composite
def perceptrons(
    draw: st.DrawFn, shape: Shape, bias: bool = True, smallest: int | None = None
) -> tuple[L.Layer, ...]:
    """A fully connected network of two or three layers."""
    flat = L.Flatten(draw(st.sampled_from(["chw", "hwc"])))
    hidden = draw(denses((shape[0] * shape[1] * shape[2],), bias, smallest))
    if draw(st.integers(0, 2)) == 0:
        return (flat, hidden)
    return (flat, hidden, L.ReLU(), draw(denses((len(hidden.weight),), bias, smallest)))


image_shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
"""(c, h, w) of small images."""

tiny_shapes = st.tuples(st.integers(1, 2), st.just(1), st.integers(1, 2))
"""(c, h, w) of images of at most four numbers, for networks with a weight for each pixel."""


@st.composite
def cases(
    draw: st.DrawFn,
    network: Callable[[Shape], st.SearchStrategy[tuple[L.Layer, ...]]] = chains,
    shapes: st.SearchStrategy[Shape] = image_shapes,
    images: int = 1,
    smallest_x: int | None = None,
    smallest_seed: int | None = None,
    regimes: Sequence[str] = REGIMES,
    two: bool = False,
) -> Case:
    """A network, images and signals to try a law on.

    Parameters
    ----------
    network : function from (c, h, w) to a strategy of layers
    shapes : strategy of (c, h, w)
    images : int
        How many images there are.
    smallest_x, smallest_seed : int, optional
        Bounds from below, as `arrays` takes them.
    regimes : sequence of str
        Of the images and signals, as `arrays` takes them.
    two : bool
        Whether a second signal is needed.
    """
    shape = draw(shapes)
    layers = draw(network(shape))
    output = (images, *shape_after(layers, shape))
    x = draw(arrays((images, *shape), regimes=regimes, smallest=smallest_x))
    seed = draw(arrays(output, regimes=regimes, smallest=smallest_seed))
    other = draw(arrays(output, regimes=regimes, smallest=smallest_seed)) if two else None
    return Case(layers, x, seed, other)


@st.composite
def traces(draw: st.DrawFn, images: int = 1) -> Trace:
    """The forward pass of a small network on small images."""
    case = draw(cases(images=images))
    return forward(case, case.x)


rules: st.SearchStrategy[Rule] = st.sampled_from(tuple(RULES.values()))
"""The rules that tinycnn ships."""


@cache  # making a strategy takes longer than drawing from it
def _layer(
    shape: Shape, kinds: tuple[str, ...], bias: bool, smallest: int | None, plain: bool
) -> st.SearchStrategy[L.Layer]:
    options = {kind: make(shape) for kind, make in IMAGE_LAYERS.items() if kind in kinds}
    if "conv" in options:
        options["conv"] = convolutions(shape, plain, bias, smallest)
    if "branches" in kinds:
        options["branches"] = branches(shape, kinds, bias, smallest)
    return st.one_of(*options.values())


@cache
def _weights(shape: Shape, smallest: int | None) -> st.SearchStrategy[Array]:
    """Weights stay small whole numbers, so that sums over a few layers of them are exact."""
    low = -3 if smallest is None else smallest
    return npst.arrays(np.int8, shape, elements=st.integers(low, 3)).map(lambda w: w.astype(np.float64))
