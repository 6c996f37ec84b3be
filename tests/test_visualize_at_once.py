"""`visualize` sends all rules and seeds back in one batch: the maps are those of one backward pass each."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import targets
from tinycnn.model import Model
from tinycnn.rules import RULES
from tinycnn.zoo.init import constant, he


def _net(dtype: type = np.float64) -> Model:
    """Convolutions, overlapping pools, a residual block and a dense layer."""

    def conv(name: str, *shape: int) -> tc.Conv2D:
        rng = np.random.default_rng(len(name) + sum(shape))
        return tc.Conv2D(he(rng, shape), constant(0.1)(rng, shape[:1]), padding=1, name=name)

    shortcut: tuple[tc.Layer, ...] = ()
    block = tc.Branches(((conv("a", 4, 4, 3, 3), tc.ReLU()), shortcut), tc.Add(), name="block")
    both = tc.Branches(((conv("b", 2, 4, 3, 3),), (conv("c", 3, 4, 3, 3), tc.ReLU6())), tc.Concatenate())
    layers = (
        conv("first", 4, 3, 3, 3),
        tc.ReLU(),
        tc.MaxPool2D(3, 2),
        block,
        both,
        tc.Softplus(),
        tc.AvgPool2D(2, 1),
        tc.Flatten(),
        tc.Dense(np.random.default_rng(1).standard_normal((6, 5 * 5 * 5)), name="logits"),
    )
    return Model("small", layers, (3, 13, 13)).astype(dtype)


@pytest.mark.parametrize("images", [1, 3])
def test_all_rules_at_once_give_the_maps_of_each(images: int) -> None:
    net, x = _net(), np.random.default_rng(2).standard_normal((images, 3, 13, 13))
    maps = tc.visualize(net, x, list(RULES), "max")
    trace = tc.forward(net, x)
    seed = targets.max_logit()(trace)
    assert list(maps) == list(RULES)
    for name, rule in RULES.items():
        expected = tc.backward(trace, seed, rule)[0]
        np.testing.assert_allclose(maps[name], expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_seeds_in_several_batches_give_the_maps_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    net, x = _net(), np.random.default_rng(2).standard_normal((1, 3, 13, 13))
    both = targets.several([targets.logit(k) for k in range(5)])
    at_once = tc.visualize(net, x, target=both)
    monkeypatch.setattr(sys.modules["tinycnn.visualize"], "_HELD", 3 * 2 * 8 * 4 * 13 * 13)
    one_by_one = tc.visualize(net, x, target=both)
    for name, expected in at_once.items():
        assert expected.shape == (5, 3, 13, 13)
        np.testing.assert_allclose(one_by_one[name], expected, rtol=1e-12, atol=1e-12)


def test_no_rules_give_no_maps() -> None:
    assert tc.visualize(_net(), np.zeros((1, 3, 13, 13)), []) == {}
