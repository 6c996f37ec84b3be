"""Averages, products and DeepLIFT give captum's numbers, and where they do not, it is written here why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn.rules.others import deeplift

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
captum = pytest.importorskip("captum.attr", reason="captum is not installed; pip install 'tinycnn[peers]'")

from peers.modules import network  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting (forward, )?backward hooks"),
    pytest.mark.filterwarnings("ignore:Input Tensor"),
]

BOUND = 1e-9


def draw(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def _net(seed: int) -> tuple[tc.Layer, ...]:
    s = 1000 * seed
    return (
        tc.Conv2D(draw(s, 4, 2, 3, 3), draw(s + 1, 4), padding=1, name="below"),
        tc.ReLU(),
        tc.MaxPool2D(2, 2),
        tc.Conv2D(draw(s + 2, 5, 4, 3, 3), draw(s + 3, 5), padding=1, name="above"),
        tc.ReLU(name="top"),
        tc.Flatten(),
        tc.Dense(draw(s + 4, 6, 45), draw(s + 5, 6)),
        tc.ReLU(),
        tc.Dense(draw(s + 6, 3, 6), draw(s + 7, 3)),
    )


def _model(seed: int) -> tuple[tc.Model, np.ndarray, Any]:
    layers = _net(seed)
    return tc.Model("net", layers, (2, 6, 6)), draw(seed, 2, 2, 6, 6), network(layers, torch.nn.Identity)


def _difference(found: np.ndarray, expected: Any) -> float:
    wanted = expected.detach().numpy()
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def _without_pools(seed: int) -> tuple[tc.Layer, ...]:
    layers = tuple(layer for layer in _net(seed) if not isinstance(layer, tc.MaxPool2D))
    return (*layers[:-3], tc.Dense(draw(seed, 6, 180)), *layers[-2:])


class FlatLinear(torch.nn.Linear):
    """Captum's relevance has no rule for a module that flattens."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flatten(1))


def _flattening(layers: tuple[tc.Layer, ...]) -> Any:
    module = network(layers, torch.nn.Identity)
    for layer in module:
        if isinstance(layer, torch.nn.Linear):
            layer.__class__ = FlatLinear
    return torch.nn.Sequential(*(layer for layer in module if not isinstance(layer, torch.nn.Flatten)))


seeds = pytest.mark.parametrize("seed", range(3))


@seeds
def test_integrated_gradients_with_the_same_nodes(seed: int) -> None:
    model, x, module = _model(seed)
    """Captum rounds its weights to float32, so only a power of two of them is exact."""
    found = tc.visualize(model, x, ["ig(steps=16)", "ig(baseline=0.5, steps=8)"], 1)
    their = captum.IntegratedGradients(module)
    for name, start, steps in (("ig(steps=16)", 0.0, 16), ("ig(baseline=0.5, steps=8)", 0.5, 8)):
        options: dict[str, Any] = {"n_steps": steps, "method": "riemann_middle", "baselines": start}
        assert _difference(found[name], their.attribute(torch.tensor(x), target=1, **options)) < BOUND


@seeds
@pytest.mark.parametrize("own", [False, True])
def test_deeplift_without_pools(seed: int, own: bool) -> None:
    layers = _without_pools(seed)
    model, x = tc.Model("net", layers, (2, 6, 6)), draw(seed, 2, 2, 6, 6)
    start = draw(seed + 9, 1, 2, 6, 6) if own else np.zeros((1, 2, 6, 6))
    their = captum.DeepLift(network(layers, torch.nn.Identity))
    expected = their.attribute(torch.tensor(x), torch.tensor(start), target=2)
    assert _difference(tc.visualize(model, x, deeplift(start[0]), 2)["deeplift"], expected) < BOUND


def test_captums_deeplift_does_not_add_up_below_a_relu_and_a_pool_and_ours_does() -> None:
    layers = (tc.ReLU(), tc.MaxPool2D((1, 2), (1, 2)), tc.Flatten())
    x, start = np.zeros((1, 1, 1, 2)), np.array([[[[0.0, 1.0]]]])
    their = captum.DeepLift(network(layers, torch.nn.Identity))
    expected = their.attribute(torch.tensor(x), torch.tensor(start), target=0)
    found = tc.visualize(tc.Model("net", layers, (1, 1, 2)), x, deeplift(start[0]), 0)["deeplift"]
    assert found.tolist() == [[[[0, -1]]]]
    assert expected.tolist() == [[[[0, 0]]]]


@seeds
def test_deeplift_adds_up_through_every_layer(seed: int) -> None:
    model, x, _ = _model(seed)
    start = draw(seed + 9, 2, 6, 6)
    found = tc.visualize(model, x, deeplift(start), 2)["deeplift"]
    change = tc.predict(model, x)[:, 2] - tc.predict(model, start[None])[:, 2]
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), change, rtol=1e-9)


