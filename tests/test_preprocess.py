"""What a network eats, and the way back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinycnn.errors import NonFiniteError, ShapeError
from tinycnn.image import default, resize, sample
from tinycnn.image.preprocess import (
    CAFFE_BGR,
    DIGITS,
    IMAGENET_MEAN,
    PRESETS,
    RAW,
    SYMMETRIC,
    TF_LITE,
    TORCHVISION,
)

EVERY_VALUE = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.stack([EVERY_VALUE, EVERY_VALUE.T, EVERY_VALUE[::-1]], axis=-1)


def _uncut(preset):
    return dataclasses.replace(preset, size=(16, 16), keep=None)


presets = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def _formula(preset, image):
    """The published formulas, one by one, on an image that needs no fitting."""
    r, g, b = image.astype(np.float64).transpose(2, 0, 1)
    return {
        "imagenet-mean": lambda: [r - 123.68, g - 116.779, b - 103.939],
        "caffe-bgr": lambda: [b - 103.939, g - 116.779, r - 123.68],
        "torchvision": lambda: [
            (r / 255 - 0.485) / 0.229,
            (g / 255 - 0.456) / 0.224,
            (b / 255 - 0.406) / 0.225,
        ],
        "symmetric": lambda: [r / 127.5 - 1, g / 127.5 - 1, b / 127.5 - 1],
        "tf-lite": lambda: [(r - 127) / 128, (g - 127) / 128, (b - 127) / 128],
        "raw": lambda: [r, g, b],
        "digits": lambda: [np.array(Image.fromarray(image).convert("L")) / 255],
    }[preset.name]()


@presets
@dtypes
def test_a_preset_is_its_published_formula(preset, dtype):
    x = _uncut(preset)(COLOURS, dtype)
    assert x.dtype == dtype
    assert x.flags.c_contiguous
    assert x.shape == (1, len(preset.mean), 16, 16)
    np.testing.assert_allclose(x[0], _formula(preset, COLOURS), rtol=0, atol=300 * np.finfo(dtype).eps)


@presets
@dtypes
def test_the_inverse_gives_every_colour_back(preset, dtype):
    preset = _uncut(preset)
    image = np.stack([EVERY_VALUE] * 3, axis=-1) if preset.order == "grey" else COLOURS
    np.testing.assert_array_equal(preset.inverse(preset(image, dtype)), image[None])


def test_the_inverse_clips():
    np.testing.assert_array_equal(RAW.inverse(np.full((1, 3, 2, 2), -3.0)), np.zeros((1, 2, 2, 3)))
    np.testing.assert_array_equal(SYMMETRIC.inverse(np.full((1, 3, 2, 2), 9.0)), np.full((1, 2, 2, 3), 255))


def test_the_input_of_the_authors_is_stretched():
    x = IMAGENET_MEAN(default())
    assert x.shape == (1, 3, 224, 224)
    np.testing.assert_array_equal(IMAGENET_MEAN.inverse(x)[0], resize(default(), (224, 224)))


def test_a_cut_preset_sees_the_centre():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 110:190] = 255
    assert (TORCHVISION.inverse(TORCHVISION(image)) == 255).all(axis=(1, 2, 3)).sum() == 0
    middle = TF_LITE.at((80, 80)).inverse(TF_LITE.at((80, 80))(image))[0]
    assert (middle[:, 10:70] == 255).all()


def test_a_batch_is_its_images_one_by_one():
    images = [default(), sample("camera"), COLOURS[..., 0]]
    together = TORCHVISION(images)
    assert together.shape == (3, 3, 224, 224)
    for x, image in zip(together, images, strict=True):
        np.testing.assert_array_equal(x, TORCHVISION(image)[0])
    np.testing.assert_array_equal(RAW(np.stack([COLOURS, COLOURS])), RAW([COLOURS, COLOURS]))
    assert RAW([]).shape == (0, 3, 224, 224)


def test_bgr_maps_are_turned_for_pictures():
    maps = np.arange(3.0).reshape(1, 3, 1, 1)
    assert CAFFE_BGR.to_rgb(maps).ravel().tolist() == [2, 1, 0]
    assert RAW.to_rgb(maps).ravel().tolist() == [0, 1, 2]


def test_digits_are_one_channel_from_0_to_1():
    x = DIGITS(np.full((28, 28), 255, np.uint8))
    assert x.shape == (1, 1, 28, 28)
    assert (x == 1).all()


def test_wrong_arrays_are_refused():
    with pytest.raises(ShapeError, match="uint8"):
        RAW(default() / 255)
    with pytest.raises(ShapeError, match="float32 or float64"):
        RAW(default(), np.int32)
    with pytest.raises(ShapeError, match=r"expected \(n, 3, h, w\)"):
        RAW.inverse(np.zeros((1, 1, 2, 2)))
    with pytest.raises(ShapeError, match="h, w >= 1"):
        RAW.at((0, 3))
    with pytest.raises(NonFiniteError, match="NaN"):
        RAW.inverse(np.full((1, 3, 2, 2), np.nan))


@pytest.mark.parametrize("wrap", [str, Path, lambda name: [name]], ids=["name", "path", "list"])
def test_the_name_of_a_file_is_told_from_its_pixels(wrap):
    with pytest.raises(ShapeError, match=r"tc\.image\.load\('cat\.jpg'\) reads them"):
        RAW(wrap("cat.jpg"))
