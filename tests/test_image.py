"""Reading images, and bringing them to a size."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tinycnn.errors import ImageError, ShapeError, TinycnnError, UnknownNameError
from tinycnn.image import SAMPLES, center_crop, decode, default, load, resize, rgb, sample

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.fixture
def saved(tmp_path):
    """Save a Pillow image, and give the path."""

    def save(picture, name="x.png", **options):
        picture.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.mark.parametrize("name", ["x.png", "x.bmp", "x.tif", "x.ppm", "x.webp"])
def test_colour_comes_back_as_it_was(saved, name):
    image = load(saved(Image.fromarray(RGB), name, **({"lossless": True} if name == "x.webp" else {})))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, RGB)


def test_grey_is_repeated(saved):
    image = load(saved(Image.fromarray(RGB[..., 0])))
    np.testing.assert_array_equal(image, np.repeat(RGB[..., :1], 3, axis=2))


def test_black_and_white_is_black_and_white(saved):
    bits = RGB[..., 0] > 99
    np.testing.assert_array_equal(load(saved(Image.fromarray(bits))), np.stack([255 * bits] * 3, axis=-1))


def test_a_palette_is_looked_up(saved):
    picture = Image.fromarray(np.array([[0, 1], [1, 2]], np.uint8), "L").convert("P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    np.testing.assert_array_equal(load(saved(picture))[0], [[10, 20, 30], [40, 50, 60]])


def test_transparency_is_laid_on_white(saved):
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 127]]], np.uint8)
    image = load(saved(Image.fromarray(pixels)))
    np.testing.assert_array_equal(image, [[[10, 20, 30], [255, 255, 255], [128, 128, 128]]])


def test_a_transparent_palette_entry_is_white(saved):
    picture = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    image = load(saved(picture, "x.gif", transparency=1))
    np.testing.assert_array_equal(image, [[[10, 20, 30], [255, 255, 255]]])


def test_a_transparent_colour_is_white(saved):
    image = load(saved(Image.fromarray(RGB), transparency=tuple(int(value) for value in RGB[2, 3])))
    np.testing.assert_array_equal(image[2, 3], [255, 255, 255])
    np.testing.assert_array_equal(image[0, 0], RGB[0, 0])


@pytest.mark.parametrize("name", ["x.png", "x.tif", "x.pgm"])
def test_16_bits_are_scaled_and_not_clipped(saved, name):
    grey = np.array([[0, 128, 129, 257, 32768, 65406, 65407, 65535]], np.uint16)
    image = load(saved(Image.fromarray(grey), name))
    np.testing.assert_array_equal(image[..., 0], [[0, 0, 1, 1, 128, 254, 255, 255]])


def test_grey_floats_run_from_0_to_1(saved):
    image = load(saved(Image.fromarray(np.array([[0, 0.5, 1]], np.float32)), "x.tif"))
    np.testing.assert_array_equal(image[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize(
    "values", [np.float32([[0, 300]]), np.float32([[0, np.nan]]), np.int32([[-1, 5]]), np.int32([[0, 70000]])]
)
def test_grey_of_unknown_range_is_refused(saved, values):
    with pytest.raises(ImageError, match=r"x\.tif.*grey values .* expected 0\.\."):
        load(saved(Image.fromarray(values), "x.tif"))


def test_cmyk_becomes_rgb(saved):
    image = load(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "x.tif"))
    np.testing.assert_array_equal(image, np.broadcast_to(np.uint8([255, 0, 0]), (8, 8, 3)))


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, RGB),
        (2, RGB[:, ::-1]),
        (3, RGB[::-1, ::-1]),
        (4, RGB[::-1]),
        (5, RGB.transpose(1, 0, 2)),
        (6, np.rot90(RGB, -1)),
        (7, RGB[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(RGB)),
    ],
)
def test_the_camera_rotation_is_applied(saved, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(load(saved(Image.fromarray(RGB), exif=exif)), upright)


@pytest.mark.parametrize("name", ["x.gif", "x.png", "x.webp", "x.tif"])
def test_of_an_animation_the_first_frame_is_taken(saved, name):
    red, blue = Image.new("RGB", (4, 3), (255, 0, 0)), Image.new("RGB", (4, 3), (0, 0, 255))
    image = load(saved(red, name, save_all=True, append_images=[blue]))
    assert image.shape == (3, 4, 3)
    assert (image[..., 0] > 250).all()
    assert (image[..., 2] < 5).all()


def _bomb() -> bytes:
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _encoded(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    default_image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    default_image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an image"),
        (b"hello", "not an image"),
        (_encoded("PNG")[:1000], "truncated|broken|Truncated"),
        (_encoded("JPEG")[:800], "truncated"),
        (_encoded("GIF")[:900], "cannot be read"),
        (_bomb(), "exceeds limit"),
    ],
    ids=["empty", "text", "cut png", "cut jpeg", "cut gif", "bomb"],
)
def test_a_bad_file_is_one_line_that_names_it(tmp_path, content, reason):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.png: no such file"):
        load(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="directory"):
        load(tmp_path)


@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]), st.data())
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_give_an_image_or_an_image_error(tmp_path_factory, kind, data):
    content = bytearray(_encoded(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "x"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert load(path).shape[2] == 3
    except ImageError as error:
        assert "\n" not in str(error)


def test_every_sample_is_a_colour_image():
    for name in SAMPLES:
        image = sample(name)
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert image.std() > 10, name
    np.testing.assert_array_equal(default(), sample("chelsea"))


def test_an_unknown_sample_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean chelsea"):
        sample("chelsae")


def test_rgb_takes_grey_colour_and_opacity():
    np.testing.assert_array_equal(rgb(RGB), RGB)
    np.testing.assert_array_equal(rgb(RGB[..., 0]), np.repeat(RGB[..., :1], 3, axis=2))
    clear = np.zeros((5, 7, 4), np.uint8)
    assert (rgb(clear) == 255).all()


@pytest.mark.parametrize(
    "image",
    [RGB / 255, RGB.astype(np.int64), RGB[None], RGB[..., :2], RGB[:0], RGB[0, 0]],
    ids=["float", "int64", "batch", "two channels", "empty", "vector"],
)
def test_other_arrays_are_not_images(image):
    with pytest.raises(ShapeError, match="an image must be"):
        rgb(image)


def test_resizing_to_its_own_size_changes_nothing():
    np.testing.assert_array_equal(resize(RGB, (5, 7)), RGB)


def test_resize_stretches():
    halves = np.zeros((10, 20, 3), np.uint8)
    halves[:, 10:] = 200
    image = resize(halves, (8, 8))
    assert image.shape == (8, 8, 3)
    np.testing.assert_array_equal(image[:, 0], 0)
    np.testing.assert_array_equal(image[:, -1], 200)


SIDES = st.tuples(st.integers(1, 60), st.integers(1, 60))


@given(SIDES, SIDES, st.sampled_from([1, 0.875, 0.5]))
def test_center_crop_has_the_size_and_keeps_a_flat_colour(before, after, keep):
    colour = np.uint8([10, 120, 250])
    image = center_crop(np.broadcast_to(colour, (*before, 3)), after, keep)
    np.testing.assert_array_equal(image, np.broadcast_to(colour, (*after, 3)))


@given(st.integers(8, 40), st.integers(8, 40))
def test_cropping_an_image_to_its_own_shorter_side_only_cuts(h, w):
    image = np.random.default_rng([h, w]).integers(0, 256, (h, w, 3), dtype=np.uint8)
    side = min(h, w)
    top, left = round((h - side) / 2), round((w - side) / 2)
    np.testing.assert_array_equal(
        center_crop(image, (side, side)), image[top : top + side, left : left + side]
    )


def test_keep_scales_the_shorter_side_beyond_the_cut():
    image = default()
    whole = resize(image, (256, 256 * 451 // 300), "bilinear")
    expected = whole[16:240, round((384 - 224) / 2) :][:, :224]
    np.testing.assert_array_equal(center_crop(image, (224, 224), 224 / 256, "bilinear"), expected)


def test_sizes_and_shares_out_of_range_are_refused():
    for call in (
        lambda: resize(RGB, (0, 5)),
        lambda: center_crop(RGB, (4, -1)),
        lambda: center_crop(RGB, (4, 4), keep=0),
        lambda: center_crop(RGB, (4, 4), keep=1.1),
        lambda: center_crop(np.zeros((20000, 1), np.uint8), (224, 224)),
    ):
        with pytest.raises(TinycnnError) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_decoding_bytes_is_loading_the_file(tmp_path):
    path = tmp_path / "grey.png"
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(6, 10)).save(path)
    np.testing.assert_array_equal(decode(path.read_bytes()), load(path))
    with pytest.raises(ImageError, match=r"^mine\.png: not an image"):
        decode(b"nothing", "mine.png")
