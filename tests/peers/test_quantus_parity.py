"""Checks give the numbers of Quantus 0.6.0 where both define the same, and differ where it is said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import checks
from tinycnn.checks.mprt import entropy
from tinycnn.checks.similarity import compare

torch = pytest.importorskip("torch", reason="the extra [peers] is not installed")


@contextmanager
def without(name: str) -> Iterator[None]:
    """As if a package were not installed."""
    known = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if known is not None:
            sys.modules[name] = known


with without("zennit"):  # Quantus imports it where it is, and it needs a torchvision that fits torch
    quantus = pytest.importorskip(
        "quantus", reason="Quantus is not installed; it is in no extra, as it brings OpenCV and pandas"
    )

A, B = np.random.default_rng(0).standard_normal((2, 4, 1, 16, 16))


def net() -> tuple[torch.nn.Module, np.ndarray]:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 4, 3, padding=1),
        torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, 3),
    ).eval()  # fmt: skip
    return module, np.random.default_rng(1).standard_normal((3, 2, 8, 8)).astype(np.float32)


def random_nets(module: torch.nn.Module, order: str, seed: int = 42) -> Iterator[torch.nn.Module]:
    """Those of Quantus, one more layer random in each; all are one module, which changes."""
    wrapped = quantus.helpers.model.pytorch_model.PyTorchModel(module)
    return (changed for _, changed in wrapped.get_random_layer_generator(order, seed))


def gradient(model: torch.nn.Module, inputs: Any, targets: Any, **rest: Any) -> np.ndarray:
    x = torch.as_tensor(np.array(inputs)).requires_grad_()
    chosen = model(x)[range(len(x)), list(targets)].sum()
    return torch.autograd.grad(chosen, x)[0].numpy()


@pytest.mark.parametrize(("order", "theirs"), [("top-down", "top_down"), ("bottom-up", "bottom_up")])
def test_mprt(order: Any, theirs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, x = net()
    example = torch.from_numpy(x[:1])
    model = tc.from_torch(module, example)
    [*_, last] = random_nets(module, theirs)
    random = tc.from_torch(last, example)
    monkeypatch.setattr(sys.modules["tinycnn.checks.mprt"], "randomised", lambda *choices: random)
    found = checks.mprt(model, x, "saliency", order=order)
    expected = quantus.MPRT(layer_order=theirs, disable_warnings=True)(
        model=module, x_batch=x, y_batch=tc.predict(model, x).argmax(axis=1), explain_func=gradient,
        channel_first=True, device="cpu",
    )  # fmt: skip
    assert expected.pop("original") == pytest.approx([1.0] * len(x))
    np.testing.assert_allclose(found.values, list(expected.values()), atol=1e-6)


@pytest.mark.parametrize(
    ("similarity", "theirs"), [("spearman", "correlation_spearman"), ("pearson", "correlation_pearson")]
)
def test_correlations(similarity: str, theirs: str) -> None:
    expected = getattr(quantus.similarity_func, theirs)(A.reshape(4, -1), B.reshape(4, -1), batched=True)
    np.testing.assert_allclose(checks.SIMILARITIES[similarity](A, B), expected, atol=1e-12)


def test_ssim_and_the_cosine_which_is_a_distance_there() -> None:
    ssim = [quantus.similarity_func.ssim(a[0], b[0]) for a, b in zip(A, B, strict=True)]
    np.testing.assert_allclose(compare(A, B, "ssim", False, "none"), ssim, atol=1e-12)
    cosine = [quantus.similarity_func.cosine(a.ravel(), b.ravel()) for a, b in zip(A, B, strict=True)]
    np.testing.assert_allclose(1 - compare(A, B, "cosine", False, "none"), cosine, atol=1e-12)


@pytest.mark.parametrize(
    ("normaliser", "theirs"),
    [("max", "normalise_by_max"), ("rms", "normalise_by_average_second_moment_estimate")],
)
def test_normalisers(normaliser: str, theirs: str) -> None:
    expected = getattr(quantus.normalise_func, theirs)(A.copy(), normalise_axes=(1, 2, 3))
    np.testing.assert_allclose(checks.NORMALISERS[normaliser](A), expected, atol=1e-12)


@pytest.mark.parametrize("bins", [10, 100])
def test_entropy(bins: int) -> None:
    expected = quantus.complexity_func.discrete_entropy(A[0], A[0], n_bins=bins)
    assert entropy(A[0], bins) == pytest.approx(expected, abs=1e-12)


def test_random_layers_are_other_ones() -> None:
    """Theirs are drawn anew from one seed, so that layers of one shape have the same weights, and biases."""
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 2, 3)).eval()
    [*_, last] = random_nets(module, "top_down")
    assert torch.equal(last[0].weight, last[2].weight)
    assert torch.equal(last[0].bias, last[2].bias)
    assert last[0].bias.detach().numpy().any()
    assert abs(last[0].weight).max() < 18**-0.5  # uniform, of variance 1 / (3 fan-in)
    ours = checks.randomised(tc.from_torch(module, torch.zeros(1, 2, 8, 8))).layers
    one, other = (layer for layer in ours if isinstance(layer, tc.Conv2D))
    assert not np.array_equal(one.weight, other.weight)
    assert not one.bias.any()
