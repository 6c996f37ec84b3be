"""``tinycnn visualize``: real image files in, figures and arrays out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_outcome import names
from PIL import Image
from rich.console import Console

import tinycnn as tc
from tinycnn.cli import main, progress

RULES = ["saliency", "deconvnet", "guided"]
GREY = np.random.default_rng(0).integers(256, size=(30, 40), dtype=np.uint8)


def save_variants(folder: Path) -> None:
    """One grey picture, written in all the ways that cameras, scanners and programs write pictures."""
    grey = Image.fromarray(GREY)
    turned = Image.Exif()
    turned[0x0112] = 6  # stored lying on its side; to be shown turned 90 degrees clockwise
    grey.save(folder / "grey.png")
    grey.convert("RGB").save(folder / "colour.bmp")
    grey.convert("RGBA").save(folder / "opaque.png")
    grey.convert("LA").save(folder / "grey-alpha.png")
    grey.convert("P").save(folder / "palette.png")
    grey.save(folder / "lossless.webp", lossless=True)
    grey.save(folder / "animated.gif", save_all=True, append_images=[Image.new("L", grey.size)])
    Image.fromarray(GREY.astype(np.uint16) * 257).save(folder / "sixteen.png")
    Image.fromarray(GREY.astype(np.float32) / 255).save(folder / "float.tiff")
    grey.transpose(Image.Transpose.ROTATE_90).save(folder / "exif.png", exif=turned)


VARIANTS = (
    "grey.png", "colour.bmp", "opaque.png", "grey-alpha.png", "palette.png", "lossless.webp", "animated.gif",
    "sixteen.png", "float.tiff", "exif.png",
)  # fmt: skip


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one command put the results of all variants."""
    folder = tmp_path_factory.mktemp("variants")
    save_variants(folder)
    files = [str(folder / name) for name in VARIANTS]
    assert (
        main(
            [
                "visualize",
                *files,
                "--model",
                "three_layer_cnn",
                "--npz",
                "--rules",
                "guided",
                "--out",
                str(folder / "out"),
            ]
        )
        == 0
    )
    return folder / "out"


@pytest.mark.parametrize("name", VARIANTS)
def test_a_picture_is_the_same_in_every_file_format(explained: Path, name: str) -> None:
    x = tc.zoo.three_layer_cnn().preprocess(np.repeat(GREY[..., None], 3, axis=2))
    with np.load(explained / f"{Path(name).stem}.npz") as arrays:
        np.testing.assert_array_equal(arrays["image"], x[0])


def test_each_image_gets_one_figure_and_one_file_of_arrays(explained: Path) -> None:
    stems = [Path(name).stem for name in VARIANTS]
    assert names(explained) == sorted(f"{stem}{ending}" for stem in stems for ending in (".png", ".npz"))


def test_transparency_is_laid_on_white(tmp_path: Path, visualize: Callable) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert visualize(tmp_path / "clear.png", "--npz", "--rules", "guided").status == 0
    with np.load(tmp_path / "out" / "clear.npz") as arrays:
        white = tc.zoo.three_layer_cnn().preprocess(np.full((8, 8, 3), 255, np.uint8))
        np.testing.assert_array_equal(arrays["image"], white[0])


def test_the_arrays_are_those_of_the_python_call(tmp_path: Path, visualize: Callable) -> None:
    outcome = visualize("chelsea", "--npz", "--target", "3", "--seed", "7")
    assert (outcome.status, outcome.err) == (0, [])
    assert outcome.out == [str(tmp_path / "out" / "chelsea.png")]
    model = tc.zoo.three_layer_cnn(seed=7)
    x = model.preprocess(tc.image.default())
    maps = tc.visualize(model, x, rules=RULES, target=3)
    with np.load(tmp_path / "out" / "chelsea.npz") as arrays:
        assert list(arrays) == ["image", *RULES]
        for name, array in arrays.items():
            assert (array.dtype, array.shape) == (np.float32, (3, 64, 64))
            assert np.isfinite(array).all()
            np.testing.assert_array_equal(array, x[0] if name == "image" else maps[name][0])


def test_the_figure_is_a_picture_and_comes_alone_unless_arrays_are_asked_for(
    tmp_path: Path, visualize: Callable
) -> None:
    assert visualize("coffee", "--rules", "abs, guided+center", "--style", "signed").status == 0
    assert names(tmp_path / "out") == ["coffee.png"]
    with Image.open(tmp_path / "out" / "coffee.png") as picture:
        picture.load()
        assert min(picture.size) > 448  # the side of one panel


def test_many_maps_stand_in_rows_of_eight_pictures(tmp_path: Path, visualize: Callable) -> None:
    assert visualize("coffee", "--rules", ",".join(list(tc.rules.RULES)[:9])).status == 0
    with Image.open(tmp_path / "out" / "coffee.png") as picture:
        assert 8 * 448 < picture.width < 9 * 448
        assert picture.height > 2 * 448


