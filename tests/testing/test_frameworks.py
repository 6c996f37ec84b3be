"""Rules of other frameworks pass the same checks: torch's backward passes, and Captum's guided ReLU."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinycnn.errors import CheckError
from tinycnn.layers import Conv2D, MaxPool2D
from tinycnn.ops.geometry import pair, window
from tinycnn.rules import GRADIENT, GUIDED, RULES, Rule
from tinycnn.testing import check_rule, check_vjp, from_function
from tinycnn.trace import Step

torch = pytest.importorskip("torch", reason="torch is not installed; pip install 'tinycnn[peers]'")


def torch_backward(function, x, signal):
    """The gradient of a torch function at x for a signal at its output, as arrays."""
    leaf = torch.tensor(x, requires_grad=True)
    function(leaf).backward(torch.tensor(signal))
    return leaf.grad.numpy()


def torch_conv(layer: Conv2D, x):
    """torch's convolution, its padding laid out first."""
    options = {key: value for key, value in layer.geometry.items() if key != "groups"}
    at = window(tuple(x.shape[2:]), layer.weight.shape[2:], **options)
    (h, w), ((top, bottom), (left, right)) = at.image, at.edges
    if at.circular:
        x = x[:, :, np.arange(-top, h + bottom) % h][..., np.arange(-left, w + right) % w]
    else:
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
    return torch.nn.functional.conv2d(
        x, torch.tensor(layer.weight), None, layer.stride, 0, layer.dilation, layer.groups
    )


def torch_pool(layer: MaxPool2D, x):
    at = window(tuple(x.shape[2:]), pair(layer.size), layer.stride, layer.padding)
    (top, bottom), (left, right) = at.edges
    padded = torch.nn.functional.pad(x, (left, right, top, bottom), value=float("-inf"))
    return torch.nn.functional.max_pool2d(padded, at.size, at.stride)


def _row(function):
    """A row whose function needs the layer's parameters."""

    def row(signal, step: Step):
        return from_function(partial(torch_backward, partial(function, step.layer)))(signal, step)

    return row


def test_torch_relu_backward_is_the_gradient(search_seed):
    check_rule(
        from_function(partial(torch_backward, torch.relu)), like=GRADIENT, examples=30, seed=search_seed
    )


def test_torch_convolution_and_pool_backward_are_the_gradient(search_seed):
    rows = {Conv2D: _row(torch_conv), MaxPool2D: _row(torch_pool)}
    few = {kind: row for kind, row in GRADIENT.table.items() if kind not in (Conv2D, MaxPool2D)}
    check_rule(
        Rule("torch", {**few, **rows}), laws=["switches"], like=GRADIENT, examples=40, seed=search_seed
    )


def test_torch_functions_pass_check_vjp():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 5))
    weight = np.random.default_rng(1).standard_normal((2, 3, 3, 3))
    conv = partial(torch.nn.functional.conv2d, weight=torch.tensor(weight), padding=1)
    for function in (conv, torch.tanh, torch.nn.functional.softplus):
        check_vjp(
            lambda x, f=function: f(torch.tensor(x)).numpy(),
            lambda signal, x, f=function: torch_backward(f, x, signal),
            x,
        )


def captum_guided(x, signal):
    """Captum's hook on a ReLU: the attribution to x of <relu(x), signal>."""
    captum = pytest.importorskip(
        "captum.attr", reason="captum is not installed; pip install 'tinycnn[peers]'"
    )

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = torch.nn.ReLU()

        def forward(self, x):
            return (self.relu(x) * torch.tensor(signal)).flatten(1).sum(1)

    return captum.GuidedBackprop(Net()).attribute(torch.tensor(x, requires_grad=True)).detach().numpy()


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations")
def test_captum_guided_relu_is_guided_backprop(search_seed):
    check_rule(from_function(captum_guided), like=GUIDED, examples=20, seed=search_seed)


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations")
def test_captum_guided_relu_is_not_the_gradient_and_the_case_is_small(search_seed):
    with pytest.raises(CheckError, match=r"like saliency is broken") as caught:
        check_rule(
            from_function(captum_guided), laws=[], like=RULES["saliency"], examples=20, seed=search_seed
        )
    assert "(ReLU(),)," in str(caught.value)


def test_the_functional_relu_that_no_hook_sees_is_caught(search_seed):
    """torch.relu inside a forward method is no module, so a guided hook changes nothing: a known trap."""
    hooked_nothing = from_function(partial(torch_backward, torch.relu))
    with pytest.raises(CheckError, match=r"like guided is broken"):
        check_rule(hooked_nothing, laws=[], like=GUIDED, seed=search_seed)
