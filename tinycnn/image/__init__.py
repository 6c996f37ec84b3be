"""Reading image files, and bringing images to a size."""

from __future__ import annotations

import io
from os import PathLike, fspath
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from tinycnn.errors import ImageError, ShapeError, UnknownNameError
from tinycnn.files import open_file
from tinycnn.image.reading import LARGEST, flat, read
from tinycnn.ops.types import Array, Pair

Filter = Literal["bicubic", "bilinear"]
"""Pillow's convolution filters, which smooth when they shrink."""

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}

SAMPLES = {
    name.partition(".")[0]: name
    for name in (
        "chelsea.png", "astronaut.png", "brick.png", "camera.png", "coffee.png", "coins.png", "grass.png",
        "gravel.png", "hubble_deep_field.jpg", "moon.png", "motorcycle_left.png", "motorcycle_right.png",
        "retina.jpg", "rocket.jpg",
    )
}  # fmt: skip
"""The natural images inside the scikit-image package, by name; none needs a download."""


def load(path: str | PathLike[str]) -> Array:
    """Read an image of any format that Pillow decodes itself.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    (h, w, 3) uint8
        Red, green, blue. The camera's EXIF rotation is applied, transparency is laid on white, 16 bits
        are scaled (not clipped) to 8, grey is repeated, and of an animation the first frame is taken.
        Integers of 32 bits are taken for 8 bits if none exceeds 255, else for 16. Colour profiles are
        ignored.

    Raises
    ------
    ImageError
        The file is missing, truncated, no image and not even a regular file, or so large that decoding it
        would take more than 640 MiB of memory.
    """
    try:
        with open_file(path, LARGEST) as file:
            return read(file)
    except FileNotFoundError:
        raise ImageError(f"{fspath(path)}: no such file") from None
    except Exception as error:  # on damaged bytes every decoder fails in its own way
        raise _unreadable(fspath(path), error) from error


def decode(data: bytes, name: str = "the image", largest: int = LARGEST) -> Array:
    """Read an image from the bytes of a file, as `load` reads the file.

    Parameters
    ----------
    data : bytes
    name : str
        What an error calls it.
    largest : int
        Bytes of memory that decoding may take.

    Raises
    ------
    ImageError
        As of `load`.
    """
    try:
        return read(io.BytesIO(data), largest)
    except Exception as error:
        raise _unreadable(name, error) from error


def default() -> Array:
    """The picture used where none is given: `sample("chelsea")`, a tabby cat, (300, 451, 3) uint8."""
    return sample("chelsea")


def sample(name: str) -> Array:
    """Read one of the natural images that come with scikit-image.

    Parameters
    ----------
    name : str
        A key of `SAMPLES`.

    Returns
    -------
    (h, w, 3) uint8

    Raises
    ------
    UnknownNameError
    """
    if name not in SAMPLES:
        raise UnknownNameError("sample image", name, SAMPLES)
    from importlib import resources  # here, for it would be a twentieth of `import tinycnn`

    with resources.as_file(resources.files("skimage") / "data" / SAMPLES[name]) as path:
        return load(path)


def rgb(image: Array) -> Array:
    """Turn a grey or transparent image into an opaque colour one.

    Parameters
    ----------
    image : (h, w), (h, w, 3) or (h, w, 4) uint8
        Grey, RGB, or RGB with opacity.

    Returns
    -------
    (h, w, 3) uint8
        Grey is repeated; transparency is laid on white.

    Raises
    ------
    ShapeError
        Another shape, no pixels, or a dtype other than uint8 (whose range would be a guess).
    """
    if isinstance(image, str | PathLike):
        raise ShapeError(f"expected pixels, got a file's name; tc.image.load({fspath(image)!r}) reads them")
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise ShapeError(f"an image must be uint8 with values 0..255, not {image.dtype}; scale it first")
    shaped = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))
    if not shaped or image.size == 0:
        raise ShapeError(f"an image must be (h, w), (h, w, 3) or (h, w, 4) with h, w >= 1, not {image.shape}")
    return image.copy() if image.ndim == 3 and image.shape[2] == 3 else flat(Image.fromarray(image))


