"""Bad input gets one line and an exit status other than 0; nothing half-written is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_outcome import names
from PIL import Image

import tinycnn as tc
import tinycnn.cli.visualize as command
from tinycnn.theory.claims import CLAIMS


def broken_images(folder: Path) -> list[Path]:
    """Files that are not usable images, each in its own way."""
    Image.effect_noise((64, 64), 50).save(folder / "whole.png")
    whole = (folder / "whole.png").read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("not an image", encoding="utf-8")
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(folder / "nan.tiff")
    (folder / "folder.png").mkdir()
    stems = ("truncated.png", "empty.png", "text.jpg", "nan.tiff", "folder.png", "missing.png")
    return [folder / stem for stem in stems]


def test_broken_images_do_not_stop_the_rest(tmp_path: Path, visualize: Callable) -> None:
    broken = broken_images(tmp_path)
    good = tmp_path / "whole.png"
    outcome = visualize(*broken[:3], good, *broken[3:], "chelsea", "--npz", "--rules", "guided")
    assert outcome.status == 1
    assert outcome.out == [str(tmp_path / "out" / name) for name in ("whole.png", "chelsea.png")]
    assert names(tmp_path / "out") == ["chelsea.npz", "chelsea.png", "whole.npz", "whole.png"]
    assert len(outcome.err) == len(broken)
    for line, path in zip(outcome.err, broken, strict=True):
        assert line.startswith(f"tinycnn: {path}: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "vgg_16"], "unknown model 'vgg_16'; did you mean vgg16"),
        (["--rules", "guided,salency"], "unknown rule 'salency'; did you mean saliency"),
        (["--rules", ""], "unknown rule ''"),
        (["--target", "maxx"], "unknown target 'maxx'; did you mean max"),
        (["--target", "tiger cat"], "unknown target 'tiger cat'"),
        (["--style", "sined"], "unknown style 'sined'; did you mean signed"),
        (["--weights", "no-such-weights"], "no-such-weights"),
    ],
)
def test_an_unknown_name_gets_one_line_with_the_nearest(
    tmp_path: Path, visualize: Callable, arguments: list[str], says: str
) -> None:
    outcome = visualize("chelsea", *arguments)
    assert (outcome.status, outcome.out, len(outcome.err)) == (1, [], 1)
    assert outcome.err[0].startswith("tinycnn: ")
    assert says in outcome.err[0]
    assert not (tmp_path / "out").exists() or names(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("visualize", "chelsea", "--model", "?"), "more ('tinycnn list models' lists all)"),
        (("visualize", "chelsea", "--model", "digits", "--rules", "?"), "'tinycnn list rules' lists all)"),
        (
            ("visualize", "chelsea", "--model", "digits", "--target", "?"),
            "more ('tinycnn list targets' lists all)",
        ),
        (("verify", "?"), f"and {len(CLAIMS) - 12} more ('tinycnn explain' lists all)"),
        (("visualize", "chelsea", "--model", "digits", "--style", "?"), "known: "),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_list_of_names_that_stops_says_where_the_rest_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tinycnn: Callable, command: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = tinycnn(*command).err
    assert says in line
    assert line.count(",") < 13


def test_what_is_neither_a_file_nor_a_sample_is_told_where_the_samples_are(
    tinycnn: Callable, visualize: Callable
) -> None:
    assert visualize("chelsee").err == [
        "tinycnn: chelsee: no such file, and no sample ('tinycnn list samples' lists them)"
    ]
    assert [line.split()[0] for line in tinycnn("list", "samples").out] == list(tc.image.SAMPLES)


def test_a_file_of_rules_that_is_not_there_is_said_to_be_missing(tinycnn: Callable) -> None:
    outcome = tinycnn("check", "nonexist.py::row")
    assert outcome.status == 1
    assert outcome.err == [
        "tinycnn: nonexist.py: no such file; a rule is given as FILE.py::NAME, FILE.py seen from here"
    ]


@pytest.mark.parametrize("index", ["10", "-1"])
def test_a_logit_that_the_net_does_not_have_is_refused_for_every_image(
    tmp_path: Path, visualize: Callable, index: str
) -> None:
    outcome = visualize("chelsea", "coffee", "--target", index)
    assert (outcome.status, outcome.out) == (1, [])
    for line, image in zip(outcome.err, ("chelsea", "coffee"), strict=True):
        assert line == f"tinycnn: {image}: index {index} asked for in an output of 10 channels or logits"
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("seed", ["-1", "1.5", "one", ""])
def test_a_seed_is_a_whole_number_from_0(visualize: Callable, seed: str) -> None:
    outcome = visualize("chelsea", f"--seed={seed}")
    assert outcome.status == 2
    assert outcome.err[-1].endswith(f"argument --seed: expected a whole number from 0, got {seed!r}")


@pytest.mark.parametrize("below", ["file", "file/deeper"])
@pytest.mark.parametrize("arguments", [["visualize", "chelsea"], ["demo"]])
def test_an_output_folder_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, tinycnn: Callable, arguments: list[str], below: str
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    outcome = tinycnn(*arguments, "--out", tmp_path / below)
    assert (outcome.status, outcome.out, len(outcome.err)) == (1, [], 1)
    assert outcome.err[0].startswith(f"tinycnn: cannot write to {tmp_path / below}: ")
    assert (tmp_path / "file").read_text("utf-8") == "kept"


@pytest.mark.parametrize(("ending", "left"), [(".png", []), (".npz", ["chelsea.png"])])
def test_a_folder_in_the_way_of_a_result_is_named(
    tmp_path: Path, visualize: Callable, ending: str, left: list[str]
) -> None:
    (tmp_path / "out" / f"chelsea{ending}").mkdir(parents=True)
    outcome = visualize("chelsea", "--npz", "--rules", "guided")
    assert (outcome.status, len(outcome.err)) == (1, 1)
    assert f"chelsea{ending}" in outcome.err[0]
    assert names(tmp_path / "out") == sorted([f"chelsea{ending}", *left])


@pytest.mark.parametrize("images", [["cat.png"], ["cat.jpg", "cat.png"]])
def test_a_figure_never_replaces_an_image_it_was_asked_to_explain(
    tmp_path: Path, visualize: Callable, images: list[str]
) -> None:
    (tmp_path / "out").mkdir()
    paths = [tmp_path / "out" / name for name in images]
    for path in paths:
        Image.new("L", (8, 8), 100).save(path)
    before = [path.read_bytes() for path in paths]
    outcome = visualize(*paths)
    assert outcome.status == 1
    assert f"would replace the image {tmp_path / 'out' / 'cat.png'}" in outcome.err[0]
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize("target", ["forward", "savez"])
def test_an_interrupted_command_says_so_and_leaves_nothing_half_written(
    tmp_path: Path, visualize: Callable, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        if target == "savez":
            arguments[0].write(b"half a file")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(command.np if target == "savez" else command, target, interrupted)
    outcome = visualize("chelsea", "--npz", "--rules", "guided")
    assert (outcome.status, outcome.out, outcome.err) == (130, [], ["tinycnn: interrupted"])
    assert names(tmp_path / "out") == (["chelsea.png"] if target == "savez" else [])


def test_weights_that_do_not_exist_cannot_be_fetched(tinycnn: Callable) -> None:
    outcome = tinycnn("weights", "fetch", "vgg16-feature", "--offline")
    assert (outcome.status, outcome.out, len(outcome.err)) == (1, [], 1)
    assert "did you mean vgg16-features" in outcome.err[0]


def test_weights_that_are_not_in_the_cache_are_refused_offline(
    tmp_path: Path, tinycnn: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path))
    outcome = tinycnn("weights", "fetch", "vgg16-features", "--offline")
    assert (outcome.status, outcome.out) == (1, [])
    assert outcome.err[0].startswith("tinycnn: ")
    assert "not in the cache" in outcome.err[0]
    assert names(tmp_path) == []
