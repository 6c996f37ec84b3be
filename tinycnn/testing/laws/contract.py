"""Laws that every rule must obey, because the engine, and whoever reads a map, relies on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinycnn.errors import CheckError, WriteError
from tinycnn.layers import Layer, replace_parameters, transform
from tinycnn.ops.engine import get_num_threads, set_num_threads
from tinycnn.ops.types import Array
from tinycnn.rules import RULES
from tinycnn.testing.case import Case
from tinycnn.testing.law import Law, expect_identical, expect_same_map
from tinycnn.testing.strategies import EVERYTHING, cases, chains
from tinycnn.trace import Rows, Trace, backward, forward

TIMES = 3
"""Factor of the homogeneity law: no power of two, so that a rule on exponents would be noticed."""


def shape(rule: Rows, case: Case) -> None:
    trace = case.trace()
    try:
        signals = backward(trace, case.seed.copy(), rule)
    except WriteError:
        return  # which breaks another law: untouched
    for step, signal in zip(trace, signals, strict=False):
        if (signal.shape, signal.dtype) != (step.input.shape, step.input.dtype):
            raise CheckError(
                f"the signal at the input of {type(step.layer).__name__} is {signal.dtype} {signal.shape}, "
                f"expected {step.input.dtype} {step.input.shape}"
            )


def untouched(rule: Rows, case: Case) -> None:
    trace, seed = case.trace(), case.seed.copy()
    before = [array.tobytes() for array in _arrays(trace)]
    signals = backward(trace, seed, rule)
    expect_identical(seed, case.seed, "after the backward pass, the seed")
    if before != [array.tobytes() for array in _arrays(trace)]:
        raise CheckError("the backward pass changed the trace")
    for upper, step in zip(signals[1:], trace, strict=True):
        kept = upper.copy()
        rule[step.layer](upper, step)
        expect_identical(upper, kept, f"after the row for {type(step.layer).__name__}, its signal")


def homogeneity(rule: Rows, case: Case) -> None:
    larger = case.but(seed=TIMES * case.seed)
    expect_same_map(
        larger.map(rule), TIMES * case.map(rule), f"the map of {TIMES} times the signal", rule, case
    )


def determinism(rule: Rows, case: Case) -> None:
    found = case.map(rule)
    first = found.copy()
    case.but(x=-case.x, seed=-case.seed).map(rule)
    expect_identical(found, first, "after another image, the map that was there before")
    expect_identical(case.map(rule), first, "after another image, the map of the same image")


def threads(rule: Rows, case: Case) -> None:
    before = get_num_threads()
    try:
        set_num_threads(1)
        alone = case.map(rule)
        set_num_threads(3)
        expect_identical(case.map(rule), alone, "on three threads, the map of one thread")
    finally:
        set_num_threads(before)


def batch(rule: Rows, case: Case) -> None:
    together = case.map(rule)
    for n in range(len(case.x)):
        alone = case.but(x=case.x[n : n + 1], seed=case.seed[n : n + 1])
        expect_same_map(together[n : n + 1], alone.map(rule), f"in a batch, the map of image {n}", rule, case)


def several(rule: Rows, case: Case) -> None:
    assert case.other is not None
    stacked = np.concatenate([case.seed, case.other])
    together = case.but(seed=stacked, other=None).map(rule)
    for t, seed in enumerate(stacked):
        alone = case.but(seed=seed[None], other=None)
        what = f"among several seeds, the map of seed {t}"
        expect_same_map(together[t : t + 1], alone.map(rule), what, rule, alone)


def precision(rule: Rows, case: Case) -> None:
    single = case.but(
        layers=transform(case.layers, lambda layer: layer.astype(np.float32)),
        x=case.x.astype(np.float32),
        seed=case.seed.astype(np.float32),
    )
    found = single.map(rule)
    if found.dtype != np.float32:
        raise CheckError(f"the map of a float32 network is {found.dtype}")
    expect_same_map(found, case.map(rule).astype(np.float32), "in float32, the map", rule, case)


def layout(rule: Rows, case: Case) -> None:
    plain = case.map(rule)
    for name, seed, x in zip(
        ("Fortran order", "every other entry of a larger array", "negative strides", "read-only"),
        _layouts(case.seed),
        _layouts(case.x),
        strict=True,
    ):
        found = backward(forward(case, x), seed, rule)[0]
        expect_same_map(found, plain, f"with its arrays laid out otherwise ({name}), the map", rule, case)


def locality(rule: Rows, case: Case) -> None:
    reached = receptive_fields(case)
    base, step = case.map(rule), max(float(np.abs(case.seed).max(initial=0)), 1.0)
    for entry, field in zip(np.ndindex(*case.seed.shape), reached, strict=True):
        seed = case.seed.copy()
        seed[entry] -= step
        moved = case.but(seed=seed)
        outside = ~field[None]
        expect_same_map(
            moved.map(rule)[outside],
            base[outside],
            f"after a change of the signal at output {entry}, the map outside its receptive field",
            rule,
            moved,
        )


def receptive_fields(case: Case) -> Array:
    """For each output of a network, in row-major order, which inputs it can see."""
    layers = transform(case.layers, _all_ones)
    trace = forward(case.but(layers=layers), np.ones_like(case.x[:1]))
    count = case.seed[0].size
    each = np.eye(count).reshape(count, *case.seed.shape[1:])
    seen: Array = backward(trace, each, RULES["linear+average"])[0] > 0
    return seen


def _all_ones(layer: Layer) -> Layer:
    return replace_parameters(layer, {key: np.ones_like(array) for key, array in layer.parameters()})


def _arrays(trace: Trace) -> Iterator[Array]:
    for step in trace:
        for value in (step.input, step.output, step.saved):
            if isinstance(value, np.ndarray):
                yield value


def _layouts(array: Array) -> tuple[Array, Array, Array, Array]:
    twice = np.repeat(array, 2, axis=-1)[..., ::2]
    reversed_twice = np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    locked = array.copy()
    locked.flags.writeable = False
    return np.asfortranarray(array), twice, reversed_twice, locked


def _everything(deepest: int = 4) -> Any:
    return lambda shape: chains(shape, EVERYTHING, deepest)


_EXACT = ("relu", "conv", "maxpool", "relu6", "flatten", "branches")
_SMALL = ("mixed", "zeros", "ties", "halves")

CONTRACT = (
    Law(
        "shape",
        "The signal at a layer's input has the shape and dtype of that input.",
        shape,
        (cases(_everything()),),
        required=True,
    ),
    Law(
        "untouched",
        "Nothing is written to the signal or to the trace.",
        untouched,
        (cases(_everything()),),
        required=True,
    ),
    Law(
        "homogeneity",
        "A signal t times as large makes a map t times as large, for t > 0.",
        homogeneity,
        (cases(_everything()),),
        required=True,
    ),
    Law(
        "determinism",
        "The same image and signal give the same map, whatever was computed in between.",
        determinism,
        (cases(_everything()),),
        required=True,
    ),
    Law(
        "threads",
        "The number of threads does not change the map.",
        threads,
        (cases(_everything(2)),),
        required=True,
    ),
    Law(
        "batch",
        "A batch of images gives what its images give one by one.",
        batch,
        (cases(_everything(), images=2),),
        required=True,
    ),
    Law(
        "several-seeds",
        "Several signals sent back through one image give what they give one by one.",
        several,
        (cases(_everything(), two=True),),
        required=True,
    ),
    Law(
        "precision",
        "A float32 network has float32 maps, equal to those in float64 up to rounding.",
        precision,
        (
            cases(lambda shape: chains(shape, _EXACT), regimes=_SMALL),
            cases(_everything(1), regimes=_SMALL),
        ),
        required=True,
    ),
    Law(
        "layout",
        "How arrays lie in memory does not change the map.",
        layout,
        (cases(_everything(2)),),
        required=True,
    ),
    Law(
        "locality",
        "A signal at one output reaches only the inputs that this output sees.",
        locality,
        (cases(_everything(3)),),
        required=True,
    ),
)
