"""Odd, damaged and hostile image files: the right pixels or one line, bounded memory, a quiet screen."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinycnn.errors import ImageError
from tinycnn.image import decode, load
from tinycnn.image.reading import FORMATS, LARGEST

CLEAR = [255, 255, 255]


def png(depth: int, colours: int, rows: list[bytes], width: int, clear: bytes | None = None) -> bytes:
    """A PNG by hand: Pillow writes neither 2 bits nor 16-bit colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, len(rows), depth, colours, 0, 0, 0)
    transparent = b"" if clear is None else chunk(b"tRNS", clear)
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + transparent + pixels + chunk(b"IEND", b"")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def tiff(values: np.ndarray, bits: int, white: int = 1, kind: int = 1, order: str = "<") -> bytes:
    """A grey TIFF by hand, of a given number of bits, photometric interpretation and sample format."""
    data = values.tobytes()
    tags = {
        256: values.shape[1], 257: values.shape[0], 258: bits, 259: 1, 262: white, 273: 8, 277: 1,
        278: values.shape[0], 279: len(data), 339: kind,
    }  # fmt: skip
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(data))
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags.items())
    return head + data + struct.pack(order + "H", len(tags)) + entries + bytes(4)


@pytest.mark.parametrize(
    ("content", "grey"),
    [
        (png(16, 0, [struct.pack(">HH", 1000, 30000)], 2, struct.pack(">H", 1000)), [255, 117]),
        (png(4, 0, [bytes([0x12])], 2, struct.pack(">H", 1)), [255, 34]),
        (png(2, 0, [bytes([0b00011011])], 4, struct.pack(">H", 2)), [0, 85, 255, 255]),
        (png(1, 0, [bytes([0b01000000])], 2, struct.pack(">H", 0)), [255, 255]),
        (png(8, 0, [bytes([7, 9])], 2, struct.pack(">H", 7)), [255, 9]),
    ],
    ids=["16 bits", "4 bits", "2 bits", "1 bit", "8 bits"],
)
def test_the_transparent_grey_of_a_png_is_white_at_any_depth(content: bytes, grey: list[int]) -> None:
    assert decode(content)[0, :, 0].tolist() == grey


@pytest.mark.parametrize(
    ("depth", "code", "clear", "other", "shown"), [(8, "B", 30, 40, 40), (16, "H", 30000, 40000, 156)]
)
def test_the_transparent_colour_of_a_png_is_white_at_any_depth(
    depth: int, code: str, clear: int, other: int, shown: int
) -> None:
    row = struct.pack(f">6{code}", *[clear] * 3, *[other] * 3)
    image = decode(png(depth, 2, [row], 2, struct.pack(">3H", *[clear] * 3)))
    assert image[0].tolist() == [CLEAR, [shown] * 3]


TWELVE_BITS = tiff(np.array([[0x00, 0x08, 0x00]], np.uint8), 12).replace(  # two values in three bytes
    struct.pack("<HHII", 256, 4, 1, 3), struct.pack("<HHII", 256, 4, 1, 2)
)
RAMP = np.array([[0, 110, 220]])


