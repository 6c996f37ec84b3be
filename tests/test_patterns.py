"""PatternNet and PatternAttribution: what a unit's output says of its input."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.rules.patterns import STORED, estimate, pattern_rule, patternnet, stored
from tinycnn.zoo import digits


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def suppressor() -> tuple[tc.Model, np.ndarray]:
    """``x = (y + e, e)``, y and e uncorrelated in the sample; the weights (1, -1) find y."""
    y, e = draw(0, 2, 500)
    y, e = y - y.mean(), e - e.mean()
    e -= (e @ y) / (y @ y) * y
    layers = (tc.Flatten(), tc.Dense(np.array([[1.0, -1.0]]), name="logit"))
    return tc.Model("suppressor", layers, (2, 1, 1)), np.stack([y + e, e], 1)[..., None, None]


def test_a_pattern_is_the_signal_where_half_of_the_weight_is_a_suppressor() -> None:
    model, x = suppressor()
    patterns = estimate(model, x)
    np.testing.assert_allclose(patterns["logit"], [[1, 0]], atol=1e-12)
    maps = tc.visualize(model, x[:1], ["saliency", pattern_rule(patterns)], 0)
    assert cosine(maps["saliency"], maps["patternnet"])[0] == pytest.approx(
        np.sign(maps["patternnet"][0, 0, 0, 0]) / np.sqrt(2)
    )


def test_below_a_relu_a_pattern_is_the_signal_of_what_is_sent_on() -> None:
    """The signal of a positive output is (1, 0), that of a negative one (.5, -.5); w = (1, -1) finds both."""
    y, e = draw(0, 2, 500)
    y, e = y - y.mean(), np.concatenate([e, -e])
    y = np.concatenate([y, y])
    x = np.stack([np.where(y > 0, y, y / 2) + e, np.where(y > 0, 0, -y / 2) + e], 1)[..., None, None]
    layers = (tc.Flatten(), tc.Dense(np.array([[1.0, -1.0]]), name="hidden"), tc.ReLU())
    model = tc.Model("regimes", layers, (2, 1, 1))
    np.testing.assert_allclose(estimate(model, x)["hidden"], [[1, 0]], atol=1e-12)
    between = estimate(model, x, linear=True)["hidden"]
    np.testing.assert_allclose(between.sum(), 1 - np.mean(np.minimum(y, 0) ** 2) / y.var())


def test_the_stored_patterns_draw_the_digit_and_not_its_negative() -> None:
    """The linear estimator's maps of the same digits have a mean correlation of -.60 with them."""
    model = digits("digits")
    x = model.preprocess(list(digit_pictures(20, 0)[0]))
    correlations = centred_cosine(tc.visualize(model, x, "patternnet")["patternnet"], x)
    assert correlations.mean() > 0.5


def test_patterns_by_their_formula_on_the_patches_of_a_convolution() -> None:
    layers = (
        tc.Conv2D(draw(1, 4, 1, 2, 3), draw(2, 4), stride=(1, 2), padding=1, groups=2, name="conv"),
        tc.ReLU(),
        tc.Flatten(),
        tc.Dense(draw(3, 3, 72), draw(4, 3), name="dense"),
    )
    x = draw(5, 300, 2, 5, 6)
    net = tc.Model("net", layers, (2, 5, 6))
    trace, found = tc.forward(net, x), estimate(net, x)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for k in range(4):
        seen = np.array([padded[:, k // 2, i : i + 2, 2 * j : 2 * j + 3] for i in range(6) for j in range(3)])
        y = np.array([trace[0].output[:, k, i, j] for i in range(6) for j in range(3)])
        linear = np.mean((y - y.mean())[..., None, None] * seen, axis=(0, 1)) / y.var()
        np.testing.assert_allclose(estimate(net, x, linear=True)["conv"][k, 0], linear, rtol=1e-9, atol=1e-12)
        above, there = y[y > 0], seen[y > 0]
        direction = np.mean(above[:, None, None] * there, axis=0) - there.mean(axis=0) * y.mean()
        expected = direction / np.sum(layers[0].weight[k, 0] * direction)
        np.testing.assert_allclose(found["conv"][k, 0], expected, rtol=1e-9, atol=1e-12)
    y, hidden = trace[3].output - trace[3].output.mean(0), trace[3].input
    np.testing.assert_allclose(
        found["dense"], (y.T @ hidden) / np.sum(y**2, 0)[:, None], rtol=1e-9, atol=1e-12
    )


def test_the_stored_patterns_measure_one_unit_of_each_output() -> None:
    model = digits("digits")
    weights = {layer.name: layer.weight for layer in model.layers if isinstance(layer, tc.Conv2D | tc.Dense)}
    assert list(stored("digits")) == list(weights)
    for name, pattern in stored("digits").items():
        along = tuple(range(1, pattern.ndim))
        np.testing.assert_allclose((pattern * weights[name]).sum(along), 1, atol=1e-4, err_msg=name)


def test_maps_of_the_digits_net_go_by_the_formulas() -> None:
    model = digits("digits")
    x = draw(6, 1, 1, 28, 28).astype(np.float32)
    maps = tc.visualize(model, x, ["patternnet", "pattern-attribution"], 3)
    trace, patterns = tc.forward(model, x), stored("digits")
    for name, weighted in (("patternnet", False), ("pattern-attribution", True)):
        signal = np.zeros_like(trace.output)
        signal[0, 3] = trace.output[0, 3]
        for step in reversed(trace):
            layer = step.layer
            if isinstance(layer, tc.Conv2D | tc.Dense):
                weight = patterns[layer.name] * (layer.weight if weighted else np.float32(1))
                kind = type(layer)
                layer = kind(weight, padding=1) if kind is tc.Conv2D else kind(weight)  # type: ignore[call-arg]
            signal = tc.rules.GRADIENT[layer](
                signal, tc.trace.Step(layer, step.input, step.output, step.saved)
            )
        np.testing.assert_allclose(maps[name], signal, rtol=1e-4, atol=1e-6 * np.abs(signal).max())


def test_patterns_of_other_weights_are_refused() -> None:
    x = draw(6, 1, 1, 28, 28).astype(np.float32)
    for model in (digits(seed=1), digits("digits-initial")):
        with pytest.raises(TinycnnError, match=r"logits \(Dense\) has no pattern"):
            tc.visualize(model, x, "patternnet", 3)
    with pytest.raises(TinycnnError, match="no pattern"):
        tc.visualize(digits("digits"), x, patternnet({}), 3)
    with pytest.raises(UnknownNameError, match="digits"):
        tc.rules.get("patternnet(patterns=vgg16)")
    assert STORED == ("digits",)


def test_a_unit_that_never_changes_has_the_pattern_0() -> None:
    model = tc.Model(
        "still", (tc.Flatten(), tc.Dense(np.array([[0.0, 0.0], [1.0, 2.0]]), name="dense")), (2, 1, 1)
    )
    x = draw(7, 50, 2, 1, 1)
    patterns = estimate(model, x)
    assert not patterns["dense"][0].any()
    assert tc.visualize(model, x[:1], pattern_rule(patterns), 1)["patternnet"].any()
