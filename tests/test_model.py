"""Models: what is inside is checked when they are made, and changing one leaves the other as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinycnn as tc


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def conv(seed: int, name: str) -> tc.Conv2D:
    return tc.Conv2D(draw(seed, 2, 2, 3, 3), draw(seed + 1, 2), padding=1, name=name)


@pytest.fixture
def net() -> tc.Model:
    block = tc.Branches(((conv(0, "inner"), tc.ReLU()), ()), tc.Add(), name="block")
    return tc.Model("net", (conv(2, "first"), block), (2, 4, 4))


@pytest.fixture
def tied() -> tc.Model:
    """One convolution, used twice."""
    shared = conv(0, "shared")
    return tc.Model("tied", (shared, tc.ReLU(), shared), (2, 4, 4))


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(tc.TinycnnError, match="net: two layers are called 'same'"):
        tc.Model("net", (conv(0, "same"), conv(1, "same")), (2, 4, 4))


@pytest.mark.parametrize(
    ("layers", "shape", "words"),
    [
        (tc.ReLU(), (1, 8, 8), "net: layers must be a tuple of layers, got ReLU"),
        ((tc.ReLU,), (1, 8, 8), r"net: layer 0 is <class .*ReLU'>, expected one such as tinycnn.ReLU\(\)"),
        ((tc.ReLU(),), 8, r"net: input_shape must be \(c, h, w\), .* got 8"),
        ((tc.ReLU(),), (1, 8, 8.0), r"got \(1, 8, 8.0\)"),
        ((tc.ReLU(),), (1, 0, 8), r"got \(1, 0, 8\)"),
    ],
)
def test_what_no_model_is_made_of_is_refused(layers: Any, shape: Any, words: str) -> None:
    with pytest.raises(tc.TinycnnError, match=words):
        tc.Model("net", layers, shape)


def test_one_layer_used_twice_counts_once(tied: tc.Model) -> None:
    assert tied.size == 2 * 2 * 9 + 2


def test_one_layer_used_twice_stays_one_in_another_precision(tied: tc.Model) -> None:
    rough = tied.astype(np.float32)
    assert rough.layers[0] is rough.layers[2]
    x = draw(3, 1, 2, 4, 4)
    found, expected = tc.forward(rough, x.astype(np.float32)).output, tc.forward(tied, x).output
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_one_layer_used_twice_takes_new_weights_in_both_places(tied: tc.Model) -> None:
    new = tied.with_weights({"shared.weight": np.zeros((2, 2, 3, 3))}, "zeros")
    bias = tied.layers[0].bias
    np.testing.assert_array_equal(tc.forward(new, draw(3, 1, 2, 4, 4)).output[0, :, 0, 0], bias)


def test_weights_inside_branches_are_replaced_and_the_old_model_kept(net: tc.Model) -> None:
    new = net.with_weights({"inner.weight": np.ones((2, 2, 3, 3)), "first.bias": [0, 0] * np.ones(2)}, "mine")
    inner, old = (model.layers[1].branches[0][0] for model in (new, net))
    np.testing.assert_array_equal(inner.weight, 1)
    np.testing.assert_array_equal(inner.bias, old.bias)
    np.testing.assert_array_equal(new.layers[0].bias, 0)
    assert (new.weights, net.weights) == ("mine", "random")
    assert not (old.weight == 1).any()


def test_new_weights_take_the_models_precision(net: tc.Model) -> None:
    new = net.with_weights({"first.weight": np.ones((2, 2, 3, 3), np.float32)}, "")
    assert new.layers[0].weight.dtype == np.float64


@pytest.mark.parametrize(
    ("arrays", "error", "words"),
    [
        (
            {"first.weight": np.ones((2, 2, 5, 5))},
            tc.ShapeError,
            r"first\.weight .* 3, 3\), got \(2, 2, 5, 5\)",
        ),
        ({"first.wieght": np.ones(1)}, tc.UnknownNameError, r"did you mean first\.weight"),
        ({"inner.bias": np.array([0, np.nan])}, tc.NonFiniteError, r"bias of layer 1 inner \(Conv2D\)"),
    ],
)
def test_weights_that_do_not_fit_are_refused(net: tc.Model, arrays: dict, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        net.with_weights(arrays, "")


def test_a_layer_without_a_name_is_named_by_its_place_and_type() -> None:
    broken = tc.Conv2D(np.full((1, 2, 1, 1), np.inf))
    with pytest.raises(tc.NonFiniteError, match="net: weight of layer 1 Conv2D has NaN"):
        tc.Model("net", (tc.ReLU(), broken), (2, 4, 4))


def test_a_models_preprocessing_makes_its_input() -> None:
    net = tc.zoo.three_layer_cnn(2, 3, image=(6, 8))
    image = np.full((20, 20, 3), 200, np.uint8)
    x = net.preprocess(image)
    assert (x.shape[1:], x.dtype) == (net.input_shape, np.float32)
    mean = np.array([123.68, 116.779, 103.939])  # the authors', red first
    np.testing.assert_allclose(x[0, :, 0, 0], 200 - mean, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "preset"),
    [("three_layer_cnn", "imagenet-mean"), ("deep_cnn", "imagenet-mean"), ("digits", "digits")],
)
def test_each_model_says_how_it_wants_its_input(name: str, preset: str) -> None:
    net = tc.zoo.build(name)
    assert net.preprocess.name == preset
    assert net.preprocess(np.zeros((9, 9, 3), np.uint8)).shape == (1, *net.input_shape)


def test_a_model_is_shown_without_its_weights(net: tc.Model) -> None:
    assert repr(net).splitlines() == [
        "<Model net: input 2x4x4, 76 parameters, weights random>",
        "  first  Conv2D    2x4x4",
        "  block  Branches  2x4x4",
    ]


def test_what_does_not_fit_is_shown_all_the_same() -> None:
    odd = tc.Model("odd", (tc.ReLU(), tc.Dense(np.ones((2, 3))), tc.ReLU()), (1, 2, 2))
    assert repr(odd).splitlines()[1:] == [
        "  -  ReLU   1x2x2",
        "  -  Dense  does not fit",
        "  -  ReLU   does not fit",
    ]


def test_layers_and_steps_are_shown_without_their_numbers(net: tc.Model) -> None:
    shown = "Conv2D(name='first', weight=<float64 (2, 2, 3, 3)>, bias=<float64 (2,)>, padding=1)"
    assert repr(net.layers[0]) == shown
    assert repr(net.layers[1]).startswith("Branches(name='block', branches=((Conv2D(name='inner', ")
    trace = tc.forward(net, np.ones((1, 2, 4, 4)))
    assert repr(trace[:1]) == "(<Step first (Conv2D): output float64 (1, 2, 4, 4)>,)"


def test_a_layer_that_shows_itself_does_so() -> None:
    class Mine(tc.ReLU):
        def __repr__(self) -> str:
            return "mine"

    assert repr(Mine()) == "mine"
