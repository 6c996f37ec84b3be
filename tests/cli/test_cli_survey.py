"""``tinycnn survey`` as its users meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from cli_outcome import names

from tinycnn.theory.trained.survey import LayerSurvey
from tinycnn.theory.trained.tables import PARTS


def test_a_survey_of_the_digits_net_is_printed_written_and_drawn(tmp_path: Path, tinycnn: Callable) -> None:
    done = tinycnn("survey", "digits", "--mixtures", "--json", tmp_path / "s.json", "--out", tmp_path / "out")
    assert done.status == 0
    assert names(tmp_path / "out") == ["survey-digits.png"]
    record = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert record["weights"]["random"] == "random (seed 1)"
    trained, random = record["layers"]["trained"], record["layers"]["random"]
    assert [row["layer"] for row in trained] == ["conv1_1", "conv1_2", "conv2_1", "conv2_2"]
    printed = "\n".join(done.out)
    assert f"{trained[0]['rank']:.2f}    {random[0]['rank']:.2f}" in printed
    assert "random (seed 1)" in done.out[-1]
    assert len(record["mixtures"]) == 3 * 5 * 3
    for mode, layer, kept in (("part", "logits", 1.0), ("part", "conv1_1", None), ("only", "logits", None)):
        found = [each for each in record["mixtures"] if (each["mode"], each["layer"]) == (mode, layer)]
        assert all((abs(each["kept"] - 1) < 1e-6) == (kept == 1.0) for each in found)


def test_the_shifted_prediction_is_the_better_one_at_every_layer_of_the_digits_net(
    tmp_path: Path, tinycnn: Callable
) -> None:
    """Measured, and kept: if a change of the engine or of the formula turns it, somebody should know."""
    tinycnn("survey", "digits", "--json", tmp_path / "s.json")
    for row in json.loads((tmp_path / "s.json").read_text("utf-8"))["layers"]["trained"]:
        assert row["ones_isotropic"] < row["ones_bank"] < row["ones_shifted"]
        assert row["ones_shifted"] > 0.85


def test_every_number_of_a_row_is_in_one_table() -> None:
    shown = [field for part in PARTS for field, _ in part.columns]
    assert sorted(shown) == sorted(field.name for field in fields(LayerSurvey)[3:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("digit",), "did you mean digits"),
        (("three_layer_fcn", "chelsea"), "three_layer_fcn: a survey needs a convolution"),
        (("digits", "cat.jpg"), "cat.jpg: no such file"),
        (("vgg16",), "tinycnn weights fetch vgg16-features"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tinycnn: Callable, arguments: list[str], message: str
) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path))
    done = tinycnn("survey", *arguments)
    assert (done.status, done.out, len(done.err)) == (1, [], 1)
    assert message in done.err[0]
