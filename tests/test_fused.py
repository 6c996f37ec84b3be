"""The fused path gives the maps of the step-by-step path for every rule it covers; it declines the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinycnn as tc
from tinycnn import fused, targets
from tinycnn.layers import transform
from tinycnn.ops.kernels.machine.simd import LANES
from tinycnn.rules import DECONVNET, GRADIENT, GUIDED, RULES

KINDS = (tc.Conv2D, tc.ReLU, tc.MaxPool2D)
COVERED = [GRADIENT, DECONVNET, GUIDED, RULES["linear"]]


def _trunk(rng, channels, pools, paddings, classes=5):  # type: ignore[no-untyped-def]
    layers: list[tc.Layer] = []
    for c, k, pool, padding in zip(channels, channels[1:], pools, paddings, strict=False):
        weight = rng.standard_normal((k, c, 3, 3), np.float32) / np.sqrt(9 * c / 2, dtype=np.float32)
        layers += [tc.Conv2D(weight, rng.standard_normal(k, np.float32) / 8, padding=padding), tc.ReLU()]
        layers += [tc.MaxPool2D(2, 2)] if pool else []
    return layers


def _maps_step_by_step(layers, x, rules, target):  # type: ignore[no-untyped-def]
    trace = tc.trace.run(layers, x)
    return {rule.name: tc.backward(trace, target(trace), rule)[0] for rule in rules}


def _assert_same_maps(layers, x, target, close):  # type: ignore[no-untyped-def]
    """By every rule that is covered, as those in double precision, up to a part of their largest entry."""
    found = fused.maps(layers, x, COVERED, target)
    assert found is not None
    for name, expected in _maps_step_by_step(*_double(layers, x), COVERED, target).items():
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=close * np.abs(expected).max())


def _double(layers, x):  # type: ignore[no-untyped-def]
    return transform(layers, lambda layer: layer.astype(np.float64)), x.astype(np.float64)


def _decided(layers, x):  # type: ignore[no-untyped-def]
    """Whether every ReLU and every 2x2 pool is farther from a tie than rounding reaches, some 1e-6 here."""
    for step in tc.trace.run(*_double(layers, x)):
        z = step.input
        if isinstance(step.layer, tc.ReLU):
            near = np.abs(z)
        elif isinstance(step.layer, tc.MaxPool2D):
            windows = np.lib.stride_tricks.sliding_window_view(z, (2, 2), (2, 3))[:, :, ::2, ::2]
            second, first = np.moveaxis(np.sort(windows.reshape(*windows.shape[:4], 4)), -1, 0)[-2:]
            near = (first - second)[first > 0]
        else:
            continue
        if near.min(initial=np.inf) < 4e-6 * np.abs(z).max():
            return False
    return True


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 2),
    c=st.sampled_from([1, 3, 20]),
    widths=st.lists(st.sampled_from([16, 17, 33, 40]), min_size=1, max_size=3),
    pools=st.lists(st.booleans(), min_size=3, max_size=3),
    paddings=st.lists(st.sampled_from([0, 1, 2, ((1, 0), (2, 1))]), min_size=3, max_size=3),
    image=st.tuples(st.integers(22, 37), st.integers(22, 37)),
    several=st.booleans(),
)
def test_maps_equal_the_step_by_step_path(seed, n, c, widths, pools, paddings, image, several):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    layers, x = _trunk(rng, [c, *widths], pools, paddings), rng.standard_normal((n, c, *image), np.float32)
    features = tc.trace.run([*layers, tc.Flatten()], x).output.shape[1]
    layers += [tc.Flatten(), tc.Dense(rng.standard_normal((5, features), np.float32))]
    several = several and n == 1
    target = targets.several([targets.logit(k) for k in range(3)]) if several else targets.max_logit()
    assume(_decided(layers, x))
    _assert_same_maps(layers, x, target, 5e-6)


def _small() -> tuple[list[tc.Layer], np.ndarray]:
    rng = np.random.default_rng(0)
    layers = [*_trunk(rng, [3, 16], [True], [1]), tc.Flatten()]
    layers.append(tc.Dense(rng.standard_normal((4, 16 * 6 * 6), np.float32), name="logits"))
    return layers, rng.standard_normal((1, 3, 12, 12), np.float32)


def test_what_is_covered_follows_from_the_table() -> None:
    covered = {name for name, rule in RULES.items() if fused.gate(rule, KINDS) is not None}
    assert covered == {rule.name for rule in COVERED}
    own = GUIDED.replace("own", {tc.Conv2D: lambda signal, step: signal})
    assert fused.gate(own, KINDS) is None


def test_other_rules_targets_and_nets_take_the_general_path() -> None:
    layers, x = _small()
    best = targets.max_logit()
    assert fused.maps(layers, x, [GUIDED], best) is not None
    assert fused.maps(layers, x, [GUIDED, RULES["stein"]], best) is None
    assert fused.maps(layers, x, [GUIDED], targets.feature_map(0, 1)) is None
    assert fused.maps(layers, x.astype(np.float64), [GUIDED], best) is None
    assert fused.maps([tc.Softplus(), *layers], x, [GUIDED], best) is None
    named = targets.neuron("logits", (2,))
    expected = _maps_step_by_step(layers, x, [GUIDED], named)
    found = fused.maps(layers, x, [GUIDED], named)
    assert found is not None
    np.testing.assert_allclose(
        found["guided"], expected["guided"], atol=1e-6 * np.abs(expected["guided"]).max()
    )


def test_ties_in_a_pool_go_to_the_first_maximum() -> None:
    layers, x = _small()
    conv = layers[0]
    assert isinstance(conv, tc.Conv2D)
    too_small_to_tell = np.zeros_like(conv.weight)
    too_small_to_tell[:, :, 1, 1] = 1e-30
    layers[0] = tc.Conv2D(too_small_to_tell, np.ones_like(conv.bias), padding=1)
    maps = fused.maps(layers, x, [GRADIENT], targets.logit(0))
    assert maps is not None
    assert np.count_nonzero(maps["saliency"][:, :, ::2, ::2]) > 0
    assert np.count_nonzero(maps["saliency"][:, :, 1::2, :]) == 0
    assert np.count_nonzero(maps["saliency"][:, :, :, 1::2]) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_reported_as_ever(bad: float) -> None:
    layers, x = _small()
    x[0, 1, 4, 4] = bad
    model = tc.Model("small", tuple(layers), (3, 12, 12))
    with pytest.raises(tc.NonFiniteError, match="the input has 1"):
        tc.visualize(model, x)
    x[0, 1, 4, 4] = 3e38
    conv = layers[0]
    assert isinstance(conv, tc.Conv2D)
    layers[0] = tc.Conv2D(100 * conv.weight, conv.bias, padding=1, name="first")
    with pytest.raises(tc.NonFiniteError, match="first"):
        tc.visualize(tc.Model("small", tuple(layers), (3, 12, 12)), x)


def _norm(rng, k):  # type: ignore[no-untyped-def]
    weight, bias, mean = rng.standard_normal((3, k), np.float32)
    return tc.BatchNorm2D(weight, bias, mean, rng.uniform(0.5, 2, k).astype(np.float32))


def _conv(rng, c, k, size, **options):  # type: ignore[no-untyped-def]
    weight = rng.standard_normal((k, c // options.get("groups", 1), size, size), np.float32)
    return tc.Conv2D(weight / np.float32(np.sqrt(weight[0].size)), **options)


def _residual_net(rng, activation, merge, down):  # type: ignore[no-untyped-def]
    """Every kind of node: strides, depthwise, batch norms, pools, branches that are added or stacked."""
    body = (
        _conv(rng, 6, 6, 3, padding=1, groups=6),
        _norm(rng, 6),
        activation,
        _conv(rng, 6, 6, 1),
        _norm(rng, 6),
    )
    short = (_conv(rng, 6, 6, 1), _norm(rng, 6)) if down else ()
    wide = 12 if isinstance(merge, tc.Concatenate) else 6
    return [
        *(_conv(rng, 3, 6, 5, stride=2, padding=2), _norm(rng, 6), activation, tc.MaxPool2D(3, 2, padding=1)),
        *(tc.Branches((body, short), merge), activation, tc.AvgPool2D(2, 2)),
        *(
            tc.Branches(
                ((_conv(rng, wide, 5, 1), activation), (_conv(rng, wide, 5, 3, padding=1),)), tc.Add()
            ),
        ),
        *(tc.GlobalAvgPool2D(), tc.Dense(rng.standard_normal((7, 5), np.float32))),
    ]


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("merge", [tc.Add(), tc.Concatenate()])
@pytest.mark.parametrize("activation", [tc.ReLU(), tc.ReLU6()])
@pytest.mark.parametrize(("n", "several"), [(1, False), (1, True), (3, False)])
def test_branches_norms_and_pools_too(down, merge, activation, n, several, monkeypatch):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(n + 2 * down)
    layers, x = (
        _residual_net(rng, activation, merge, down),
        2 * rng.standard_normal((n, 3, 33, 30), np.float32),
    )
    target = targets.several([targets.logit(k) for k in range(5)]) if several else targets.max_logit()
    for held in (fused._HELD, 1):  # all signals at once, and one seed after another
        monkeypatch.setattr(fused, "_HELD", held)
        _assert_same_maps(layers, x, target, 2e-6)


def test_a_rule_must_treat_all_activations_of_the_net_alike() -> None:
    rng = np.random.default_rng(0)
    layers, x = (
        _residual_net(rng, tc.ReLU6(), tc.Add(), True),
        rng.standard_normal((1, 3, 30, 30), np.float32),
    )
    best, half = targets.max_logit(), GRADIENT.replace("half", {tc.ReLU: GUIDED.table[tc.ReLU]})
    assert fused.maps(layers, x, [half], best) is not None
    assert fused.maps([*layers[:2], tc.ReLU(), *layers[3:]], x, [half], best) is None


def test_logits_equal_the_step_by_step_path() -> None:
    rng = np.random.default_rng(0)
    layers, x = _residual_net(rng, tc.ReLU(), tc.Add(), True), rng.standard_normal((2, 3, 30, 30), np.float32)
    expected = tc.trace.run(layers, x).output
    found = fused.logits(layers, x)
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(expected).max())
    assert fused.logits([tc.Softplus(), *layers], x) is None


def _stacked_net(rng, ending, activation):  # type: ignore[no-untyped-def]
    """Branches of whole registers of channels, which stay in blocks when they are stacked."""
    c = 2 * LANES
    endings = {
        "1x1": (_conv(rng, c, LANES, 1),),
        "depthwise": (_conv(rng, c, c, 1, groups=c),),
        "norm": (_conv(rng, c, LANES, 1), _norm(rng, LANES)),
        "pool": (_conv(rng, c, LANES, 3, padding=1), tc.MaxPool2D(3, 1, padding=1)),
        "empty": (),
        "fork": (tc.Branches(((_conv(rng, c, c, 1),), ()), tc.Add()),),
    }
    branches = (endings[ending], (_conv(rng, c, LANES, 3, padding=1), tc.ReLU()), (_conv(rng, c, LANES, 1),))
    layers = [_conv(rng, 3, c, 3, stride=2), tc.ReLU(), tc.Branches(branches, tc.Concatenate())]
    layers += [tc.ReLU()] if activation else []
    layers += [
        _conv(rng, sum(_width(branch, c) for branch in branches), 7, 1),
        tc.ReLU(),
        tc.GlobalAvgPool2D(),
    ]
    return [*layers, tc.Dense(rng.standard_normal((5, 7), np.float32))]


def _width(branch, c):  # type: ignore[no-untyped-def]
    return LANES if branch and isinstance(branch[0], tc.Conv2D) and len(branch[0].weight) == LANES else c


@pytest.mark.parametrize("activation", [False, True])
@pytest.mark.parametrize("ending", ["1x1", "depthwise", "norm", "pool", "empty", "fork"])
@pytest.mark.parametrize(("n", "several"), [(1, True), (3, False)])
def test_stacked_branches_in_blocks(ending, activation, n, several):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(n)
    layers, x = _stacked_net(rng, ending, activation), rng.standard_normal((n, 3, 21, 19), np.float32)
    target = targets.several([targets.logit(k) for k in range(3)]) if several else targets.max_logit()
    _assert_same_maps(layers, x, target, 5e-6)


def test_a_single_branch_may_be_added() -> None:
    rng = np.random.default_rng(0)
    layers = [_conv(rng, 3, 16, 3), tc.ReLU(), tc.Branches(((_conv(rng, 16, 16, 1),),), tc.Add())]
    layers += [tc.GlobalAvgPool2D(), tc.Dense(rng.standard_normal((5, 16), np.float32))]
    x, best = rng.standard_normal((2, 3, 9, 9), np.float32), targets.max_logit()
    found = fused.maps(layers, x, [GUIDED], best)
    assert found is not None
    expected = _maps_step_by_step(layers, x, [GUIDED], best)["guided"]
    np.testing.assert_allclose(found["guided"], expected, rtol=0, atol=2e-6 * np.abs(expected).max())


def test_a_rule_of_ones_own_for_branches_takes_the_general_path() -> None:
    rng = np.random.default_rng(0)
    layers, x = _residual_net(rng, tc.ReLU(), tc.Add(), True), rng.standard_normal((1, 3, 30, 30), np.float32)
    own = GRADIENT.replace("own", {tc.Add: lambda signal, step: GRADIENT.table[tc.Add](signal / 2, step)})
    assert fused.maps(layers, x, [own], targets.max_logit()) is None


@pytest.mark.parametrize("activation", [tc.ReLU(), tc.ReLU6()])
@pytest.mark.parametrize("c", [3, 16])
def test_no_clip_hides_an_infinity(activation, c):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    huge = tc.Conv2D(np.full((16, c, 1, 1), -1e30, np.float32), name="huge")
    layers = [*((_conv(rng, 3, 16, 1),) if c == 16 else ()), huge, activation, tc.GlobalAvgPool2D()]
    layers.append(tc.Dense(rng.standard_normal((5, 16), np.float32)))
    x = 1e10 * np.abs(rng.standard_normal((1, 3, 9, 9), np.float32))
    with pytest.raises(tc.NonFiniteError, match="huge"):
        tc.visualize(tc.Model("huge", tuple(layers), (3, 9, 9)), x)
