"""Maps and images as pictures inside a page's data."""

from __future__ import annotations

import base64
import io
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from tinycnn.ops.types import Array
from tinycnn.pictures.maps import STYLES, Style, signed
from tinycnn.pictures.metrics import cosine

Picture: TypeAlias = dict[str, Any]
"""``src``, a data URL or None; ``width`` and ``height`` in pixels; ``note``, what to know of it."""


def of_pixels(pixels: Array, note: str = "") -> Picture:
    """Pixels, (h, w) or (h, w, 3) uint8, as a picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    src = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return {"src": src, "width": pixels.shape[1], "height": pixels.shape[0], "note": note}


def of_signal(signal: Array, style: str) -> Picture:
    """A signal (c, h, w) in a style, or a note where it has no picture.

    Signals of other than 1 or 3 channels have no colours of their own; `minmax` shows them as `signed` does.
    """
    if signal.ndim != 3:
        return _only(f"{signal.size} numbers without positions, {np.count_nonzero(signal)} of them not 0")
    chosen = signed if style == "minmax" and len(signal) not in (1, 3) else STYLES[style]
    return _drawn(signal, chosen)


def difference(one: Array, two: Array) -> Picture:
    """The first signal minus the second, each scaled to norm 1; the note gives their cosine."""
    norms = np.linalg.norm(one), np.linalg.norm(two)
    if one.ndim != 3 or 0 in norms:
        return _only("no difference to show: a signal is zero or has no positions")
    picture = _drawn(one / norms[0] - two / norms[1], signed)
    return picture | {"note": f"cosine of the two {float(cosine(one, two)):+.2f}. {picture['note']}"}


def _drawn(map: Array, style: Style) -> Picture:
    report = style.report(map)
    if report is not None:
        return _only(f"no picture: the signal is {report}")
    low, high = style.scale(map)
    return of_pixels(style(map), f"{style.says}; {low:.2g} to {high:.2g}")


def _only(note: str) -> Picture:
    return {"src": None, "width": 0, "height": 0, "note": note}