def resize(image: Array, size: Pair, filter: Filter = "bicubic") -> Array:
    """Stretch an image to a size, whatever becomes of its aspect ratio.

    Parameters
    ----------
    image : (h, w), (h, w, 3) or (h, w, 4) uint8
    size : (h', w')
    filter : {"bicubic", "bilinear"}

    Returns
    -------
    (h', w', 3) uint8
    """
    height, width = checked_size(size)
    return np.array(Image.fromarray(rgb(image)).resize((width, height), FILTERS[filter]))


def center_crop(image: Array, size: Pair, keep: float = 1.0, filter: Filter = "bicubic") -> Array:
    """Scale an image with its aspect ratio kept, then cut a size out of its centre.

    Parameters
    ----------
    image : (h, w), (h, w, 3) or (h, w, 4) uint8
    size : (h', w')
    keep : float
        The share, in (0, 1], of the scaled image's shorter side that the cut takes: 224 / 256 scales the
        shorter side to 256 for a cut of 224.
    filter : {"bicubic", "bilinear"}

    Returns
    -------
    (h', w', 3) uint8

    Raises
    ------
    ShapeError
        The image is so long and thin that scaling it would exceed Pillow's limit of pixels.

    Notes
    -----
    Rounding is torchvision's: the longer side is rounded down, the offset to the nearest integer.
    """
    if not 0 < keep <= 1:
        raise ShapeError(f"keep must lie in (0, 1], not {keep}")
    image = rgb(image)
    (h, w), (height, width) = image.shape[:2], checked_size(size)
    tall, wide = round(height / keep), round(width / keep)
    tall, wide = (wide * h // w, wide) if h * wide >= w * tall else (tall, tall * w // h)
    top, left = round((tall - height) / 2), round((wide - width) / 2)
    if tall * wide > (Image.MAX_IMAGE_PIXELS or np.inf):
        raise ShapeError(f"an image of {h}x{w} is too thin to crop: it would be {tall}x{wide}; cut it first")
    return resize(image, (tall, wide), filter)[top : top + height, left : left + width].copy()


def center_zoom(image: Array, size: Pair, keep: float = 1.0, filter: Filter = "bicubic") -> Array:
    """Cut the centre out of an image, then scale the cut to a size.

    Unlike `center_crop`, no pixel outside the cut has a part in the result.

    Parameters
    ----------
    image : (h, w), (h, w, 3) or (h, w, 4) uint8
    size : (h', w')
    keep : float
        The share, in (0, 1], of the largest cut with the proportions of `size`.
    filter : {"bicubic", "bilinear"}

    Returns
    -------
    (h', w', 3) uint8
    """
    if not 0 < keep <= 1:
        raise ShapeError(f"keep must lie in (0, 1], not {keep}")
    image = rgb(image)
    (h, w), (height, width) = image.shape[:2], checked_size(size)
    scale = keep * min(h / height, w / width)
    tall, wide = max(1, round(scale * height)), max(1, round(scale * width))
    top, left = (h - tall) // 2, (w - wide) // 2
    return resize(image[top : top + tall, left : left + wide], (height, width), filter)


def checked_size(size: Pair) -> Pair:
    """Return a size, or raise ShapeError if it is not a pair of positive numbers."""
    height, width = size
    if height < 1 or width < 1:
        raise ShapeError(f"a size must be (h, w) with h, w >= 1, not {size}")
    return height, width


def _unreadable(name: str, error: Exception) -> ImageError:
    if isinstance(error, UnidentifiedImageError):
        return ImageError(f"{name}: not an image, or of a format that is not read; save it as PNG")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return ImageError(f"{name}: too large to decode: {error}; make it smaller first")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    said = " ".join(str(reason).split()) or type(error).__name__
    return ImageError(f"{name}: cannot be read as an image: {said}")
