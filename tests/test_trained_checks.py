"""Checks in trained nets: values are those of `tinycnn.checks`, a run goes on, and the page shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import trained, trained_checks, trained_page
from benchmarks.trained import CROPS, NETS, PICTURES, Net, Unit, crops, measured
from tinycnn import checks, image, zoo

PAGE = Path(__file__).parents[1] / "notebooks" / "docs" / "explanation" / "trained-checks.md"
SMALL = Net("digits", lambda: zoo.digits("digits"), "pool2", ("logits", "conv1_1"), ("conv2_2", "conv1_2"))


@pytest.fixture(autouse=True)
def few_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained, "CROPS", {"trained": 3, "random": 2})
    monkeypatch.setattr(trained, "NETS", (SMALL,))
    monkeypatch.setattr(trained_page, "NETS", (SMALL,))


def test_crops_are_squares_of_the_photograph_and_always_the_same() -> None:
    whole = image.sample("rocket")
    found = crops("rocket", 5)
    for crop, again in zip(found, crops("rocket", 5), strict=True):
        assert crop.shape[0] == crop.shape[1] >= min(whole.shape[:2]) // 3
        np.testing.assert_array_equal(crop, again)
    assert len({crop.shape for crop in found}) > 1


@pytest.mark.parametrize("weights", ["trained", "random"])
def test_values_are_those_of_the_checks(weights: str) -> None:
    unit = measured(SMALL, weights, "moon")
    seed = 2 * PICTURES.index("moon")
    model = SMALL.build()
    if weights == "random":
        model = checks.randomised(model, seed=seed)
    x = model.preprocess(crops("moon", trained.CROPS[weights]))
    angle = checks.mprt(model, x, "guided", absolute=False, similarity="cosine", seed=seed + 1)
    ranks = checks.mprt(model, x, "saliency", seed=seed + 1)
    assert unit.values["angle/guided/conv1_1"] == pytest.approx(angle.means[-1], abs=1e-6)
    assert unit.values["ranks/saliency/logits"] == pytest.approx(ranks.means[0], abs=1e-6)
    signals = checks.csc(model, x, "deconvnet", "pool2")
    assert unit.values["csc/deconvnet/conv1_2"] == signals.means[signals.rows.index("conv1_2")]
    assert len(unit.values) == 3 * (2 * 2 + 2)


def test_what_is_measured_is_kept_and_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(trained, "PICTURES", ("moon", "rocket"))
    monkeypatch.setattr(trained_page, "PICTURES", ("moon", "rocket"))
    monkeypatch.setattr(trained_checks, "NETS", (SMALL,))
    monkeypatch.setattr(trained_checks, "set_num_threads", lambda count: None)
    file, page = tmp_path / "units.jsonl", tmp_path / "page.md"
    trained_checks.main(["--file", str(file)])
    kept = file.read_text("utf-8")
    file.write_text(kept + '\n{"net": "digits", "wei', encoding="utf-8")  # killed while writing
    monkeypatch.setattr(trained_checks, "measured", None)  # nothing is left to measure
    trained_checks.main(["--file", str(file), "--markdown", str(page)])
    units = trained.recall(file)
    assert len(units) == 4
    text = page.read_text("utf-8")
    both = [unit.values["angle/guided/conv1_1"] for unit in units if unit.weights == "trained"]
    half = 12.706 * np.std(both, ddof=1) / np.sqrt(2)  # Student's t of one degree of freedom
    predicted = trained.theory(SMALL)["angle/guided/conv1_1"]
    row = next(line for line in text.splitlines() if line.startswith("| guided | conv1_1 |"))
    assert f"{np.mean(both):.3f} ± {half:.3f}" in row
    assert row.endswith(f"| {predicted:.3f} |")
    assert capsys.readouterr().out.count("# Checks in trained nets") == 2


def test_pictures_without_a_value_do_not_count() -> None:
    assert str(trained_page.mean([1.0, float("nan")])) == "-"
    assert trained_page.mean([1.0, 2.0, float("nan"), 3.0]).value == 2


def test_the_page_has_every_net_check_and_layer() -> None:
    text = PAGE.read_text("utf-8")
    for net in NETS:
        assert text.count(f": {net.name}\n") == len(trained_page.CHECKS)
        assert all(f"| {layer} |" in text for layer in (*net.redrawn, *net.inputs))
    assert f"{len(PICTURES) * CROPS['trained']} in all" in text


def test_units_say_what_they_are_of() -> None:
    done = [Unit(SMALL.name, "trained", picture, {}) for picture in PICTURES]
    assert {weights for _, weights, _ in trained.to_do(done)} == {"random"}
