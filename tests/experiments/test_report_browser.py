"""The report in headless Chromium, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import chromium, expect, opened
from toy_experiment import toy

from tinycnn.experiments import Inputs, reproduce
from tinycnn.experiments.report import html


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two experiments."""
    folder = tmp_path_factory.mktemp("report")
    inputs = Inputs({"dot": np.zeros((4, 4, 3), np.uint8)})
    experiments = [toy("a", []), toy("b", [])]
    records = {record.name: record for record in reproduce(experiments, inputs, folder)}
    path = folder / "report.html"
    path.write_bytes(html(experiments, records, "tinycnn reproduce"))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    """The report, open; it has nothing to say on the console."""
    with opened(browser, report.as_uri(), request.param) as (page, said):
        yield page
    assert said == []


def test_every_picture_is_drawn(page: Any) -> None:
    pictures = page.locator("img").all()
    assert pictures
    for picture in pictures:
        assert picture.evaluate("one => one.complete && one.naturalWidth > 0"), picture.get_attribute("alt")
        assert picture.get_attribute("alt")
        hidden = picture.evaluate("one => one.closest('[hidden]') !== null")
        assert picture.is_visible() != hidden
        assert hidden or picture.bounding_box()["width"] >= 100


def test_nothing_is_wider_than_the_screen(page: Any) -> None:
    width, screen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= screen


def test_the_slider_shows_one_layer_at_a_time(page: Any) -> None:
    sliders = page.locator(".slider").all()
    assert sliders
    for slider in sliders:
        for label in ("conv0", "conv1", "conv2"):
            shown = slider.locator(".frame:visible")
            expect(shown).to_have_count(1)
            assert shown.get_attribute("data-label") == label
            assert slider.locator("output").inner_text() == label
            slider.locator("input").press("ArrowRight")


def test_a_map_under_the_pointer_gives_way_to_the_input(page: Any) -> None:
    row = page.locator(".row").first
    own, map = row.locator("img.input").first, row.locator("img.map").first
    before = map.get_attribute("src")
    map.hover()
    assert map.get_attribute("src") == own.get_attribute("src") != before
    page.locator("h2").first.hover()
    assert map.get_attribute("src") == before


def test_a_map_gives_way_to_the_input_by_the_keyboard(page: Any) -> None:
    button = page.locator(".row button").first
    map = button.locator("img")
    before = map.get_attribute("src")
    button.focus()
    page.keyboard.press("Enter")
    assert map.get_attribute("src") != before
    page.keyboard.press("Enter")
    assert map.get_attribute("src") == before