@pytest.mark.parametrize(
    ("content", "grey"),
    [
        (tiff(RAMP.astype("<i4"), 32, kind=2), [0, 110, 220]),
        (tiff(RAMP.astype("<u4"), 32), [0, 110, 220]),
        (tiff(RAMP.astype(">i4"), 32, kind=2, order=">"), [0, 110, 220]),
        (tiff(RAMP.astype("<i2"), 16, kind=2), [0, 110, 220]),
        (tiff(257 * RAMP.astype("<i4"), 32, kind=2), [0, 110, 220]),
        (tiff(RAMP.astype("<u2"), 16), [0, 0, 1]),  # whose header says 16 bits
        (tiff(257 * RAMP.astype("<u2"), 16, white=0), [255, 145, 35]),
        (tiff((RAMP / 255).astype("<f4"), 32, white=0, kind=3), [255, 145, 35]),
        (TWELVE_BITS, [0, 128]),
        (saved(Image.fromarray(np.uint16([[0, 300, 65535]])), "PPM"), [0, 1, 255]),
        (b"P5 3 1 1023\n" + struct.pack(">3H", 0, 512, 1023), [0, 128, 255]),
    ],
    ids=[
        "int32", "uint32", "int32, big endian", "int16", "int32 of 16 bits", "uint16", "uint16, 0 is white",
        "float, 0 is white", "12 bits", "pgm, 16 bits", "pgm, 10 bits",
    ],
)  # fmt: skip
def test_grey_has_the_range_that_its_file_says_or_that_its_values_show(
    content: bytes, grey: list[int]
) -> None:
    assert decode(content)[0, :, 0].tolist() == grey


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_one_odd_entry_of_exif_beside_the_orientation_costs_nothing(kind: str, orientation: int) -> None:
    """Every type that an entry can claim, with counts and values that fit none, in 40 ways."""
    ramp = Image.fromarray(np.repeat(np.arange(12, dtype=np.uint8), 64).reshape(24, 32) * 20)
    turned = {1: 0, 3: 2, 6: -1}[orientation]
    draw = random.Random(orientation)
    for _ in range(40):
        entry = (draw.choice([270, 271, 306, 33434, 34665, 37510, 50000]), draw.randrange(14))
        count, value = draw.choice([0, 1, 3, 1000, 2**32 - 1]), draw.randrange(2**32)
        odd = struct.pack("<HHII", *entry, count, value)
        if kind == "TIFF":  # where an entry that points out of the file hides those after it
            odd = struct.pack("<HHII", *entry, count % 4, value % 8)
            content = saved(ramp, "TIFF")
            at = struct.unpack_from("<I", content, 4)[0]
            (number,) = struct.unpack_from("<H", content, at)
            old = [content[at + 2 + 12 * i :][:12] for i in range(number)]
            new = [struct.pack("<HHIHH", 274, 3, 1, orientation, 0), odd]
            entries = sorted(old + new, key=lambda each: struct.unpack_from("<H", each)[0])
            ifd = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
            content = content[:4] + struct.pack("<I", len(content)) + content[8:] + ifd
        else:
            ifd = struct.pack("<HHHIHH", 2, 274, 3, 1, orientation, 0) + odd + bytes(4)
            exif = b"Exif\0\0II*\0\x08\0\0\0" + ifd
            content = saved(ramp, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
        expected = np.rot90(decode(saved(ramp, kind if kind == "JPEG" else "PNG")), turned)
        np.testing.assert_array_equal(decode(content), expected, err_msg=f"{entry} {count} {value}")


SHORT, LONG, FLOAT = 3, 4, 11
SAMPLES = struct.pack("<HHII", 277, LONG, 1, 60_000)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("entry", "turned"),
    [
        ((SHORT, 1, 6), -1), ((LONG, 1, 6), -1), ((SHORT, 2, 6), -1), ((SHORT, 1, 0), 0), ((SHORT, 1, 9), 0),
        ((SHORT, 1, 2**16 - 1), 0), ((SHORT, 0, 6), 0), ((SHORT, 2**32 - 1, 6), 0), ((FLOAT, 1, 6), 0),
        *(((other, 1, 6), 0) for other in (0, 1, 2, 5, 7, 10, 12, 99)),
    ],
)  # fmt: skip
def test_an_orientation_that_makes_no_sense_is_none(
    kind: str, entry: tuple[int, int, int], turned: int
) -> None:
    """Types of numbers that are none, counts that are not 1, numbers that name no orientation."""
    ramp = Image.fromarray(np.repeat(np.arange(12, dtype=np.uint8), 64).reshape(24, 32) * 20)
    lossless = {"lossless": True} if kind == "WEBP" else {}
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 274, *entry) + bytes(4)
    expected = np.rot90(decode(saved(ramp, kind, **lossless)), turned)
    np.testing.assert_array_equal(decode(saved(ramp, kind, exif=exif, **lossless)), expected)


def test_damaged_files_keep_the_screen_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    """libtiff writes to the terminal by itself, and Pillow warns of each odd tag."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8))
    whole = [
        saved(noise.convert("1" if kind == "group4" else "RGB"), "TIFF", compression=kind)
        for kind in ("tiff_lzw", "tiff_adobe_deflate", "group4")
    ]
    whole += [saved(noise, kind) for kind in ("JPEG", "PNG", "GIF", "ICO")]
    with pytest.raises(ImageError):
        decode(tiff(RAMP.astype("<u2"), 16).replace(struct.pack("<HHII", 277, 4, 1, 1), SAMPLES))
    draw = random.Random(0)
    refused = 0
    for _ in range(700):
        content = bytearray(draw.choice(whole))
        for _ in range(draw.randint(1, 8)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        try:
            decode(bytes(content))
        except ImageError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100
    assert capfd.readouterr() == ("", "")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("name", ["x.eps", "x.png", "x.jpg"])
@pytest.mark.parametrize("binary", [False, True])
def test_no_image_starts_another_program(
    name: str, binary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    for program in ("gs", "gswin32c", "djpeg"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {started}\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    header = struct.pack("<6IHH", 0xC6D3D0C5, 32, len(EPS), 0, 0, 0, 0xFFFF, 0) if binary else b""
    (tmp_path / name).write_bytes(header.ljust(32, b"\0") * binary + EPS)
    with pytest.raises(ImageError, match="of a format that is not read"):
        load(tmp_path / name)
    assert not started.exists()


def test_only_formats_that_pillow_decodes_itself_are_read() -> None:
    Image.init()
    left_out = {"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF", "MIC", "FPX"}
    assert set(Image.OPEN) - left_out <= set(FORMATS)
    assert not left_out & set(FORMATS)


MEASURE = """
import sys
from tinycnn.errors import ImageError
from tinycnn.image import load
def kept(what):
    return 1024 * int(next(line for line in open("/proc/self/status") if what in line).split()[1])
