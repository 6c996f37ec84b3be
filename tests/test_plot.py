"""Figures that say what they show."""

from __future__ import annotations

import io
import itertools
import os
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tinycnn.errors import OutputError, ShapeError
from tinycnn.image import default, load, resize
from tinycnn.pictures.maps import absolute, minmax, shared_scale, signed
from tinycnn.pictures.plot import CELL, Panel, Row, figure, save

MAP = np.random.default_rng(0).standard_normal((3, 64, 64))
FACTS = {"model": "vgg16", "weights": "random, seed 0", "target": "281 tabby (p = 0.16)", "rule": "guided"}


def _words(drawn: Figure) -> str:
    return " ".join(text.get_text() for text in drawn.texts)


def _pixels(drawn: Figure) -> np.ndarray:
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=drawn.dpi)
    return np.array(Image.open(file).convert("RGB"))


def _shown(drawn: Figure) -> list[np.ndarray]:
    """What the figure shows inside each of its axes."""
    pixels = _pixels(drawn)
    boxes = [axes.get_window_extent().extents.round().astype(int) for axes in drawn.axes]
    return [
        pixels[len(pixels) - top : len(pixels) - bottom, left:right] for left, bottom, right, top in boxes
    ]


@pytest.mark.parametrize("side", [28, 32, 64, 224])
def test_every_pixel_of_a_picture_is_in_the_figure(side):
    picture = resize(default(), (side, side))
    (shown,) = _shown(figure([Row([Panel(picture, "input")])], "title"))
    np.testing.assert_array_equal(shown, picture.repeat(CELL // side, axis=0).repeat(CELL // side, axis=1))


def test_a_map_is_shown_in_its_style():
    row = Row([Panel(MAP, "a", style=signed), Panel(MAP, "b", style=minmax)], "a label")
    for shown, style in zip(_shown(figure([row])), (signed, minmax), strict=True):
        np.testing.assert_array_equal(shown, style(MAP).repeat(7, axis=0).repeat(7, axis=1))


def test_a_picture_keeps_its_proportions():
    shown, tall = _shown(figure([Row([Panel(default()), Panel(default().transpose(1, 0, 2))])]))
    assert shown.shape == (298, 448, 3)
    assert tall.shape == (448, 298, 3)


def test_the_figure_says_what_it_shows():
    words = _words(
        figure([Row([Panel(MAP, "guided backprop", "cos 0.93", minmax)], "VGG-16")], "A cat", FACTS)
    )
    for text in ("A cat", "VGG-16", "guided backprop", "cos 0.93", *FACTS.values(), minmax.says):
        assert text in words


def test_every_map_states_its_scale():
    low, high = minmax.scale(MAP)
    shared = shared_scale([MAP, 2 * MAP], signed)
    words = _words(figure([Row([Panel(MAP, style=minmax), Panel(MAP, style=signed, scale=shared)])]))
    assert f"scale {low:.2g} to {high:.2g}" in words
    assert f"shared scale ±{shared[1]:.2g}" in words


@pytest.mark.parametrize(
    ("map", "report"),
    [
        (np.zeros((3, 8, 8)), "is zero"),
        (np.full((3, 8, 8), 0.3), "is constant 0.3"),
        (np.where(np.arange(192).reshape(3, 8, 8) < 12, np.nan, 1), "has 12 NaN"),
    ],
)
def test_a_map_without_structure_is_words_and_no_picture(map, report):
    drawn = figure([Row([Panel(map, "cost", "why", absolute)])])
    assert drawn.axes == []
    assert f"No picture: the map {report}." in _words(drawn)
    assert "why" in _words(drawn)


LONG = "a caption that goes on and on until it is much longer than the cell it stands under " * 2
UNBROKEN = "one_name_without_a_single_space_that_is_longer_than_any_cell_of_the_figure"


def test_no_text_meets_another_text_or_a_picture_or_the_edge():
    rows = [
        Row(
            [
                Panel(MAP, LONG, UNBROKEN, minmax),
                Panel(default(), "input", LONG),
                Panel(0 * MAP, "b", LONG, signed),
            ],
            LONG,
        ),
        Row([Panel(MAP, "c", LONG, absolute)] * 4, UNBROKEN * 3, LONG),
        Row(note=LONG * 4, label="nothing to show"),
    ]
    drawn = figure(rows, LONG, {**FACTS, "words": LONG * 3})
    renderer = FigureCanvasAgg(drawn).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in drawn.texts]
    boxes += [axes.get_window_extent(renderer) for axes in drawn.axes]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    for box in boxes:
        assert drawn.bbox.x0 <= box.x0 < box.x1 <= drawn.bbox.x1
        assert drawn.bbox.y0 <= box.y0 < box.y1 <= drawn.bbox.y1


def test_wrapping_keeps_every_letter():
    drawn = figure([Row([Panel(MAP, caption=f"{LONG} {UNBROKEN}", style=minmax)])])
    assert (LONG + UNBROKEN).replace(" ", "") in _words(drawn).replace(" ", "")


def test_a_long_name_is_split_at_its_hyphens():
    drawn = figure([Row([Panel(np.zeros((9, 9), np.uint8), "epsilon-alpha2-beta1-flat(epsilon=0.25)")])])
    lines = [text.get_text() for text in drawn.texts]
    assert lines == ["epsilon-alpha2-beta1-", "flat(epsilon=0.25)"]


def test_odd_characters_are_drawn_as_text():
    odd = "cost $\\frac{1}$ \udc80 line\nbreak\ttab \\ _ ^ {"
    drawn = figure([Row([Panel(MAP, odd, odd, minmax)], odd)], odd, {odd: odd})
    assert _pixels(drawn).shape[2] == 3
    assert "$\\frac{1}$" in _words(drawn)


def test_an_empty_figure_has_paper():
    assert (_pixels(figure([])) == 255).all()


def test_a_map_is_not_a_picture():
    with pytest.raises(ShapeError, match="uint8"):
        figure([Row([Panel(MAP)])])


@pytest.mark.parametrize("ending", ["png", "pdf", "PNG"])
def test_equal_figures_are_equal_files(tmp_path, ending):
    for name in ("a", "b"):
        save(figure([Row([Panel(MAP, "t", "c", minmax)])], "title", FACTS), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert len(os.listdir(tmp_path)) == 2


def test_a_png_carries_no_time_and_no_version(tmp_path):
    save(figure([Row([Panel(MAP, style=minmax)])]), tmp_path / "new" / "x.png")
    with Image.open(tmp_path / "new" / "x.png") as picture:
        assert set(picture.info) == {"dpi"}
    assert load(tmp_path / "new" / "x.png").shape[2] == 3


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    drawn = figure([Row([Panel(MAP, style=minmax)])])
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "x.png", tmp_path / "x.jpeg", tmp_path / "x"):
        with pytest.raises(OutputError) as caught:
            save(drawn, path)
        assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


def test_a_figure_leaves_pyplot_alone(tmp_path):
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else None
    save(figure([Row([Panel(MAP, style=minmax)])]), tmp_path / "x.png")
    assert sys.modules.get("matplotlib.pyplot") is pyplot
    assert before is None or pyplot.get_fignums() == before
