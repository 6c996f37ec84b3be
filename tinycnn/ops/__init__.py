"""Operations: arrays in, arrays out. Each file holds an operation and its vjps, side by side.

These are the definitions, in plain NumPy, to be read. `tinycnn.ops.kernels` holds a fast twin of each under
the same name and with the same signature; the engine runs the twins, and the tests hold them equal.
"""

from tinycnn.ops.activation import relu, relu6, relu6_vjp, relu_vjp, sigmoid, softplus, softplus_vjp
from tinycnn.ops.conv import conv2d, conv2d_vjp_bias, conv2d_vjp_input, conv2d_vjp_weight
from tinycnn.ops.dense import dense, dense_vjp_bias, dense_vjp_input, dense_vjp_weight
from tinycnn.ops.norm import (
    batch_norm2d,
    batch_norm2d_vjp_bias,
    batch_norm2d_vjp_input,
    batch_norm2d_vjp_weight,
)
from tinycnn.ops.pool import (
    avg_pool2d,
    avg_pool2d_vjp,
    center_unpool2d,
    global_avg_pool2d,
    global_avg_pool2d_vjp,
    max_pool2d,
    max_pool2d_vjp,
)
from tinycnn.ops.shape import add, add_vjp, concatenate, concatenate_vjp, flatten, flatten_vjp
from tinycnn.ops.softmax import (
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
