"""The adjoint and derivative checks of `tinycnn.testing` on every operation, as defined and as a kernel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from tests.ops.arguments import OPTIONS
from tests.testing.matrices import equals_matrices
from tinycnn import ops
from tinycnn.layers import AvgPool2D, Conv2D, Layer, MaxPool2D, ReLU
from tinycnn.ops.geometry import pair
from tinycnn.ops.types import Array
from tinycnn.rules import GRADIENT
from tinycnn.testing import check_adjoint, check_rule, check_vjp, check_weight_vjp
from tinycnn.trace import Row, Step

RNG = np.random.default_rng(0)

CONVOLUTIONS: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 2, 5, 6), (3, 2, 3, 2), {}),
    ((1, 2, 6, 5), (2, 2, 3, 3), {"padding": "same", "stride": 2}),
    ((2, 1, 5, 7), (2, 1, 2, 3), {"padding": ((0, 1), (2, 1)), "stride": (2, 1), "dilation": (1, 2)}),
    ((1, 4, 5, 4), (6, 2, 2, 3), {"padding": 1, "groups": 2, "stride": (1, 2)}),
    ((1, 3, 6, 6), (3, 1, 3, 3), {"padding": 1, "groups": 3}),
    ((1, 2, 3, 4), (2, 2, 3, 3), {"padding": ((1, 2), (2, 0)), "circular": True}),
    ((0, 1, 3, 3), (1, 1, 2, 2), {}),
    ((2, 1, 3, 2), (1, 1, 2, 2), {"padding": ((0, 1), (1, 2))}),
    ((2, 9, 4, 5), (3, 9, 3, 2), {"padding": ((0, 1), (2, 1)), "stride": (2, 1), "dilation": (1, 2)}),
    ((2, 9, 3, 4), (5, 9, 1, 1), {}),
    ((1, 18, 3, 4), (4, 9, 2, 2), {"groups": 2}),
)
POOLS: tuple[tuple[tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 2, 4, 6), {"size": 2, "stride": 2}),
    ((1, 2, 5, 4), {"size": (3, 2), "stride": (1, 2), "padding": 1}),
    ((1, 1, 6, 5), {"size": 3, "stride": 2, "padding": "same"}),
    ((1, 1, 3, 6), {"size": (1, 3), "stride": (1, 2), "padding": ((0, 0), (2, 1))}),
    ((0, 1, 3, 3), {"size": 2, "stride": 1}),
)


def convolutions(module: ModuleType) -> None:
    for shape, taps, options in CONVOLUTIONS:
        x, weight = RNG.standard_normal(shape), RNG.standard_normal(taps)
        conv = partial(module.conv2d, **options)
        back = partial(module.conv2d_vjp_input, weight=weight, image=shape[2:], **options)
        check_adjoint(lambda v, conv=conv, weight=weight: conv(v, weight), back, x)
        learn = partial(module.conv2d_vjp_weight, size=taps[2:], **options)
        check_weight_vjp(conv, learn, x, weight)
        shift = partial(conv, x, np.zeros_like(weight))
        check_adjoint(shift, module.conv2d_vjp_bias, weight[:, 0, 0, 0])


def dense(module: ModuleType) -> None:
    for n, c in ((0, 5), (1, 5), (3, 70), (6, 5), (9, 5), (50, 5)):
        x, weight = RNG.standard_normal((n, c)), RNG.standard_normal((4, c))
        back = partial(module.dense_vjp_input, weight=weight)
        check_adjoint(lambda v, weight=weight: module.dense(v, weight), back, x)
        check_weight_vjp(module.dense, module.dense_vjp_weight, x, weight)
        shift = partial(module.dense, x, np.zeros_like(weight))
        check_adjoint(shift, module.dense_vjp_bias, weight[:, 0])


def pools(module: ModuleType) -> None:
    for shape, options in POOLS:
        x = RNG.permutation(int(np.prod(shape))).reshape(shape) - 20.0
        pool = partial(module.max_pool2d, **options)
        check_vjp(
            lambda x, pool=pool: pool(x)[0],
            lambda u, x, pool=pool: module.max_pool2d_vjp(u, pool(x)[1], x.shape[2:]),
            x,
        )
        back = partial(module.avg_pool2d_vjp, image=shape[2:], **options)
        check_adjoint(partial(module.avg_pool2d, **options), back, x)
        a, b = pair(options["size"])
        centre = np.zeros((shape[1], 1, a, b))
        centre[:, :, (a - 1) // 2, (b - 1) // 2] = 1
        steps = {key: value for key, value in options.items() if key != "size"}
        read = partial(module.conv2d, weight=centre, groups=shape[1], **steps)
        check_adjoint(read, partial(module.center_unpool2d, image=shape[2:], **options), x)
        check_adjoint(module.global_avg_pool2d, partial(module.global_avg_pool2d_vjp, image=shape[2:]), x)


def activations(module: ModuleType) -> None:
    x = np.array([[-7.5, -1.0, -0.25, 0.5, 2.0, 5.5, 6.5, 30.0]])
    for shape in ((1, 8), (2, 4), (2, 2, 2, 1), (1, 1, 2, 4)):
        for name, options in OPTIONS.items():
            function, vjp = getattr(module, name), getattr(module, f"{name}_vjp")
            for inputs in (x.reshape(shape), np.zeros((*shape[:-1], 0))):
                check_vjp(partial(function, **options), partial(vjp, **options), inputs)
        slopes = np.linspace(-1, 2, shape[1])
        check_vjp(
            partial(module.leaky_relu, slope=slopes),
            partial(module.leaky_relu_vjp, slope=slopes),
            x.reshape(shape),
        )
    many = np.arange(40_000.0)[None] / 2000 - 10 + 2.5e-4  # no kink is near; several ranges for the threads
    check_vjp(module.relu, module.relu_vjp, many)
    check_vjp(module.relu6, module.relu6_vjp, many)
    check_adjoint(
        lambda v: module.add(list(v)), lambda u: np.stack(module.add_vjp(u, 2)), np.stack([many] * 2)
    )


def norms(module: ModuleType) -> None:
    x, (weight, mean, zero) = RNG.standard_normal((2, 3, 2, 4)), (*RNG.standard_normal((2, 3)), np.zeros(3))
    variance = np.array([0.5, 1.0, 3.0])
    forward = partial(module.batch_norm2d, variance=variance, epsilon=0.1)
    back = partial(module.batch_norm2d_vjp_input, weight=weight, variance=variance, epsilon=0.1)
    learn = partial(module.batch_norm2d_vjp_weight, mean=mean, variance=variance, epsilon=0.1)
    check_adjoint(lambda v: forward(v, weight, zero, zero), back, x)
    check_weight_vjp(lambda x, v: forward(x, v, zero, mean), learn, x, weight)
    check_adjoint(lambda v: forward(x, zero, v, mean), module.batch_norm2d_vjp_bias, weight)


def costs(module: ModuleType) -> None:
    for n in (0, 1, 3):
        logits, labels = 2 * RNG.standard_normal((n, 4)), np.arange(n) % 4
        check_vjp(module.softmax, lambda u, x: module.softmax_vjp(u, module.softmax(x)), logits)
        for name in ("squared_cost", "cross_entropy"):
            back = getattr(module, f"{name}_vjp")
            check_vjp(
                partial(getattr(module, name), labels=labels),
                lambda u, x, back=back, labels=labels: back(u, x, labels),
                logits,
            )
    sure = np.array([[900.0, -900.0, 0.0, 30.0]])  # beyond what the exponential holds
    for label in range(4):
        own = np.array([label])
        check_vjp(
            partial(module.cross_entropy, labels=own),
            lambda u, x, own=own: module.cross_entropy_vjp(u, x, own),
            sure,
        )


def shapes(module: ModuleType) -> None:
    x = RNG.standard_normal((2, 3, 2, 4))
    for order in ("chw", "hwc"):
        check_adjoint(
            lambda v, order=order: module.flatten(v, order),
            lambda u, order=order: module.flatten_vjp(u, (3, 2, 4), order),
            x,
        )
    check_adjoint(lambda v: module.add(list(v)), lambda u: np.stack(module.add_vjp(u, 3)), np.stack([x] * 3))
    check_adjoint(
        lambda v: module.concatenate([v[:, :1], v[:, 1:]]),
        lambda u: np.concatenate(module.concatenate_vjp(u, [1, 2]), axis=1),
        x,
    )


def moves() -> None:
    """Operations that have no kernel of their own."""
    x = RNG.standard_normal((2, 4, 3, 5))
    check_adjoint(lambda v: ops.reshape(v, (5, 12)), lambda u: ops.reshape_vjp(u, x.shape[1:]), x)
    check_adjoint(lambda v: ops.transpose(v, (3, 1, 2)), lambda u: ops.transpose_vjp(u, (3, 1, 2)), x)
    for ranges in ([(0, 4, 1), (1, 3, 1), (0, 5, 2)], [(1, 2, 1), (0, 3, 2), (2, 5, 1)]):
        take, back = partial(ops.take, ranges=ranges), partial(ops.take_vjp, shape=x.shape[1:], ranges=ranges)
        check_adjoint(take, back, x)
    for border in ("constant", "reflect", "edge"):
        for padding in (((1, 2), (0, 1)), ((-1, 2), (1, -2))):
            pad = {"padding": padding, "border": border}
            check_adjoint(partial(ops.pad2d, **pad), partial(ops.pad2d_vjp, image=x.shape[2:], **pad), x)
    rows, columns = RNG.standard_normal((2, 3)), RNG.standard_normal((6, 5))
    resample, back = ops.resample2d, ops.resample2d_vjp
    check_adjoint(lambda v: resample(v, rows, columns), lambda u: back(u, rows, columns), x)
    for own in ((4, 1, 1), (1, 3, 5), (4, 3, 5)):
        weight, nothing = RNG.standard_normal(own), np.zeros(own)
        check_adjoint(
            lambda v, weight=weight, nothing=nothing: ops.scale(v, weight, nothing),
            lambda u, weight=weight: ops.scale_vjp(u, weight),
            x,
        )
    gate = RNG.standard_normal((2, 4, 1, 1))
    check_vjp(
        lambda v: ops.multiply([v, gate, v]), lambda u, v: sum(ops.multiply_vjp(u, [v, gate, v])[::2]), x
    )
    check_vjp(lambda v: ops.multiply([x, v]), lambda u, v: ops.multiply_vjp(u, [x, v])[1], gate)
    for size in (1, 2, 3, 7):
        options = {"size": size, "alpha": 0.3, "beta": 0.75, "k": 1.5}
        norm, back = (
            partial(ops.local_response_norm, **options),
            partial(ops.local_response_norm_vjp, **options),
        )
        check_vjp(norm, back, x)
    weight, bias = RNG.standard_normal((2, 4))
    for groups in (1, 2, 4):
        options = {"groups": groups, "weight": weight, "epsilon": 0.1}
        norm, back = partial(ops.group_norm, bias=bias, **options), partial(ops.group_norm_vjp, **options)
        check_vjp(norm, back, x)


def operations(module: ModuleType) -> None:
    for check in (convolutions, dense, pools, activations, norms, costs, shapes):
        check(module)


def written_out() -> None:
    """The gradient whose rows are the definitions instead of the kernels."""

    def activation(vjp: Callable[[Array, Array], Array]) -> Row:
        return lambda signal, step: vjp(signal, step.input)

    def image(step: Step) -> Any:
        return step.input.shape[2:]

    rows: dict[type[Layer], Row] = {
        ReLU: activation(ops.relu_vjp),
        Conv2D: lambda r, at: ops.conv2d_vjp_input(r, at.layer.weight, image(at), **at.layer.geometry),
        AvgPool2D: lambda r, at: ops.avg_pool2d_vjp(r, image(at), **at.layer.geometry),
        MaxPool2D: lambda r, at: ops.max_pool2d_vjp(
            r, ops.max_pool2d(at.input, **at.layer.geometry)[1], image(at)
        ),
    }
    check_rule(GRADIENT.replace("written out", rows), [equals_matrices("saliency"), "switches"])
    center: dict[type[Layer], Row] = {
        MaxPool2D: lambda r, at: ops.center_unpool2d(r, image(at), **at.layer.geometry)
    }
    check_rule(GRADIENT.replace("written out", center), [equals_matrices("saliency+center")])