load(sys.argv[1])
before = kept("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
try:
    load(sys.argv[2])
    said = ""
except ImageError as error:
    said = str(error)
print(kept("VmHWM") - before)
print(said)
"""


def taken(path: Path) -> tuple[int, str]:
    """Bytes of memory that loading a file takes at most, and what was said; in a process of its own."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells the largest memory of a while")
    small = path.with_name("small.png")
    Image.new("RGB", (8, 8)).save(small)
    command = [sys.executable, "-c", MEASURE, str(small), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    number, said = done.stdout.splitlines()
    return int(number), said


def blank(side: int, depth: int, colours: int) -> bytes:
    return png(depth, colours, [bytes(-(-side * depth * (3 if colours == 2 else 1) // 8))] * side, side)


@pytest.mark.parametrize(("depth", "side"), [(1, 13_000), (8, 13_000), (1, 60_000)])
def test_a_small_file_of_many_pixels_is_refused_before_it_is_decoded(
    depth: int, side: int, tmp_path: Path
) -> None:
    (tmp_path / "x.png").write_bytes(blank(side, depth, 0) if side < 20_000 else blank(9, 1, 0))
    if side > 20_000:  # only the header says so
        content = bytearray((tmp_path / "x.png").read_bytes())
        content[16:24] = struct.pack(">II", side, side)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        (tmp_path / "x.png").write_bytes(content)
    memory, said = taken(tmp_path / "x.png")
    assert "too large to decode" in said
    assert memory < 32 << 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}), ("PNG", {"mode": "1"}), ("PNG", {"mode": "RGBA"}), ("PNG", {"mode": "I;16"}),
        ("JPEG", {"progressive": True, "subsampling": 0}), ("JPEG", {"mode": "CMYK"}), ("BMP", {}),
        ("TIFF", {}), ("TIFF", {"compression": "jpeg"}), ("TIFF", {"mode": "F"}), ("GIF", {}), ("PPM", {}),
        ("AVIF", {"subsampling": "4:4:4", "speed": 10}), ("JPEG2000", {"mode": "RGBA"}), ("TGA", {}),
        ("WEBP", {"lossless": True}), ("SGI", {}),
    ],
    ids=str,
)  # fmt: skip
def test_decoding_takes_no_more_memory_than_is_said(kind: str, options: dict, tmp_path: Path) -> None:
    """A million pixels are converted at once, so some 32 MiB come on top of the bytes for each."""
    side = 4000
    grey = np.add.outer(np.arange(side), np.arange(side)).astype(np.uint8)
    mode = options.pop("mode", "RGB")
    wide = {"I;16": grey.astype(np.uint16), "F": grey / np.float32(255)}
    picture = Image.fromarray(wide[mode]) if mode in wide else Image.fromarray(grey).convert(mode)
    picture.save(tmp_path / "x", kind, **options)
    memory, said = taken(tmp_path / "x")
    assert said == ""
    assert memory < side**2 * FORMATS[kind] + (32 << 20)


def test_a_tile_far_larger_than_its_image_is_refused_before_it_is_decoded() -> None:
    whole = tiff(np.zeros((1, 1), np.uint8), 8)
    tiles = {273: (322, 28_000), 278: (323, 28_000), 279: (324, 8), 339: (325, 1)}
    for old, (tag, value) in tiles.items():
        at = whole.index(struct.pack("<HHI", old, 4, 1))
        whole = whole[:at] + struct.pack("<HHII", tag, 4, 1, value) + whole[at + 12 :]
    with pytest.raises(ImageError, match="too large to decode"):
        decode(whole)


def test_a_pipe_and_a_file_of_many_bytes_are_no_images(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match=r"pipe\.png: cannot be read as an image: not a regular file"):
        load(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="not a regular file"):
        load("/dev/zero")
    with (tmp_path / "sparse.png").open("wb") as file:
        file.truncate(6 << 30)
    with pytest.raises(ImageError, match="has 6144 MiB, and at most 640 MiB are read"):
        load(tmp_path / "sparse.png")
    with (tmp_path / "sparse.png").open("wb") as file:
        file.truncate(LARGEST)
    with pytest.raises(ImageError, match="not an image"):
        load(tmp_path / "sparse.png")
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(ImageError, match="cannot be read"):
        load(tmp_path / "x")
