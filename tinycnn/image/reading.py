"""From the bytes of an image file, which are hostile until decoded, to pixels.

Only formats that Pillow decodes in this process are opened, so no other program is ever started, and an image
is refused by its header if decoding it would take more than `LARGEST` bytes of memory.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile
from PIL.ExifTags import Base as Tag

from tinycnn.ops.types import Array

LARGEST = 640 << 20
"""Bytes of an image file, and of memory while it is decoded."""

_LEAN = (
    "BLP", "BMP", "CUR", "DCX", "DDS", "DIB", "FLI", "FTEX", "GBR", "GIF", "ICNS", "ICO", "IM", "IMT", "JPEG",
    "MCIDAS", "MPO", "MSP", "PCD", "PCX", "PIXAR", "PNG", "PPM", "PSD", "QOI", "SGI", "SPIDER", "SUN", "TGA",
    "TIFF", "XBM", "XPM", "XVTHUMB",
)  # fmt: skip

FORMATS = {**dict.fromkeys(_LEAN, 10), "AVIF": 25, "JPEG2000": 25, "WEBP": 25, "FITS": 50}
"""The formats that are read, and the bytes of memory that a pixel of each may take while it is decoded.

Four are in Pillow's image and three in the result; a progressive JPEG first takes six more. Of the other
formats that Pillow opens, EPS would start Ghostscript, IPTC may hold an EPS, WMF is drawn by Windows; BUFR,
GRIB, HDF5 and MPEG are only recognised.
"""

BAND = 1 << 20
"""Pixels that are converted at once."""

_UPRIGHT: Mapping[int, Callable[[Array], Array]] = {
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
"""What undoes each orientation of EXIF; 1 is upright."""

_turn = threading.Lock()
"""One image at a time is decoded, so the bound on memory holds for all threads together."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python prints what no handler takes


@cache
def endings() -> frozenset[str]:
    """Endings of the names of files that are read, such as ``".png"``."""
    return frozenset(ending for ending, name in Image.registered_extensions().items() if name in FORMATS)


def read(file: BinaryIO, largest: int = LARGEST) -> Array:
    """Decode an image, as `tinycnn.image.load` describes it.

    Parameters
    ----------
    file : binary file
        Open, and able to seek.
    largest : int
        Bytes of memory that decoding may take.

    Returns
    -------
    (h, w, 3) uint8

    Raises
    ------
    Exception
        On damaged bytes every decoder fails in its own way.
    """
    Image.init()
    known = [name for name in Image.ID if name in FORMATS]  # in Pillow's order, that of how sure each is
    with _turn, _no_warnings(), Image.open(file, formats=known) as picture:
        _check_size(picture, largest)
        _scale_transparency(picture)
        _forget_all_but_the_orientation(picture)
        _decode(picture)
        _check_size(picture, largest)  # what a container holds may be larger than it says
        pixels = _pixels(picture)
        turn = _orientation(picture)
    return np.ascontiguousarray(_UPRIGHT[turn](pixels)) if turn in _UPRIGHT else pixels


def flat(picture: Image.Image) -> Array:
    """Lay transparency on white and take red, green, blue: (h, w, 3) uint8."""
    if picture.has_transparency_data:
        opaque = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque)
    return np.array(picture.convert("RGB"))


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep Pillow's words about odd files off the screen; what it warns of as a bomb is one."""
    with warnings.catch_warnings(action="ignore"):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _check_size(picture: Image.Image, largest: int) -> None:
    width, height = picture.size
    most = largest // FORMATS[str(picture.format)]
    tile = _tags(picture).get(Tag.TileWidth, 0) * _tags(picture).get(Tag.TileLength, 0)
    if max(width * height, tile) > most:
        raise Image.DecompressionBombError(f"{height}x{width} pixels, and at most {most} of them are decoded")


def _forget_all_but_the_orientation(picture: Image.Image) -> None:
    """Drop the other entries of EXIF: Pillow writes them anew when it turns a TIFF, and fails on odd ones."""
    with suppress(Exception):  # damaged metadata cost no picture
        exif = picture.getexif()
        for tag in set(exif) - {Tag.Orientation}:
            del exif[tag]