def test_the_seed_draws_the_random_target_too(tmp_path: Path, visualize: Callable) -> None:
    seeds, drawn = (0, 3), set()
    for seed in seeds:
        arguments = ("--target", "random", "--seed", seed, "--npz", "--rules", "saliency")
        assert visualize("chelsea", *arguments).status == 0
        model, target = tc.zoo.three_layer_cnn(seed=seed), tc.targets.random_logit(seed)
        trace = tc.forward(model, model.preprocess(tc.image.default()))
        drawn.add(int(target(trace).argmax()))
        with np.load(tmp_path / "out" / "chelsea.npz") as arrays:
            map = tc.backward(trace, target(trace), tc.rules.GRADIENT)[0]
            np.testing.assert_array_equal(arrays["saliency"], map[0])
    assert len(drawn) == len(seeds)


def test_equal_names_in_different_folders_do_not_overwrite_each_other(
    tmp_path: Path, visualize: Callable
) -> None:
    paths = [tmp_path / "a" / "cat.png", tmp_path / "b" / "cat.png", tmp_path / "b" / "cat-2.png"]
    for shade, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), shade).save(path)
    assert visualize(*paths, "--npz", "--rules", "guided").status == 0
    written = [tmp_path / "out" / f"{stem}.npz" for stem in ("cat", "cat-2", "cat-2-2")]
    preprocess = tc.zoo.three_layer_cnn().preprocess
    for shade, path in enumerate(written):
        with np.load(path) as arrays:
            np.testing.assert_array_equal(arrays["image"], preprocess(np.full((8, 8), shade, np.uint8))[0])


def test_the_second_run_replaces_the_results_of_the_first(tmp_path: Path, visualize: Callable) -> None:
    for seed in (0, 1):
        assert visualize("moon", "--npz", "--rules", "guided", "--seed", seed).status == 0
    x = tc.zoo.three_layer_cnn(seed=1).preprocess(tc.image.sample("moon"))
    with np.load(tmp_path / "out" / "moon.npz") as arrays:
        guided = tc.visualize(tc.zoo.three_layer_cnn(seed=1), x, ["guided"])["guided"]
        np.testing.assert_array_equal(arrays["guided"], guided[0])
    assert names(tmp_path / "out") == ["moon.npz", "moon.png"]


def test_a_one_channel_net_gets_one_channel_maps(tmp_path: Path, tinycnn: Callable) -> None:
    out = tmp_path / "out"
    outcome = tinycnn("visualize", "coins", "--model", "digits", "--target", "7", "--npz", "--out", out)
    assert outcome.status == 0
    with np.load(out / "coins.npz") as arrays:
        assert {array.shape for array in arrays.values()} == {(1, 28, 28)}


def test_a_folder_stands_for_the_images_in_it(tmp_path: Path, visualize: Callable) -> None:
    deep = tmp_path / "in" / "deep"
    deep.mkdir(parents=True)
    for path in (tmp_path / "in" / "b.png", deep / "a.JPG", deep / "notes.txt", deep / ".hidden.png"):
        Image.fromarray(GREY).save(path, "PNG")
    outcome = visualize(tmp_path / "in", "--rules", "guided")
    assert (outcome.status, outcome.err) == (0, [])
    assert names(tmp_path / "out") == ["a.png", "b.png"]


def test_a_map_without_contrast_has_no_correlation(
    tmp_path: Path, visualize: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = []
    from tinycnn.pictures import plot

    def spied(*arguments: object) -> plot.Panel:
        captions.append(arguments[2] if len(arguments) > 2 else "")
        return panel(*arguments)

    panel = plot.Panel
    monkeypatch.setattr(plot, "Panel", spied)
    Image.new("RGB", (20, 20)).save(tmp_path / "black.png")
    assert visualize(tmp_path / "black.png", "--rules", "guided").status == 0
    assert captions == ["", "correlation undefined"]


def test_averages_have_a_bar_inside_that_of_the_images(
    visualize: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Console(file=StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(progress, "console", terminal)
    monkeypatch.setattr("tinycnn.rules.averages._HELD", 1)

    def at_once(items: Iterable[Any], text: str, total: int) -> Iterator[Any]:
        """The bars as they are, but drawn at each item instead of four times a second."""
        for item in track(items, text, total):
            progress._shown[0].refresh()
            yield item

    track = progress.track
    monkeypatch.setattr("tinycnn.cli.visualize.track", at_once)
    outcome = visualize("coins", "moon", "--rules", "smoothgrad(guided, n=4)")
    assert (outcome.status, outcome.err) == (0, [])
    bars = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", terminal.file.getvalue())
    assert re.search(r"explaining [^\r\n]*\nguided of 4 images ", bars)
