"""The kernels: a fast twin of every definition in `tinycnn.ops`, same name, same signature, same numbers.

A kernel is a compiled loop over a range of outputs; `tinycnn.ops.kernels.machine.threads` spreads the
range over threads. Where NumPy is as fast, the definition is its own twin.
"""

# ruff: noqa: F401

from tinycnn.ops import __all__
from tinycnn.ops.kernels.conv import conv2d, conv2d_vjp_bias, conv2d_vjp_input, conv2d_vjp_weight
from tinycnn.ops.kernels.planes.activation import (
    clip,
    clip_vjp,
    elu,
    elu_vjp,
    gelu,
    gelu_tanh,
    gelu_tanh_vjp,
    gelu_vjp,
    hard_sigmoid,
    hard_sigmoid_vjp,
    hard_swish,
    hard_swish_vjp,
    leaky_relu,
    leaky_relu_vjp,
    relu,
    relu6,
    relu6_vjp,
    relu_vjp,
    sigmoid,
    sigmoid_vjp,
    silu,
    silu_vjp,
    softplus,
    softplus_vjp,
    tanh,
    tanh_vjp,
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
from tinycnn.ops.normalise import group_norm, group_norm_vjp, local_response_norm, local_response_norm_vjp
from tinycnn.ops.product import multiply, multiply_vjp, scale, scale_vjp
from tinycnn.ops.rearrange import (
    pad2d,
    pad2d_vjp,
    reshape,
    reshape_vjp,
    take,
    take_vjp,
    transpose,
    transpose_vjp,
)
from tinycnn.ops.resample import resample2d, resample2d_vjp
from tinycnn.ops.softmax import (
    cross_entropy,
    cross_entropy_vjp,
    softmax,
    softmax_vjp,
    squared_cost,
    squared_cost_vjp,
)
