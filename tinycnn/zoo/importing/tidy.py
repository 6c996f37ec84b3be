"""The same function in fewer layers: what exporters write out is put together again.

A rule here takes the layers that a chain ends in so far, and what is shorter for them. So it also sees what
another rule has just made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tinycnn.layers import (
    GELU,
    Add,
    BatchNorm2D,
    Branches,
    Clip,
    Concatenate,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Flatten,
    HardSigmoid,
    HardSwish,
    Layer,
    Multiply,
    Pad2D,
    ReLU6,
    Reshape,
    Scale,
    Sigmoid,
    SiLU,
    Transpose,
)
from tinycnn.layers.sizes import Shape, output_shape
from tinycnn.ops.geometry import window
from tinycnn.ops.types import Array
from tinycnn.zoo.importing.graph import Erf


def tidy(layers: Sequence[Layer], shape: Shape) -> tuple[Layer, ...]:
    """A chain of layers for images of a shape, as short as the rules here make it.

    Parameters
    ----------
    layers : sequence of Layer
    shape : tuple of int
        Of the input.

    Returns
    -------
    tuple of Layer
        Their output differs from that of `layers` by rounding only.
    """
    done: list[tuple[Layer, Shape]] = []  # each with the shape of its input
    for layer in layers:
        if isinstance(layer, Branches):
            branches = tuple(tidy(branch, shape) for branch in layer.branches)
            layer = dataclasses.replace(layer, branches=branches)
        done.append((layer, shape))
        shape = output_shape(layer, shape)
        while _shorten(done):
            pass
    return tuple(layer for layer, _ in done)


Rule = Callable[[tuple[Layer, ...], Shape], "Sequence[Layer] | None"]
"""Takes the last layers of a chain and the shape of their input; returns others, or None if it has none."""


def _shorten(done: list[tuple[Layer, Shape]]) -> bool:
    """Let the first rule that knows shorter layers for the end of a chain put them there."""
    for count, rules in ((1, _ALONE), (2, _PAIRS), (3, _TRIPLES)):
        if len(done) < count:
            break
        shape = done[-count][1]
        for rule in rules:
            found = rule(tuple(layer for layer, _ in done[-count:]), shape)
            if found is not None:
                del done[-count:]
                for layer in found:
                    done.append((layer, shape))
                    shape = output_shape(layer, shape)
                return True
    return False


def _needless(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    (layer,) = layers
    if isinstance(layer, Reshape) and layer.shape == shape:
        return ()
    if isinstance(layer, Transpose) and list(layer.axes) == sorted(layer.axes):
        return ()
    if isinstance(layer, Scale) and np.all(layer.weight == 1) and np.all(layer.bias == 0):
        return ()
    return None


def _flatten(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    (layer,) = layers
    if isinstance(layer, Reshape) and len(shape) == 3 and len(layer.shape) == 1:
        return (Flatten(name=layer.name),)
    return None


def _gate(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """``x * sigmoid(x)`` and ``x * hard_sigmoid(x)`` are activations."""
    (layer,) = layers
    if isinstance(layer, Branches) and isinstance(layer.merge, Multiply) and len(layer.branches) == 2:
        for identity, gate in (layer.branches, layer.branches[::-1]):
            if not identity and len(gate) == 1 and type(gate[0]) in _GATES:
                return (_GATES[type(gate[0])](name=gate[0].name),)
    return None


_GATES: dict[type[Layer], type[Layer]] = {Sigmoid: SiLU, HardSigmoid: HardSwish}


def _moves(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    first, last = layers
    if isinstance(first, Reshape | Flatten) and isinstance(last, Reshape):
        if isinstance(first, Flatten) and first.order == "hwc":
            return None
        return (last,)
    if isinstance(first, Reshape) and isinstance(last, Flatten) and last.order == "chw":
        return (Reshape(output_shape(last, first.shape), name=last.name),)
    if isinstance(first, Transpose) and isinstance(last, Transpose):
        axes = tuple(first.axes[axis - 1] for axis in last.axes)
        return (Transpose(axes, name=last.name),)
    if isinstance(first, Transpose) and first.axes == (2, 3, 1) and isinstance(last, Flatten):
        return (Flatten("hwc", name=last.name),) if last.order == "chw" else None
    return None


def _padded(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """Zeros around the images of a convolution are its padding."""
    pad, conv = layers
    if not isinstance(pad, Pad2D) or not isinstance(conv, Conv2D) or conv.circular:
        return None
    if pad.border != "constant" or pad.value != 0 or min(map(min, pad.padding)) < 0:
        return None
    inner = output_shape(pad, shape)
    own = window((inner[1], inner[2]), (1, 1), 1, conv.padding).edges
    if conv.padding == "same":
        own = conv.window((inner[1], inner[2])).edges
    (a, b), (c, d) = pad.padding
    (e, f), (g, h) = own
    return (dataclasses.replace(conv, padding=((a + e, b + f), (c + g, d + h))),)


def _scales(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """A factor and a summand for each channel go into the layer before, where that has such numbers."""
    first, last = layers
    if not isinstance(last, Scale):
        return None
    if isinstance(first, Scale):
        weight, bias = last.weight * first.weight, last.weight * first.bias + last.bias
        sides = np.broadcast_shapes(weight.shape, bias.shape)
        both = (np.ascontiguousarray(np.broadcast_to(each, sides)) for each in (weight, bias))
        return (Scale(*both, name=first.name),)
    k = output_shape(first, shape)[0]
    if any(side != 1 for array in (last.weight, last.bias) for side in array.shape[1:]):
        return None
    weight, bias = (np.array(np.broadcast_to(each.reshape(-1), (k,))) for each in (last.weight, last.bias))
    if isinstance(first, Conv2D | ConvTranspose2D | Dense) and np.all(weight == 1):
        return (dataclasses.replace(first, bias=bias if first.bias is None else first.bias + bias),)
    if isinstance(first, Conv2D):
        zeros = np.zeros_like(bias)
        return first, BatchNorm2D(weight, bias, zeros, zeros + 1, 0.0, name=last.name)
    if isinstance(first, BatchNorm2D):
        return (dataclasses.replace(first, weight=weight * first.weight, bias=weight * first.bias + bias),)
    return None


def _hard(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """``clip(x + 3, 0, 6) / 6``, and x times that."""
    first, middle, last = layers
    if _is_scale(first, 1, 3) and _is_scale(last, 1 / 6, 0) and _is_relu6(middle):
        return (HardSigmoid(name=middle.name),)
    return None


def _hard_swish(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """``x * clip(x + 3, 0, 6) / 6``, where the product is made first."""
    first, last = layers
    if isinstance(first, Branches) and isinstance(first.merge, Multiply) and len(first.branches) == 2:
        for identity, gate in (first.branches, first.branches[::-1]):
            clips = not identity and len(gate) == 2 and _is_scale(gate[0], 1, 3) and _is_relu6(gate[1])
            if clips and _is_scale(last, 1 / 6, 0):
                return (HardSwish(name=gate[1].name),)
    return None


def _gelu(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """``x * (1 + erf(x / sqrt(2)))``, halved before, between or after."""
    first, *rest = layers
    if isinstance(first, Branches) and isinstance(first.merge, Multiply) and len(first.branches) == 2:
        for plain, gate in (first.branches, first.branches[::-1]):
            if [type(layer) for layer in gate] == [Scale, Erf, Scale] and _is_scale(gate[0], 0.5**0.5, 0):
                halves = [layer for layer in (*plain, *rest) if _is_scale(layer, 0.5, 0)]
                half = len(halves) == len(plain) + len(rest) == 1 and _is_scale(gate[2], 1, 1)
                if half or (not plain and not rest and _is_scale(gate[2], 0.5, 0.5)):
                    return (GELU(name=gate[1].name),)
    return None


def _is_relu6(layer: Layer) -> bool:
    return isinstance(layer, ReLU6) or (isinstance(layer, Clip) and layer.range == (0, 6))


def _is_scale(layer: Layer, weight: float, bias: float) -> bool:
    def close(array: Array, number: float) -> bool:
        return bool(np.allclose(array, number, rtol=1e-6, atol=0))

    return isinstance(layer, Scale) and close(layer.weight, weight) and close(layer.bias, bias)


def _merged(layers: tuple[Layer, ...], shape: Shape) -> Sequence[Layer] | None:
    """A branch that is nothing but another merge of the same kind joins the outer one."""
    (layer,) = layers
    if not isinstance(layer, Branches) or not isinstance(layer.merge, Add | Concatenate):
        return None
    inner = [
        part.branches
        if len(branch) == 1
        and isinstance(part := branch[0], Branches)
        and type(part.merge) is type(layer.merge)
        else (branch,)
        for branch in layer.branches
    ]
    if len(inner) == sum(map(len, inner)):
        return None
    return (dataclasses.replace(layer, branches=tuple(branch for group in inner for branch in group)),)


_ALONE: tuple[Rule, ...] = (_needless, _flatten, _gate, _gelu, _merged)
_PAIRS: tuple[Rule, ...] = (_moves, _padded, _scales, _hard_swish, _gelu)
_TRIPLES: tuple[Rule, ...] = (_hard,)
