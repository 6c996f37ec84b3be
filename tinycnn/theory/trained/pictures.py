"""What a signal shows on its way down, as a picture: where it is strong, whatever its sign and channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from tinycnn.ops.types import Array, Pair
from tinycnn.pictures.metrics import high_pass, pearson
from tinycnn.theory.trained.stages import Stage
from tinycnn.trace import Rows, Step, backward


def magnitude(signal: Array) -> Array:
    """Where a signal is strong: ``sqrt(sum_c s_c^2)``, (n, c, h, w) -> (n, h, w).

    Channels of hidden layers have no common sign, so their sum would show nothing.
    """
    return np.sqrt(np.square(signal, dtype=np.float64).sum(axis=1))


def brightness_likeness(signal: Array, x: Array) -> float:
    """Pearson correlation of a signal's magnitude with the mean of the input's channels.

    Parameters
    ----------
    signal : (1, c', h', w')
        Of any layer.
    x : (1, c, h, w)
        The net's input.

    Returns
    -------
    float
        Measured at the signal's own resolution, to which the input is averaged: a coarse layer is not
        blamed for being coarse. It has h' w' pixels, so chance alone gives about ``1 / sqrt(h' w')``.
    """
    return _pearson(magnitude(signal)[0], x[0].mean(axis=0, dtype=np.float64))


def edge_likeness(signal: Array, x: Array) -> float:
    """The same with the magnitude of the input's high-pass: of edges and texture, wherever they are.

    Parameters
    ----------
    signal, x
        As for `brightness_likeness`. The high-pass is `metrics.high_pass` with sigma 1, at full resolution.
    """
    return _pearson(magnitude(signal)[0], magnitude(high_pass(x))[0])


def edge_detectors(x: Array) -> dict[str, Array]:
    """What detectors that know no network see in an image: (h, w) each.

    Parameters
    ----------
    x : (1, c, h, w)

    Returns
    -------
    dict
        ``sobel``, ``laplacian`` (its size) and ``canny`` (0 or 1), of scikit-image, of the mean of the
        channels.
    """
    from skimage.feature import canny  # a third of a second to import
    from skimage.filters import laplace, sobel

    grey = x[0].mean(axis=0, dtype=np.float64)
    grey = (grey - grey.min()) / (np.ptp(grey) or 1.0)
    see: dict[str, Callable[[Array], Array]] = {"sobel": sobel, "laplacian": laplace, "canny": canny}
    return {name: np.abs(detect(grey), dtype=np.float64) for name, detect in see.items()}


def detector_likeness(signal: Array, detected: Array) -> float:
    """`brightness_likeness`, with what an edge detector saw in place of the image."""
    return _pearson(magnitude(signal)[0], detected)


def map_from(trace: Sequence[Step], stage: Stage, rule: Rows) -> Array | None:
    """The map that is left when everything above a stage is replaced by a signal of ones.

    Parameters
    ----------
    trace : Trace
    stage : Stage
        Of that trace.
    rule : Rows

    Returns
    -------
    (1, c, h, w) or None
        None for a stage inside a branch, above which there is no single signal.
    """
    at = [index for index, step in enumerate(trace) if step is stage.activation]
    if not at:
        return None
    return backward(trace[: at[0] + 1], np.ones_like(stage.activation.output), rule)[0]


def shrunk(picture: Array, size: Pair) -> Array:
    """A picture (h, w) of floats at another size, averaged over the pixels that each new one stands for."""
    image = Image.fromarray(np.asarray(picture, np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR), np.float64)


def _pearson(shown: Array, picture: Array) -> float:
    return float(pearson(shown[None], shrunk(picture, (shown.shape[0], shown.shape[1]))[None]))