@seeds
def test_relevance_with_an_epsilon(seed: int) -> None:
    """Captum adds 1e-9 to denominators by default and has a rule for pools of its own; both are set here."""
    from captum.attr._utils.lrp_rules import EpsilonRule

    layers = _without_pools(seed)
    model, module = tc.Model("net", layers, (2, 6, 6)), _flattening(layers)
    for layer in module:
        if not isinstance(layer, torch.nn.ReLU):
            layer.rule = EpsilonRule(epsilon=0.1)
    x = draw(seed, 2, 2, 6, 6)
    expected = captum.LRP(module).attribute(torch.tensor(x), target=0)
    found = tc.visualize(model, x, "lrp-epsilon(epsilon=0.1)", 0)["lrp-epsilon(epsilon=0.1)"]
    assert _difference(found, expected) < BOUND


@seeds
def test_smoothgrad_of_the_same_noise(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x, module = _model(seed)
    x, n, sigma = x[:1], 6, 0.2
    noise = np.random.default_rng([5, 0]).standard_normal((n, *x.shape[1:]))
    sd = sigma * float(x.max() - x.min())
    replayed = torch.tensor(x + sd * noise)
    monkeypatch.setattr(torch, "normal", lambda *moments: replayed - torch.tensor(x))
    for name, kind in (
        ("smoothgrad", "smoothgrad"),
        ("smoothgrad-squared", "smoothgrad_sq"),
        ("vargrad", "vargrad"),
    ):
        text = f"{name}(saliency, sigma={sigma}, n={n}, seed=5)"
        maps = [captum.Saliency(module).attribute(one[None], target=1, abs=False) for one in replayed]
        each = torch.cat(maps).numpy()
        expected = {
            "smoothgrad": each.mean(0),
            "smoothgrad_sq": (each**2).mean(0),
            "vargrad": each.var(0),
        }[kind]
        found = tc.visualize(model, x, text, 1)[text][0]
        assert np.abs(found - expected).max() < BOUND * np.abs(expected).max()


@seeds
def test_class_activation_maps_at_a_layer(seed: int) -> None:
    model, x, module = _model(seed)
    their = captum.LayerGradCam(module, module[4]).attribute(
        torch.tensor(x), target=1, relu_attributions=True
    )
    up = torch.nn.functional.interpolate(their, size=(6, 6), mode="bilinear", align_corners=False)
    found = tc.visualize(model, x, "grad-cam(layer=top)", 1)["grad-cam(layer=top)"]
    assert _difference(found, up) < BOUND


@seeds
def test_guided_grad_cam(seed: int) -> None:
    model, x, module = _model(seed)
    their = captum.GuidedGradCam(module, module[4])
    expected = their.attribute(torch.tensor(x), target=1, interpolate_mode="bilinear")
    assert (
        _difference(tc.visualize(model, x, "guided-grad-cam(top)", 1)["guided-grad-cam(top)"], expected)
        < BOUND
    )


def test_captums_alpha1_beta0_clamps_weights_alone_and_is_another_rule_where_an_input_is_negative() -> None:
    from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule

    layers = (tc.Flatten(), tc.Dense(np.array([[1.0, -1.0]])))
    module = _flattening(layers)
    module[0].rule = Alpha1_Beta0_Rule()
    x = np.array([[[[2.0, -1.0]]]])
    expected = captum.LRP(module).attribute(torch.tensor(x), target=0).detach().numpy()
    found = tc.visualize(tc.Model("net", layers, (1, 1, 2)), x, "lrp-zplus", 0)["lrp-zplus"]
    np.testing.assert_allclose(expected.ravel(), [3, 0], atol=1e-8)
    np.testing.assert_allclose(found.ravel(), [2, 1])


def test_captums_nodes_are_gauss_legendre_and_ours_midpoints() -> None:
    layers = (tc.Flatten(), tc.Dense(ONE := np.ones((1, 1)), -0.7 * np.ones(1)), tc.ReLU(), tc.Dense(ONE))
    x = np.ones((1, 1, 1, 1))
    their = captum.IntegratedGradients(network(layers, torch.nn.Identity))
    expected = float(their.attribute(torch.tensor(x), target=0, n_steps=4).sum())
    found = float(tc.visualize(tc.Model("net", layers, (1, 1, 1)), x, "ig(steps=4)", 0)["ig(steps=4)"].sum())
    nodes, weights = np.polynomial.legendre.leggauss(4)
    assert expected == pytest.approx(float(weights[(nodes + 1) / 2 > 0.7].sum() / 2))
    assert found == 1 / 4
