"""Models: shapes, the laws of their random weights, and the authors' nets as published."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.zoo import MODELS, build, deep_cnn, three_layer_cnn, three_layer_fcn, vgg16


def weights(net: tc.Model) -> dict[str, np.ndarray]:
    return {layer.name: layer.weight for layer in net.layers if hasattr(layer, "weight")}


@pytest.mark.parametrize(
    ("net", "hidden"),
    [
        (three_layer_cnn(8, 5, image=(12, 10)), (8, 12, 10)),
        (three_layer_cnn(8, 5, stride=2, image=(12, 10)), (8, 6, 5)),
        (three_layer_cnn(8, 5, padding=0, image=(12, 10)), (8, 8, 6)),
        (three_layer_cnn(8, 5, pool=(2, 2), image=(12, 10)), (8, 6, 5)),
        (three_layer_cnn(8, 5, pool=(9, 1), image=(12, 10)), (8, 12, 10)),
        (deep_cnn((4, 6, 8), pools=(1, 3), image=(12, 12)), (8, 3, 3)),
    ],
)
def test_what_enters_the_dense_layer(net: tc.Model, hidden: tuple) -> None:
    trace = tc.forward(net, net.preprocess(tc.image.default()))
    assert trace[-2].input.shape[1:] == hidden
    assert trace.output.shape == (1, 10)


def test_the_fully_connected_net() -> None:
    net = three_layer_fcn(20, image=(4, 4), classes=3)
    assert [array.shape for array in weights(net).values()] == [(20, 48), (3, 20)]


def test_vgg16_has_its_138_million_parameters() -> None:
    assert vgg16().size == 138_357_544


def test_a_seed_repeats_and_another_does_not() -> None:
    one, same, other = (weights(three_layer_cnn(8, image=(8, 8), seed=seed)) for seed in (1, 1, 2))
    for name in one:
        np.testing.assert_array_equal(one[name], same[name])
        assert not np.isclose(one[name], other[name]).any()


def test_layers_of_one_shape_have_weights_of_their_own() -> None:
    """One seed serves the whole net, but not one stream: no two layers repeat each other."""
    arrays = weights(deep_cnn((3, 3, 3), image=(6, 6)))
    assert arrays["conv1"].shape == arrays["conv2"].shape == arrays["conv3"].shape
    assert not np.isclose(arrays["conv1"], arrays["conv2"]).any()
    assert not np.isclose(arrays["conv2"], arrays["conv3"]).any()


def test_a_weight_is_of_both_signs() -> None:
    for init in (
        tc.init.he,
        tc.init.glorot,
        tc.init.normal(1.0),
        tc.init.truncated_normal(0.1),
    ):
        draw = init(np.random.default_rng(0), (100, 100))
        assert 0.45 < (draw > 0).mean() < 0.55  # 10 deviations of a fair coin


def test_a_small_net_is_no_prefix_of_a_large_one() -> None:
    small, large = (weights(three_layer_cnn(n, image=(8, 8)))["conv"] for n in (8, 16))
    assert not np.isclose(small, large[:8]).any()


@pytest.mark.parametrize(
    ("init", "sd"),
    [
        (tc.init.he, np.sqrt(2 / 100)),
        (tc.init.glorot, np.sqrt(2 / 1100)),
        (tc.init.normal(0.3), 0.3),
        (tc.init.truncated_normal(0.1), 0.08796),
    ],
)
def test_initialisers_have_their_mean_and_deviation(init: tc.init.Init, sd: float) -> None:
    draw = init(np.random.default_rng(0), (1000, 100))
    assert draw.dtype == np.float32
    error = sd / np.sqrt(draw.size)
    assert abs(draw.mean()) < 4 * error
    assert abs(draw.std() - sd) < 4 * error


def test_fan_in_counts_the_taps() -> None:
    draw = tc.init.he(np.random.default_rng(0), (400, 10, 5, 5))
    assert draw.std() == pytest.approx(np.sqrt(2 / 250), rel=0.02)


def test_a_truncated_normal_stops_at_two() -> None:
    draw = np.abs(tc.init.truncated_normal(0.1)(np.random.default_rng(0), (100_000,)))
    assert 0.1999 < draw.max() <= 0.2


def test_biases_are_drawn_too() -> None:
    net = three_layer_cnn(300, 3, image=(4, 4), bias=tc.init.normal(2.0))
    assert net.layers[0].bias.std() == pytest.approx(2, rel=0.15)
    assert not three_layer_cnn(3, 3, image=(4, 4)).layers[0].bias.any()


def test_the_authors_fully_connected_net_is_as_published() -> None:
    net = build("paper_fcn")
    hidden, logits = (layer for layer in net.layers if isinstance(layer, tc.Dense))
    assert hidden.weight.shape == (5000, 12288)
    assert logits.weight.shape == (1000, 5000)
    assert 0.199 < np.abs(hidden.weight).max() <= 0.2
    assert 19.9 < np.abs(logits.weight).max() <= 20
    np.testing.assert_array_equal(hidden.bias, 1)
    np.testing.assert_array_equal(logits.bias, 0)
    assert net.preprocess.name == "imagenet-mean"


def test_the_authors_cost_target_on_their_net_is_exactly_zero() -> None:
    """Its logits have a deviation of hundreds of thousands, so the softmax saturates."""
    net = build("paper_fcn")
    trace = tc.forward(net, net.preprocess(tc.image.default()))
    assert trace.output.std() > 1e5
    assert not tc.targets.cost()(trace).any()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pools"), [("paper_cnn", 0), ("paper_cnn_pool", 1)])
def test_the_authors_cnn_is_as_published(name: str, pools: int) -> None:
    net = build(name)
    arrays = weights(net)
    assert arrays["conv"].shape == (16, 3, 7, 7)
    assert arrays["logits"].shape == (1000, 224 * 224 * 16)
    assert 0.19 < np.abs(arrays["conv"]).max() <= 0.2
    assert not net.layers[0].bias.any()
    found = [layer for layer in net.layers if isinstance(layer, tc.MaxPool2D)]
    assert [(layer.size, layer.stride, layer.padding) for layer in found] == [(9, 1, "same")] * pools


def test_the_authors_vgg_has_their_weights_and_biases() -> None:
    net = build("paper_vgg16")
    for layer in net.layers:
        if isinstance(layer, tc.Conv2D):
            assert not layer.bias.any()
        elif isinstance(layer, tc.Dense):
            np.testing.assert_array_equal(layer.bias, 1)
    assert net.layers[0].weight.std() == pytest.approx(0.08796, rel=0.1)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean vgg1"):
        build("vgg61")


def test_weights_that_a_model_does_not_know_are_refused() -> None:
    with pytest.raises(tc.TinycnnError):
        build("three_layer_cnn", "vgg16-features")


def test_every_model_takes_a_seed() -> None:
    assert set(MODELS) >= {"three_layer_cnn", "three_layer_fcn", "deep_cnn", "vgg16", "vgg19", "digits"}
    for name in ("three_layer_fcn", "deep_cnn", "digits"):
        assert "seed 3" in build(name, seed=3).weights


def test_replacing_weights_checks_names_and_shapes() -> None:
    net = three_layer_cnn(4, 3, image=(4, 4))
    with pytest.raises(tc.ShapeError, match=r"conv\.weight .* \(4, 3, 3, 3\), got \(1,\)"):
        net.with_weights({"conv.weight": np.zeros(1)}, "")
    with pytest.raises(tc.UnknownNameError, match=r"did you mean conv\.bias"):
        net.with_weights({"conv.bais": np.zeros(4)}, "")
    new = net.with_weights({"conv.bias": np.arange(4)}, "mine")
    np.testing.assert_array_equal(new.layers[0].bias, np.arange(4))
    assert new.layers[0].bias.dtype == np.float32
    assert new.weights == "mine"
    assert not net.layers[0].bias.any()
