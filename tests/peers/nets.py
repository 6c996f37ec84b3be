"""A tinycnn network as a torch function, with every rule of the family written as an autograd function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F

import tinycnn as tc
from tinycnn.layers import flat

Leaf: TypeAlias = Callable[[np.ndarray | None], torch.Tensor | None]
"""How a parameter becomes a tensor."""

ARMS = {
    "saliency": ("mask", "same"),
    "deconvnet": ("all", "positive"),
    "guided": ("mask", "positive"),
    "linear": ("all", "same"),
    "abs": ("mask", "abs"),
    "constant": ("mask", "one"),
    "negative": ("mask", "negative"),
    "reversed": ("opposite", "positive"),
    "deconvnet-abs": ("all", "abs"),
    "stein": ("value", "positive"),
}
SENDS = {
    "same": lambda signal: signal,
    "positive": lambda signal: signal.clamp(min=0),
    "negative": lambda signal: (-signal).clamp(min=0),
    "abs": torch.abs,
    "one": torch.ones_like,
}
EXACT = 40.0
"""Torch's softplus is the identity above its threshold; at the default of 20 that is wrong by 1e-10."""
Curve = Callable[[Any, torch.Tensor], torch.Tensor]
ACTIVATIONS: dict[type, Curve] = {
    tc.ReLU: lambda f, z: F.relu(z),
    tc.ReLU6: lambda f, z: F.hardtanh(z, 0, 6),
    tc.Clip: lambda f, z: F.hardtanh(z, f.low, f.high),
    tc.Identity: lambda f, z: z * 1,
    tc.LeakyReLU: lambda f, z: F.leaky_relu(z, f.slope),
    tc.PReLU: lambda f, z: F.prelu(z, torch.tensor(f.slopes)),
    tc.ELU: lambda f, z: F.elu(z, f.alpha),
    tc.SELU: lambda f, z: F.selu(z),
    tc.Softplus: lambda f, z: F.softplus(z, f.beta, threshold=EXACT),
    tc.Sigmoid: lambda f, z: torch.sigmoid(z),
    tc.Tanh: lambda f, z: torch.tanh(z),
    tc.SiLU: lambda f, z: F.silu(z),
    tc.HardSigmoid: lambda f, z: bent(z, 0 * z + 1, (z + 3) / 6),
    tc.HardSwish: lambda f, z: bent(z, z * 1, z * (z + 3) / 6),
    tc.GELU: lambda f, z: F.gelu(z, approximate="tanh" if f.tanh else "none"),
}


def bent(z: torch.Tensor, above: torch.Tensor, between: torch.Tensor) -> torch.Tensor:
    """0 up to -3; at the kinks the derivative is that outside, where torch's own takes the one between."""
    return torch.where(z <= -3, 0 * z, torch.where(z >= 3, above, between))


