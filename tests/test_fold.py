"""Folding batch norms: fewer layers, the same function, and the same maps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.layers import flat
from tinycnn.zoo.fold import fold_batch_norm

RNG_SHIFT = 100


def normal(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def conv(seed: int, k: int, c: int, name: str, bias: bool = True, groups: int = 1) -> tc.Conv2D:
    shift = normal(seed + RNG_SHIFT, (k,)) if bias else None
    return tc.Conv2D(normal(seed, (k, c // groups, 3, 3)), shift, padding=1, groups=groups, name=name)


def norm(seed: int, c: int, name: str) -> tc.BatchNorm2D:
    weight, bias, mean = (normal(seed + step, (c,)) for step in range(3))
    return tc.BatchNorm2D(weight, bias, mean, np.exp(normal(seed + 3, (c,))), 1e-3, name=name)


SKIP = tc.Branches(
    ((conv(1, 4, 4, "a", bias=False), norm(2, 4, "an"), tc.ReLU(), conv(3, 4, 4, "b"), norm(4, 4, "bn")), ()),
    tc.Add(),
)
SIDES = tc.Branches(
    ((conv(5, 2, 4, "l"), norm(6, 2, "ln")), (SKIP, conv(7, 3, 4, "r", bias=False), norm(8, 3, "rn"))),
    tc.Concatenate(),
)
TWICE = (conv(9, 4, 4, "twice"), norm(10, 4, "twice-norm"))
NETS = {
    "a chain": ((conv(11, 5, 4, "c"), norm(12, 5, "n"), tc.ReLU()), 1),
    "no bias": ((conv(13, 5, 4, "c", bias=False), norm(14, 5, "n"), tc.ReLU6()), 1),
    "depthwise": ((conv(15, 8, 4, "c", groups=4), norm(16, 8, "n"), tc.ReLU()), 1),
    "an identity beside it": ((SKIP, tc.ReLU()), 2),
    "branches in branches": ((SIDES, tc.ReLU()), 4),
    "two in a row": ((conv(17, 5, 4, "c"), norm(18, 5, "n"), norm(19, 5, "m")), 2),
    "a pair that is used twice": ((*TWICE, tc.ReLU(), *TWICE), 2),
    "nothing to fold": ((norm(20, 4, "n"), tc.ReLU(), conv(21, 5, 4, "c")), 0),
}


@pytest.mark.parametrize(("layers", "count"), NETS.values(), ids=NETS)
def test_a_folded_net_is_the_same_function_with_the_same_maps(layers: tuple, count: int) -> None:
    net = tc.Model("net", layers, (4, 6, 5))
    folded = fold_batch_norm(net)
    assert len(list(flat(net.layers))) - len(list(flat(folded.layers))) == count
    x = normal(30, (2, 4, 6, 5))
    expected, found = tc.forward(net, x), tc.forward(folded, x)
    np.testing.assert_allclose(found.output, expected.output, rtol=1e-10, atol=1e-10)
    seed = normal(31, expected.output.shape)
    for rule in ("saliency", "deconvnet", "guided"):
        maps = [tc.backward(trace, seed, tc.rules.get(rule))[0] for trace in (expected, found)]
        np.testing.assert_allclose(maps[1], maps[0], rtol=1e-10, atol=1e-10 * np.abs(maps[0]).max())


def lively(model: tc.Model) -> tc.Model:
    """The model in float64, its batch norms with statistics that matter."""
    norms = [layer for layer in flat(model.layers) if isinstance(layer, tc.BatchNorm2D)]
    arrays = {}
    for seed, layer in enumerate(norms):
        drawn = norm(seed, len(layer.weight), layer.name)
        arrays |= {f"{layer.name}.{key}": array for key, array in drawn.parameters()}
    return model.astype(np.float64).with_weights(arrays, "drawn")


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0"])
def test_a_classic_loses_all_its_batch_norms_and_nothing_else(name: str) -> None:
    net = lively(tc.zoo.MODELS[name](image=(33, 33), classes=5))
    folded = fold_batch_norm(net)
    assert not any(isinstance(layer, tc.BatchNorm2D) for layer in flat(folded.layers))
    kept = [layer.name for layer in flat(net.layers) if not isinstance(layer, tc.BatchNorm2D)]
    assert [layer.name for layer in flat(folded.layers)] == kept
    x = normal(0, (1, 3, 33, 33))
    expected = tc.forward(net, x).output
    found = tc.forward(folded, x).output
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


def test_precision_stays() -> None:
    layers = (conv(0, 5, 4, "c"), norm(1, 5, "n"))
    single = fold_batch_norm(tc.Model("net", layers, (4, 6, 5)).astype(np.float32))
    (layer,) = single.layers
    assert {array.dtype for _, array in layer.parameters()} == {np.dtype(np.float32)}


def test_the_model_given_is_left_alone() -> None:
    layers = (conv(0, 5, 4, "c"), norm(1, 5, "n"))
    net = tc.Model("net", layers, (4, 6, 5), weights="mine")
    folded = fold_batch_norm(net)
    assert net.layers == layers
    assert dataclasses.replace(folded, layers=layers).weights == "mine"
