"""The report in headless Chromium, wide and narrow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_experiment import toy

from tinycnn.experiments import Setting, reproduce
from tinycnn.experiments.report import html

webdriver = pytest.importorskip("selenium.webdriver", reason="needs the extra [browser]")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("needs chromium and chromedriver", allow_module_level=True)

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two experiments."""
    folder = tmp_path_factory.mktemp("report")
    setting = Setting({"dot": np.zeros((4, 4, 3), np.uint8)})
    experiments = [toy("a", []), toy("b", [])]
    records = {record.name: record for record in reproduce(experiments, setting, folder)}
    path = folder / "report.html"
    path.write_bytes(html(experiments, records, "tinycnn reproduce"))
    return path


@pytest.fixture(scope="module", params=[1280, 390], ids=["wide", "narrow"])
def browser(request: pytest.FixtureRequest, page: Path) -> Iterator[Any]:
    """Chromium with the report open."""
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    screen = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": request.param < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    driver.get(page.as_uri())
    yield driver
    driver.quit()


def test_the_report_opens_without_a_word_on_the_console(browser: Any) -> None:
    assert browser.get_log("browser") == []


def test_every_picture_is_drawn(browser: Any) -> None:
    pictures = browser.find_elements("css selector", "img")
    assert pictures
    for picture in pictures:
        complete = "return arguments[0].complete && arguments[0].naturalWidth > 0"
        assert browser.execute_script(complete, picture), picture.get_attribute("alt")
        hidden = browser.execute_script("return arguments[0].closest('[hidden]') !== null", picture)
        assert picture.is_displayed() != hidden
        assert hidden or picture.size["width"] >= 100


def test_nothing_is_wider_than_the_screen(browser: Any) -> None:
    width, screen = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= screen


def test_the_slider_shows_one_layer_at_a_time(browser: Any) -> None:
    for slider in browser.find_elements("css selector", ".slider"):
        control = slider.find_element("css selector", "input")
        for label in ("conv0", "conv1", "conv2"):
            shown = [
                frame for frame in slider.find_elements("css selector", ".frame") if frame.is_displayed()
            ]
            assert [frame.get_attribute("data-label") for frame in shown] == [label]
            assert slider.find_element("css selector", "output").text == label
            control.send_keys("\ue014")  # the right arrow key


def test_a_map_under_the_pointer_gives_way_to_the_input(browser: Any) -> None:
    row = browser.find_element("css selector", ".row")
    own, map = (row.find_element("css selector", f"img.{kind}") for kind in ("input", "map"))
    before = map.get_attribute("src")
    chain = webdriver.ActionChains(browser)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", map)
    chain.move_to_element(map).perform()
    assert map.get_attribute("src") == own.get_attribute("src") != before
    chain.move_to_element(browser.find_element("css selector", "h2")).perform()
    assert map.get_attribute("src") == before


def test_a_map_gives_way_to_the_input_by_the_keyboard(browser: Any) -> None:
    button = browser.find_element("css selector", ".row button")
    map = button.find_element("css selector", "img")
    before = map.get_attribute("src")
    browser.execute_script("arguments[0].focus()", button)
    button.send_keys("\ue007")
    assert map.get_attribute("src") != before
    button.send_keys("\ue007")
    assert map.get_attribute("src") == before
