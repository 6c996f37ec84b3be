"""Layers: each is its operation, holds parameters that fit together, and stays what it was."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.layers import flat, transform


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


IMAGE = draw(0, 2, 4, 6, 5)
WEIGHT, BIAS = draw(1, 6, 2, 3, 3), draw(2, 6)
OPTIONS = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2, "circular": True}
POOL = {"size": (2, 3), "stride": (1, 2), "padding": ((0, 1), (1, 0))}
NORM = draw(3, 4), draw(4, 4), draw(5, 4), np.exp(draw(6, 4))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (tc.Conv2D(WEIGHT, BIAS, **OPTIONS), tc.ops.conv2d(IMAGE, WEIGHT, BIAS, **OPTIONS)),
        (tc.BatchNorm2D(*NORM, 1e-3), tc.ops.batch_norm2d(IMAGE, *NORM, 1e-3)),
        (tc.ReLU(), tc.ops.relu(IMAGE)),
        (tc.ReLU6(), tc.ops.relu6(IMAGE)),
        (tc.Softplus(), tc.ops.softplus(IMAGE)),
        (tc.MaxPool2D(**POOL), tc.ops.max_pool2d(IMAGE, **POOL)[0]),
        (tc.AvgPool2D(**POOL), tc.ops.avg_pool2d(IMAGE, **POOL)),
        (tc.GlobalAvgPool2D(), IMAGE.mean(axis=(2, 3))),
        (tc.Flatten(), IMAGE.reshape(2, -1)),
        (tc.Flatten("hwc"), IMAGE.transpose(0, 2, 3, 1).reshape(2, -1)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, tc.Layer) else "",
)
def test_a_layer_is_its_operation_with_all_its_options(layer: tc.Layer, expected: np.ndarray) -> None:
    np.testing.assert_allclose(layer.forward(IMAGE)[0], expected, rtol=1e-12, atol=1e-12)


def test_a_dense_layer_is_a_matrix_and_a_bias() -> None:
    x, weight, bias = draw(0, 3, 4), draw(1, 5, 4), draw(2, 5)
    np.testing.assert_allclose(tc.Dense(weight, bias).forward(x)[0], x @ weight.T + bias, rtol=1e-12)
    np.testing.assert_allclose(tc.Dense(weight).forward(x)[0], x @ weight.T, rtol=1e-12)


def test_a_max_pool_saves_flat_indices_into_its_own_plane() -> None:
    y, switches = tc.MaxPool2D(**POOL).forward(IMAGE)
    planes = IMAGE.reshape(2, 4, -1)
    np.testing.assert_array_equal(
        np.take_along_axis(planes, switches.reshape(2, 4, -1), 2).reshape(y.shape), y
    )


@pytest.mark.parametrize("layer", [tc.Conv2D(WEIGHT, BIAS), tc.Dense(draw(0, 2, 3)), tc.BatchNorm2D(*NORM)])
def test_a_layer_cannot_be_changed(layer: tc.Layer) -> None:
    for key, array in layer.parameters():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(layer, key, array)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tc.Conv2D(WEIGHT, draw(0, 7), name="c"), r"c \(Conv2D\): bias .* \(6,\) .* \(7,\)"),
        (lambda: tc.Conv2D(WEIGHT, draw(0, 5), name="c"), r"c \(Conv2D\): bias .* \(6,\) .* \(5,\)"),
        (lambda: tc.Conv2D(WEIGHT, BIAS.astype(np.float32)), r"Conv2D: bias must be float64 .* float32"),
        (lambda: tc.Conv2D(draw(0, 6, 2), name="c"), r"c \(Conv2D\): weight must have 4 axes, .* \(6, 2\)"),
        (lambda: tc.Conv2D(WEIGHT, groups=4, name="c"), r"c \(Conv2D\): 6 filters are not 4 equal groups"),
        (lambda: tc.Conv2D(WEIGHT, groups=0, name="c"), r"c \(Conv2D\): 6 filters are not 0 equal groups"),
        (lambda: tc.Conv2D(WEIGHT, groups="2"), "Conv2D: 6 filters are not '2' equal groups"),  # type: ignore[arg-type]
        (lambda: tc.Conv2D(3, 64, 3), "Conv2D: weight must be an array, got 3"),  # type: ignore[arg-type]
        (lambda: tc.Dense([[1.0]]), r"Dense: weight must be an array, got \[\[1.0\]\]"),  # type: ignore[arg-type]
        (lambda: tc.Conv2D(WEIGHT, 64), "Conv2D: bias must be an array, got 64"),  # type: ignore[arg-type]
        (lambda: tc.Dense(draw(0, 2, 3), draw(1, 1), name="d"), r"d \(Dense\): bias .* \(2,\) .* \(1,\)"),
        (lambda: tc.Dense(WEIGHT), r"Dense: weight must have 2 axes, got shape \(6, 2, 3, 3\)"),
        (lambda: tc.BatchNorm2D(*NORM[:3], np.ones(1), name="b"), r"b \(BatchNorm2D\): variance .* \(4,\)"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused_when_the_layer_is_made(make, words: str) -> None:  # type: ignore[no-untyped-def]
    """Compiled loops do not check their bounds, so a short bias or an odd group must not reach them."""
    with pytest.raises(tc.ShapeError, match=words):
        make()


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (tc.Conv2D(draw(0, 1, 4, 7, 7)), "window of 7x7 does not fit on an image of 6x5"),
        (tc.Conv2D(draw(0, 1, 4, 3, 3), stride=0), "at least 1"),
        (tc.Conv2D(draw(0, 1, 4, 3, 3), padding=-1), "not be negative"),
        (tc.Conv2D(draw(0, 1, 4, 3, 3), padding="valid"), "got 'valid'"),
        (tc.MaxPool2D(2, 1, 2), "fills a whole pooling window"),
        (tc.MaxPool2D(9, 1), "does not fit"),
    ],
)
def test_a_geometry_that_makes_no_sense_names_the_layer(layer: tc.Layer, words: str) -> None:
    with pytest.raises(tc.ShapeError, match=f"layer 1 {type(layer).__name__}: .*{words}"):
        tc.forward(tc.Model("net", (tc.ReLU(), layer), (4, 6, 5)), IMAGE)


@pytest.mark.parametrize(
    "layer", [tc.MaxPool2D(2, 2), tc.AvgPool2D(2, 2), tc.GlobalAvgPool2D(), tc.Flatten()]
)
def test_layers_of_images_refuse_rows_of_features(layer: tc.Layer) -> None:
    with pytest.raises(tc.ShapeError, match=rf"layer 0 {type(layer).__name__}: expects 4 axes .* \(2, 3\)"):
        tc.forward(tc.Model("net", (layer,), (3,)), draw(0, 2, 3))


@pytest.mark.parametrize(
    ("merge", "words"),
    [(tc.Add(), "to be added differ in shape"), (tc.Concatenate(), "to be stacked differ in size")],
)
def test_branches_that_do_not_meet_name_the_block_and_both_shapes(merge: tc.Layer, words: str) -> None:
    block = tc.Branches(((tc.MaxPool2D(2, 2),), ()), merge, name="block")
    both = r"\(2, 4, 3, 2\), \(2, 4, 6, 5\)"
    with pytest.raises(tc.ShapeError, match=rf"layer 0 block \(Branches\): branches {words}: {both}"):
        tc.forward(tc.Model("net", (block,), (4, 6, 5)), IMAGE)


def test_branches_inside_branches_are_their_sum() -> None:
    """x -> relu(x) + (3 x joined to x), doubled: each path by hand, forward and back."""
    x, seed = draw(0, 1, 1, 2, 2), draw(1, 1, 2, 2, 2)
    triple = tc.Conv2D(np.full((1, 1, 1, 1), 3.0), name="triple")
    inner = tc.Branches(((triple,), ()), tc.Concatenate(), name="inner")
    twice = tc.Branches(((tc.ReLU(),), (tc.ReLU(),)), tc.Concatenate(), name="twice")
    outer = tc.Branches(((twice,), (inner,)), tc.Add(), name="outer")
    trace = tc.forward(tc.Model("net", (outer,), (1, 2, 2)), x)
    ramp = np.maximum(x, 0)
    np.testing.assert_allclose(trace.output, np.concatenate([ramp + 3 * x, ramp + x], axis=1))
    left, right = seed[:, :1], seed[:, 1:]
    straight = 3 * left + right
    gates = {
        "saliency": (left + right) * (x > 0),
        "guided": (np.maximum(left, 0) + np.maximum(right, 0)) * (x > 0),
        "deconvnet": np.maximum(left, 0) + np.maximum(right, 0),
    }
    for rule, through_relus in gates.items():
        found = tc.backward(trace, seed, tc.rules.get(rule))[0]
        np.testing.assert_allclose(found, straight + through_relus, err_msg=rule)


def test_every_layer_inside_branches_is_found_and_changed_once() -> None:
    shared = tc.Conv2D(draw(0, 4, 4, 1, 1), name="shared")
    layers = (shared, tc.Branches(((shared, tc.ReLU()), (tc.Branches(((shared,), ()), tc.Add()),)), tc.Add()))
    assert [type(layer).__name__ for layer in flat(layers)] == ["Conv2D", "Conv2D", "ReLU", "Conv2D"]
    changed = list(flat(transform(layers, lambda layer: layer.astype(np.float32))))
    assert changed[0] is changed[1] is changed[3]
    assert changed[0].weight.dtype == np.float32
    assert shared.weight.dtype == np.float64
