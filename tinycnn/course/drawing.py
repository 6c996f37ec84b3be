"""An array as a figure of a feedback page: white is 0, red is positive, blue is negative."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from tinycnn.course.arrays import Held
from tinycnn.pictures.maps import signed

WIDTH = 12
"""Of a number's square, in pixels of the screen."""


def figure(held: Held) -> str:
    """HTML of an array: picture, name, shape and range; no picture if all its numbers are equal."""
    values = np.array(held.rows)
    h, w = values.shape
    caption = f"{held.name}, {h}x{w}: "
    if values.min() == values.max():
        return f"<figure><figcaption>{caption}{values.flat[0]:.4g} everywhere</figcaption></figure>"
    data = io.BytesIO()
    Image.fromarray(signed(values[None] / np.abs(values).max(), (-1, 1))).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    caption += f"{values.min():.4g} to {values.max():.4g}"
    picture = f'<img src="data:image/png;base64,{source}" alt="{caption}" width="{WIDTH * w}">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
