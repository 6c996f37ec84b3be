"""Pictures of digits without a data set: the digits of the typefaces that matplotlib brings, a little bent.

They are not handwriting, which the digits net was trained on; experiments say how many of them it reads.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import center_of_mass, gaussian_filter, shift

from tinycnn.ops.types import Array

TYPEFACES = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold", "DejaVuSansMono-Oblique", "DejaVuSerif",
    "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "cmss10", "cmr10",
)  # fmt: skip
SIDE, INK, LARGE = 28, 20, 96


def draw_digit(digit: int, rng: np.random.Generator) -> Array:
    """A digit set as MNIST sets its own: white on black, 20 pixels high, its mass in the centre.

    Parameters
    ----------
    digit : int
    rng : Generator
        Draws the typeface, a turn of up to 12 degrees, a slant of up to .2, and the weight of the stroke.

    Returns
    -------
    (28, 28) uint8
    """
    canvas = Image.new("L", (2 * LARGE, 2 * LARGE))
    face, weight = rng.choice(TYPEFACES), int(rng.integers(1, 4))
    ImageDraw.Draw(canvas).text(
        (LARGE, LARGE), str(digit), 255, _font(face), anchor="mm", stroke_width=weight
    )
    slant, turn = rng.uniform(-0.2, 0.2), rng.uniform(-12, 12)
    canvas = canvas.transform(canvas.size, Image.Transform.AFFINE, (1, slant, -slant * LARGE, 0, 1, 0))
    canvas = canvas.rotate(turn, Image.Resampling.BICUBIC)
    ink = canvas.crop(canvas.getbbox())
    scale = INK / max(ink.size)
    small = ink.resize((max(1, round(ink.width * scale)), max(1, round(ink.height * scale))))
    return _centred(np.asarray(small, np.float64))


def digit_pictures(count: int, seed: int) -> tuple[Array, Array]:
    """Digits in turn, 0 to 9 and again: (count, 28, 28) uint8 and their labels (count,)."""
    labels = np.arange(count) % 10
    rng = np.random.default_rng([seed, count])
    return np.stack([draw_digit(int(label), rng) for label in labels]), labels


def digits_note(seen: Array, labels: Array) -> str:
    """A note for captions: what these pictures are, and how many of them the net reads, from classes (n,)."""
    right = int((seen == labels).sum())
    return (
        "The digits are drawn from typefaces, slanted and turned; they are not handwriting, which the net "
        f"was trained on. The trained net reads {right} of these {len(labels)}."
    )


def _centred(ink: Array) -> Array:
    page = np.zeros((SIDE, SIDE))
    top, left = ((SIDE - side) // 2 for side in ink.shape)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    offset = [(SIDE - 1) / 2 - at for at in center_of_mass(page)]
    page = gaussian_filter(shift(page, offset, order=1), 0.5)
    return np.rint(page * (255 / page.max())).clip(0, 255).astype(np.uint8)


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf", LARGE)
