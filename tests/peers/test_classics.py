"""The classic networks give torch's numbers: from torch's own files, forward, and by every rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ops.strategies import normal
from pretrained.files import trained

import tinycnn as tc
from tinycnn.weights import open_weights

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")

from peers.classics import peer  # noqa: E402
from peers.nets import signal_at_input  # noqa: E402

RELATIVE = 1e-10
CLASSES = 7

SIDES = {
    "vgg16": (32, 1),
    "vgg19": (32, 1),
    "alexnet": (67, 1),
    "resnet18": (37, 1),
    "resnet34": (33, 1),
    "resnet50": (32, 1),
    "squeezenet1_1": (42, 1),
    "efficientnet_lite0": (45, 1),
}
"""(side of a small image, side of what is left of it when it is flattened); odd sides try the padding."""


def same(found: np.ndarray, expected: np.ndarray, bound: float = RELATIVE) -> None:
    """Equal within `bound`, relative to the largest entry."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound * np.abs(expected).max())


def from_file(name: str, net: torch.nn.Module, path: Path, side: int, legacy: bool = False) -> tc.Model:
    """A model in float64 with the weights of a module, by way of a file that torch writes."""
    torch.save(net.state_dict(), path, _use_new_zipfile_serialization=not legacy)
    model = tc.zoo.MODELS[name](image=(side, side), classes=CLASSES)
    return tc.zoo.load(model.astype(np.float64), path)


def read(path: Path) -> dict[str, torch.Tensor]:
    """A checkpoint, by torch's own reader."""
    return torch.load(path, weights_only=True)


@pytest.mark.parametrize("name", SIDES)
def test_a_file_that_torch_wrote_gives_torchs_logits(name: str, tmp_path: Path) -> None:
    side, left = SIDES[name]
    net = peer(name, CLASSES, left)
    model = from_file(name, net, tmp_path / "net.pth", side)
    x = normal(1, (2, 3, side, side))
    with torch.no_grad():
        expected = net(torch.tensor(x)).numpy()
    assert expected.std() > 0
    same(tc.forward(model, x).output, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIDES)
def test_every_rules_map(name: str, tmp_path: Path) -> None:
    side, left = SIDES[name]
    model = from_file(name, peer(name, CLASSES, left), tmp_path / "net.pth", side)
    trace = tc.forward(model, normal(2, (1, 3, side, side)))
    seed = normal(3, trace.output.shape)
    for rule in tc.rules.RULES.values():
        _, expected = signal_at_input(model.layers, trace.input, seed, rule.name)
        may_vanish = rule.name == "reversed"  # switches lead to active units, where its mask stops the signal
        assert expected.any() or may_vanish, rule.name
        same(tc.backward(trace, seed, rule)[0], expected)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0"])
def test_the_paper_s_three_rules_through_branches(name: str, tmp_path: Path) -> None:
    side, left = SIDES[name]
    model = from_file(name, peer(name, CLASSES, left), tmp_path / "net.pth", side, legacy=True)
    trace = tc.forward(model, normal(2, (1, 3, side, side)))
    seed = normal(3, trace.output.shape)
    for rule in ("saliency", "deconvnet", "guided"):
        _, expected = signal_at_input(model.layers, trace.input, seed, rule)
        same(tc.backward(trace, seed, tc.rules.get(rule))[0], expected)


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_lite0"])
def test_the_saliency_map_is_the_gradient_of_the_module_itself(name: str, tmp_path: Path) -> None:
    side, left = SIDES[name]
    net = peer(name, CLASSES, left)
    model = from_file(name, net, tmp_path / "net.pth", side)
    x = normal(4, (1, 3, side, side))
    at = torch.tensor(x, requires_grad=True)
    (expected,) = torch.autograd.grad(net(at)[0, 3], at)
    same(tc.visualize(model, x, ["saliency"], target=3)["saliency"], expected.numpy())


@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_1"])
def test_at_full_size(name: str, tmp_path: Path) -> None:
    net = peer(name, CLASSES, 6)
    model = from_file(name, net, tmp_path / "net.pth", 224)
    x = model.preprocess(tc.image.default(), np.float64)
    with torch.no_grad():
        same(tc.forward(model, x).output, net(torch.tensor(x)).numpy())


PHOTOGRAPHS = {
    "chelsea": {285: 0.385, 282: 0.332, 281: 0.163, 287: 0.034},
    "coffee": {967: 0.94},
    "motorcycle_left": {665: 0.72},
}
"""What torch finds on these: probabilities of classes, rounded."""


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_efficientnet_lite0_sees_what_torch_sees(name: str) -> None:
    """Every logit in float64; in float32 torch's own small logits, sums that nearly cancel, err by 6e-3."""
    net = peer("efficientnet_lite0", 1000)
    net.load_state_dict(read(trained("efficientnet-lite0")))
    model = tc.zoo.build("efficientnet_lite0", "efficientnet-lite0")
    x = model.preprocess(tc.image.sample(name))
    with torch.no_grad():
        expected = net(torch.tensor(x).double())
    exact = tc.forward(model.astype(np.float64), x.astype(np.float64)).output
    np.testing.assert_allclose(exact, expected.numpy(), rtol=1e-10)
    same(tc.forward(model, x).output, expected.numpy(), 1e-5)
    probabilities = torch.softmax(expected, dim=1)[0]
    for index, probability in PHOTOGRAPHS[name].items():
        half_digit = 0.5 * 10.0 ** -len(str(probability).partition(".")[2])
        assert float(probabilities[index]) == pytest.approx(probability, abs=half_digit + 1e-3)


@pytest.mark.parametrize(
    ("name", "root"), [("alexnet", "AlexNet_0"), pytest.param("vgg16", "VGG16_0", marks=pytest.mark.slow)]
)
@pytest.mark.filterwarnings("ignore:.*(backward hook|requires_grad|non-full).*")
def test_trained_features_through_captum(name: str, root: str) -> None:
    """Float64 on both sides, so that masks agree; every kernel is taken to torch from the file itself."""
    attr = pytest.importorskip("captum.attr", reason="the extra [peers] is not installed")
    path = trained(f"{name}-features")
    net = peer(name, CLASSES).features
    convolutions = [module for module in net if isinstance(module, torch.nn.Conv2d)]
    with open_weights(path) as file, torch.no_grad():
        for index, conv in enumerate(convolutions):
            conv.weight.copy_(torch.tensor(file[f"{root}/Conv_{index}/kernel"].transpose(3, 2, 0, 1).copy()))
            conv.bias.copy_(torch.tensor(file[f"{root}/Conv_{index}/bias"]))
    model = tc.zoo.MODELS[name](f"{name}-features", dense=False).astype(np.float64)
    x = model.preprocess(tc.image.default(), np.float64)
    features = tc.forward(model, x).output
    k, i, j = np.unravel_index(features[0].argmax(), features.shape[1:])
    at = tuple(map(int, (k, i, j)))
    target = tc.targets.neuron(-1, at)
    for rule, method, options in (
        ("saliency", attr.Saliency, {"abs": False}),
        ("deconvnet", attr.Deconvolution, {}),
        ("guided", attr.GuidedBackprop, {}),
    ):
        expected = method(net).attribute(torch.tensor(x, requires_grad=True), target=at, **options)
        same(tc.visualize(model, x, [rule], target)[rule], expected.detach().numpy())
