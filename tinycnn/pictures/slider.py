"""A picture on a slider, in notebooks; a still picture where sliders do not live."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TypeVar

Value = TypeVar("Value")


def slide(draw: Callable[[Value], None], name: str, values: Sequence[Value]) -> None:
    """Draw one of several values, and let the reader move to the others.

    Parameters
    ----------
    draw : function of one value
        Shows a figure.
    name : str
        Written beside the slider.
    values : sequence
        Where the slider stops. It starts in the middle.

    Notes
    -----
    Without ipywidgets, and where the environment holds ``TINYCNN_STILL``, the middle value is drawn once: a
    notebook that is printed shows a picture, not a control.
    """
    middle = values[len(values) // 2]
    if "TINYCNN_STILL" in os.environ or find_spec("ipywidgets") is None:
        draw(middle)
        return
    from ipywidgets import SelectionSlider, interact

    stops = SelectionSlider(options=values, value=middle, description=name, continuous_update=False)
    interact(lambda value: draw(value), value=stops)
