"""Operations: arrays in, arrays out. Each file holds an operation and its vjps, side by side.

These are the definitions, in plain NumPy, to be read. `tinycnn.ops.kernels` holds a fast twin of each under
the same name and with the same signature; the engine runs the twins, and the tests hold them equal.
"""

# ruff: noqa: F401

from types import ModuleType
from typing import TYPE_CHECKING

from tinycnn.files import submodule
from tinycnn.ops.activation import (
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
from tinycnn.ops.conv import conv2d, conv2d_vjp_bias, conv2d_vjp_input, conv2d_vjp_weight
from tinycnn.ops.dense import dense, dense_vjp_bias, dense_vjp_input, dense_vjp_weight
from tinycnn.ops.norm import (
    batch_norm2d,
    batch_norm2d_vjp_bias,
    batch_norm2d_vjp_input,
    batch_norm2d_vjp_weight,
)
from tinycnn.ops.normalise import group_norm, group_norm_vjp, local_response_norm, local_response_norm_vjp
from tinycnn.ops.pool import (
    avg_pool2d,
    avg_pool2d_vjp,
    center_unpool2d,
    global_avg_pool2d,
    global_avg_pool2d_vjp,
    max_pool2d,
    max_pool2d_vjp,
)
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
from tinycnn.ops.shape import add, add_vjp, concatenate, concatenate_vjp, flatten, flatten_vjp
from tinycnn.ops.softmax import (
    cross_entropy,
    cross_entropy_vjp,
    softmax,
    softmax_vjp,
    squared_cost,
    squared_cost_vjp,
)

if not TYPE_CHECKING:  # a type checker reads the imports themselves
    __all__ = [name for name, each in list(globals().items()) if hasattr(each, "like")]
    """The operations: all that is imported here and says with `tinycnn.ops.arguments.takes` what it takes."""


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)  # kernels, when first asked for: compiled code takes long to import
