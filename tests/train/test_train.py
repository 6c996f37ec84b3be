"""Training: weight gradients are gradients, runs repeat, an interrupted run ends where a whole one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.ops import kernels
from tinycnn.zoo import digits
from tinycnn.zoo.train import Recipe, accuracy, gradients, parameters_of, shifted, train


def residual_net() -> tc.Model:
    """A net with every layer that learns, and a branch, in float64."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return 0.5 * rng.standard_normal(shape)

    body = (tc.Conv2D(draw(4, 2, 3, 3), draw(4), padding=1, groups=2, name="inner"), tc.ReLU())
    layers = (
        tc.Conv2D(draw(4, 1, 3, 3), draw(4), stride=2, padding=1, name="conv"),
        tc.BatchNorm2D(draw(4), draw(4), draw(4), np.exp(draw(4)), name="norm"),
        tc.Branches((body, ()), tc.Add()),
        tc.MaxPool2D(2, 2),
        tc.Flatten(),
        tc.Dense(draw(3, 16), draw(3), name="logits"),
    )
    return tc.Model("residual", layers, (1, 8, 8))


def mean_cost(model: tc.Model, x: np.ndarray, labels: np.ndarray) -> float:
    return float(kernels.cross_entropy(tc.forward(model, x).output, labels).mean())


LEARNT = [
    "conv.weight", "conv.bias", "norm.weight", "norm.bias",
    "inner.weight", "inner.bias", "logits.weight", "logits.bias",
]  # fmt: skip


@pytest.mark.parametrize("name", LEARNT)
def test_a_weight_gradient_predicts_the_change_of_the_cost(name: str) -> None:
    rng = np.random.default_rng(1)
    model, x, labels = residual_net(), rng.standard_normal((5, 1, 8, 8)), np.array([0, 1, 2, 1, 0])
    trace = tc.forward(model, x)
    found = gradients(trace, kernels.cross_entropy_vjp(np.full(5, 0.2), trace.output, labels))
    assert set(found) == set(LEARNT)
    start, step = parameters_of(model)[name], 1e-6
    direction = rng.standard_normal(start.shape)
    ahead, behind = (
        mean_cost(model.with_weights({name: start + sign * step * direction}, ""), x, labels)
        for sign in (1, -1)
    )
    assert (ahead - behind) / (2 * step) == pytest.approx(float((found[name] * direction).sum()), abs=1e-8)


def toy() -> tuple[np.ndarray, np.ndarray]:
    """Forty images of two easy classes: bright above or bright below."""
    rng = np.random.default_rng(2)
    labels = np.arange(40) % 2
    x = rng.random((40, 1, 28, 28)).astype(np.float32) * 0.2
    x[labels == 0, :, :14] += 0.8
    x[labels == 1, :, 14:] += 0.8
    return x, labels


RECIPE = Recipe(epochs=4, batch=16, rate=0.02)


def test_training_learns_what_is_easy() -> None:
    x, labels = toy()
    *_, (model, costs) = train(digits(), x, labels, RECIPE)
    assert costs[-1] < costs[0] / 2
    assert accuracy(model, x, labels) == 1


def test_an_interrupted_run_ends_where_a_whole_one_does(tmp_path: Path) -> None:
    x, labels = toy()
    *_, (whole, costs) = train(digits(), x, labels, RECIPE)
    checkpoint = tmp_path / "run.npz"
    interrupted = train(digits(), x, labels, RECIPE, checkpoint)
    next(interrupted), next(interrupted)
    interrupted.close()
    resumed = list(train(digits(), x, labels, RECIPE, checkpoint))
    assert len(resumed) == 2
    model, resumed_costs = resumed[-1]
    assert resumed_costs == costs
    for name, array in parameters_of(whole).items():
        np.testing.assert_array_equal(parameters_of(model)[name], array)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    x, labels = toy()
    next(train(digits(), x, labels, RECIPE, tmp_path / "run.npz"))
    with pytest.raises(tc.TinycnnError, match="another recipe"):
        next(train(digits(), x, labels, Recipe(epochs=3), tmp_path / "run.npz"))


def test_a_rate_that_is_too_high_says_so() -> None:
    x, labels = toy()
    with pytest.raises(tc.NonFiniteError):
        list(train(digits(), x, labels, Recipe(epochs=6, rate=1e6)))


@pytest.mark.parametrize("wrong", [10**9, 10, -1])
def test_a_label_that_is_no_class_is_refused(wrong: int) -> None:
    x, labels = toy()
    with pytest.raises(tc.ShapeError, match="labels must be 0 to 9"):
        list(train(digits(), x, np.where(np.arange(40) == 7, wrong, labels), RECIPE))


def test_shifts_move_an_image_and_bring_in_zeros() -> None:
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(shifted(x, np.array([[1, -1]]))[0, 0], [[0, 0, 0], [2, 3, 0], [5, 6, 0]])
    np.testing.assert_array_equal(shifted(x, np.array([[-2, 0]]))[0, 0], [[7, 8, 9], [0, 0, 0], [0, 0, 0]])


def test_the_embedded_nets_are_one_run_before_and_after() -> None:
    before, after, start = digits("digits-initial"), digits("digits"), digits(seed=0)
    for name, array in parameters_of(before).items():
        np.testing.assert_array_equal(array, parameters_of(start)[name])
        assert not np.array_equal(array, parameters_of(after)[name])
