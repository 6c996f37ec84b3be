"""PyTorch modules: logits, gradient and guided backprop are those of autograd, to 1e-9 in float64."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch", reason="the extra [torch] is not installed")

from importing.torch_nets import NETS, Reused, made, maps  # noqa: E402

BOUND = 1e-9

SALIENCY = tc.rules.GRADIENT
GUIDED = SALIENCY.replace("guided at ReLUs", {tc.ReLU: tc.rules.GUIDED[tc.ReLU()]})
"""As the autograd function: other activations, such as a gate's sigmoid, pass the gradient."""


def same(found: np.ndarray, expected: torch.Tensor) -> None:
    wanted = expected.detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=BOUND * np.abs(wanted).max())


def up_to_a_constant(found: np.ndarray, expected: torch.Tensor) -> None:
    """Where a log softmax at the end was left out, logits and what it makes of them differ by one number."""
    wanted = expected.detach().numpy()
    same(found - found.mean(), expected - wanted.mean())


@pytest.mark.parametrize("kind", NETS)
def test_logits_and_maps_are_those_of_autograd(kind: type) -> None:
    net = made(kind)
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    model = tc.from_torch(net, x)
    ended = any("left out" in note for note in model.notes)
    for rule, guided in ((SALIENCY, False), (GUIDED, True)):
        logits, signal = maps(net, x, guided)
        trace = tc.forward(model, x.numpy())
        (up_to_a_constant if ended else same)(trace.output, logits)
        if not ended:
            seed = tc.targets.max_logit()(trace)
            same(tc.backward(trace, seed, rule)[0], signal)


def test_a_batch_is_explained_image_by_image() -> None:
    net = made(Reused)
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64)
    model = tc.from_torch(net, x)
    same(tc.forward(model, x.numpy()).output, net(x))


def test_rules_stacked_are_rules_alone_through_gates() -> None:
    net = made(NETS[2])
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8))
    model = tc.from_torch(net, torch.from_numpy(x))
    together = tc.visualize(model, x, rules=["saliency", "guided", "deconvnet"])
    for name, found in together.items():
        alone = tc.visualize(model, x, rules=[name])[name]
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-12 * np.abs(alone).max())


class Twice(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head, self.aside = torch.nn.Linear(192, 4), torch.nn.Linear(192, 2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(x.flatten(1)), self.aside(x.flatten(1))


@pytest.mark.filterwarnings("ignore")
def test_of_several_outputs_the_first_is_explained_and_this_is_said(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
    net, x = Twice().eval(), torch.randn(1, 3, 8, 8)
    names = ["logits", "aside"]
    torch.onnx.export(net, (x,), str(tmp_path / "net.onnx"), dynamo=False, output_names=names)
    expected = net(x)[0].detach().numpy()
    module, file = tc.from_torch(net, x), tc.load_model(tmp_path / "net.onnx")
    for model in (module, file):
        np.testing.assert_allclose(tc.predict(model, x.numpy()), expected, rtol=1e-5, atol=1e-5)
    assert "the first of 2 outputs is explained" in module.notes
    assert "the output aside is left out" in file.notes


class Crossed(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convs = torch.nn.ModuleList(torch.nn.Conv2d(3, 3, 1) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = self.convs[0](x), self.convs[1](x)
        return (self.convs[2](a) + b).relu() * (self.convs[3](a) + b)


class Sorted(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sort(dim=1)[0]


class Branching(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (Crossed(), "is read by branches that do not meet in one place"),
        (Sorted(), "sort: is an operation for which there is no layer here"),
        (Branching(), "torch.export refuses it"),
        (torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(3)), "8x8 to 3x3, which does not divide it"),
        (
            torch.nn.Sequential(torch.nn.Softmax(1), torch.nn.Conv2d(3, 2, 1)),
            "Softmax is supported at the end only",
        ),
    ],
)
def test_what_has_no_layer_is_named_in_one_line(net: torch.nn.Module, words: str) -> None:
    with pytest.raises(tc.ModelFileError, match=words) as caught:
        tc.from_torch(net.eval(), torch.zeros(1, 3, 8, 8))
    assert "\n" not in str(caught.value)


def test_training_mode_is_refused() -> None:
    with pytest.raises(tc.ModelFileError, match=r"call eval\(\) first"):
        tc.from_torch(made(Reused).train(), torch.zeros(1, 3, 8, 8))


CIFAR = (
    "nin_cifar:nin_cifar10", "resnet_cifar:resnet20_cifar10", "preresnet_cifar:preresnet20_cifar10",
    "seresnet_cifar:seresnet20_cifar10", "densenet_cifar:densenet40_k12_cifar10",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("place", CIFAR)
def test_architectures_of_others(place: str) -> None:
    file, name = place.split(":")
    pytest.importorskip("pytorchcv", reason="the extra [peers] is not installed")
    net = made(getattr(importlib.import_module(f"pytorchcv.models.{file}"), name))
    x = torch.randn(1, 3, 32, 32, dtype=torch.float64)
    model = tc.from_torch(net, x)
    trace = tc.forward(model, x.numpy())
    seed = tc.targets.max_logit()(trace)
    for rule, guided in ((SALIENCY, False), (GUIDED, True)):
        logits, signal = maps(net, x, guided)
        same(trace.output, logits)
        same(tc.backward(trace, seed, rule)[0], signal)
