"""Checks give captum's numbers where both define the same."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import checks

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")
metrics = pytest.importorskip(
    "captum.metrics", reason="captum is not installed; pip install 'tinycnn[peers]'"
)

N = 7


def net() -> tuple[tc.Model, torch.nn.Module, np.ndarray]:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(64, 3),
    ).double().eval()  # fmt: skip
    x = np.random.default_rng(1).standard_normal((3, 2, 8, 8))
    return tc.from_torch(module, torch.from_numpy(x[:1])), module, x


def noise(rng: np.random.Generator, x: np.ndarray, n: int) -> np.ndarray:
    return 0.3 * np.random.default_rng(5).standard_normal((n, *x.shape[1:]))


@pytest.mark.parametrize("scaled", [False, True])
def test_infidelity(scaled: bool) -> None:
    model, module, x = net()
    found = checks.infidelity(model, x, "saliency", 1, n=N, noise=noise, scaled=scaled).values[0]

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        changes = torch.from_numpy(noise(np.random.default_rng(0), x[:1], N))
        return changes, inputs - changes

    for i in range(len(x)):
        inputs = torch.from_numpy(x[i : i + 1]).requires_grad_()
        gradient = torch.autograd.grad(module(inputs)[0, 1], inputs)[0]
        expected = metrics.infidelity(
            module, perturb, inputs.detach(), gradient, target=1, n_perturb_samples=N, normalize=scaled
        )
        assert found[i] == pytest.approx(expected.item(), rel=1e-6)


def test_max_sensitivity() -> None:
    model, module, x = net()
    found = checks.max_sensitivity(model, x, "saliency", 1, n=N, noise=noise).values[0]

    def explain(inputs: torch.Tensor, target: int = 1) -> torch.Tensor:
        with torch.enable_grad():
            inputs = inputs[0].detach().requires_grad_()
            return (torch.autograd.grad(module(inputs)[:, target].sum(), inputs)[0],)

    def perturb(inputs: tuple, radius: float) -> tuple[torch.Tensor]:
        return (inputs[0] + torch.from_numpy(noise(np.random.default_rng(0), x[:1], N)),)

    for i in range(len(x)):
        inputs = torch.from_numpy(x[i : i + 1])
        expected = metrics.sensitivity_max(explain, (inputs,), perturb, n_perturb_samples=N, target=1)
        assert found[i] == pytest.approx(expected.item(), rel=1e-6)
