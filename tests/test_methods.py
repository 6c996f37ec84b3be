"""Products, averages and class activation maps: by hand, by their identities, and as they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.errors import TinycnnError
from tinycnn.rules import GRADIENT, Answer, Method, expected_gradients, get
from tinycnn.rules.averages import ig, smoothgrad, starting_point
from tinycnn.rules.others import deeplift
from tinycnn.rules.products import upsampled
from tinycnn.visualize import explain


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def network(bias: bool = True) -> tc.Model:
    def shift(seed: int, k: int) -> np.ndarray | None:
        return draw(seed, k) if bias else None

    layers = (
        tc.Conv2D(draw(0, 4, 2, 3, 3), shift(1, 4), padding=1, name="conv"),
        tc.ReLU(name="relu"),
        tc.MaxPool2D(2, 2, name="pool"),
        tc.Flatten(),
        tc.Dense(draw(2, 5, 36), shift(3, 5)),
        tc.ReLU(),
        tc.Dense(draw(4, 3, 5), shift(5, 3)),
    )
    return tc.Model("net", layers, (2, 6, 6))


NET, BARE = network(), network(bias=False)
X = draw(9, 2, 2, 6, 6)


def test_integrated_gradients_of_a_bias_free_net_are_gradient_times_input_for_any_number_of_steps() -> None:
    names = ["gradient-x-input", "ig(steps=1)", "ig(steps=7)", "deeplift"]
    maps = tc.visualize(BARE, X, names, 1)
    for name in names[1:]:
        np.testing.assert_allclose(maps[name], maps["gradient-x-input"], rtol=1e-9, atol=1e-11)
    with_biases = tc.visualize(NET, X, names[:2], 1)
    assert not np.allclose(with_biases["ig(steps=1)"], with_biases["gradient-x-input"], rtol=0.01)


@pytest.mark.parametrize("baseline", ["zero", "mean", 0.3, draw(8, 2, 6, 6)], ids=str)
def test_integrated_gradients_add_up_to_the_change_of_the_logit(baseline: str | float | np.ndarray) -> None:
    found = tc.visualize(NET, X[:1], ig(GRADIENT, baseline, steps=4000), 1)["ig"]
    start = {"zero": 0 * X[:1], "mean": X[:1] * 0 + X[:1].mean(axis=(2, 3), keepdims=True)}.get(
        baseline if isinstance(baseline, str) else "",
        np.broadcast_to(baseline if not isinstance(baseline, str) else 0.0, X[:1].shape),
    )
    change = tc.predict(NET, X[:1])[0, 1] - tc.predict(NET, np.array(start))[0, 1]
    size = np.abs(found).sum()
    assert abs(found.sum() - change) < 0.01 * size


def test_the_error_of_integrated_gradients_is_told() -> None:
    (answer,) = explain(NET, X[:1], "ig(steps=3)", 1).values()
    change = float(tc.predict(NET, X[:1])[0, 1] - tc.predict(NET, 0 * X[:1])[0, 1])
    expected = f"3 steps from zero: sums to {answer.map.sum():.4g}, f(x) - f(x') is {change:.4g}"
    assert answer.note == expected


def test_deeplift_of_one_unit_is_what_it_moved_by_what_moved_it() -> None:
    """A ReLU from -1 to 2 moves by 2, moved by 3; from 3 to 2 it moves as much as its input."""
    model, x = tc.Model("unit", (tc.ReLU(), tc.Flatten()), (1, 1, 1)), np.full((1, 1, 1, 1), 2.0)
    for start, expected in ((-1.0, 2.0), (3.0, -1.0), (2.0, 0.0)):
        found = tc.visualize(model, x, deeplift(start), 0)["deeplift"]
        assert found.item() == pytest.approx(expected)


@pytest.mark.parametrize("baseline", ["zero", "mean", 0.3])
def test_deeplift_sums_to_the_difference_of_the_logits(baseline: str | float) -> None:
    x = X[:1]
    start = starting_point(x, baseline)
    change = np.subtract(*(tc.predict(NET, at)[0, 1] for at in (x, start)))
    found = tc.visualize(NET, x, deeplift(baseline), 1)["deeplift"]
    assert found.sum() == pytest.approx(change)


def test_one_hidden_layer_has_deeplift_for_its_integrated_gradients() -> None:
    layers = (
        tc.Flatten(),
        tc.Dense(draw(0, 6, 8), draw(1, 6)),
        tc.ReLU(),
        tc.Dense(draw(2, 2, 6), draw(3, 2)),
    )
    model, x = tc.Model("net", layers, (2, 2, 2)), draw(4, 1, 2, 2, 2)
    maps = tc.visualize(model, x, ["deeplift", "ig(steps=20000)"], 1)
    gap = np.abs(maps["deeplift"] - maps["ig(steps=20000)"]).max()
    assert gap < 1e-3 * np.abs(maps["deeplift"]).max()


def test_smoothgrad_is_the_mean_of_maps_of_noisy_images_and_vargrad_the_variance() -> None:
    options = "guided, sigma=0.2, n=5, seed=3"
    names = [f"{kind}({options})" for kind in ("smoothgrad", "smoothgrad-squared", "vargrad")]
    maps = tc.visualize(NET, X, names, 2)
    for i, x in enumerate(X):
        noise = np.random.default_rng([3, i]).standard_normal((5, *x.shape))
        noisy = x + 0.2 * (x.max() - x.min()) * noise
        each = tc.visualize(NET, noisy, "guided", 2)["guided"]
        for name, expected in zip(names, (each.mean(0), (each**2).mean(0), each.var(0)), strict=True):
            np.testing.assert_allclose(maps[name][i], expected, rtol=1e-9, atol=1e-12)


def test_the_same_seed_draws_the_same_noise_and_another_seed_another() -> None:
    first, again, other = (
        tc.visualize(NET, X, smoothgrad(n=3, seed=seed), 1)["smoothgrad"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_noise_does_not_change_what_is_explained() -> None:
    """The largest logit is that of the image; of a noisy image it may be another."""
    labels = tc.predict(NET, X).argmax(axis=1)
    largest = tc.visualize(NET, X, smoothgrad(sigma=2.0, n=20), "max")["smoothgrad"]
    for i, label in enumerate(labels):
        alone = tc.visualize(NET, X, smoothgrad(sigma=2.0, n=20), int(label))["smoothgrad"]
        np.testing.assert_array_equal(largest[i], alone[i])


def test_images_are_averaged_in_as_many_calls_as_memory_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tc.visualize(NET, X, smoothgrad(n=7), 1)["smoothgrad"]
    monkeypatch.setattr("tinycnn.rules.averages._HELD", 8000)
    np.testing.assert_allclose(
        tc.visualize(NET, X, smoothgrad(n=7), 1)["smoothgrad"], whole, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", ["smoothgrad(guided, n=3)", "vargrad(guided, n=3)", "ig(guided, steps=3)"])
def test_averages_show_how_far_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinycnn.rules.averages._HELD", 1)
    told = []

    def track(items: Iterable[Any], text: str, total: int) -> Iterator[Any]:
        for item in items:
            told.append((text, total))
            yield item

    explain(NET, X, name, 1, track)
    assert told == 2 * 3 * [("guided of 3 images", 3)]


def test_smoothgrad_of_a_mask_and_switch_rule_is_the_rule_inside_its_linear_region() -> None:
    options = "(guided, sigma=1e-9, n=4)"
    maps = tc.visualize(NET, X, ["guided", f"smoothgrad{options}", f"vargrad{options}"], 2)
    plain, smooth, variance = maps.values()
    assert plain.any()
    np.testing.assert_array_equal(smooth, plain)
    assert not variance.any()


def test_expected_gradients_of_a_linear_net_are_the_difference_to_the_mean_baseline() -> None:
    model = tc.Model("linear", (tc.Flatten(), tc.Dense(draw(0, 3, 8))), (2, 2, 2))
    x, baselines = draw(1, 1, 2, 2, 2), draw(2, 4, 2, 2, 2)
    found = tc.visualize(model, x, expected_gradients(n=11, seed=5, references=baselines), 0)[
        "expected-gradients"
    ]
    drawn = baselines[np.random.default_rng([5, 0]).integers(4, size=11)]
    weights = model.layers[1].weight[0].reshape(2, 2, 2)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found[0], (x[0] - drawn.mean(axis=0)) * weights, rtol=1e-9)


def test_expected_gradients_are_taken_on_the_line_to_the_image() -> None:
    x, start = X[:1], X[1:2]
    found = tc.visualize(NET, x, expected_gradients(n=7, seed=5, references=start), 1)["expected-gradients"]
    noise = np.random.default_rng([5, 0])
    noise.integers(1, size=7)  # which of the references, of which there is one
    between = [start + t * (x - start) for t in noise.random(7)]
    gradients = [tc.visualize(NET, at, "saliency", 1)["saliency"] for at in between]
    np.testing.assert_allclose(found, (x - start) * np.mean(gradients, axis=0), rtol=1e-9)


def test_references_come_from_a_file_of_images(tmp_path: Path) -> None:
    model = tc.Model("linear", (tc.Flatten(), tc.Dense(draw(0, 3, 8))), (2, 2, 2))
    x, baselines = draw(1, 1, 2, 2, 2), draw(2, 4, 2, 2, 2)
    np.save(tmp_path / "refs.npy", baselines)
    name = f"expected-gradients(saliency, n=11, seed=5, references={tmp_path / 'refs.npy'})"
    expected = tc.visualize(model, x, expected_gradients(n=11, seed=5, references=baselines), 0)
    np.testing.assert_array_equal(tc.visualize(model, x, name, 0)[name], expected["expected-gradients"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "need preprocessed images to start from: references=FILE.npy"),
        (b"no array", "no .npy file of images"),
        (np.zeros((4, 2, 2, 2), int), "float32 or float64"),
        (np.array([{}]), "no .npy file of images"),
        (np.zeros((4, 1, 2, 2)), "references are images"),
        (np.zeros((0, 2, 2, 2)), "references are images"),
    ],
    ids=["none", "text", "integers", "pickle", "other images", "empty"],
)
def test_references_that_are_none_are_refused_in_a_line(
    tmp_path: Path, content: object, message: str
) -> None:
    model = tc.Model("linear", (tc.Flatten(), tc.Dense(draw(0, 3, 8))), (2, 2, 2))
    file = tmp_path / "refs.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.save(file, content)  # type: ignore[arg-type]
    name = "expected-gradients" + (f"(references={file})" if content is not None else "")
    with pytest.raises(TinycnnError, match=message) as caught:
        tc.visualize(model, draw(1, 1, 2, 2, 2), name, 0)
    assert "\n" not in str(caught.value)


def gap_net() -> tuple[tc.Model, np.ndarray]:
    conv = tc.Conv2D(draw(0, 4, 2, 3, 3), padding=1, name="conv")
    head = (tc.GlobalAvgPool2D(), tc.Dense(draw(1, 3, 4), draw(2, 3)))
    return tc.Model("gap", (conv, tc.ReLU(name="relu"), *head), (2, 5, 5)), draw(3, 1, 2, 5, 5)


def test_grad_cam_over_a_global_mean_is_the_class_activation_map() -> None:
    model, x = gap_net()
    a = tc.forward(model, x)[1].output[0]
    weights = model.layers[3].weight[2]  # type: ignore[attr-defined]
    cam = np.einsum("k,khw->hw", weights, a) / 25
    maps = tc.visualize(model, x, ["grad-cam(relu)", "hires-cam(relu)", "xgrad-cam(relu)"], 2)
    np.testing.assert_allclose(maps["hires-cam(relu)"][0, 0], cam, rtol=1e-9, atol=1e-12)
    for name in ("grad-cam(relu)", "xgrad-cam(relu)"):
        np.testing.assert_allclose(maps[name][0, 0], np.maximum(cam, 0), rtol=1e-9, atol=1e-12)
    bias = model.layers[3].bias[2]  # type: ignore[attr-defined]
    assert maps["hires-cam(relu)"].sum() == pytest.approx(tc.predict(model, x)[0, 2] - bias)


def test_cams_by_their_formulas() -> None:
    trace = tc.forward(NET, X)
    a = trace[2].output
    g = tc.backward(trace[3:], tc.targets.logit(1)(trace), GRADIENT)[0]
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    total = a.sum(axis=(2, 3), keepdims=True)
    alpha = np.where(g == 0, 0, g**2 / np.where(g == 0, 1, 2 * g**2 + g**3 * total))
    expected = {
        "grad-cam": relu((g.mean(axis=(2, 3), keepdims=True) * a).sum(1)),
        "hires-cam": (g * a).sum(1),
        "xgrad-cam": relu(((a * g).sum(axis=(2, 3), keepdims=True) / total * a).sum(1)),
        "grad-cam-plus-plus": relu(((alpha * relu(g)).sum(axis=(2, 3), keepdims=True) * a).sum(1)),
        "layer-cam": relu((relu(g) * a).sum(1)),
    }
    maps = tc.visualize(NET, X, list(expected), 1)
    for name, low in expected.items():
        np.testing.assert_allclose(
            maps[name][:, 0], upsampled(low, (6, 6)), rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_a_channel_that_is_zero_has_no_weight() -> None:
    model, x = gap_net()
    silent = tc.Conv2D(-np.ones((4, 2, 1, 1)))
    dead = tc.Model("dead", (silent, tc.ReLU(), *model.layers[2:]), (2, 5, 5))
    for name, found in tc.visualize(dead, np.abs(x), ["xgrad-cam", "grad-cam-plus-plus"], 1).items():
        assert not found.any(), name


def test_upsampling_keeps_centres_and_a_constant_constant() -> None:
    low = np.array([[[0.0, 4.0]]])
    assert upsampled(low, (1, 4))[0, 0].tolist() == [0, 1, 3, 4]
    np.testing.assert_allclose(upsampled(np.full((1, 3, 5), 2.0), (7, 9)), 2)
    np.testing.assert_array_equal(upsampled(low, (1, 2)), low)


def test_a_cam_says_where_it_is_from() -> None:
    (answer,) = explain(NET, X, "grad-cam", 1).values()
    assert answer.note == "pool, 3x3, up-sampled bilinearly, not normalised"
    assert answer.map.shape == (2, 1, 6, 6)
    with pytest.raises(tc.ShapeError, match="needs a layer whose output is"):
        tc.visualize(NET, X, "grad-cam(layer=-1)", 1)
    with pytest.raises(tc.UnknownNameError, match="did you mean pool"):
        tc.visualize(NET, X, "grad-cam(layer=pol)", 1)


def test_guided_grad_cam_is_the_product() -> None:
    maps = tc.visualize(NET, X, ["guided-grad-cam", "grad-cam", "guided"], 1)
    np.testing.assert_array_equal(maps["guided-grad-cam"], maps["grad-cam"] * maps["guided"])


def test_several_targets_of_one_image_have_a_map_each_by_every_method() -> None:
    targets = tc.targets.several([tc.targets.logit(0), tc.targets.logit(2)])
    names = ["gradient-x-input", "smoothgrad(n=2)", "ig(steps=3)", "deeplift", "grad-cam", "lrp-0"]
    together = tc.visualize(NET, X[:1], names, targets)
    for t, k in enumerate((0, 2)):
        alone = tc.visualize(NET, X[:1], names, k)
        for name in names:
            if name != "smoothgrad(n=2)":  # each target has noise of its own
                np.testing.assert_allclose(
                    together[name][t], alone[name][0], rtol=1e-9, atol=1e-12, err_msg=name
                )


def test_maps_come_under_the_names_that_were_given_a_single_name_too() -> None:
    names = ["guided", "ig(saliency, steps=2)", "lrp-epsilon(epsilon=0.1)", "smoothgrad( guided , n=2 )"]
    assert list(tc.visualize(NET, X, names, 1)) == names
    assert list(tc.visualize(NET, X, "guided", 1)) == ["guided"]
    mine = Method("ones", lambda question: Answer(np.ones_like(question.x)))
    assert list(tc.visualize(NET, X, [mine, GRADIENT], 1)) == ["ones", "saliency"]


def test_methods_go_around_methods() -> None:
    text = "smoothgrad(gradient-x-input(guided), n=3, seed=1)"
    found = tc.visualize(NET, X[:1], text, 1)[text]
    noise = np.random.default_rng([1, 0]).standard_normal((3, 2, 6, 6))
    noisy = X[:1] + 0.15 * (X[:1].max() - X[:1].min()) * noise
    expected = (tc.visualize(NET, noisy, "guided", 1)["guided"] * noisy).mean(axis=0)
    np.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-12)


def test_maps_are_of_the_networks_precision() -> None:
    names = ["ig(steps=2)", "smoothgrad(n=2)", "vargrad(n=2)", "deeplift", "grad-cam", "guided-grad-cam"]
    maps = tc.visualize(NET.astype(np.float32), X.astype(np.float32), names, 1)
    assert {found.dtype for found in maps.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("method", ["grad-cam", "ig", "deeplift", "smoothgrad"])
def test_a_method_is_no_table(method: str) -> None:
    with pytest.raises(tc.TinycnnError, match=f"{method} is a method around a rule"):
        tc.rules.table(method)
    assert isinstance(get(method), Method)
