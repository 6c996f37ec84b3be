"""Activations against torch's, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc

torch = pytest.importorskip("torch")
nn = torch.nn

PAIRS = [
    (tc.ReLU(), nn.ReLU()),
    (tc.ReLU6(), nn.ReLU6()),
    (tc.Clip(-0.5, 2.0), nn.Hardtanh(-0.5, 2.0)),
    (tc.LeakyReLU(0.2), nn.LeakyReLU(0.2)),
    (tc.ELU(0.7), nn.ELU(0.7)),
    (tc.SELU(), nn.SELU()),
    (tc.Softplus(), nn.Softplus()),
    (tc.Softplus(3.0), nn.Softplus(3.0, threshold=1000)),
    (tc.Sigmoid(), nn.Sigmoid()),
    (tc.Tanh(), nn.Tanh()),
    (tc.SiLU(), nn.SiLU()),
    (tc.HardSigmoid(), nn.Hardsigmoid()),
    (tc.HardSwish(), nn.Hardswish()),
    (tc.GELU(), nn.GELU()),
    (tc.GELU(tanh=True), nn.GELU(approximate="tanh")),
    (tc.Identity(), nn.Identity()),
]


@pytest.mark.parametrize(("mine", "theirs"), PAIRS, ids=lambda layer: type(layer).__name__)
def test_activation(mine: tc.layers.Activation, theirs: torch.nn.Module) -> None:
    draw = np.random.default_rng(0)
    z, signal = 4 * draw.normal(size=(2, 3, 20, 20)), draw.normal(size=(2, 3, 20, 20))
    x = torch.tensor(z, requires_grad=True)
    y = theirs(x)
    (expected,) = torch.autograd.grad(y, x, torch.tensor(signal))
    np.testing.assert_allclose(mine.function(z), y.detach().numpy(), rtol=1e-12, atol=1e-14)
    single = isinstance(mine, tc.HardSigmoid)  # torch's derivative is 1/6 in single precision
    np.testing.assert_allclose(
        mine.vjp(signal, z), expected.numpy(), rtol=4e-8 if single else 1e-12, atol=1e-13
    )


def test_prelu_of_each_channel() -> None:
    draw = np.random.default_rng(0)
    z, signal, slopes = draw.normal(size=(2, 3, 4, 4)), draw.normal(size=(2, 3, 4, 4)), draw.normal(size=3)
    layer = nn.PReLU(3, dtype=torch.float64)
    layer.weight.data = torch.tensor(slopes)
    x = torch.tensor(z, requires_grad=True)
    y = layer(x)
    (expected,) = torch.autograd.grad(y, x, torch.tensor(signal))
    np.testing.assert_allclose(tc.PReLU(slopes).function(z), y.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(tc.PReLU(slopes).vjp(signal, z), expected.numpy(), rtol=1e-12)
