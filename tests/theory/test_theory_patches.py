import numpy as np
import pytest
from simulate import same, small_image

from tinycnn import ShapeError
from tinycnn.ops.geometry import window
from tinycnn.theory.patches import cover, cut, paste, units, whole

GEOMETRIES = {
    "same": same((6, 5), 3),
    "valid": window((6, 5), (3, 2)),
    "strided": window((6, 5), (3, 3), stride=2, padding="same"),
    "circular": window((6, 5), (3, 3), padding=1, circular=True),
}


@pytest.mark.parametrize("at", GEOMETRIES.values(), ids=GEOMETRIES)
def test_paste_is_the_transpose_of_cut(at):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 6, 5))
    s = rng.standard_normal(cut(x, at).shape)
    np.testing.assert_allclose((cut(x, at) * s).sum(), (x * paste(s, at)).sum(), rtol=1e-12)


@pytest.mark.parametrize("at", GEOMETRIES.values(), ids=GEOMETRIES)
def test_cutting_and_pasting_multiplies_by_the_cover(at):
    x = small_image()
    np.testing.assert_allclose(paste(cut(x, at), at), cover(at) * x, rtol=1e-12)


def test_a_patch_holds_the_pixels_under_its_window():
    x = np.arange(24.0).reshape(2, 4, 3)
    rows = cut(x, window((4, 3), (2, 2)))
    assert rows[3].tolist() == x[:, 1:3, 1:3].ravel().tolist()


def test_the_whole_image_is_one_patch():
    x = small_image()
    assert cut(x, whole((6, 5))).tolist() == [x.ravel().tolist()]


def test_a_zero_patch_has_no_direction():
    assert units(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist() == [[0, 0], [0.6, 0.8]]


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ShapeError, match=r"one image \(c, 6, 5\)"):
        cut(np.zeros((2, 5, 6)), same((6, 5), 3))
