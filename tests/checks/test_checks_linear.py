"""Checks of a linear model, where every answer is a formula; their nulls and optima."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import checks
from tinycnn.checks.csc import unrelated
from tinycnn.checks.mprt import entropy
from tinycnn.pictures.metrics import cosine
from tinycnn.rules import GRADIENT
from tinycnn.zoo.importing.redraw import redrawn

SHAPE = (2, 8, 8)
D = int(np.prod(SHAPE))
GXI = "gradient-x-input"


def linear(classes: int = 2, seed: int = 0) -> tc.Model:
    rng = np.random.default_rng(seed)
    dense = tc.Dense(rng.standard_normal((classes, D)), rng.standard_normal(classes), name="logits")
    return tc.Model("linear", (tc.Flatten(), dense), SHAPE, tc.preprocess.Preprocess("raw", (0, 0), (1, 1)))


def images(n: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, *SHAPE))


def row(model: tc.Model, k: int) -> np.ndarray:
    return model.layers[-1].weight[k].reshape(1, *SHAPE)


def the_image(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
    return x


def zeros(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
    return np.zeros_like(x)


def ones(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
    return np.ones_like(x)


def test_mprt_compares_rows_of_weights_and_the_image_has_the_null() -> None:
    model, x = linear(), images()
    found = checks.mprt(model, x, "saliency", 1, similarity="cosine", absolute=False, seed=5)
    expected = cosine(row(model, 1), row(redrawn(model, 5), 1))
    np.testing.assert_allclose(found.values, np.full((1, 3), expected[0]), rtol=0, atol=1e-12)
    assert found.rows == ("logits",)
    image = checks.mprt(model, x, the_image)
    np.testing.assert_allclose(image.values, image.null, atol=1e-12)
    np.testing.assert_allclose(image.shares, 0, atol=1e-12)


def test_unrelated_maps_have_the_optimum_of_mprt_with_its_error_bar() -> None:
    model, x = linear(), images(1)
    seeds = range(100)
    found = [checks.mprt(model, x, "saliency", 0, absolute=False, seed=s).values[0, 0] for s in seeds]
    sd = 1 / np.sqrt(D - 1)
    assert abs(np.mean(found)) < 4 * sd / np.sqrt(len(seeds))
    assert np.std(found) == pytest.approx(sd, rel=4 / np.sqrt(2 * len(seeds)))


def test_smooth_mprt_is_mprt_where_noise_changes_nothing() -> None:
    model, x = linear(), images()
    smooth = checks.smprt(model, x, "saliency", 0, n=3)
    np.testing.assert_allclose(smooth.values, checks.mprt(model, x, "saliency", 0).values, atol=1e-12)


def test_efficient_mprt_compares_entropies() -> None:
    model, x = linear(), images()
    before, after = (
        np.histogram(np.abs(row(net, 0)) / np.sqrt(np.square(row(net, 0)).mean()), 100)[0] / D
        for net in (model, redrawn(model, 42))
    )
    h = [-sum(p * np.log(p) for p in counts if p) for counts in (before, after)]
    found = checks.emprt(model, x, "saliency", 0).values
    np.testing.assert_allclose(found, np.full((1, 3), (h[1] - h[0]) / h[0]), rtol=1e-12)
    assert (checks.emprt(model, x, the_image, 0).values == 0).all()
    assert np.isnan(checks.emprt(model, x, ones, 0).values).all()


def test_entropy_of_as_many_values_as_bins_is_the_logarithm_of_their_number() -> None:
    assert entropy(np.arange(100.0)) == pytest.approx(np.log(100), rel=1e-12)
    assert entropy(np.arange(8.0), "sturges") == pytest.approx(np.log(8), rel=1e-12)  # 4 bins, raised to 10


def test_csc_of_a_rotation_is_that_of_the_signals_and_of_rank_one_is_one() -> None:
    rng = np.random.default_rng(3)
    rotation = np.linalg.qr(rng.standard_normal((D, D)))[0]
    signals = np.random.default_rng([0, 0]).standard_normal((5, D))
    unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)
    expected = np.median(np.abs((unit @ unit.T)[np.triu_indices(5, 1)]))
    for weight, value in ((rotation, expected), (np.outer(rng.random(D), rng.random(D)), 1.0)):
        model = tc.Model("square", (tc.Dense(weight), tc.Dense(rotation)), SHAPE)
        trace_input = images(1).reshape(1, D)
        found = checks.csc(model, trace_input, "saliency")
        np.testing.assert_allclose(found.values[:, 0], [expected, value], atol=1e-12)


@pytest.mark.parametrize("summary", ["median", "mean"])
def test_the_optimum_of_csc_is_that_of_independent_directions(summary: str) -> None:
    rng = np.random.default_rng(0)
    for c in (2, 5, 40):
        a, b = rng.standard_normal((2, 4000, c))
        cosines = np.abs((a * b).sum(1)) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        error = 1.3 * cosines.std() / np.sqrt(4000)  # of a mean; of a median at most 1.6 times it
        assert getattr(np, summary)(cosines) == pytest.approx(unrelated(c, summary), abs=8 * error)
    assert unrelated(10**6) == pytest.approx(0.67449e-3, rel=1e-4)


def test_the_other_logit_of_two_is_known() -> None:
    model, x = linear(), images()
    found = checks.random_logit(model, x, "saliency", similarity="cosine")
    np.testing.assert_allclose(found.values, cosine(row(model, 0), row(model, 1))[0], atol=1e-12)
    np.testing.assert_allclose(checks.random_logit(model, x, the_image).values, 1, atol=1e-12)


def test_a_rewritten_model_leaves_gradients_and_changes_products() -> None:
    model, x = linear(), images()
    other = checks.rewritten(model, -1.0, 2.0)
    np.testing.assert_allclose(tc.forward(other, 2 * x - 1).output, tc.forward(model, x).output, atol=1e-12)
    for choices in ({"shift": -1.0}, {"shift": 0.5, "scale": 3.0}):
        found = checks.input_invariance(model, x, "saliency", 0, **choices).values
        np.testing.assert_allclose(found, 1, atol=1e-12)
    found = checks.input_invariance(model, x, GXI, 0).values[0]
    np.testing.assert_allclose(found, cosine(x * row(model, 0), (x - 1) * row(model, 0)), atol=1e-12)
    scaled = checks.input_invariance(model, x, GXI, 0, shift=0, scale=3).values
    np.testing.assert_allclose(scaled, 1, atol=1e-12)


@pytest.mark.parametrize("padding", [0, 1])
def test_relevance_is_as_invariant_as_gradient_times_input(padding: int) -> None:
    """LRP-0 is gradient x input, behind the border that a padded convolution is rewritten with, too."""
    rng = np.random.default_rng(0)
    size = 36 if padding else 16
    layers = (
        tc.Conv2D(rng.standard_normal((4, 2, 3, 3)), rng.standard_normal(4), padding=padding), tc.ReLU(),
        tc.Flatten(), tc.Dense(rng.standard_normal((3, 4 * size))),
    )  # fmt: skip
    net = tc.Model("net", layers, (2, 6, 6), tc.preprocess.Preprocess("two", (0.0, 0.0), (1.0, 1.0)))
    x = rng.standard_normal((2, 2, 6, 6))
    found = [checks.input_invariance(net, x, rule).values for rule in ("lrp-0", "gradient-x-input")]
    np.testing.assert_allclose(*found, rtol=1e-9)
    assert (found[0] < 0.9).all()


@pytest.mark.parametrize(("padding", "circular", "layers"), [(0, False, 2), (1, True, 2), (1, False, 3)])
def test_a_rewritten_convolution_puts_out_the_same_at_the_border_too(
    padding: int, circular: bool, layers: int
) -> None:
    rng = np.random.default_rng(4)
    weight, bias = rng.standard_normal((3, 2, 3, 3)), rng.standard_normal(3)
    conv = tc.Conv2D(weight, bias, padding=padding, circular=circular)
    model = tc.Model("conv", (conv, tc.ReLU()), SHAPE, tc.preprocess.Preprocess("raw", (0, 0), (1, 1)))
    x = images()
    other = checks.rewritten(model, 0.7, 2.0)
    assert len(other.layers) == layers  # a layer of its own only where the border differs
    shifted = tc.forward(other, 2 * x + 0.7).output
    np.testing.assert_allclose(shifted, tc.forward(model, x).output, atol=1e-12)


def test_bounds_move_with_the_input() -> None:
    low, high = checks.rewritten(linear(), -3.0, 2.0).preprocess.bounds
    np.testing.assert_allclose(low, -3)
    np.testing.assert_allclose(high, 2 * 255 - 3)


def test_a_painted_logit_shows_the_picture_and_a_difference_does_not() -> None:
    rng = np.random.default_rng(0)
    dense = tc.Dense(rng.standard_normal((2, 64)))
    grey = tc.Model("grey", (tc.Flatten(), dense), (1, 8, 8), tc.preprocess.DIGITS.at((8, 8)))
    picture = rng.integers(0, 255, (8, 8)).astype(np.uint8)
    x = rng.standard_normal((2, 1, 8, 8))
    t = picture / 255 - (picture / 255).mean()
    k = int(dense.weight @ (picture / 255).ravel() @ [-1, 1] > 0)  # the logit whose map sets the strength
    w = dense.weight[0].reshape(8, 8)
    painted = w + 2 * np.linalg.norm(dense.weight[k]) * t / np.linalg.norm(t)
    found = checks.painting(grey, x, "saliency", 0, picture=picture, strength=2).values
    np.testing.assert_allclose(found, cosine(w[None], painted[None]), atol=1e-6)
    difference = checks.painting(grey, x, "saliency", tc.targets.difference(0, 1), picture=picture)
    np.testing.assert_allclose(difference.values, 1, atol=1e-12)


def test_infidelity_is_zero_for_the_gradient_and_quadratic_beside_it() -> None:
    model, x = linear(), images()

    def thrice(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
        return 3 * tc.visualize(model, x, GRADIENT, target)["saliency"]

    exact = checks.infidelity(model, x, "saliency", 0)
    np.testing.assert_allclose(exact.values / exact.null, 0, atol=1e-24)
    np.testing.assert_allclose(exact.shares, 1)
    far = checks.infidelity(model, x, thrice, 0)
    np.testing.assert_allclose(far.values, 4 * far.null, rtol=1e-9)
    scaled = checks.infidelity(model, x, thrice, 0, scaled=True)
    np.testing.assert_allclose(scaled.values / scaled.null, 0, atol=1e-20)
    nothing = checks.infidelity(model, x, zeros, 0)
    np.testing.assert_array_equal(nothing.values, nothing.null)


def test_max_sensitivity_of_a_product_is_the_largest_change() -> None:
    model, x = linear(), images()
    assert (checks.max_sensitivity(model, x, "saliency", 0).values == 0).all()
    rng = np.random.default_rng([0, 1])
    changes = rng.uniform(-0.02, 0.02, (10, *SHAPE)) * row(model, 0)
    expected = np.linalg.norm(changes.reshape(10, -1), axis=1).max() / np.linalg.norm(x[1] * row(model, 0))
    found = checks.max_sensitivity(model, x, GXI, 0).values[0, 1]
    assert found == pytest.approx(expected, rel=1e-9)
    assert np.isnan(checks.max_sensitivity(model, x, zeros, 0).values).all()


def test_independent_maps_have_the_null_of_max_sensitivity() -> None:
    model, x = linear(), images(1)
    rng = np.random.default_rng(0)

    def noise(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
        return rng.choice([-1.0, 1.0], x.shape)

    found = checks.max_sensitivity(model, x, noise, 0, n=1)
    # |a - b|^2 / |a|^2 of signs is 2 - 2 c with c of standard deviation 1 / sqrt(D)
    assert found.values[0, 0] ** 2 / 2 == pytest.approx(1, abs=4 / np.sqrt(D))
    assert found.null == pytest.approx(np.sqrt(2))


def test_sensitivity_n_is_one_for_gradient_times_input() -> None:
    model, x = linear(), images()
    found = checks.sensitivity_n(model, x, GXI, 0)
    np.testing.assert_allclose(found.values, 1, atol=1e-12)
    assert found.rows[0] == "1 pixels"
    unrelated_map = checks.sensitivity_n(model, x, ones, 0, sizes=[5])
    assert np.isnan(unrelated_map.values).all()  # sums over 5 ones do not vary


def test_areas_of_a_linear_model_are_sums_of_its_sorted_contributions() -> None:
    model, x = linear(), images()
    contributions = (x * row(model, 0)).sum(axis=1).reshape(3, -1)
    f = tc.forward(model, x).output[:, 0]
    sums = np.cumsum(np.concatenate([np.zeros((3, 1)), -np.sort(-contributions)], axis=1), axis=1)
    expected = np.trapezoid(f[:, None] - sums, np.linspace(0, 1, 65), axis=1)
    choices = {"steps": 64, "score": "value"}
    found = checks.deletion(model, x, GXI, 0, **choices)
    np.testing.assert_allclose(found.values[0], expected, rtol=1e-12)
    inserted = checks.insertion(model, x, GXI, 0, **choices)
    np.testing.assert_allclose(inserted.values[0] + expected, 2 * f - contributions.sum(axis=1), rtol=1e-9)
    assert found.is_better_than_null.all()
    assert inserted.is_better_than_null.all()


def test_a_random_order_has_the_mean_of_both_ends() -> None:
    model, x = linear(), images(1)
    contributions = (x * row(model, 0)).sum(axis=1).ravel()
    f = tc.forward(model, x).output[0, 0]
    found = checks.deletion(model, x, GXI, 0, steps=64, score="value", nulls=400)
    error = contributions.std() * np.sqrt(64 / 12) / np.sqrt(400)  # of the mean area, without replacement
    assert found.null[0, 0] == pytest.approx(f - contributions.sum() / 2, abs=4 * error)


def test_steps_change_as_many_pixels_each_and_keep_both_ends() -> None:
    model, x = linear(), images(1)
    for steps in (1, 5, 64, 100):
        areas = checks.deletion(model, x, GXI, 0, steps=steps, score="value").values
        each = -(-64 // steps)
        places = np.minimum(np.arange(0, 64 + each, each), 64)
        order = np.argsort(-(x * row(model, 0)).sum(axis=1).ravel(), kind="stable")
        lost = np.concatenate([[0], np.cumsum((x * row(model, 0)).sum(axis=1).ravel()[order])])[places]
        expected = np.trapezoid(tc.forward(model, x).output[0, 0] - lost, places / 64)
        assert areas[0, 0] == pytest.approx(expected, rel=1e-12)


def quartered(cell: int) -> tuple[tc.Model, np.ndarray]:
    """A model whose logit k reads cell k of four, and the mask of one cell."""
    masks = np.zeros((4, 8, 8), bool)
    for k in range(4):
        masks[k, k // 2 * 4 : k // 2 * 4 + 4, k % 2 * 4 : k % 2 * 4 + 4] = True
    weight = np.repeat(masks[:, None], 2, axis=1).reshape(4, D).astype(float)
    return tc.Model("quarters", (tc.Flatten(), tc.Dense(weight)), SHAPE), masks[cell]


def test_what_lies_in_its_cell_has_the_optimum_and_what_is_everywhere_the_null() -> None:
    model, mask = quartered(2)
    x = images()
    game = checks.grid_pointing_game(model, x, "saliency", [0, 1, 2, 3])
    assert (game.values == 1).all()
    assert game.values.shape == (4, 3)
    swapped = checks.grid_pointing_game(model, x, "saliency", [0, 1, 3, 2])
    assert swapped.values[:, 0].tolist() == [1, 1, 0, 0]
    for check in (checks.relevance_mass, checks.relevance_rank):
        assert (check(model, x, "saliency", 2, mask).values == 1).all()
        assert (check(model, x, "saliency", 1, mask).values == 0).all()
        uniform = check(model, x, ones, 2, mask)
        assert (uniform.values == 0.25).all()
        assert (uniform.shares == 0).all()


def test_mass_counts_what_it_is_told_to() -> None:
    model, _ = quartered(0)
    x = images(1)
    mask = np.zeros((8, 8), bool)
    mask[:3] = True
    sums = x.sum(axis=1)[0]
    for part, of in (("positive", lambda m: np.maximum(m, 0)), ("absolute", np.abs), ("square", np.square)):
        found = checks.relevance_mass(model, x, the_image, 0, mask, part=part).values[0, 0]
        assert found == pytest.approx(of(sums)[:3].sum() / of(sums).sum(), rel=1e-12)