def _orientation(picture: Image.Image) -> int:
    with suppress(Exception):
        return int(picture.getexif().get(Tag.Orientation, 1))
    return 1


def _decode(picture: ImageFile.ImageFile) -> None:
    """Load the pixels; libtiff speaks to the terminal by itself."""
    with _no_output() if picture.format == "TIFF" else nullcontext():
        picture.load()


@contextmanager
def _no_output() -> Iterator[None]:
    """Send what is written to file descriptor 2 nowhere."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _scale_transparency(picture: ImageFile.ImageFile) -> None:
    """Bring the transparent colour of a PNG to the 8 bits that its pixels are scaled to.

    Of 16-bit colours Pillow keeps the upper 8 bits: those that differ in the lower ones are transparent, too.
    """
    clear = picture.info.get("transparency")
    if picture.format != "PNG" or clear is None or not picture.tile:
        return
    depth = str(picture.tile[0].args).partition(";")[2]
    if picture.mode == "L" and depth:
        picture.info["transparency"] = clear * 255 // (2 ** int(depth) - 1)
    elif picture.mode == "RGB" and depth:
        picture.info["transparency"] = tuple(value >> 8 for value in clear)


def _pixels(picture: Image.Image) -> Array:
    """The pixels band by band, so that what a conversion takes in between is small."""
    width, height = picture.size
    eight_bits = _scaling(picture)
    pixels = np.empty((height, width, 3), np.uint8)
    for top, bottom in _bands(picture):
        band = picture.crop((0, top, width, bottom))
        pixels[top:bottom] = eight_bits(band) if eight_bits else flat(band)
    return pixels


def _bands(picture: Image.Image) -> Iterator[tuple[int, int]]:
    width, height = picture.size
    rows = max(1, BAND // width)
    return ((top, min(top + rows, height)) for top in range(0, height, rows))


def _scaling(picture: Image.Image) -> Callable[[Image.Image], Array] | None:
    """What scales grey of more than 8 bits, or of floats in 0..1, to 8; Pillow itself would clip it."""
    if not (picture.mode in ("I", "F") or picture.mode.startswith("I;16")):
        return None
    low, high = _range(picture)
    top = _white(picture, high)
    if not (low >= 0 and high <= top):
        found = f"{low:g}..{high:g}"
        raise ValueError(f"grey values {found}, expected 0..{top}; save it with 8 or 16 bits")
    clear = picture.info.get("transparency")
    inverted = _tags(picture).get(Tag.PhotometricInterpretation) == 0

    def scaled(band: Image.Image) -> Array:
        values = np.asarray(band)
        grey = np.rint((top - values.astype(float) if inverted else values) * (255 / top)).astype(np.uint8)
        return np.where(values == clear, np.uint8(255), grey)[..., None]

    return scaled


def _range(picture: Image.Image) -> tuple[float, float]:
    """The least and the largest value; NaN if there is one."""
    width = picture.size[0]
    bands = (np.asarray(picture.crop((0, top, width, bottom))) for top, bottom in _bands(picture))
    lows, highs = zip(*((band.min(), band.max()) for band in bands), strict=True)
    return float(np.min(lows)), float(np.max(highs))


def _white(picture: Image.Image, high: float) -> int:
    """The value of white in a grey image of more than 8 bits.

    Wide integers do not say how many of their bits are used: those up to 255 are taken for 8, others for 16.
    """
    if picture.mode == "F":
        return 1
    if picture.format in ("PNG", "PPM"):  # whose header says 16, though Pillow may keep them in 32
        return 65535
    if picture.mode == "I":
        return 255 if high <= 255 else 65535
    return 4095 if _tags(picture).get(Tag.BitsPerSample) == (12,) else 65535


def _tags(picture: Image.Image) -> Mapping[int, Any]:
    """The tags of a TIFF; nothing for other files."""
    return getattr(picture, "tag_v2", {})
