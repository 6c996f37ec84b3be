"""The same numbers as torch, in float64: forward, every rule's map, and weight gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ops.strategies import ConvCase, PoolCase, conv_cases, normal, pool_cases

import tinycnn as tc
from tinycnn.testing.case import Case
from tinycnn.testing.strategies import cases
from tinycnn.zoo.train import gradients

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")

from peers.nets import run, signal_at_input, weight_gradients  # noqa: E402

RELATIVE = 1e-10


def same(found: np.ndarray, expected: np.ndarray, bound: float = RELATIVE) -> None:
    """Equal within `bound`, relative to the largest entry."""
    assert found.shape == expected.shape
    scale = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound * scale)


def check(layers: tuple[tc.Layer, ...], x: np.ndarray, rule: str, seed: int) -> None:
    trace = tc.forward(tc.Model("net", layers, x.shape[1:]), x)
    signal = normal(seed, trace.output.shape)
    y, expected = signal_at_input(layers, x, signal, rule)
    same(trace.output, y)
    same(tc.backward(trace, signal, tc.rules.get(rule))[0], expected)


rules = st.sampled_from(sorted(tc.rules.RULES))


@given(conv_cases(), rules)
def test_every_option_of_convolution(case: ConvCase, rule: str) -> None:
    x, weight, bias = case.arrays()
    assume(len(x))
    check((tc.Conv2D(weight, bias, **case.options), tc.ReLU()), x, rule, case.seed)


@given(pool_cases(), rules, st.booleans(), st.sampled_from([tc.MaxPool2D, tc.AvgPool2D]))
def test_every_option_of_pooling(case: PoolCase, rule: str, ties: bool, pool: type) -> None:
    x = case.array(ties=ties)
    assume(len(x))
    check((tc.ReLU(), pool(**case.options)), x, rule, case.seed)


WHOLE = ("mixed", "zeros", "ties", "halves", "fine")
"""Regimes of numbers whose sums are exact: ties are ties on both sides, and no product overflows."""


@settings(max_examples=200)
@given(cases(shapes=st.tuples(*[st.integers(1, 6)] * 3), images=2, regimes=WHOLE), rules)
def test_small_networks_of_any_layers(case: Case, rule: str) -> None:
    trace = tc.forward(case, case.x)
    y, expected = signal_at_input(case.layers, case.x, case.seed, rule)
    same(trace.output, y)
    same(tc.backward(trace, case.seed, tc.rules.get(rule))[0], expected)


@pytest.mark.parametrize("rule", sorted(tc.rules.RULES))
@pytest.mark.parametrize("activation", [tc.ReLU, tc.ReLU6, tc.Softplus])
def test_every_rule_through_every_layer(rule: str, activation: type) -> None:
    def conv(seed: int, k: int, c: int, name: str) -> tc.Conv2D:
        return tc.Conv2D(normal(seed, (k, c, 3, 3)), normal(seed + 1, (k,)), padding=1, name=name)

    body = (conv(1, 4, 4, "b1"), activation(), conv(3, 4, 4, "b2"))
    fork = (
        tc.Branches(((conv(5, 3, 4, "l"), activation()), (conv(7, 2, 4, "r"),)), tc.Concatenate()),
        activation(),
    )
    norm = tc.BatchNorm2D(*(normal(s, (4,)) for s in (9, 10, 11)), np.exp(normal(12, (4,))), name="norm")
    head = (tc.Flatten("hwc"), tc.Dense(normal(13, (6, 45)), normal(14, (6,)), name="hidden"), activation())
    layers = (
        conv(15, 4, 2, "first"), norm, activation(), tc.MaxPool2D(3, 2, 1), tc.Branches((body, ()), tc.Add()),
        activation(), *fork, tc.AvgPool2D(2, 2), *head, tc.Dense(normal(16, (5, 6)), name="logits"),
    )  # fmt: skip
    check(layers, normal(17, (2, 2, 11, 11)), rule, 18)


def check_weight_gradients(layers: tuple[tc.Layer, ...], x: np.ndarray, seed: int) -> None:
    trace = tc.forward(tc.Model("net", layers, x.shape[1:]), x)
    signal = normal(seed, trace.output.shape)
    found, expected = gradients(trace, signal), weight_gradients(layers, x, signal)
    assert set(found) == set(expected)
    for name, array in found.items():
        same(array, expected[name])


@given(conv_cases())
def test_weight_gradients_of_every_option_of_convolution(case: ConvCase) -> None:
    x, weight, bias = case.arrays()
    assume(len(x))
    check_weight_gradients((tc.Conv2D(weight, bias, **case.options, name="conv"),), x, case.seed)


def test_weight_gradients_of_a_network_with_a_shared_layer_in_a_branch() -> None:
    shared = tc.Conv2D(normal(0, (3, 3, 3, 3)), normal(1, (3,)), padding=1, name="shared")
    norm = tc.BatchNorm2D(*(normal(s, (3,)) for s in (2, 3, 4)), np.exp(normal(5, (3,))), name="norm")
    block = tc.Branches(((shared, tc.ReLU()), ()), tc.Add())
    dense = tc.Dense(normal(6, (4, 12)), normal(7, (4,)), name="dense")
    layers = (shared, norm, tc.ReLU(), block, tc.MaxPool2D(2, 2), tc.Flatten(), dense)
    check_weight_gradients(layers, normal(8, (2, 3, 4, 4)), 9)


def logit_seed(trace: tc.Trace) -> np.ndarray:
    return tc.targets.max_logit()(trace)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "size"),
    [
        ("guided", 224),
        *((rule, 64) for rule in ("saliency", "deconvnet", "guided", "abs", "negative", "linear")),
    ],
)
def test_vgg16_in_float64(rule: str, size: int) -> None:
    net = tc.zoo.vgg16(seed=1, image=(size, size)).astype(np.float64)
    x = net.preprocess(tc.image.default(), np.float64)
    trace = tc.forward(net, x)
    seed = logit_seed(trace)
    y, expected = signal_at_input(net.layers, x, seed, rule)
    same(trace.output, y)
    same(tc.backward(trace, seed, tc.rules.get(rule))[0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["saliency", "deconvnet", "guided"])
def test_float32_with_the_masks_of_float64(rule: str) -> None:
    """Sharing masks and switches leaves only the rounding of the backward pass itself."""
    exact = tc.zoo.vgg16(seed=1, classes=50).astype(np.float64)
    x = exact.preprocess(tc.image.default(), np.float64)
    reference = tc.forward(exact, x)
    rough = exact.astype(np.float32)
    shared = tc.Trace(
        tc.Step(layer, step.input.astype(np.float32), step.output.astype(np.float32), step.saved)
        for layer, step in zip(rough.layers, reference, strict=True)
    )
    seed = logit_seed(reference)
    expected = tc.backward(reference, seed, tc.rules.get(rule))[0]
    found = tc.backward(shared, seed.astype(np.float32), tc.rules.get(rule))[0]
    assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected)
    _, torchs = signal_at_input(exact.layers, x, seed, rule)
    assert np.linalg.norm(found - torchs) < 1e-5 * np.linalg.norm(torchs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*(backward hook|requires_grad|non-full).*")
def test_captum_end_to_end_in_float32() -> None:
    """Each side has its own masks, of which a handful differ: a relative error of 1e-2 is float32's."""
    attr = pytest.importorskip("captum.attr", reason="the extra [peers] is not installed")
    net = tc.zoo.vgg16(seed=1, classes=50)
    x = net.preprocess(tc.image.default())
    peer = modules(net)
    target = int(tc.forward(net, x).output.argmax())
    methods = {
        "saliency": (attr.Saliency, {"abs": False}),
        "deconvnet": (attr.Deconvolution, {}),
        "guided": (attr.GuidedBackprop, {}),
    }
    for rule, (method, options) in methods.items():
        found = tc.visualize(net, x, [rule], target)[rule]
        at = torch.tensor(x, requires_grad=True)
        expected = method(peer).attribute(at, target=target, **options).detach().numpy()
        assert np.linalg.norm(found - expected) < 1e-2 * np.linalg.norm(expected), rule


