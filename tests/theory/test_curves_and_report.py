"""Figures and the page that holds them."""

import math
from dataclasses import fields, replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tinycnn import OutputError
from tinycnn.theory.claim import NOTHING, Setting
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.curves import CURVES, Curve, points
from tinycnn.theory.figures import alternative, figure_along, figure_of, slope, svg
from tinycnn.theory.judge import judge
from tinycnn.theory.report import write

CHEAP = ("recovery.rho_patch_sixteen", "noise.completeness", "noise.completeness_bias")


@pytest.fixture(scope="module")
def findings():
    return [judge(CLAIMS[id]) for id in CHEAP]


class Pictures(HTMLParser):
    """Collects what a page loads, and in which words."""

    def __init__(self):
        super().__init__()
        self.sources, self.words, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.sources += [found[key] for key in ("src", "href") if key in found]
        self.words += [found.get("alt")] if tag == "img" else []


@pytest.mark.parametrize("id", CURVES)
def test_a_curve_runs_along_a_field_of_the_setting(id):
    curve, claim = CURVES[id], CLAIMS[id]
    assert curve.axis in {field.name for field in fields(Setting)}
    predicted = [claim.predict(replace(claim.quick, **{curve.axis: value})) for value in curve.values]
    assert len(set(predicted)) == len(predicted)


def test_a_curve_is_predicted_and_measured_at_its_own_settings():
    claim = CLAIMS["recovery.rho_patch"]
    few, many = points(claim, Curve("filters", (16, 64), nets=400))
    assert few.predicted == pytest.approx(4 * many.predicted)
    assert abs(few.measured - few.predicted) < 4 * few.error
    assert abs(many.measured - many.predicted) < 4 * many.error


def test_a_figure_shows_the_prediction_the_mean_and_all_nets(findings):
    (axes,) = figure_of(findings[0]).axes
    low, high = axes.get_xlim()
    assert all(low <= value <= high for value in (findings[0].predicted, findings[0].low, findings[0].high))
    assert {line.get_xdata()[0] for line in axes.lines} >= {findings[0].predicted, findings[0].measured}


def test_equal_figures_give_equal_files_that_are_xml(findings):
    along = list(points(CLAIMS["recovery.rho_patch"], Curve("filters", (16, 64), nets=3)))
    for draw in (lambda: figure_of(findings[0]), lambda: figure_along(along, "filters")):
        file = svg(draw(), "id")
        assert svg(draw(), "id") == file
        assert ElementTree.fromstring(file).tag.endswith("svg")


def test_the_words_of_a_figure_hold_its_numbers(findings):
    (point,) = points(CLAIMS["recovery.rho_patch"], Curve("filters", (16,), nets=3))
    words = alternative(findings[0], [point], "filters")
    assert f"predicted {findings[0].predicted:.4g}" in words
    assert f"16 filters: predicted {point.predicted:.3g}, measured {point.measured:.4g} ±" in words
    closed = replace(point, measured=math.nan, error=math.nan)
    assert alternative(findings[0], [closed], "filters").endswith(f"measured {NOTHING}")


def test_the_page_needs_no_other_file_and_has_every_claim(findings, tmp_path):
    assert list(write(tmp_path / "out", CLAIMS, findings, quick=True)) == list(CHEAP)
    page = Pictures()
    page.feed((tmp_path / "out" / "index.html").read_text("utf-8"))
    assert page.ids == list(CHEAP)
    assert all(source.startswith(("data:image/svg+xml;base64,", "#")) for source in page.sources)
    assert all(page.words)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "index.html",
        *(f"{id}.svg" for id in CHEAP),
    }


def test_the_page_tells_the_derivation_and_marks_a_surprise(findings, tmp_path):
    wrong = replace(findings[0], verdict="fails")
    list(write(tmp_path, CLAIMS, [wrong], quick=True))
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "1 claim, 1 not as recorded" in page
    assert "fails, but recorded: holds" in page
    assert "ρ = (π η p - 1) / N = 16.59" in page


def test_a_folder_that_cannot_be_written_leaves_no_page(findings, tmp_path):
    (tmp_path / "out").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(OutputError):
        list(write(tmp_path / "out", CLAIMS, findings, quick=True))


def test_the_page_says_that_a_claim_has_no_derivation(findings, tmp_path):
    claim = replace(CLAIMS[CHEAP[0]], id="noise.new")
    list(write(tmp_path, {claim.id: claim}, [replace(findings[0], claim=claim.id)], quick=True))
    assert "No derivation is on record" in (tmp_path / "index.html").read_text("utf-8")


def test_a_rate_is_the_slope_of_the_prediction_on_two_logarithmic_axes():
    claim = CLAIMS["recovery.rho_patch"]
    few = list(points(claim, Curve("filters", (16, 64), nets=3)))
    assert slope(few) == pytest.approx(-1)
    (axes,) = figure_along(few, "filters").axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert slope([replace(few[0], predicted=0.0), few[1]]) == 0
    assert slope([few[0], replace(few[1], predicted=few[0].predicted * 1.5)]) == 0
