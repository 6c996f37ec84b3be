"""A slider in a live notebook, a still picture elsewhere."""

from __future__ import annotations

import sys

import pytest

from tinycnn.pictures.slider import slide


def test_without_sliders_the_middle_value_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYCNN_STILL", "1")
    drawn: list[int] = []
    slide(drawn.append, "N", [4, 16, 64])
    assert drawn == [16]


def test_without_ipywidgets_it_is_drawn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYCNN_STILL", raising=False)
    monkeypatch.setattr("tinycnn.pictures.slider.find_spec", lambda name: None)
    drawn: list[int] = []
    slide(drawn.append, "N", [4, 16, 64, 256])
    assert drawn == [64]


def test_a_slider_stops_at_every_value_and_starts_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets = pytest.importorskip(
        "ipywidgets", reason="sliders need the extra: pip install 'tinycnn[notebooks]'"
    )
    monkeypatch.delenv("TINYCNN_STILL", raising=False)
    seen = []
    monkeypatch.setattr(widgets, "interact", lambda draw, value: seen.append((draw, value)))
    drawn: list[int] = []
    slide(drawn.append, "N", [4, 16, 64])
    ((draw, stops),) = seen
    assert (stops.options, stops.value, stops.description) == ((4, 16, 64), 16, "N")
    draw(64)
    assert drawn == [64]
    assert "ipywidgets" in sys.modules