def modules(net: tc.Model) -> object:
    """A chain as torch modules, which is what captum's hooks need."""
    nn = torch.nn

    def learnt(module: object, layer: tc.Layer) -> object:
        with torch.no_grad():
            module.weight.copy_(torch.tensor(np.array(layer.weight)))
            module.bias.copy_(torch.tensor(np.array(layer.bias)))
        return module

    def module(layer: tc.Layer) -> object:
        if isinstance(layer, tc.Conv2D):
            k, c, a, _ = layer.weight.shape
            return learnt(nn.Conv2d(c, k, a, padding=layer.padding), layer)
        if isinstance(layer, tc.Dense):
            k, c = layer.weight.shape
            return learnt(nn.Linear(c, k), layer)
        return {tc.ReLU: nn.ReLU(), tc.MaxPool2D: nn.MaxPool2d(2, 2), tc.Flatten: nn.Flatten()}[type(layer)]

    return nn.Sequential(*map(module, net.layers)).eval()


def test_the_peer_runs_the_same_forward() -> None:
    net = tc.zoo.three_layer_cnn(4, 3, image=(8, 8)).astype(np.float64)
    x = normal(0, (1, 3, 8, 8))
    same(tc.forward(net, x).output, run(net.layers, torch.tensor(x)).detach().numpy())
