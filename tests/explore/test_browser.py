"""The page in a real browser: drop an image, change a rule, see the picture change."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import skimage
from browsing import chromium, expect, opened

import tinycnn as tc

APP = "the page needs the extra: pip install 'tinycnn[app]'"
pytest.importorskip("starlette", reason=APP)
pytest.importorskip("uvicorn", reason=APP)
PATIENCE = 120_000
"""Milliseconds: the first map compiles kernels."""

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  document.querySelector("#drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real command, in a folder in which it must leave nothing."""
    folder = tmp_path_factory.mktemp("here")
    environment = {**os.environ, "PYTHONPATH": str(Path(tc.__file__).parents[1])}
    command = [sys.executable, "-m", "tinycnn", "explore", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield running.stdout.readline().split()[0]
        running.terminate()
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page once it shows its first map; what the console says, other than of refusals, is an error."""
    with opened(browser, address, 360, PATIENCE) as (page, said):
        explained(page)
        yield page
    assert [text for text in said if "400 (Bad Request)" not in text] == []


def explained(page: Any) -> None:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    expect(page.locator("#status")).to_contain_text("Explained", timeout=PATIENCE)


def changed(page: Any, number: int, before: str) -> None:
    """Wait until a picture is another one."""
    expect(page.locator("#results img").nth(number)).not_to_have_attribute("src", before, timeout=PATIENCE)
    explained(page)


def picture(page: Any, number: int) -> str:
    return page.locator("#results img").nth(number).get_attribute("src")


def choose(page: Any, name: str, value: str, number: int) -> None:
    """Choose, and wait until a picture is another one."""
    before = picture(page, number)
    page.select_option(f"select[name={name}]", value)
    changed(page, number, before)


def test_two_rules_stand_side_by_side_with_their_difference(page: Any) -> None:
    titles = page.locator("figcaption strong").all_inner_texts()
    assert titles == ["input", "guided", "saliency", "guided minus saliency"]
    loaded = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(loaded) == 4
    assert min(loaded) > 0


def test_another_rule_changes_its_picture_and_no_other(page: Any) -> None:
    before = [picture(page, number) for number in range(4)]
    choose(page, "rule", "deconvnet", 1)
    after = [picture(page, number) for number in range(4)]
    assert [one != other for one, other in zip(before, after, strict=True)] == [False, True, False, True]


def test_a_dropped_image_is_explained(page: Any) -> None:
    before = picture(page, 0)
    cup = Path(skimage.__file__).parent / "data" / "coffee.png"
    data = base64.b64encode(cup.read_bytes()).decode()
    page.evaluate(DROP, ["cup.png", data])
    changed(page, 0, before)
    assert page.locator("select[name=image] option:checked").inner_text() == "cup.png"


def test_a_broken_file_is_refused_with_a_message_and_the_maps_stay(page: Any, tmp_path: Path) -> None:
    before = [picture(page, number) for number in range(4)]
    (tmp_path / "broken.png").write_bytes(b"no image")
    page.set_input_files("#file", tmp_path / "broken.png")
    said = "broken.png: not an image, or of a format that is not read; save it as PNG"
    expect(page.locator("#status.bad")).to_have_text(said)
    assert [picture(page, number) for number in range(4)] == before


def test_the_slider_is_moved_by_keys_and_read_aloud(page: Any) -> None:
    slider = page.locator("input[name=filters]")
    before = picture(page, 1)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    changed(page, 1, before)
    assert slider.get_attribute("aria-valuetext") == "32 filters"
    page.select_option("select[name=model]", "digits")
    assert page.locator("#filters").is_hidden()


def test_another_network_brings_its_layers_and_weights(page: Any) -> None:
    choose(page, "model", "digits", 0)
    choose(page, "weights", "digits", 1)
    assert "trained on" in page.inner_text("#network")
    choose(page, "layer", "4", 1)
    assert page.locator("select[name=layer] option").count() == 12


def test_all_controls_are_labelled_and_nothing_is_cut_off_at_360_pixels(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    unlabelled = "[...document.querySelectorAll('select, input')].filter((one) => !one.labels.length).length"
    assert page.evaluate(unlabelled) == 0
    assert page.evaluate("[...document.images].every((image) => image.alt)")