def derivative(layer: Any, z: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        (slope,) = torch.autograd.grad(ACTIVATIONS[type(layer)](layer, at).sum(), at)
    return slope


class Activation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: torch.Tensor, layer: Any, arm: tuple[str, str]) -> torch.Tensor:
        ctx.save_for_backward(z)
        ctx.layer, ctx.arm = layer, arm
        return ACTIVATIONS[type(layer)](layer, z)

    @staticmethod
    def backward(ctx: Any, signal: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (z,), (mask, send) = ctx.saved_tensors, ctx.arm
        factor = {
            "mask": lambda: derivative(ctx.layer, z),
            "opposite": lambda: derivative(ctx.layer, -z),
            "all": lambda: torch.ones_like(z),
            "value": lambda: ACTIVATIONS[type(ctx.layer)](ctx.layer, z),
        }[mask]()
        return SENDS[send](signal) * factor, None, None


class Unpool(torch.autograd.Function):
    """A max-pool whose signal passes back as if it had been another function of its input."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: torch.Tensor, stand_in: Any) -> torch.Tensor:
        ctx.shape, ctx.dtype, ctx.stand_in = x.shape, x.dtype, stand_in
        return y

    @staticmethod
    def backward(ctx: Any, signal: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        with torch.enable_grad():
            x = torch.zeros(ctx.shape, dtype=ctx.dtype, requires_grad=True)
            (back,) = torch.autograd.grad(ctx.stand_in(x), x, signal)
        return back, None, None


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def edges(layer: Any, x: torch.Tensor, size: tuple[int, int], dilation: Any = 1) -> tuple[int, int, int, int]:
    """Padding as `F.pad` takes it: left, right, top, bottom."""
    found = []
    for axis, length in enumerate(x.shape[2:]):
        if layer.padding == "same":
            stride, extent = pair(layer.stride)[axis], (size[axis] - 1) * pair(dilation)[axis] + 1
            total = max((int(np.ceil(length / stride)) - 1) * stride + extent - length, 0)
            found.append((total // 2, total - total // 2))
        else:
            found.append(pair(pair(layer.padding)[axis]))
    return (*found[1], *found[0])


def tensor(array: np.ndarray | None) -> torch.Tensor | None:
    return None if array is None else torch.tensor(np.array(array))


def wrap(x: torch.Tensor, around: tuple[int, int, int, int]) -> torch.Tensor:
    """Circular padding; torch's own goes around an image once at most."""
    left, right, top, bottom = around
    h, w = x.shape[2:]
    return x[:, :, torch.arange(-top, h + bottom) % h][..., torch.arange(-left, w + right) % w]


def conv(layer: tc.Conv2D, x: torch.Tensor, leaf: Leaf) -> torch.Tensor:
    around = edges(layer, x, layer.weight.shape[2:], layer.dilation)
    x = wrap(x, around) if layer.circular else F.pad(x, around)
    weight, bias = leaf(layer.weight), leaf(layer.bias)
    return F.conv2d(x, weight, bias, pair(layer.stride), 0, pair(layer.dilation), layer.groups)


def max_pool(layer: tc.MaxPool2D, x: torch.Tensor, unpool: str) -> torch.Tensor:
    size, stride, dilation = pair(layer.size), pair(layer.stride), pair(layer.dilation)
    around = edges(layer, x, size, layer.dilation)
    if not unpool:
        return F.max_pool2d(F.pad(x, around, value=-torch.inf), size, stride, dilation=dilation)
    y = F.max_pool2d(F.pad(x.detach(), around, value=-torch.inf), size, stride, dilation=dilation)
    if unpool == "average":
        return Unpool.apply(x, y, lambda z: average(layer, z))
    centre = torch.zeros(x.shape[1], 1, *size, dtype=x.dtype)
    centre[:, 0, (size[0] - 1) // 2, (size[1] - 1) // 2] = 1
    return Unpool.apply(x, y, lambda z: slide(layer, z, centre))


def average(layer: tc.MaxPool2D | tc.AvgPool2D, x: torch.Tensor) -> torch.Tensor:
    size = pair(layer.size)
    return slide(layer, x, torch.full((x.shape[1], 1, *size), 1 / (size[0] * size[1]), dtype=x.dtype))


def slide(layer: tc.MaxPool2D | tc.AvgPool2D, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Each channel by itself under a window of weights, placed as a pool's."""
    x = F.pad(x, edges(layer, x, pair(layer.size), layer.dilation))
    return F.conv2d(x, weight, None, pair(layer.stride), 0, pair(layer.dilation), groups=x.shape[1])


def run(
    layers: Sequence[tc.Layer], x: torch.Tensor, rule: str = "saliency", leaf: Leaf = tensor
) -> torch.Tensor:
    """The network's output, wired so that `torch.autograd.grad` passes a signal back by the rule."""
    name, _, unpool = rule.partition("+")
    for layer in layers:
        kind = type(layer)
        if kind in ACTIVATIONS:
            x = Activation.apply(x, layer, ARMS[name])
        elif kind is tc.Conv2D:
            x = conv(layer, x, leaf)
        elif kind is tc.Dense:
            x = F.linear(x, leaf(layer.weight), leaf(layer.bias))
        elif kind is tc.MaxPool2D:
            x = max_pool(layer, x, unpool)
        elif kind is tc.AvgPool2D:
            x = average(layer, x)
        elif kind is tc.GlobalAvgPool2D:
            x = x.mean(dim=(2, 3))
        elif kind is tc.BatchNorm2D:
            statistics = tensor(layer.mean), tensor(layer.variance)
            x = F.batch_norm(x, *statistics, leaf(layer.weight), leaf(layer.bias), eps=layer.epsilon)
        elif kind is tc.Flatten:
            x = (x if layer.order == "chw" else x.permute(0, 2, 3, 1)).flatten(1)
        elif kind is tc.Branches:
            parts = [run(branch, x, rule, leaf) for branch in layer.branches]
            x = sum(parts) if isinstance(layer.merge, tc.Add) else torch.cat(parts, dim=1)
        else:
            raise TypeError(kind)
    return x


def signal_at_input(
    layers: Sequence[tc.Layer], x: np.ndarray, seed: np.ndarray, rule: str
) -> tuple[np.ndarray, np.ndarray]:
    """Torch's output, and what arrives at the input when the seed is sent back by the rule."""
    at = torch.tensor(x, requires_grad=True)
    y = run(layers, at, rule)
    (back,) = torch.autograd.grad(y, at, torch.tensor(seed))
    return y.detach().numpy(), back.numpy()


def weight_gradients(layers: Sequence[tc.Layer], x: np.ndarray, seed: np.ndarray) -> dict[str, np.ndarray]:
    """What torch's autograd finds for every parameter, from ``"<layer>.<parameter>"``."""
    leaves: dict[int, torch.Tensor] = {}

    def leaf(array: np.ndarray | None) -> torch.Tensor | None:
        if array is not None and id(array) not in leaves:
            leaves[id(array)] = torch.tensor(np.array(array), requires_grad=True)
        return None if array is None else leaves[id(array)]

    y = run(layers, torch.tensor(x), leaf=leaf)
    found = dict(zip(leaves, torch.autograd.grad(y, list(leaves.values()), torch.tensor(seed)), strict=True))
    return {
        f"{layer.name}.{key}": found[id(array)].numpy()
        for layer in flat(layers)
        for key, array in layer.parameters()
        if id(array) in found
    }
