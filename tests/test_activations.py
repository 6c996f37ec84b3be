"""Activations: one that a script adds is treated rightly everywhere; none has another one's derivative."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.layers import Activation
from tinycnn.rules import GRADIENT, RULES
from tinycnn.testing import check_rule
from tinycnn.testing.strategies import every_activation


def written_by_somebody_else() -> type[Activation]:
    """A class that no module has under its name, so that the laws of other tests do not meet it."""

    class Bent(Activation):
        """``x`` where it is positive, elsewhere a quarter of it, written by somebody else."""

        def function(self, x: np.ndarray) -> np.ndarray:
            return np.where(x > 0, x, x / 4).astype(x.dtype)

        def derivative(self, x: np.ndarray) -> np.ndarray:
            return np.where(x > 0, 1, 0.25).astype(x.dtype)

    return Bent


BENT = written_by_somebody_else()


def net(activation: tc.Layer, pool: bool = False) -> tc.Model:
    """A three-layer net, random, with that activation."""
    draw = np.random.default_rng(0)
    weight = draw.normal(scale=0.2, size=(16, 3, 3, 3))  # so small that no two entries saturate to a tie
    first = tc.Conv2D(weight.astype(np.float32), padding=1)
    last = tc.Dense(draw.normal(size=(5, 16 * (36 if pool else 144))).astype(np.float32))
    middle: list[tc.Layer] = [tc.MaxPool2D(2, 2)] if pool else []
    return tc.Model("bent", (first, activation, *middle, tc.Flatten(), last), (3, 12, 12))


X = np.random.default_rng(1).normal(size=(2, 3, 12, 12)).astype(np.float32)


@pytest.mark.parametrize("pool", [False, True])
def test_every_rule_treats_an_added_activation_like_the_shipped_one(pool: bool) -> None:
    mine, shipped = net(BENT(), pool), net(tc.LeakyReLU(0.25), pool)
    found, expected = (tc.visualize(model, X, rules=tuple(RULES)) for model in (mine, shipped))
    for name in RULES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)


def test_no_rule_of_the_family_is_silently_the_gradient_on_an_added_activation() -> None:
    maps = tc.visualize(net(BENT()), X)
    assert not np.allclose(maps["guided"], maps["saliency"], rtol=0.05)
    assert not np.allclose(maps["deconvnet"], maps["saliency"], rtol=0.05)


def test_the_family_at_an_activation_is_mask_times_what_is_sent() -> None:
    z, signal = np.array([[-2.0, 3.0, -1.0, 2.0]]), np.array([[1.0, -1.0, -1.0, 1.0]])
    trace = tc.forward(tc.Model("one", (BENT(),), (4,)), z)
    maps = {name: tc.backward(trace, signal, RULES[name])[0] for name in ("saliency", "deconvnet", "guided")}
    np.testing.assert_array_equal(maps["saliency"], [[0.25, -1, -0.25, 1]])
    np.testing.assert_array_equal(maps["deconvnet"], [[1, 0, 0, 1]])
    np.testing.assert_array_equal(maps["guided"], [[0.25, 0, 0, 1]])


def test_the_laws_draw_every_activation_that_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BENT not in every_activation()
    monkeypatch.setattr(sys.modules[__name__], "Bent", BENT, raising=False)
    assert {BENT, tc.GELU, tc.PReLU, tc.Clip} <= set(every_activation())
    check_rule(RULES["guided"])
    check_rule(GRADIENT, ["additivity", "completeness"])


@pytest.mark.parametrize("kind", every_activation())
@pytest.mark.parametrize("rule", ["saliency", "deconvnet", "guided"])
def test_the_fast_path_agrees_or_declines(kind: Any, rule: str) -> None:
    fused = pytest.importorskip("tinycnn.fused", reason="the fast path needs Numba")
    model = net(kind(), pool=True)
    fast = fused.maps(model.layers, X, [RULES[rule]], tc.targets.max_logit())
    slow = tc.visualize(model.astype(np.float64), X.astype(np.float64), rules=[rule])[rule]
    assert fast is not None or kind().range is None
    if fast is not None:
        np.testing.assert_allclose(fast[rule], slow, rtol=1e-3, atol=1e-3)


def test_a_subclass_never_keeps_the_derivative_of_another_function() -> None:
    class Doubled(tc.ReLU):
        def function(self, x: np.ndarray) -> np.ndarray:
            return 2 * np.maximum(x, 0)

        def derivative(self, x: np.ndarray) -> np.ndarray:
            return 2.0 * (x > 0)

    one = np.ones((1, 2))
    np.testing.assert_array_equal(Doubled().vjp(one, np.array([[-1.0, 3.0]])), [[0, 2]])
    assert Doubled().range is None  # the fast path would clip, and forget the factor
    with pytest.raises(TypeError, match="Halved must define function, and derivative or vjp"):

        class Halved(tc.ReLU):
            def function(self, x: np.ndarray) -> np.ndarray:
                return np.maximum(x, 0) / 2

    with pytest.raises(TypeError, match="Slower must define function"):

        class Slower(tc.ReLU):
            def derivative(self, x: np.ndarray) -> np.ndarray:
                return np.ones_like(x)


@pytest.mark.parametrize("kind", every_activation())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivatives_are_those_of_the_function(kind: Any, dtype: type) -> None:
    layer, z = kind(), (np.linspace(-7.3, 7.9, 96)[None]).astype(dtype)
    assert layer.function(z).dtype == layer.derivative(z).dtype == dtype
    wide = z.astype(np.float64)
    step = 1e-5
    quotient = (layer.function(wide + step) - layer.function(wide - step)) / (2 * step)
    np.testing.assert_allclose(layer.derivative(z), quotient, atol=2e-6 if dtype is np.float32 else 1e-8)
    signal = np.random.default_rng(0).normal(size=(3, 96)).astype(dtype)
    np.testing.assert_allclose(layer.vjp(signal, z), signal * layer.derivative(z), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", every_activation())
def test_numbers_of_any_size_neither_overflow_nor_vanish_into_nan(kind: Any) -> None:
    layer = kind()
    for dtype in (np.float32, np.float64):
        z = np.array([[-1e30, -200, -40, -3, 0, 3, 40, 200, 1e30]], dtype)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert np.isfinite(layer.function(z)).all()
            assert np.isfinite(layer.derivative(z)).all()


def test_slopes_for_each_channel() -> None:
    slopes, x = np.array([0.5, -1, 0]), np.full((2, 3, 2, 2), -4.0)
    y, _ = tc.PReLU(slopes).forward(x)
    np.testing.assert_array_equal(y[:, :, 0, 0], [[-2, 4, 0]] * 2)
    np.testing.assert_array_equal(tc.PReLU(slopes).forward(x[:, :, 0, 0])[0], [[-2, 4, 0]] * 2)
    np.testing.assert_array_equal(tc.PReLU(np.array([0.5])).forward(x)[0], x / 2)
    assert tc.PReLU(slopes).forward(x.astype(np.float32))[0].dtype == np.float32
    with pytest.raises(tc.ShapeError, match=r"layer 0 .*PReLU.*slopes \(3,\)"):
        tc.forward(tc.Model("p", (tc.PReLU(slopes),), (2, 2, 2)), np.zeros((1, 2, 2, 2)))


def test_options_that_make_no_activation_are_refused() -> None:
    x = np.zeros((1, 2))
    with pytest.raises(tc.ShapeError, match="clip: low 1 must be less than high 1"):
        tc.Clip(1, 1).forward(x)
    with pytest.raises(tc.ShapeError, match="softplus: beta must be positive"):
        tc.Softplus(0).forward(x)
