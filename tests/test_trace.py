"""The main loop: everything is kept, nothing can be changed, and errors name the layer."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def conv(seed: int, k: int, c: int, name: str = "") -> tc.Conv2D:
    return tc.Conv2D(draw(seed, k, c, 3, 3), draw(seed + 1, k), padding=1, name=name)


@pytest.fixture
def net() -> tc.Model:
    branch = tc.Branches(((conv(2, 4, 4, "inner"), tc.ReLU()), ()), tc.Add(), name="block")
    dense = tc.Dense(draw(4, 5, 36), draw(5, 5), name="logits")
    layers = (conv(0, 4, 2, "conv"), tc.ReLU(), branch, tc.MaxPool2D(2, 2), tc.Flatten(), dense)
    return tc.Model("net", layers, (2, 6, 6))


def test_each_output_is_the_next_input(net: tc.Model) -> None:
    x = draw(6, 3, 2, 6, 6)
    trace = tc.forward(net, x)
    assert all(trace[i].output is trace[i + 1].input for i in range(len(trace) - 1))
    np.testing.assert_array_equal(trace.input, x)
    assert trace.output.shape == (3, 5)
    assert [step.layer for step in trace] == list(net.layers)


def test_nothing_in_a_trace_can_be_written_to(net: tc.Model) -> None:
    x = draw(6, 1, 2, 6, 6)
    trace = tc.forward(net, x)
    for step in trace:
        for array in (step.input, step.output):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    x[...] = 0
    assert trace.input.any()
    with pytest.raises(AttributeError):
        trace[0].output = x


def test_weights_cannot_be_written_to(net: tc.Model) -> None:
    with pytest.raises(ValueError, match="read-only"):
        net.layers[0].weight[...] = 0


def test_backward_keeps_the_signal_at_every_layer(net: tc.Model) -> None:
    trace = tc.forward(net, draw(6, 2, 2, 6, 6))
    seed = draw(7, 2, 5)
    signals = tc.backward(trace, seed, tc.rules.GRADIENT)
    assert signals[-1] is seed
    assert [signal.shape for signal in signals[:-1]] == [step.input.shape for step in trace]


def test_a_slice_of_a_trace_takes_a_rule_of_its_own(net: tc.Model) -> None:
    trace = tc.forward(net, draw(6, 1, 2, 6, 6))
    seed = draw(7, 1, 5)
    whole = tc.backward(trace, seed, tc.rules.GUIDED)
    upper = tc.backward(trace[3:], seed, tc.rules.GUIDED)
    lower = tc.backward(trace[:3], upper[0], tc.rules.GUIDED)
    np.testing.assert_array_equal(lower[0], whole[0])
    mixed = tc.backward(trace[:3], upper[0], tc.rules.GRADIENT)
    assert not np.allclose(mixed[0], whole[0])


def test_several_seeds_of_one_image_are_as_one_by_one(net: tc.Model) -> None:
    trace = tc.forward(net, draw(6, 1, 2, 6, 6))
    seeds = draw(7, 4, 5)
    for rule in (tc.rules.GRADIENT, tc.rules.GUIDED, tc.rules.DECONVNET):
        together = tc.backward(trace, seeds, rule)[0]
        for one, seed in zip(together, seeds, strict=True):
            np.testing.assert_allclose(
                one, tc.backward(trace, seed[None], rule)[0][0], rtol=1e-12, atol=1e-12
            )


def test_several_seeds_pass_through_branches_as_one_by_one() -> None:
    inner = tc.Branches(
        ((tc.ReLU(), conv(0, 1, 2)), (tc.MaxPool2D(3, 1, 1), conv(2, 2, 2))), tc.Concatenate()
    )
    net = tc.Model("net", (tc.Branches(((conv(4, 3, 2),), (inner,)), tc.Add()), tc.ReLU6()), (2, 5, 5))
    trace, seeds = tc.forward(net, draw(6, 1, 2, 5, 5)), draw(7, 3, 3, 5, 5)
    for rule in tc.rules.RULES.values():
        together = tc.backward(trace, seeds, rule)[0]
        alone = [tc.backward(trace, seed[None], rule)[0][0] for seed in seeds]
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12, err_msg=rule.name)


def test_a_layer_that_is_used_twice_is_right() -> None:
    relu, shared = tc.ReLU(), conv(0, 2, 2, "shared")
    net = tc.Model("twice", (shared, relu, shared, relu), (2, 5, 5))
    twin = tc.Model("twin", (conv(0, 2, 2), tc.ReLU(), conv(0, 2, 2), tc.ReLU()), (2, 5, 5))
    x, seed = draw(3, 1, 2, 5, 5), draw(4, 1, 2, 5, 5)
    for rule in (tc.rules.GRADIENT, tc.rules.GUIDED, tc.rules.DECONVNET):
        found, expected = (tc.backward(tc.forward(model, x), seed, rule)[0] for model in (net, twin))
        np.testing.assert_array_equal(found, expected)


def test_a_residual_block_is_its_parts() -> None:
    body = conv(0, 2, 2)
    net = tc.Model("residual", (tc.Branches(((body, tc.ReLU()), ()), tc.Add()),), (2, 4, 4))
    x, seed = draw(3, 1, 2, 4, 4), draw(4, 1, 2, 4, 4)
    trace = tc.forward(net, x)
    z = tc.ops.conv2d(x, body.weight, body.bias, padding=1)
    np.testing.assert_allclose(trace.output, x + np.maximum(z, 0))
    expected = seed + tc.ops.conv2d_vjp_input(seed * (z > 0), body.weight, (4, 4), padding=1)
    np.testing.assert_allclose(tc.backward(trace, seed, tc.rules.GRADIENT)[0], expected)


def test_concatenation_sends_each_branch_its_channels() -> None:
    left, right = conv(0, 3, 2), conv(2, 1, 2)
    net = tc.Model("fire", (tc.Branches(((left,), (right,)), tc.Concatenate()),), (2, 4, 4))
    x, seed = draw(3, 1, 2, 4, 4), draw(4, 1, 4, 4, 4)
    trace = tc.forward(net, x)
    parts = (tc.ops.conv2d(x, layer.weight, layer.bias, padding=1) for layer in (left, right))
    np.testing.assert_allclose(trace.output, np.concatenate(list(parts), axis=1))
    expected = sum(
        tc.ops.conv2d_vjp_input(part, layer.weight, (4, 4), padding=1)
        for part, layer in ((seed[:, :3], left), (seed[:, 3:], right))
    )
    np.testing.assert_allclose(tc.backward(trace, seed, tc.rules.GRADIENT)[0], expected)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 3, 6, 6), r"layer 0 conv \(Conv2D\): expects 2 channels \(weight \(4, 2, 3, 3\)\), got 3"),
        ((1, 2, 8, 8), r"layer 5 logits \(Dense\): expects 36 channels \(weight \(5, 36\)\), got 64"),
        ((2, 6, 6), r"layer 0 conv \(Conv2D\): expects 4 axes"),
        ((1, 2, 6, 6, 1), r"layer 0 conv \(Conv2D\): expects 4 axes"),
    ],
)
def test_a_misfit_names_the_layer_and_both_shapes(net: tc.Model, shape: tuple, words: str) -> None:
    with pytest.raises(tc.ShapeError, match=words):
        tc.forward(net, draw(0, *shape))


def test_a_misfit_inside_a_branch_names_the_whole_way() -> None:
    branch = tc.Branches(((conv(0, 2, 3, "inner"),), ()), tc.Add(), name="block")
    with pytest.raises(
        tc.ShapeError, match=r"layer 0 block \(Branches\): layer 0 inner \(Conv2D\): expects 3"
    ):
        tc.forward(tc.Model("net", (branch,), (2, 4, 4)), draw(0, 1, 2, 4, 4))


def test_dtypes_must_agree(net: tc.Model) -> None:
    with pytest.raises(tc.ShapeError, match=r"conv \(Conv2D\): weight is float64 but the input float32"):
        tc.forward(net, draw(0, 1, 2, 6, 6).astype(np.float32))
    with pytest.raises(tc.ShapeError, match="float32 or float64, got int64"):
        tc.forward(net, np.zeros((1, 2, 6, 6), np.int64))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_input_that_is_not_finite_is_refused(net: tc.Model, value: float) -> None:
    x = draw(0, 1, 2, 6, 6)
    x[0, 1, 2, 3] = value
    with pytest.raises(tc.NonFiniteError, match="the input has 1 NaN or infinite"):
        tc.forward(net, x)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_name_their_layer(value: float) -> None:
    weight = draw(0, 2, 2, 3, 3)
    weight[1, 1, 1, 1] = value
    with pytest.raises(tc.NonFiniteError, match=r"weight of layer 1 broken \(Conv2D\)"):
        tc.Model("net", (conv(1, 2, 2), tc.Conv2D(weight, name="broken")), (2, 4, 4))


def test_an_overflow_names_the_first_layer_where_it_happens() -> None:
    huge = tc.Dense(np.full((2, 2), 1e30, np.float32), name="huge")
    net = tc.Model("net", (huge, huge), (2,))
    with pytest.raises(tc.NonFiniteError, match=r"layer 1 huge \(Dense\)"):
        tc.forward(net, np.ones((1, 2), np.float32))


def test_an_overflow_is_named_even_if_a_later_layer_hides_it() -> None:
    """A ReLU turns minus infinity into 0: the output alone would look fine."""
    huge = tc.Dense(np.full((2, 2), -3e38, np.float32), name="huge")
    with pytest.raises(tc.NonFiniteError, match=r"layer 0 huge \(Dense\)"):
        tc.forward(tc.Model("net", (huge, tc.ReLU()), (2,)), np.ones((1, 2), np.float32))


def test_an_overflow_inside_a_branch_names_the_whole_way() -> None:
    huge = tc.Dense(np.full((2, 2), 3e38, np.float32), name="huge")
    block = tc.Branches(((tc.ReLU(), huge), ()), tc.Add(), name="block")
    with pytest.raises(tc.NonFiniteError, match=r"layer 0 block \(Branches\): layer 1 huge \(Dense\)"):
        tc.forward(tc.Model("net", (block,), (2,)), np.ones((1, 2), np.float32))


def test_large_numbers_whose_sum_overflows_are_finite() -> None:
    x = np.full((1, 8), 3e38, np.float32)
    np.testing.assert_array_equal(tc.forward(tc.Model("net", (tc.ReLU(),), (8,)), x).output, x)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool])
def test_a_seed_of_another_dtype_is_refused(net: tc.Model, dtype: type) -> None:
    """In integers, every weight below 1 would be cut to 0 and the map vanish."""
    trace = tc.forward(net, draw(0, 1, 2, 6, 6))
    with pytest.raises(tc.ShapeError, match=r"seed is .* but the output float64"):
        tc.backward(trace, np.ones((1, 5), dtype), tc.rules.GRADIENT)


@pytest.mark.parametrize("shape", [(1, 4), (3, 5), (1, 5, 1)])
def test_a_seed_that_does_not_fit_is_refused(net: tc.Model, shape: tuple) -> None:
    trace = tc.forward(net, draw(0, 2, 2, 6, 6))
    with pytest.raises(tc.ShapeError, match="seed of shape"):
        tc.backward(trace, draw(1, *shape), tc.rules.GRADIENT)


def test_an_empty_batch_passes(net: tc.Model) -> None:
    trace = tc.forward(net, draw(0, 0, 2, 6, 6))
    assert trace.output.shape == (0, 5)
    assert tc.backward(trace, draw(1, 0, 5), tc.rules.GUIDED)[0].shape == (0, 2, 6, 6)


def test_a_float64_model_is_a_float32_model_converted(net: tc.Model) -> None:
    x = draw(0, 1, 2, 6, 6)
    exact, rough = tc.forward(net, x), tc.forward(net.astype(np.float32), x.astype(np.float32))
    assert rough.output.dtype == np.float32
    np.testing.assert_allclose(rough.output, exact.output, rtol=1e-4, atol=1e-4)
