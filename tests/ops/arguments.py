"""Arguments for every operation: good ones, and the same with one of them spoilt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Draw = np.random.Generator
Arguments = dict[str, Any]


def conv(draw: Draw) -> tuple[Arguments, Arguments, tuple[int, ...]]:
    """x, weight and bias; the geometry; and the shape of the output, whose signal goes back."""
    groups = int(draw.choice([1, 1, 2]))
    c, k, a, b, n = groups * int(draw.integers(1, 3)), 2 * groups, *map(int, draw.integers(1, 4, 3))
    options = {"stride": int(draw.integers(1, 3)), "padding": int(draw.integers(0, 2)), "groups": groups}
    h, w = int(draw.integers(4, 8)), int(draw.integers(4, 8))
    arrays = {"x": (n, c, h, w), "weight": (k, c // groups, a, b), "bias": (k,)}
    size = [(m + 2 * options["padding"] - t) // options["stride"] + 1 for m, t in ((h, a), (w, b))]
    return {key: draw.normal(size=shape) for key, shape in arrays.items()}, options, (n, k, *size)


def conv2d(draw: Draw) -> Arguments:
    arrays, options, _ = conv(draw)
    return arrays | options


def conv2d_vjp_input(draw: Draw) -> Arguments:
    arrays, options, shape = conv(draw)
    return {
        "signal": draw.normal(size=shape),
        "weight": arrays["weight"],
        "image": arrays["x"].shape[2:],
    } | options


def conv2d_vjp_weight(draw: Draw) -> Arguments:
    arrays, options, shape = conv(draw)
    return {
        "signal": draw.normal(size=shape),
        "x": arrays["x"],
        "size": arrays["weight"].shape[2:],
    } | options


def image(draw: Draw) -> np.ndarray:
    return draw.normal(size=tuple(draw.integers(1, 4, 2)) + tuple(draw.integers(4, 8, 2)))


def pool(draw: Draw) -> Arguments:
    return {"x": image(draw), "size": int(draw.integers(1, 4)), "stride": int(draw.integers(1, 4))}


def unpool(draw: Draw) -> Arguments:
    """A signal at the output of a pool, and the options of the way back."""
    options = pool(draw)
    x, size, stride = options.values()
    shape = (*x.shape[:2], *((m - size) // stride + 1 for m in x.shape[2:]))
    return {"signal": draw.normal(size=shape), "image": x.shape[2:], "size": size, "stride": stride}


def max_pool2d_vjp(draw: Draw) -> Arguments:
    signal, size, _, _ = unpool(draw).values()
    switches = draw.integers(0, size[0] * size[1], signal.shape)
    if draw.integers(2):
        signal, switches = np.concatenate([signal[:1]] * 3), switches[:1]
    return {"signal": signal, "switches": switches, "image": size}


def costs(draw: Draw, signal: bool) -> Arguments:
    n, k = map(int, draw.integers(1, 5, 2))
    found = {"logits": draw.normal(size=(n, k)), "labels": draw.integers(0, k, n)}
    return {"signal": draw.normal(size=n), **found} if signal else found


def table(draw: Draw, **axes: str) -> Arguments:
    """Arrays of the axes that letters name."""
    sizes = {letter: int(draw.integers(1, 5)) for letter in sorted(" ".join(axes.values()))}
    return {key: draw.normal(size=[sizes[a] for a in text.split()]) for key, text in axes.items()}


def norm(draw: Draw, **axes: str) -> Arguments:
    found = table(draw, **axes)
    return {key: np.abs(a) if key == "variance" else a for key, a in found.items()}


def mapped(**options: Any) -> Callable[[Draw], Arguments]:
    return lambda draw: {"x": image(draw), **options}


def zipped(**options: Any) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        x = image(draw)
        signals = 3 if len(x) == 1 else len(x)
        return {"signal": draw.normal(size=(signals, *x.shape[1:])), "x": x, **options}

    return make


SMOOTH = ("relu", "relu6", "sigmoid", "tanh", "silu", "hard_sigmoid", "hard_swish", "gelu", "gelu_tanh")
OPTIONS: dict[str, dict[str, float]] = {
    **{name: {} for name in SMOOTH},
    "clip": {"low": -0.5, "high": 1.5},
    "leaky_relu": {"slope": 0.1},
    "elu": {"alpha": 0.5, "scale": 2.0},
    "softplus": {"beta": 2.0},
}

CASES: dict[str, Callable[[Draw], Arguments]] = {
    **{name: mapped(**options) for name, options in OPTIONS.items()},
    **{f"{name}_vjp": zipped(**options) for name, options in OPTIONS.items()},
    "conv2d": conv2d,
    "conv2d_vjp_input": conv2d_vjp_input,
    "conv2d_vjp_weight": conv2d_vjp_weight,
    "conv2d_vjp_bias": lambda draw: {"signal": image(draw)},
    "dense": lambda draw: table(draw, x="n c", weight="k c", bias="k"),
    "dense_vjp_input": lambda draw: table(draw, signal="n k", weight="k c"),
    "dense_vjp_weight": lambda draw: table(draw, signal="n k", x="n c"),
    "dense_vjp_bias": lambda draw: table(draw, signal="n k"),
    "batch_norm2d": lambda draw: (
        norm(draw, x="n c h w", weight="c", bias="c", mean="c", variance="c") | {"epsilon": 1e-3}
    ),
    "batch_norm2d_vjp_input": lambda draw: (
        norm(draw, signal="n c h w", weight="c", variance="c") | {"epsilon": 1e-3}
    ),
    "batch_norm2d_vjp_weight": lambda draw: (
        norm(draw, signal="n c h w", x="n c h w", mean="c", variance="c") | {"epsilon": 1e-3}
    ),
    "batch_norm2d_vjp_bias": lambda draw: {"signal": image(draw)},
    "max_pool2d": pool,
    "max_pool2d_vjp": max_pool2d_vjp,
    "avg_pool2d": pool,
    "avg_pool2d_vjp": unpool,
    "center_unpool2d": unpool,
    "global_avg_pool2d": lambda draw: {"x": image(draw)},
    "global_avg_pool2d_vjp": lambda draw: table(draw, signal="n c") | {"image": (3, 2)},
    "softmax": lambda draw: table(draw, logits="n k"),
    "softmax_vjp": lambda draw: table(draw, signal="n k", probabilities="n k"),
    "squared_cost": lambda draw: costs(draw, False),
    "squared_cost_vjp": lambda draw: costs(draw, True),
    "cross_entropy": lambda draw: costs(draw, False),
    "cross_entropy_vjp": lambda draw: costs(draw, True),
    "flatten": lambda draw: {"x": image(draw), "order": str(draw.choice(["chw", "hwc"]))},
    "flatten_vjp": lambda draw: {"signal": draw.normal(size=(2, 12)), "shape": (2, 3, 2), "order": "hwc"},
    "add": lambda draw: {"xs": [image(draw)] * int(draw.integers(1, 4))},
    "add_vjp": lambda draw: {"signal": image(draw), "count": 2},
    "concatenate": lambda draw: {"xs": [image(draw)] * int(draw.integers(1, 4))},
    "reshape": lambda draw: {"x": draw.normal(size=(2, 3, 4)), "shape": (2, 6)},
    "reshape_vjp": lambda draw: {"signal": draw.normal(size=(2, 12)), "shape": (2, 3, 2)},
    "transpose": lambda draw: {"x": image(draw), "axes": (3, 1, 2)},
    "transpose_vjp": lambda draw: {"signal": image(draw), "axes": (2, 3, 1)},
    "take": lambda draw: {"x": draw.normal(size=(2, 5, 4)), "ranges": ((1, 5, 2), (0, 4, 1))},
    "take_vjp": lambda draw: {
        "signal": draw.normal(size=(2, 2, 4)),
        "shape": (5, 4),
        "ranges": ((1, 5, 2), (0, 4, 1)),
    },
    "pad2d": lambda draw: {"x": image(draw), "padding": ((1, 2), (0, -1)), "border": "edge", "value": 1.0},
    "pad2d_vjp": lambda draw: {
        "signal": draw.normal(size=(2, 3, 6, 4)),
        "image": (3, 5),
        "padding": ((1, 2), (0, -1)),
        "border": "reflect",
    },
    "resample2d": lambda draw: table(draw, x="n c h w", rows="v h", columns="u w"),
    "resample2d_vjp": lambda draw: table(draw, signal="n c v u", rows="v h", columns="u w"),
    "scale": lambda draw: table(draw, x="n c h w", weight="c h w", bias="c h w"),
    "scale_vjp": lambda draw: table(draw, signal="n c h w", weight="c h w"),
    "multiply": lambda draw: {"xs": [image(draw)] * int(draw.integers(1, 4))},
    "multiply_vjp": lambda draw: {"signal": (x := image(draw)), "xs": [x, x[:, :, :1, :1]]},
    "local_response_norm": lambda draw: (
        table(draw, x="n c h w") | {"size": 3, "alpha": 0.1, "beta": 0.75, "k": 1.0}
    ),
    "local_response_norm_vjp": lambda draw: (
        table(draw, signal="n c h w", x="n c h w") | {"size": 3, "alpha": 0.1, "beta": 0.75, "k": 1.0}
    ),
    "group_norm": lambda draw: {
        "x": draw.normal(size=(2, 4, 3, 2)),
        "groups": 2,
        "weight": draw.normal(size=4),
        "bias": draw.normal(size=4),
        "epsilon": 0.1,
    },
    "group_norm_vjp": lambda draw: {
        "signal": draw.normal(size=(2, 4, 3, 2)),
        "x": draw.normal(size=(2, 4, 3, 2)),
        "groups": 2,
        "weight": draw.normal(size=4),
        "epsilon": 0.1,
    },
    "concatenate_vjp": lambda draw: {"signal": draw.normal(size=(2, 5, 3, 3)), "channels": [2, 0, 3]},
}
"""Good arguments of every operation, by name."""

NUMBERS = (0, -1, 2, 7, 10**6, 2**40, 1.5, "same", None, (1, 2), (2,), ((0, 1), (2, 0)), (-1, 3), "chw")


def spoilt_array(draw: Draw, array: np.ndarray) -> Any:
    """An array that an operation may have to refuse; some are good all the same."""
    axis = int(draw.integers(max(array.ndim, 1)))
    shape = list(array.shape)
    match int(draw.integers(12)):
        case 0:
            return array.astype(draw.choice([np.float16, np.int32, np.complex128, np.float32, bool]))
        case 1:
            return array[..., None]
        case 2:
            return array[0] if array.ndim and len(array) else array
        case 3:
            return np.take(array, [], axis)
        case 4:
            return np.concatenate([array, array], axis)
        case 5:
            return np.take(array, [0], axis) if shape[axis] else array
        case 6:
            return array.tolist()
        case 7:
            return None
        case 8:
            return np.asfortranarray(array)
        case 9:
            return array + int(draw.choice([-1, 10**9, -(10**9)])) if array.dtype.kind == "i" else -array
        case 10:
            return array.astype(array.dtype.newbyteorder())
        case _:
            return np.flip(array, axis)


def drawn(name: str, seed: int) -> Arguments:
    """Arguments of an operation, in either precision; two times of three one of them is spoilt."""
    draw = np.random.default_rng(seed)
    found = CASES[name](draw)
    if draw.integers(2):
        found = {key: _single(value) for key, value in found.items()}
    if draw.integers(3):
        key = str(draw.choice(list(found)))
        value = found[key]
        if isinstance(value, np.ndarray):
            found[key] = spoilt_array(draw, value)
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            found[key] = [*value[:-1], spoilt_array(draw, value[-1])] if draw.integers(4) else []
        else:
            found[key] = NUMBERS[int(draw.integers(len(NUMBERS)))]
    return found


def _single(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return [_single(array) for array in value]
    floats = isinstance(value, np.ndarray) and value.dtype == np.float64
    return value.astype(np.float32) if floats else value
