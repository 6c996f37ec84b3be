"""Which numbers become which colours, and when none may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycnn.errors import NonFiniteError, ShapeError, TinycnnError
from tinycnn.pictures.maps import NEUTRAL, STYLES, absolute, describe, grey, minmax, shared_scale, signed

MAP = np.random.default_rng(0).standard_normal((3, 6, 8))

styles = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)


@pytest.mark.parametrize(
    ("map", "report"),
    [
        (np.zeros((3, 4, 4)), "zero"),
        (-np.zeros((3, 4, 4)), "zero"),
        (np.full((3, 4, 4), 0.3), "constant 0.3"),
        (np.ones((3, 4, 4)) * [[[0.1]], [[0.2]], [[0.3]]], "constant in each channel: 0.1, 0.2, 0.3"),
        (np.ones((9, 4, 4)) * np.arange(9)[:, None, None], "constant in each channel: 0, 1, 2, 3, ..."),
        (np.where(np.arange(16).reshape(1, 4, 4) < 12, np.nan, 1), "12 NaN"),
        (np.array([[[np.nan, np.inf, -np.inf]]]), "1 NaN, 2 infinite"),
        (np.ones((1, 1, 1)), "constant 1"),
        (MAP, None),
        (MAP * 1e-30, None),
        (np.eye(3)[None] * 5e-324, None),
        (np.nextafter(np.ones((1, 2, 2)), [[1, 1], [1, 2]]), None),
    ],
)
def test_a_map_without_structure_is_described(map, report):
    assert describe(map) == report


@styles
@pytest.mark.parametrize("value", [0, 0.3, np.nan, np.inf])
@pytest.mark.parametrize("scale", [None, (-1, 1)])
def test_a_map_without_structure_is_never_drawn(style, value, scale):
    error = TinycnnError if np.isfinite(value) else NonFiniteError
    with pytest.raises(error, match=f"{style.name}: the map has no picture"):
        style(np.full((3, 4, 4), value), scale)


@styles
def test_one_nan_among_numbers_is_never_drawn(style):
    map = MAP.copy()
    map[0, 1, 2] = np.nan
    with pytest.raises(NonFiniteError, match="1 NaN"):
        style(map)


def test_channels_that_cancel_are_reported():
    map = np.stack([MAP[0], -MAP[0]])
    assert describe(map) is None
    assert signed.report(map) == "zero as shown in style signed"
    with pytest.raises(TinycnnError, match="zero"):
        signed(map)
    assert absolute.report(map) is None


@styles
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_input_is_left_as_it_was(style, dtype):
    map = MAP.astype(dtype)
    picture = style(map)
    assert (picture.shape, picture.dtype) == ((6, 8, 3), np.uint8)
    np.testing.assert_array_equal(map, MAP.astype(dtype))


@styles
@given(exponent=st.integers(-280, 280))
def test_the_unit_of_a_map_does_not_matter(style, exponent):
    difference = style(MAP * 2.0**exponent).astype(int) - style(MAP)
    assert np.abs(difference).max() == 0  # powers of two scale floats without rounding


@styles
def test_tiny_maps_are_drawn_in_full(style):
    picture = style((MAP * 1e-30).astype(np.float32))
    assert np.ptp(picture) > 200


def test_minmax_is_the_formula_of_the_authors():
    picture = minmax(MAP)
    shifted = MAP - MAP.min()
    expected = np.rint(255 * shifted / shifted.max()).transpose(1, 2, 0)
    np.testing.assert_allclose(picture, expected, atol=1)  # one level: rounding at a half
    assert picture.min() == 0
    assert picture.max() == 255


def test_minmax_repeats_one_channel_and_refuses_two():
    picture = minmax(MAP[:1])
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        minmax(MAP[:2])


@given(st.floats(-5, 0), st.floats(0.01, 5))
def test_zero_is_neutral_however_lopsided_the_range(low, high):
    map = np.array([[[low, 0, high, 0.5 * high]]])
    np.testing.assert_array_equal(signed(map)[0, 1], NEUTRAL)
    np.testing.assert_array_equal(signed(map, (low, high))[0, 1], NEUTRAL)


def test_signs_have_their_colours_and_equal_strength():
    map = np.linspace(-1, 1, 41).reshape(1, 1, 41)
    red, _, blue = signed(map)[0].astype(int).T
    assert (blue[:20] > red[:20]).all()
    assert (red[21:] > blue[21:]).all()
    lightness = signed(map)[0].astype(int).sum(axis=-1)
    assert (np.diff(lightness[:21]) > 0).all()
    assert (np.diff(lightness[20:]) < 0).all()


def test_a_lopsided_shared_scale_keeps_both_signs_on_one_ruler():
    map = np.array([[[-1.0, 0, 1, 4]]])
    np.testing.assert_array_equal(signed(map, (-1, 4)), signed(map, (-4, 4)))


def test_signed_shows_the_sum_over_channels():
    np.testing.assert_array_equal(signed(MAP), signed(MAP.sum(axis=0, keepdims=True)))
    assert signed.scale(MAP) == (-np.abs(MAP.sum(0)).max(), np.abs(MAP.sum(0)).max())


def test_absolute_takes_the_largest_channel_and_caps_at_the_99th_percentile():
    shown = np.abs(MAP).max(axis=0)
    assert absolute.scale(MAP) == (0, np.percentile(shown, 99))
    picture = absolute(MAP)
    assert (picture[shown >= np.percentile(shown, 99)] == 255).all()
    assert picture[..., 0].argmin() == shown.argmin()
    np.testing.assert_array_equal(absolute(-MAP), picture)


def test_absolute_draws_a_map_that_is_zero_almost_everywhere():
    map = np.zeros((1, 40, 40))
    map[0, 3, 4] = -2
    picture = absolute(map)
    assert absolute.scale(map) == (0, 2)
    assert picture[3, 4].tolist() == [255, 255, 255]
    assert picture.sum() == 3 * 255


def test_grey_shows_the_mean_from_black_to_white():
    picture = grey(MAP)
    np.testing.assert_array_equal(picture[..., 0], picture[..., 1])
    assert picture[..., 0].argmax() == MAP.mean(axis=0).argmax()
    assert (picture.min(), picture.max()) == (0, 255)
    assert grey(np.concatenate([MAP, MAP])).shape == (6, 8, 3)


@styles
def test_on_a_shared_scale_equal_values_have_equal_colours(style):
    small, large = MAP, np.concatenate([MAP, 3 * MAP], axis=2)
    scale = shared_scale([small, large], style)
    np.testing.assert_array_equal(style(small, scale), style(large, scale)[:, :8])


@styles
def test_a_shared_scale_holds_every_own_scale(style):
    maps = [MAP, 2 * MAP + 1, np.zeros((3, 4, 4)), np.full((3, 4, 4), np.nan)]
    low, high = shared_scale(maps, style)
    for map in maps[:2]:
        own = style.scale(map)
        assert low <= own[0] < own[1] <= high


def test_without_any_picture_there_is_no_shared_scale():
    with pytest.raises(TinycnnError, match="no shared scale"):
        shared_scale([np.zeros((3, 4, 4)), np.full((3, 4, 4), np.nan)], signed)


@pytest.mark.parametrize("scale", [(1, 1), (2, 1), (0, np.inf), (np.nan, 1)])
def test_a_scale_must_be_an_interval(scale):
    with pytest.raises(TinycnnError, match="low < high"):
        grey(MAP, scale)


@pytest.mark.parametrize("shape", [(4, 4), (1, 3, 4, 4), (3, 0, 4)])
def test_one_map_at_a_time(shape):
    with pytest.raises(ShapeError, match=r"\(c, h, w\)"):
        describe(np.zeros(shape))
