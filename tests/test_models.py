"""The classic networks: their published sizes, shapes, names of layers, and seeds."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.layers import flat
from tinycnn.zoo import PRETRAINED, build
from tinycnn.zoo.classes import imagenet

LEARNT = {
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "alexnet": 61_100_840,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "squeezenet1_1": 1_235_496,
    "efficientnet_lite0": 4_652_008,
}
"""Parameters as published, batch norms' statistics not counted."""

SMALL = {"vgg16": 32, "vgg19": 32, "alexnet": 67, "squeezenet1_1": 35}
"""Sides of small images; 32 for the others."""


@pytest.fixture(scope="module", params=LEARNT)
def small(request: pytest.FixtureRequest) -> tc.Model:
    side = SMALL.get(request.param, 32)
    return tc.zoo.MODELS[request.param](image=(side, side), classes=5, seed=3)


@pytest.mark.parametrize("name", LEARNT)
def test_models_have_their_published_number_of_parameters(name: str) -> None:
    net = build(name)
    statistics = sum(2 * layer.mean.size for layer in flat(net.layers) if isinstance(layer, tc.BatchNorm2D))
    assert net.size - statistics == LEARNT[name]


def test_every_pretrained_model_is_tried_here() -> None:
    assert set(PRETRAINED) == {*LEARNT, "digits"}


def test_a_random_net_gives_finite_logits_that_differ(small: tc.Model) -> None:
    y = tc.forward(small, small.preprocess(tc.image.default())).output
    assert y.shape == (1, 5)
    assert y.dtype == np.float32
    assert len(set(y[0].tolist())) > 1


def test_a_seed_repeats_and_another_does_not(small: tc.Model) -> None:
    side = small.input_shape[1:]
    again, other = (tc.zoo.MODELS[small.name](image=side, classes=5, seed=seed) for seed in (3, 4))
    for one, same, different in zip(*(flat(net.layers) for net in (small, again, other)), strict=True):
        if isinstance(one, tc.Conv2D | tc.Dense):
            np.testing.assert_array_equal(one.weight, same.weight)
            assert not np.isclose(one.weight, different.weight).all()


def test_layers_that_learn_have_names_and_weights_of_their_own(small: tc.Model) -> None:
    learning = [layer for layer in flat(small.layers) if isinstance(layer, tc.Conv2D | tc.Dense)]
    assert all(layer.name for layer in learning)
    starts = [layer.weight.ravel()[:4].tobytes() for layer in learning]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("alexnet", {"conv1": (64, 55, 55), "pool2": (192, 13, 13), "pool5": (256, 6, 6)}),
        ("resnet18", {"conv1": (64, 112, 112), "maxpool": (64, 56, 56), "layer4.1": (512, 7, 7)}),
        ("squeezenet1_1", {"conv1": (64, 111, 111), "fire3": (128, 55, 55), "fire9": (512, 13, 13)}),
        (
            "efficientnet_lite0",
            {"relu0": (32, 112, 112), "blocks.2": (24, 56, 56), "conv_head": (1280, 7, 7)},
        ),
    ],
)  # fmt: skip
def test_images_shrink_as_published(name: str, shapes: dict) -> None:
    net = build(name)
    trace = tc.forward(net, net.preprocess(tc.image.default()))
    assert {layer: trace[trace.index(layer)].output.shape[1:] for layer in shapes} == shapes
    assert trace.output.shape == (1, 1000)


def test_resnet50_has_its_strides_in_the_3x3_convolutions() -> None:
    net = tc.zoo.resnet50(image=(32, 32), classes=2)
    convolutions = {layer.name: layer for layer in flat(net.layers) if isinstance(layer, tc.Conv2D)}
    for group in (2, 3, 4):
        strides = [convolutions[f"layer{group}.0.{part}"].stride for part in ("conv1", "conv2", "conv3")]
        assert strides == [1, 2, 1]
        assert convolutions[f"layer{group}.0.downsample.0"].stride == 2


@pytest.mark.parametrize("name", ["vgg16", "vgg19", "alexnet"])
def test_without_dense_layers_the_output_is_that_of_the_last_pool(name: str) -> None:
    features = tc.zoo.MODELS[name](image=(67, 67), dense=False)
    whole = tc.zoo.MODELS[name](image=(67, 67), classes=5)
    x = whole.preprocess(tc.image.default())
    trace = tc.forward(whole, x)
    assert features.layers[-1].name == "pool5"
    np.testing.assert_array_equal(tc.forward(features, x).output, trace[trace.index("pool5")].output)


def test_a_thousand_logits_have_the_names_of_imagenets_classes() -> None:
    net = tc.zoo.squeezenet1_1(image=(35, 35))
    assert len(net.classes) == 1000
    x = net.preprocess(tc.image.default())
    for name, index in {"tabby": 281, "tiger cat": 282, "giant panda": 388, "lynx": 287}.items():
        maps = (tc.visualize(net, x, ["saliency"], target)["saliency"] for target in (name, index))
        np.testing.assert_array_equal(*maps)
    assert tc.zoo.squeezenet1_1(image=(35, 35), classes=7).classes == ()


def test_the_names_of_classes_are_in_the_order_of_imagenet() -> None:
    names = imagenet()
    assert names[0].startswith("tench")
    assert names[999].startswith("toilet tissue")
