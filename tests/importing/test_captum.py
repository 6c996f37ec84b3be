"""What the page on one's own networks says of Captum: right for modules, the plain gradient for functions."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
captum = pytest.importorskip("captum.attr", reason="the extra [peers] is not installed")

from importing.torch_nets import Reused, made  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Functional(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 6, 3, padding=1)
        self.second = torch.nn.Conv2d(6, 6, 3, padding=1)
        self.head = torch.nn.Linear(6 * 64, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.second(torch.relu(self.first(x)))).flatten(1))


def compared(kind: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Captum's guided backprop, ours, and the gradient."""
    net = made(kind)
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    model = tc.from_torch(net, x)
    maps = tc.visualize(model, x.numpy(), rules=["guided", "saliency"])
    target = int(net(x).argmax())
    theirs = captum.GuidedBackprop(net).attribute(x.clone().requires_grad_(), target=target)
    return theirs.detach().numpy(), maps["guided"], maps["saliency"]


def test_a_module_used_twice_is_right_on_both_sides() -> None:
    theirs, guided, _ = compared(Reused)
    np.testing.assert_allclose(theirs, guided, atol=1e-12)


def test_for_functions_it_gives_the_gradient() -> None:
    theirs, guided, gradient = compared(Functional)
    np.testing.assert_allclose(theirs, gradient, atol=1e-12)
    assert np.linalg.norm(theirs - guided) / np.linalg.norm(guided) == pytest.approx(0.98, abs=0.005)
    cosine = (theirs * guided).sum() / np.linalg.norm(theirs) / np.linalg.norm(guided)
    assert cosine == pytest.approx(0.54, abs=0.005)
