"""An array as a figure of a feedback page: white is 0, red is positive, blue is negative."""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from PIL import Image

from tinycnn.course.arrays import Held
from tinycnn.pictures.maps import signed

WIDTH = 12
"""Of a number's square, in pixels of the screen."""


def figure(held: Held) -> str:
    """HTML of an array: picture, name, shape and range; no picture where there is nothing to see."""
    caption = f"{held.name}, {'x'.join(map(str, held.shape))}{_shown(held)}: "
    if held.least == held.greatest:
        return f"<figure><figcaption>{caption}{held.least:.4g} everywhere</figcaption></figure>"
    caption += f"{held.least:.4g} to {held.greatest:.4g}"
    values = np.array(held.rows) / max(abs(held.least), abs(held.greatest))
    if not values.any():
        return f"<figure><figcaption>{caption}</figcaption></figure>"
    data = io.BytesIO()
    Image.fromarray(signed(np.clip(values, -1, 1)[None], (-1, 1))).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    width = WIDTH * values.shape[1]
    picture = f'<img src="data:image/png;base64,{source}" alt="{caption}" width="{width}">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _shown(held: Held) -> str:
    """Which part of an array the picture has, if it has not all."""
    parts = ["first plane"] if len(held.shape) > 2 and math.prod(held.shape[:-2]) > 1 else []
    if max(held.steps) > 1:
        parts.append(f"pixels {held.steps[0]} rows and {held.steps[1]} columns apart")
    return f" ({', '.join(parts)})" if parts else ""
