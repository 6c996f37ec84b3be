"""From an image to a network's input, and back: a preset says how a network wants its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike
from PIL import Image

from tinycnn.errors import NonFiniteError, ShapeError
from tinycnn.image import Filter, center_crop, center_zoom, checked_size, resize
from tinycnn.ops.types import FLOATS, Array, Pair


@dataclass(frozen=True)
class Preprocess:
    """What a network expects of its input: how images are fitted, ordered and normalised.

    Calling it turns images into the network's input, ``(image - mean) / std``.

    Parameters
    ----------
    name : str
    mean, std : tuple of float
        One per channel, in the network's channel order, in units of the image's 0..255.
    order : {"rgb", "bgr", "grey"}
        Grey is the luma .299 R + .587 G + .114 B.
    size : (h, w)
    keep : float or None
        The share of the image's centre that is kept; None stretches the whole image to the size.
    cut : {"scaled", "original"}
        Whether the centre is cut out of the scaled image, see `center_crop`, or of the original, see
        `center_zoom`.
    filter : {"bicubic", "bilinear"}
    """

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    order: Literal["rgb", "bgr", "grey"] = "rgb"
    size: Pair = (224, 224)
    keep: float | None = None
    cut: Literal["scaled", "original"] = "scaled"
    filter: Filter = "bicubic"

    @property
    def bounds(self) -> tuple[Array, Array]:
        """The least and the largest number that an image can have in each channel, (c,) each."""
        mean, std = np.array(self.mean), np.array(self.std)
        return (0 - mean) / std, (255 - mean) / std

    def at(self, size: Pair) -> Preprocess:
        """The same preprocessing for another input size."""
        return replace(self, size=checked_size(size))

    def __call__(self, images: Array | Sequence[Array], dtype: DTypeLike = np.float32) -> Array:
        """Turn one image, or several of any sizes, into a network's input.

        Parameters
        ----------
        images : uint8 array, or sequence of uint8 arrays
            Each (h, w), (h, w, 3) or (h, w, 4); an array of four axes is a batch.
        dtype : float32 or float64

        Returns
        -------
        (n, c, h, w)

        Raises
        ------
        ShapeError
            An image has another shape or type, or is only the name of a file.
        """
        if np.dtype(dtype) not in FLOATS:
            raise ShapeError(f"a network's input must be float32 or float64, not {np.dtype(dtype)}")
        single = isinstance(images, str | PathLike) or (isinstance(images, np.ndarray) and images.ndim < 4)
        batch: Any = [images] if single else images
        fitted = [self._fit(image) for image in batch]
        pixels = np.array(fitted, dtype).reshape(len(fitted), *self.size, len(self.mean))
        x = (pixels - np.array(self.mean, dtype)) / np.array(self.std, dtype)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2))

    def inverse(self, x: Array) -> Array:
        """Turn a network's input back into the pictures it sees.

        Parameters
        ----------
        x : (n, c, h, w)

        Returns
        -------
        (n, h, w, 3) uint8
            Rounded, and clipped to 0..255.

        Raises
        ------
        NonFiniteError
            x holds a NaN or an infinity.
        """
        mean, std = (self.to_rgb(np.reshape(each, (1, -1, 1, 1))) for each in (self.mean, self.std))
        values = (self.to_rgb(x) * std + mean).transpose(0, 2, 3, 1)
        if not np.isfinite(values).all():
            raise NonFiniteError(f"{self.name}: a picture needs finite numbers; x holds NaN or infinity")
        pixels = np.rint(values).clip(0, 255).astype(np.uint8)
        return np.broadcast_to(pixels, (*pixels.shape[:3], 3)).copy()

    def to_rgb(self, maps: Array) -> Array:
        """Put the channels of maps of the input in the order red, green, blue, as pictures need them.

        Parameters
        ----------
        maps : (n, c, h, w)
            The input itself, or anything of its shape, such as its gradient.

        Returns
        -------
        (n, c, h, w)
            A view; it differs from `maps` only where `order` is "bgr".
        """
        maps = np.asarray(maps)
        if maps.ndim != 4 or maps.shape[1] != len(self.mean):
            raise ShapeError(f"{self.name}: expected (n, {len(self.mean)}, h, w), got {maps.shape}")
        return maps[:, ::-1] if self.order == "bgr" else maps

    def _fit(self, image: Array) -> Array:
        if self.keep is None:
            fitted = resize(image, self.size, self.filter)
        else:
            cut = center_crop if self.cut == "scaled" else center_zoom
            fitted = cut(image, self.size, self.keep, self.filter)
        if self.order == "grey":
            return np.array(Image.fromarray(fitted).convert("L"))
        return fitted[..., ::-1] if self.order == "bgr" else fitted


IMAGENET_MEAN = Preprocess("imagenet-mean", mean=(123.68, 116.779, 103.939), std=(1.0, 1.0, 1.0))
"""RGB minus the ImageNet mean, stretched: as Nie, Zhang and Patel (2018) published their experiments."""

CAFFE_BGR = Preprocess("caffe-bgr", mean=(103.939, 116.779, 123.68), std=(1.0, 1.0, 1.0), order="bgr")
"""BGR minus the ImageNet mean, stretched: VGG in Caffe and Keras."""

TORCHVISION = Preprocess(
    "torchvision", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), keep=224 / 256, filter="bilinear"
)
"""In units of 0..1, mean (.485, .456, .406) and sd (.229, .224, .225); shorter side to 256, centre 224."""

SYMMETRIC = Preprocess("symmetric", mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5))
"""From -1 to 1, stretched."""

TF_LITE = Preprocess(
    "tf-lite", mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0), keep=1.0, cut="original"
)
"""(image - 127) / 128, the largest square cut out and scaled: EfficientNet-Lite."""

RAW = Preprocess("raw", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
"""0..255 as they are, stretched."""

DIGITS = Preprocess("digits", mean=(0.0,), std=(255.0,), order="grey", size=(28, 28))
"""One grey channel from 0 to 1: MNIST."""

PRESETS = {p.name: p for p in (IMAGENET_MEAN, CAFFE_BGR, TORCHVISION, SYMMETRIC, TF_LITE, RAW, DIGITS)}
"""Every preset by its name."""
