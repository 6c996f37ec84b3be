"""The kernels: a fast twin of every definition in `tinycnn.ops`, same name, same signature, same numbers.

A kernel is a compiled loop over a range of outputs; `tinycnn.ops.kernels.machine.threads` spreads the
range over threads. Where NumPy is as fast, the definition is its own twin.
"""

# ruff: noqa: F401, F403

from typing import TYPE_CHECKING

from tinycnn.ops import *
from tinycnn.ops.kernels.conv import conv2d, conv2d_vjp_input, conv2d_vjp_weight
from tinycnn.ops.kernels.planes.activation import (
    clip,
    clip_vjp,
    hard_swish,
    hard_swish_vjp,
    leaky_relu,
    leaky_relu_vjp,
    relu,
    relu6,
    relu6_vjp,
    relu_vjp,
    silu,
    silu_vjp,
)
from tinycnn.ops.kernels.planes.dense import dense, dense_vjp_input
from tinycnn.ops.kernels.planes.norm import batch_norm2d, batch_norm2d_vjp_input, batch_norm2d_vjp_weight
from tinycnn.ops.kernels.planes.pool import (
    avg_pool2d,
    avg_pool2d_vjp,
    center_unpool2d,
    global_avg_pool2d,
    global_avg_pool2d_vjp,
    max_pool2d,
    max_pool2d_vjp,
)
from tinycnn.ops.kernels.planes.shape import add

if not TYPE_CHECKING:
    from tinycnn.ops import __all__
