"""The kernels: a fast twin of every definition in `tinycnn.ops`, same name, same signature, same numbers.

A kernel is a compiled loop over a range of outputs; `tinycnn.ops.kernels.machine.threads` spreads the
range over threads.
"""

from tinycnn.ops.kernels.conv import conv2d, conv2d_vjp_bias, conv2d_vjp_input, conv2d_vjp_weight
from tinycnn.ops.kernels.planes.activation import (
    relu,
    relu6,
    relu6_vjp,
    relu_vjp,
    sigmoid,
    softplus,
    softplus_vjp,
)
from tinycnn.ops.kernels.planes.dense import dense, dense_vjp_bias, dense_vjp_input, dense_vjp_weight
from tinycnn.ops.kernels.planes.norm import (
    batch_norm2d,
    batch_norm2d_vjp_bias,
    batch_norm2d_vjp_input,
    batch_norm2d_vjp_weight,
)
from tinycnn.ops.kernels.planes.pool import (
    avg_pool2d,
    avg_pool2d_vjp,
    center_unpool2d,
    global_avg_pool2d,
    global_avg_pool2d_vjp,
    max_pool2d,
    max_pool2d_vjp,
)
from tinycnn.ops.kernels.planes.shape import add, add_vjp, concatenate, concatenate_vjp, flatten, flatten_vjp
from tinycnn.ops.kernels.planes.softmax import (
    cross_entropy,
    cross_entropy_vjp,
    softmax,
    softmax_vjp,
    squared_cost,
    squared_cost_vjp,
)

__all__ = [
    "add",
    "add_vjp",
    "avg_pool2d",
    "avg_pool2d_vjp",
    "batch_norm2d",
    "batch_norm2d_vjp_bias",
    "batch_norm2d_vjp_input",
    "batch_norm2d_vjp_weight",
    "center_unpool2d",
    "concatenate",
    "concatenate_vjp",
    "conv2d",
    "conv2d_vjp_bias",
    "conv2d_vjp_input",
    "conv2d_vjp_weight",
    "cross_entropy",
    "cross_entropy_vjp",
    "dense",
    "dense_vjp_bias",
    "dense_vjp_input",
    "dense_vjp_weight",
    "flatten",
    "flatten_vjp",
    "global_avg_pool2d",
    "global_avg_pool2d_vjp",
    "max_pool2d",
    "max_pool2d_vjp",
    "relu",
    "relu6",
    "relu6_vjp",
    "relu_vjp",
    "sigmoid",
    "softmax",
    "softmax_vjp",
    "softplus",
    "softplus_vjp",
    "squared_cost",
    "squared_cost_vjp",
]
