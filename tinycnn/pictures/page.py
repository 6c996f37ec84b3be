"""A page that grows downwards: text wrapped to measured widths, pictures on whole pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from tinycnn.ops.types import Array

DPI = 256
MARGIN = 48


@dataclass(frozen=True)
class Font:
    """How a text looks: size in points, weight, colour. The typeface is the one that matplotlib brings."""

    points: float
    weight: str = "normal"
    colour: str = "#1a1a1a"

    @property
    def pixels(self) -> float:
        """The size of the font, its em, in pixels."""
        return self.points * DPI / 72

    @property
    def properties(self) -> FontProperties:
        """The font in matplotlib's words."""
        return FontProperties(family="DejaVu Sans", size=self.points, weight=self.weight)


class Page:
    """Collects text, boxes and pictures at pixel positions counted from the top left of the margin.

    Parameters
    ----------
    width : int
        In pixels, without margins.

    Attributes
    ----------
    bottom : int
        Where the lowest thing on the page ends, in pixels.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.bottom = 0
        self._lines: list[tuple[int, float, str, Font]] = []
        self._boxes: list[tuple[int, int, int, int, str]] = []
        self._pictures: list[tuple[int, int, int, int, Array]] = []
        self._renderer = RendererAgg(1, 1, DPI)

    def write(self, text: str, font: Font, left: int, top: int, width: int) -> int:
        """Set a text, wrapped to a width; return where it ends. An empty text takes no room."""
        for line in self._wrapped(text, font, width):
            self._lines.append((left, top + font.pixels, line, font))
            top += round(1.35 * font.pixels)
        return self._extend(top)

    def box(self, left: int, top: int, width: int, height: int, colour: str) -> int:
        """Fill a rectangle, below all else; return where it ends."""
        self._boxes.append((left, top, width, height, colour))
        return self._extend(top + height)

    def picture(self, left: int, top: int, width: int, height: int, pixels: Array) -> int:
        """Place an (h, w, 3) uint8 picture; return where it ends."""
        self._pictures.append((left, top, width, height, pixels))
        return self._extend(top + height)

    def finish(self) -> Figure:
        """Draw everything collected, on white."""
        wide, tall = self.width + 2 * MARGIN, self.bottom + 2 * MARGIN
        figure = Figure(figsize=(wide / DPI, tall / DPI), dpi=DPI, facecolor="white")

        def place(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
            bottom = tall - MARGIN - top - height
            return (MARGIN + left) / wide, bottom / tall, width / wide, height / tall

        for left, top, width, height, colour in self._boxes:
            x, y, w, h = place(left, top, width, height)
            figure.add_artist(Rectangle((x, y), w, h, color=colour, lw=0, antialiased=False, zorder=-1))
        for left, top, width, height, pixels in self._pictures:
            axes = figure.add_axes(place(left, top, width, height))
            whole = width % pixels.shape[1] == 0 and height % pixels.shape[0] == 0
            axes.imshow(pixels, aspect="auto", interpolation="nearest" if whole else "antialiased")
            axes.set_axis_off()
        for left, base, line, font in self._lines:
            x, y, _, _ = place(left, base, 0, 0)
            figure.text(x, y, line, color=font.colour, fontproperties=font.properties, parse_math=False)
        return figure

    def _extend(self, end: int) -> int:
        self.bottom = max(self.bottom, end)
        return end

    def _wrapped(self, text: str, font: Font, width: int) -> Iterator[str]:
        """Fill lines word by word; a longer word is split, behind a hyphen or a bracket if it has one."""
        line = ""
        for word in "".join(letter if letter.isprintable() else " " for letter in text).split():
            longer = f"{line} {word}".lstrip()
            if not self._fits(longer, font, width) and line:
                yield line
                longer = word
            while len(longer) > 1 and not self._fits(longer, font, width):
                cut = len(longer) - 1
                while cut > 1 and not self._fits(longer[:cut], font, width):
                    cut -= 1
                cut = max(longer.rfind(mark, 0, cut) for mark in "-(") + 1 or cut
                yield longer[:cut]
                longer = longer[cut:]
            line = longer
        if line:
            yield line

    def _fits(self, line: str, font: Font, width: int) -> bool:
        length, _, _ = self._renderer.get_text_width_height_descent(line, font.properties, ismath=False)
        return length <= width
