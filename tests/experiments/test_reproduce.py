"""``tinycnn reproduce``: what it keeps, what it does again, and what the report holds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_experiment import toy

from tinycnn.cli import main
from tinycnn.errors import ImageError
from tinycnn.experiments import EXPERIMENTS, Inputs, reproduce
from tinycnn.experiments.images import of_folder
from tinycnn.experiments.report import html

IMAGES = {"dot": np.zeros((4, 4, 3), np.uint8)}
INPUTS = Inputs(IMAGES, quick=True)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    ran: list[str] = []
    experiments = [toy(name, ran) for name in "abc"]
    whole = list(reproduce(experiments, INPUTS, tmp_path / "whole"))
    ran.clear()
    stopped = reproduce(experiments, INPUTS, tmp_path / "stopped")
    next(stopped)
    stopped.close()
    again = list(reproduce(experiments, INPUTS, tmp_path / "stopped"))
    assert ran == ["a", "b", "c"]
    assert [repr(record.result) for record in again] == [repr(record.result) for record in whole]


@pytest.mark.parametrize(
    "inputs",
    [Inputs(IMAGES), Inputs(IMAGES, quick=True, seed=1), Inputs({"e": IMAGES["dot"]}, quick=True)],
)
def test_other_inputs_are_run_anew(inputs: Inputs, tmp_path: Path) -> None:
    ran: list[str] = []
    for one in (INPUTS, inputs):
        list(reproduce([toy("a", ran)], one, tmp_path))
    assert ran == ["a", "a"]


@pytest.mark.parametrize("file", ["a.json", "a.npz"])
def test_a_damaged_record_is_made_anew(file: str, tmp_path: Path) -> None:
    ran: list[str] = []
    list(reproduce([toy("a", ran)], INPUTS, tmp_path))
    (tmp_path / file).write_bytes(b"{")
    list(reproduce([toy("a", ran)], INPUTS, tmp_path))
    assert ran == ["a", "a"]


def test_records_are_json_that_any_reader_takes(tmp_path: Path) -> None:
    list(reproduce([toy("a", [])], INPUTS, tmp_path))

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads((tmp_path / "a.json").read_text("utf-8"), parse_constant=refuse)
    assert content["numbers"][1]["error"] is None  # of one sample


class Reader(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def test_the_report_refers_to_nothing_outside_and_every_picture_has_a_text(tmp_path: Path) -> None:
    experiments = [toy("a", []), toy("b", [])]
    records = {record.name: record for record in reproduce(experiments, INPUTS, tmp_path)}
    page = html(experiments, records, "tinycnn reproduce --out x").decode()
    tags = Reader(page).tags
    pictures = [attributes for tag, attributes in tags if tag == "img"]
    assert len(pictures) == 2 * (2 + 2 * 2 + 3 * 2)
    assert all(picture["alt"] and picture["src"].startswith("data:") for picture in pictures)
    assert all((attributes.get("href") or "#")[:5] in ("#", "#a", "#b", "data:") for _, attributes in tags)
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    assert "a &lt; b &amp; c" in page
    assert 'it &lt;holds&gt;: <b class="yes">holds as stated</b>' in page
    assert '<li><a href="#b">Toy b</a> <b class="yes">1 of 1 hold as stated</b>' in page
    assert "tinycnn reproduce --out x b" in page
    assert "No picture: the map is zero" in page


def test_equal_records_give_equal_reports(tmp_path: Path) -> None:
    experiments = [toy("a", [])]
    records = {record.name: record for record in reproduce(experiments, INPUTS, tmp_path)}
    assert html(experiments, records, "x") == html(experiments, records, "x")


def test_every_experiment_says_what_it_claims_and_what_the_paper_says() -> None:
    for name, experiment in EXPERIMENTS.items():
        assert name == experiment.name
        assert all((experiment.title, experiment.claim, experiment.paper, experiment.caption))


def test_the_command_writes_report_and_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "pooling", "--quick", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pooling.json", "pooling.npz", "report.html"]


def test_missing_weights_are_said_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "cache"))
    assert main(["reproduce", "three-rules", "--quick", "--out", str(tmp_path)]) == 0
    assert "Not run: " in (tmp_path / "report.html").read_text("utf-8")
    assert not (tmp_path / "three-rules.json").exists()


def test_an_unknown_experiment_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "poling", "--out", str(tmp_path)]) == 1
    assert "did you mean pooling" in capsys.readouterr().err


def test_unreadable_pictures_of_a_folder_are_listed_and_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (5, 5)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    images, refused = of_folder(tmp_path)
    assert list(images) == ["good.png"]
    assert len(refused) == 1
    assert "bad.png" in refused[0]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no picture"):
        of_folder(tmp_path)
    with pytest.raises(ImageError, match="not a folder"):
        of_folder(tmp_path / "missing")
