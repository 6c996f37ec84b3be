"""What a study writes down, whoever does the work; what it lists and what it refuses."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from study_runs import Here, setting

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.experiments import studies
from tinycnn.pictures.metrics import l2_distance


@contextmanager
def measured(path: Path, *places: Path, **changes: object) -> Iterator[studies.Results]:
    studies.run(setting(**changes), places, path, Here())  # type: ignore[arg-type]
    with studies.read(path) as results:
        yield results


@contextmanager
def one_thread() -> Iterator[None]:
    """Kernels on the calling thread only."""
    before = tc.get_num_threads()
    tc.set_num_threads(1)
    try:
        yield
    finally:
        tc.set_num_threads(before)


def test_a_row_is_the_distance_of_two_maps(few: Path, tmp_path: Path) -> None:
    model = tc.zoo.build("digits", "digits")
    x = model.preprocess(tc.image.load(few / "0.png"))
    with measured(tmp_path / "r.db", few / "0.png") as results:
        rows = list(results.rows())
    assert len(rows) == 4
    for rule, _, _, _, classes, _, distance in rows:
        k, l = (int(each) for each in classes.split(","))
        one, two = (tc.visualize(model, x, [rule], logit)[rule] for logit in (k, l))
        assert k != l
        assert distance == pytest.approx(l2_distance(one, two)[0], rel=1e-6)  # float32 maps, other batches


@pytest.mark.parametrize("study", studies.STUDIES)
def test_rows_depend_neither_on_threads_nor_on_tasks(
    study: str, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with measured(tmp_path / "one.db", few, study=study) as results:
        expected = list(results.rows())
    monkeypatch.setattr("tinycnn.experiments.studies.driver.MOST_IMAGES", 1)
    with one_thread(), ThreadPoolExecutor(3) as pool:
        studies.run(setting(study), [few], tmp_path / "many.db", pool, in_flight=2)
    with studies.read(tmp_path / "many.db") as results:
        assert list(results.rows()) == expected
    assert expected


def test_a_task_carries_a_bounded_number_of_bytes(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinycnn.experiments.studies.driver.MOST_BYTES", 1)
    executor = Here()
    studies.run(setting(), [few], tmp_path / "r.db", executor)
    assert executor.sizes == [1] * 6


def test_a_broken_image_is_listed_and_stops_nothing(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    broken = few / "1.png"
    broken.write_bytes(broken.read_bytes()[:300])
    (few / "notes.txt").write_text("no image", encoding="utf-8")
    with measured(tmp_path / "r.db", few) as results:
        [(path, problem)] = results.unreadable()
        assert path == str(broken)
        assert "truncated" in problem
        assert len(list(results.rows())) == 5 * 4
    assert main(["study", "summary", str(tmp_path / "r.db")]) == 0
    assert str(broken) in capsys.readouterr().err


def test_an_image_under_two_names_counts_once(few: Path, tmp_path: Path) -> None:
    shutil.copy(few / "0.png", few / "again.png")
    with measured(tmp_path / "r.db", few) as results:
        assert len(list(results.rows())) == 6 * 4


def test_a_file_that_changed_is_measured_again(few: Path, tmp_path: Path) -> None:
    with measured(tmp_path / "r.db", few / "0.png") as results:
        first = {row[3] for row in results.rows()}
    shutil.copy(few / "1.png", few / "0.png")
    with measured(tmp_path / "r.db", few / "0.png") as results:
        assert len({row[3] for row in results.rows()} - first) == 1


def test_what_is_done_is_not_handed_out_again(few: Path, tmp_path: Path) -> None:
    studies.run(setting(), [few], tmp_path / "r.db", Here())
    executor = Here()
    tally = studies.run(setting(), [few], tmp_path / "r.db", executor)
    assert (executor.sizes, tally) == ([], studies.Tally(known=6))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("study", {"study": "adversarial"}),
        ("rules", {"rules": ["saliency"]}),
        ("pairs", {"pairs": 3}),
        ("seed", {"seed": 1}),
        ("weights_hash", {"weights": "digits-initial"}),
        ("model", {"model": "three_layer_cnn", "weights": "random"}),
    ],
)
def test_a_file_of_another_setting_is_refused(name: str, change: dict, few: Path, tmp_path: Path) -> None:
    with measured(tmp_path / "r.db", few):
        pass
    says = rf"another setting: {name} is .* choose another --results"
    with pytest.raises(tc.TinycnnError, match=says) as refusal:
        studies.run(setting(**change), [few], tmp_path / "r.db", Here())
    assert "\n" not in str(refusal.value)


def test_a_file_of_other_weights_than_the_recipe_finds_is_refused(few: Path, tmp_path: Path) -> None:
    wrong = dataclasses.replace(setting(), weights_hash="0" * 64)
    with pytest.raises(tc.TinycnnError, match="give all workers the same file"):
        studies.run(wrong, [few], tmp_path / "r.db", Here())


def test_more_pairs_than_there_are_is_refused(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    start = ["study", "class-sensitivity", str(few), "--model", "digits", "--results", str(tmp_path / "r.db")]
    assert main([*start, "--pairs", "46"]) == 1
    assert "10 logits give only 45" in capsys.readouterr().err


def test_another_file_is_no_results_file(few: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["study", "summary", str(few / "0.png")]) == 1
    assert "not a results file" in capsys.readouterr().err


def test_the_summary_averages_each_image_first(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    with measured(tmp_path / "r.db", few) as results:
        rows = [row for row in results.rows() if row[0] == "guided"]
    of_image: dict[str, list[float]] = {}
    for row in rows:
        of_image.setdefault(row[3], []).append(row[-1])
    means = [np.mean(found) for found in of_image.values()]
    assert main(["study", "summary", str(tmp_path / "r.db"), "--csv"]) == 0
    [line] = [
        line for line in csv.DictReader(io.StringIO(capsys.readouterr().out)) if line["rule"] == "guided"
    ]
    assert (line["images"], line["undefined"], line["predicted"]) == ("6", "0", "")
    assert float(line["mean"]) == pytest.approx(np.mean(means), rel=1e-12)
    half = 2.5705818 * np.std(means, ddof=1) / math.sqrt(6)  # Student's t with 5 degrees of freedom
    assert float(line["high"]) - float(line["mean"]) == pytest.approx(half, rel=1e-6)


def test_the_summary_of_every_study_can_be_drawn(few: Path, tmp_path: Path) -> None:
    for study in studies.STUDIES:
        with measured(tmp_path / f"{study}.db", few, study=study):
            pass
        out = tmp_path / f"{study}.png"
        assert main(["study", "summary", str(tmp_path / f"{study}.db"), "--out", str(out)]) == 0
        assert tc.image.load(out).std() > 0
