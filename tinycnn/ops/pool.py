"""Pooling, its vjps, and the two ways to unpool without knowing where the maximum was."""

from __future__ import annotations

import numpy as np

from tinycnn.errors import ShapeError
from tinycnn.ops.arguments import takes
from tinycnn.ops.geometry import Padding, Window, countable, pair, pool_window, window
from tinycnn.ops.patches import patches, patches_vjp
from tinycnn.ops.types import Array, Pair


def _switches(switches: Array, image: Pair) -> None:
    countable(image)
    pixels = image[0] * image[1]
    if switches.size and not 0 <= switches.min() <= switches.max() < pixels:
        raise ShapeError(
            f"switches must be 0 to {pixels - 1} on {image}, got {switches.min()} to {switches.max()}"
        )


def _outputs(
    signal: Array, image: Pair, size: int | Pair, stride: int | Pair, padding: Padding, dilation: int | Pair
) -> None:
    at = window(image, pair(size), stride, padding, dilation)
    if signal.shape[2:] != at.output:
        raise ShapeError(f"signal must be (n, c, {at.output[0]}, {at.output[1]}), got shape {signal.shape}")


def _pixels(x: Array) -> None:
    if 0 in x.shape[2:]:
        raise ShapeError(f"an image without pixels has no mean, got x of shape {x.shape}")


@takes(x="n c h w")
def max_pool2d(
    x: Array, size: int | Pair, stride: int | Pair, padding: Padding = 0, dilation: int | Pair = 1
) -> tuple[Array, Array]:
    """Keep the largest entry of every window, and remember where it was.

    Parameters
    ----------
    x : (n, c, h, w)
    size, stride, dilation : int or (int, int)
    padding : int, (int, int), ((top, bottom), (left, right)) or "same"
        Padding never wins.

    Returns
    -------
    y : (n, c, h', w')
    switches : (n, c, h', w') int64
        Where each maximum was, as the index ``i * w + j`` into its own plane of x. Ties go to the first
        maximum in row-major order; a NaN counts as the largest.

    Raises
    ------
    ShapeError
        The window does not fit on the image, or padding could fill a whole window.
    """
    at = pool_window((x.shape[2], x.shape[3]), size, stride, padding, dilation)
    cut = patches(x, at, value=-np.inf)
    flat = cut.reshape(*cut.shape[:4], at.size[0] * at.size[1])
    inside = patches(np.ones((1, 1, *x.shape[2:])), at).reshape(1, 1, *flat.shape[2:])
    winner = flat.argmax(axis=-1)
    on_padding = np.take_along_axis(inside, winner[..., None], axis=-1)[..., 0] == 0
    winner = np.where(on_padding, inside.argmax(axis=-1), winner)  # where all else is -inf
    y = np.take_along_axis(flat, winner[..., None], axis=-1)[..., 0]
    a, b = np.divmod(winner, at.size[1])
    i = np.arange(at.output[0])[:, None] * at.stride[0] - at.corner[0] + a * at.dilation[0]
    j = np.arange(at.output[1]) * at.stride[1] - at.corner[1] + b * at.dilation[1]
    return y, i * x.shape[3] + j


@takes(_switches, signal="t c h w", switches="int n c h w", image="pair")
def max_pool2d_vjp(signal: Array, switches: Array, image: Pair) -> Array:
    """Send every signal to where its maximum was; where windows overlap, signals add up.

    Parameters
    ----------
    signal : (n, c, h', w')
    switches : (n, c, h', w') int64
        As saved by `max_pool2d`.
    image : (h, w)
        Size of the pool's input.

    Returns
    -------
    (n, c, h, w)
    """
    n, c = signal.shape[:2]
    total = np.zeros((n, c, image[0] * image[1]), signal.dtype)
    planes = np.arange(n)[:, None, None, None], np.arange(c)[:, None, None]
    np.add.at(total, (*planes, np.broadcast_to(switches, signal.shape)), signal)
    return total.reshape(n, c, *image)


@takes(x="n c h w")
def avg_pool2d(
    x: Array,
    size: int | Pair,
    stride: int | Pair,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    count_padding: bool = True,
) -> Array:
    """Mean of every window.

    Parameters
    ----------
    x : (n, c, h, w)
    count_padding : bool
        Whether padding counts as zeros, or not at all.

    Returns
    -------
    (n, c, h', w')
    """
    at = window((x.shape[2], x.shape[3]), pair(size), stride, padding, dilation)
    return patches(x, at).sum(axis=(4, 5)) / _counted(at, count_padding, x.dtype)


@takes(_outputs, signal="n c h w", image="pair")
def avg_pool2d_vjp(
    signal: Array,
    image: Pair,
    size: int | Pair,
    stride: int | Pair,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    count_padding: bool = True,
) -> Array:
    """Spread every signal evenly over its window.

    This is the exact vjp of `avg_pool2d`, and one of the ways to unpool a max-pool without its switches.

    Parameters
    ----------
    signal : (n, c, h', w')

    Returns
    -------
    (n, c, h, w)
    """
    at = window(image, pair(size), stride, padding, dilation)
    share = signal / _counted(at, count_padding, signal.dtype)
    return patches_vjp(np.broadcast_to(share[..., None, None], (*signal.shape, *at.size)), at)


@takes(_outputs, signal="n c h w", image="pair")
def center_unpool2d(
    signal: Array,
    image: Pair,
    size: int | Pair,
    stride: int | Pair,
    padding: Padding = 0,
    dilation: int | Pair = 1,
) -> Array:
    """Put every signal at the centre of its window, whatever the maximum was.

    Parameters
    ----------
    signal : (n, c, h', w')

    Returns
    -------
    (n, c, h, w)

    Notes
    -----
    The centre of a window of size a is its entry ``ceil(a / 2)``, counted from 1, as in Mahendran and
    Vedaldi, *Salient deconvolutional networks*, ECCV 2016. A centre that lies on padding is lost.
    """
    at = window(image, pair(size), stride, padding, dilation)
    spread = np.zeros((*signal.shape, *at.size), signal.dtype)
    spread[..., (at.size[0] - 1) // 2, (at.size[1] - 1) // 2] = signal
    return patches_vjp(spread, at)


@takes(_pixels, x="n c h w")
def global_avg_pool2d(x: Array) -> Array:
    """Mean of every channel: (n, c, h, w) -> (n, c)."""
    return x.mean(axis=(2, 3))


@takes(countable, signal="n c", image="pair")
def global_avg_pool2d_vjp(signal: Array, image: Pair) -> Array:
    """Spread every signal evenly over its channel: (n, c) -> (n, c, h, w)."""
    share = signal / signal.dtype.type(image[0] * image[1])
    return np.broadcast_to(share[..., None, None], (*signal.shape, *image)).copy()


def _counted(at: Window, count_padding: bool, dtype: np.dtype) -> Array:
    """How many entries each window has, (h', w'); one that lies on padding alone counts as one."""
    if count_padding:
        return np.full(at.output, at.size[0] * at.size[1], dtype)
    inside = patches(np.ones((1, 1, *at.image), dtype), at).sum(axis=(4, 5))[0, 0]
    return np.maximum(inside, dtype.type(1))
