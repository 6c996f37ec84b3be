"""What the studies find in nets of which the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.checks.cascade import cascade
from tinycnn.experiments import studies
from tinycnn.experiments.attack import fgsm, largest_change
from tinycnn.experiments.studies import adversarial, layer_randomisation
from tinycnn.experiments.studies.summary import random_net

NETS = 20
RULES = ("saliency", "deconvnet", "guided")


def bench(study: str, model: tc.Model, rules: tuple[str, ...], pairs: int) -> studies.StudyBench:
    recipe = studies.StudySetting(study, model.name, "random", "", rules, pairs, 0, ())
    return studies.StudyBench(recipe, model)


def test_random_nets_are_as_sensitive_as_theory_says() -> None:
    measure = studies.get("class-sensitivity").measure
    found: dict[str, list[float]] = {rule: [] for rule in RULES}
    for seed in range(NETS):
        setting, model = studies.describe("class-sensitivity", "three_layer_cnn", "random", RULES, 9, seed)
        for row in measure(studies.StudyBench(setting, model), model.preprocess(tc.image.default()), "0"):
            found[row.rule].append(row.values[0])
    for rule, predicted in random_net(setting).items():
        means = np.reshape(found[rule], (NETS, -1)).mean(axis=1)
        error = means.std(ddof=1) / math.sqrt(NETS)
        assert abs(means.mean() - predicted) < 3 * error + 0.06 * predicted  # limits of many filters


def test_nothing_is_predicted_of_guided_maps_through_pools() -> None:
    setting, _ = studies.describe("class-sensitivity", "digits", "digits", ["guided"])
    assert random_net(setting) == {"saliency": math.sqrt(2)}


def test_an_attack_fools_and_stays_an_image() -> None:
    model = tc.zoo.build("digits", "digits")
    x = model.preprocess(tc.image.sample("moon"))
    others = set(range(10)) - {int(tc.forward(model, x).output.argmax())}
    attacks = {l: fgsm(model, x, l, 1.0, adversarial.STEPS) for l in others}
    reached = {l: attacked for l, attacked in attacks.items() if attacked is not None}
    assert len(reached) > 1
    for l, attacked in reached.items():
        assert tc.forward(model, attacked).output.argmax() == l
        assert 0 <= attacked.min() <= attacked.max() <= 1
        epsilon = largest_change(model, x, attacked)
        assert 1 - 1e-4 < epsilon <= adversarial.STEPS + 1e-4  # float32
        assert np.abs(attacked - x).max() == pytest.approx(epsilon / 255, rel=1e-6)


def test_an_attack_that_fails_leaves_its_distances_undefined() -> None:
    layers = (
        tc.Flatten(name="flatten"),
        tc.Dense(np.zeros((2, 4), np.float32), np.float32([1, 0])),
    )
    model = tc.Model("constant", layers, (1, 2, 2), tc.preprocess.DIGITS.at((2, 2)))
    [row] = adversarial.measure(
        bench("adversarial", model, ("saliency",), 1), np.zeros((1, 1, 2, 2), np.float32), "0"
    )
    assert row.classes == "0>1"
    assert np.isnan(row.values[:3]).all()
    assert row.values[3] == 0


def test_a_cascade_draws_layers_from_the_top_and_ends_as_the_random_net() -> None:
    model = tc.zoo.build("digits", "digits")
    nets = cascade(model, tc.zoo.build("digits", "random", 5))
    assert [net.layer for net in nets] == ["logits", "conv2_2", "conv2_1", "conv1_2", "conv1_1"]
    random = tc.zoo.build("digits", "random", 5)
    for net in nets:
        learning = [layer for layer in net.model.layers if list(layer.parameters())]
        sources = [model] * (5 - net.depth) + [random] * net.depth
        for at, (layer, source) in enumerate(zip(learning, sources, strict=True)):
            expected = [other for other in source.layers if list(other.parameters())][at]
            np.testing.assert_array_equal(layer.weight, expected.weight)
            np.testing.assert_array_equal(layer.bias, expected.bias)


def test_a_batch_norm_is_reset_with_its_convolution() -> None:
    net = tc.zoo.build("resnet18")
    names = [net.layer for net in cascade(net, net)]
    assert len(names) == 21  # 20 convolutions, three of them on shortcuts, and a dense layer
    assert not [name for name in names if "bn" in name]


def test_a_net_that_is_random_already_keeps_its_maps() -> None:
    model = tc.zoo.build("digits", "random", 1)  # the first draw's
    x = model.preprocess(tc.image.default())
    for row in layer_randomisation.measure(bench("layer-randomisation", model, ("saliency",), 1), x, "0"):
        assert row.values == pytest.approx((1, 1, 1), abs=1e-12)  # the same weights: the same maps
