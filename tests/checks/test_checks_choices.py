"""What each choice of a check does, and what cannot be chosen."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import hog

import tinycnn as tc
from tinycnn import checks
from tinycnn.checks.asking import fixed
from tinycnn.layers import flat
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.metrics import pearson, ssim

MODEL = tc.zoo.build("digits", "digits")
X = MODEL.preprocess(list(digit_pictures(3, 0)[0]))


def weights(model: tc.Model) -> dict[str, np.ndarray]:
    return {layer.name: layer.weight for layer in flat(model.layers) if hasattr(layer, "weight")}


def test_orders_draw_the_layers_that_they_say() -> None:
    names = list(weights(MODEL))
    random = checks.randomised(MODEL, "redraw", 3)
    for order in ("top-down", "bottom-up", "independent"):
        nets = checks.cascade(MODEL, random, order)
        for i, net in enumerate(nets):
            drawn = {
                name for name in names if not np.array_equal(weights(net.model)[name], weights(MODEL)[name])
            }
            line = names if order == "bottom-up" else names[::-1]
            assert drawn == ({line[i]} if order == "independent" else set(line[: i + 1]))
            assert net.layer == line[i]


def test_permuting_keeps_the_numbers_of_each_layer() -> None:
    for name, weight in weights(checks.randomised(MODEL, "permute", 1)).items():
        assert not np.array_equal(weight, weights(MODEL)[name])
        np.testing.assert_array_equal(np.sort(weight, axis=None), np.sort(weights(MODEL)[name], axis=None))


def test_norms_are_reset_or_kept() -> None:
    rng = np.random.default_rng(0)
    conv = tc.Conv2D(rng.standard_normal((2, 1, 3, 3)), name="conv")
    norm = tc.BatchNorm2D(*rng.random((4, 2)), name="norm")
    model = tc.Model("normed", (conv, norm, tc.ReLU(name="relu")), (1, 8, 8))
    for way in ("redraw", "permute"):
        random = checks.randomised(model, way)
        [reset] = checks.cascade(model, random, statistics="reset")
        [kept] = checks.cascade(model, random, statistics="keep")
        assert kept.model.layers[1] is norm
        assert kept.model.layers[0] is reset.model.layers[0] is not conv
        for key, value in (("weight", 1), ("bias", 0), ("mean", 0), ("variance", 1)):
            np.testing.assert_array_equal(getattr(reset.model.layers[1], key), value)


def test_one_draw_for_each_image_is_another_seed_for_each() -> None:
    each = checks.mprt(MODEL, X, "saliency", draws="each", seed=7).values
    for i in range(3):
        alone = checks.mprt(MODEL, X[i : i + 1], "saliency", seed=7 + i).values
        np.testing.assert_allclose(each[:, i : i + 1], alone, atol=1e-6)  # float32


def test_several_measures_share_their_maps() -> None:
    seen = []

    def counted(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
        seen.append(model.weights)
        return tc.visualize(model, x, "guided", target)["guided"]

    measures = [checks.Likeness(), checks.Likeness("cosine", absolute=False), checks.Likeness("ssim")]
    found = checks.mprt_by(measures, MODEL, X, counted, randomise="permute", seed=3)
    assert len(seen) == 1 + len(found[0].rows)
    for measure, result in zip(measures, found, strict=True):
        alone = checks.mprt(MODEL, X, counted, randomise="permute", seed=3, **measure._asdict())
        np.testing.assert_array_equal(result.values, alone.values)
        assert (result.rows, result.choices) == (alone.rows, alone.choices)


def test_targets_stay_or_are_taken_again() -> None:
    def seen(model: tc.Model, x: np.ndarray, target: tc.targets.Target) -> np.ndarray:
        return np.eye(10)[target(tc.forward(model, x)).argmax(axis=1)][:, None, None]

    stays = checks.mprt(MODEL, X, seen, similarity="cosine").values
    again = checks.mprt(MODEL, X, seen, similarity="cosine", retarget=True).values
    assert (stays == 1).all()
    assert not (again[-1] == 1).all()  # a random net seldom finds all three digits


@pytest.mark.parametrize("target", ["max", 3, "random", "cost", tc.targets.feature_map("relu2_1", 2)])
def test_a_fixed_target_is_that_of_each_image_by_itself(target: object) -> None:
    whole = fixed(MODEL, X, target)
    trace = tc.forward(MODEL, X)
    np.testing.assert_allclose(whole(trace), tc.targets.parse(target)(trace), atol=1e-6)
    np.testing.assert_allclose(whole.values(trace), tc.targets.parse(target).values(trace), rtol=1e-5)
    other = tc.forward(MODEL, X[::-1])
    if target == "max":
        np.testing.assert_array_equal(whole(other), whole(trace))


def test_relevance_starts_from_the_value_also_where_the_target_is_fixed() -> None:
    for rule in ("lrp-0", "guided"):
        expected = tc.visualize(MODEL, X, rule, "max")[rule]
        found = tc.visualize(MODEL, X, rule, fixed(MODEL, X, "max"))[rule]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_similarities_are_those_of_their_authors() -> None:
    a, b = np.random.default_rng(0).random((2, 1, 1, 48, 48))
    np.testing.assert_allclose(checks.SIMILARITIES["ssim"](a, b), ssim(a, b))
    of = [hog(m[0, 0], pixels_per_cell=(16, 16), cells_per_block=(3, 3), orientations=9) for m in (a, b)]
    expected = np.corrcoef(*of)[0, 1]
    assert checks.SIMILARITIES["hog"](a, b)[0] == pytest.approx(expected, abs=1e-12)
    small = np.random.default_rng(1).random((2, 3, 28, 28))
    np.testing.assert_allclose(checks.SIMILARITIES["hog"](small, small), 1, atol=1e-12)


def test_normalisers_bring_maps_to_one_scale_and_leave_zero_maps() -> None:
    maps = np.random.default_rng(0).standard_normal((4, 2, 5, 5))
    maps[3] = 0
    scaled = {name: change(maps)[:3] for name, change in checks.NORMALISERS.items()}
    np.testing.assert_allclose(np.abs(scaled["max"]).max(axis=(1, 2, 3)), 1)
    np.testing.assert_allclose(np.square(scaled["rms"]).mean(axis=(1, 2, 3)), 1)
    np.testing.assert_allclose(scaled["minmax"].min(axis=(1, 2, 3)), 0)
    np.testing.assert_allclose(scaled["minmax"].max(axis=(1, 2, 3)), 1)
    np.testing.assert_array_equal(scaled["none"], maps[:3])
    assert all((change(maps)[3] == 0).all() for change in checks.NORMALISERS.values())
    np.testing.assert_allclose(pearson(scaled["minmax"], maps[:3]), 1)


def test_a_result_prints_its_values_limits_and_choices() -> None:
    text = str(checks.mprt(MODEL, X, "saliency", 3, order="bottom-up"))
    head, choices, null, columns, *rows = text.splitlines()
    assert head == "mprt of 3 images (Adebayo et al. 2018)"
    assert "order=bottom-up" in choices
    assert "seed=42" in choices
    assert null == "null: a map that ignores the weights, such as the image itself"
    assert columns.split() == ["value", "sd", "null", "optimum"]
    assert [row.split()[0] for row in rows] == list(weights(MODEL))
    assert all(row.split()[-2:] == ["1", "0"] for row in rows)


def test_images_without_a_value_are_left_out_of_means() -> None:
    values = np.array([[1.0, np.nan, 3.0], [np.nan] * 3])
    found = checks.CheckResult("check", ("a", "b"), values, 4.0, "", 0.0, {}, "")
    assert found.means[0] == 2
    assert found.shares[0] == 0.5
    assert np.isnan(found.means[1])
    assert found.is_better_than_null.tolist() == [True, False]
    assert str(found).splitlines()[-1].split() == ["b", "-", "-", "4", "0"]


@pytest.mark.parametrize(
    ("check", "choices", "says"),
    [
        (checks.mprt, {"order": "sideways"}, "unknown order 'sideways'"),
        (checks.mprt, {"randomise": "shuffle"}, "unknown way to randomise"),
        (checks.mprt, {"similarity": "spear"}, "did you mean spearman"),
        (checks.mprt, {"normaliser": "l2"}, "unknown normaliser"),
        (checks.smprt, {"n": 1}, "n must be at least 2"),
        (checks.csc, {"signals": 1}, "signals must be at least 2"),
        (checks.csc, {"summary": "mode"}, "unknown summary"),
        (checks.random_logit, {"target": tc.targets.difference(1, 2)}, "one of several logits"),
        (checks.random_logit, {"target": tc.targets.feature_map("relu1_1", 0)}, "one of several logits"),
        (checks.input_invariance, {"scale": 0.0}, "scale must not be 0"),
        (checks.sensitivity_n, {"sizes": [785]}, "from 1 to 784 pixels"),
        (checks.deletion, {"steps": 0}, "steps and nulls must be at least 1"),
        (checks.deletion, {"score": "logit"}, "score must be probability or value"),
        (checks.deletion, {"target": "cost"}, "only a logit has a probability"),
    ],
)
def test_what_cannot_be_chosen_is_said_in_one_line(check, choices: dict, says: str) -> None:
    with pytest.raises(tc.TinycnnError, match=says) as error:
        check(MODEL, X, "saliency", **choices)
    assert "\n" not in str(error.value)


def test_misfits_of_localisation_are_refused() -> None:
    with pytest.raises(tc.ShapeError, match="do not make 2x2 cells"):
        checks.grid_pointing_game(MODEL, X, "saliency", [1, 2])
    for mask in (
        np.ones((28, 28), bool),
        np.zeros((28, 28), bool),
        np.ones((28, 27), bool),
        np.ones((28, 28)),
    ):
        with pytest.raises(tc.ShapeError, match="a mask must"):
            checks.relevance_mass(MODEL, X, "saliency", 0, mask)
    with pytest.raises(tc.UnknownNameError, match="part of a map"):
        checks.relevance_rank(MODEL, X, "saliency", 0, np.eye(28, dtype=bool), part="all")


def test_a_result_is_a_sequence_of_its_means() -> None:
    found = checks.mprt(MODEL, X, "saliency")
    assert len(found) == len(found.rows) == len(weights(MODEL))
    assert list(found) == list(found.means)
    np.testing.assert_array_equal(np.asarray(found), found.means)
