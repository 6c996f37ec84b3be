"""Within `exact`, float32 convolutions round as little as a direct sum."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from ops.strategies import normal

import tinycnn as tc
from tinycnn import ops
from tinycnn.ops import engine
from tinycnn.ops.geometry import window
from tinycnn.ops.kernels.blocks import conv

X, WEIGHT = normal(0, (1, 64, 28, 28), np.float32), normal(1, (64, 64, 3, 3), np.float32)
SUM = ops.conv2d(X.astype("f8"), WEIGHT.astype("f8"), padding=1)
BACK = ops.conv2d_vjp_input(SUM, WEIGHT.astype("f8"), (28, 28), padding=1)


def errors() -> list[float]:
    """Relative errors, forward and back; the rounding of the signal itself, 3e-8, is part of the second."""
    y = engine.conv2d(X, WEIGHT, padding=1)
    back = engine.conv2d_vjp_input(SUM.astype("f4"), WEIGHT, (28, 28), padding=1)
    return [
        float(np.linalg.norm(found - exact) / np.linalg.norm(exact))
        for found, exact in ((y, SUM), (back, BACK))
    ]


def test_it_is_more_exact_and_ends() -> None:
    assert conv.tiled(WEIGHT, window((28, 28), (3, 3), padding=1), 1)
    before = errors()
    with tc.exact():
        within = errors()
    assert max(within) < 2.5e-7 < min(before)
    assert errors() == before
    with pytest.raises(KeyError), tc.exact():
        raise KeyError
    assert errors() == before


def test_it_holds_for_the_thread_that_entered_it() -> None:
    found = []
    before = errors()
    with tc.exact():
        other = threading.Thread(target=lambda: found.append(errors()))
        other.start()
        other.join()
    assert found == [before]


def maps(model: tc.Model, x: np.ndarray) -> np.ndarray:
    return np.stack(list(tc.visualize(model, x, rules=["saliency", "guided"], target=0).values()))


def test_maps_too() -> None:
    """The pass with activations and pools asks for the method twice, and must get the same answer."""
    shapes = (16, 3, 3, 3), (32, 16, 3, 3), (5, 32 * 12 * 12)
    first, second, dense = (normal(i, shape) / np.sqrt(np.prod(shape[1:])) for i, shape in enumerate(shapes))
    layers = (
        tc.Conv2D(first, padding=1), tc.ReLU(), tc.Conv2D(second, padding=1), tc.ReLU(), tc.MaxPool2D(2, 2),
        tc.Flatten(), tc.Dense(dense),
    )  # fmt: skip
    double = tc.Model("small", layers, (3, 24, 24)).astype(np.float32).astype(np.float64)
    single, x = double.astype(np.float32), normal(3, (1, 3, 24, 24), np.float32)
    expected = maps(double, x.astype("f8"))
    usual = maps(single, x)
    with tc.exact():
        direct = maps(single, x)
    distances = [np.linalg.norm(found - expected) / np.linalg.norm(expected) for found in (usual, direct)]
    assert distances[1] < 2e-7 < distances[0] < 1e-5
