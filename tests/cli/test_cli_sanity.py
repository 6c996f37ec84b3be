"""``tinycnn sanity`` as its users meet it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from itertools import islice

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import checks, image, zoo
from tinycnn.cli import main
from tinycnn.experiments.sanity import CHECKS, judged, mprt_predicted


class Cells(HTMLParser):
    """The cells of all tables, and whether tags are closed as they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What the command prints of one rule, and the page that it writes."""
    import contextlib
    import io

    page, out = tmp_path_factory.mktemp("sanity") / "page.html", io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["sanity", "saliency", "--out", str(page)]) == 0
    return out.getvalue(), page.read_text("utf-8")


def test_every_check_has_its_line_and_the_card_follows(printed: tuple[str, str]) -> None:
    lines = printed[0].splitlines()
    assert lines[0] == "saliency, digits with weights digits, 4 images"
    first = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert set(CHECKS) <= set(first)
    assert not [line for line in lines if "not run" in line]
    assert any(line.startswith("saliency: ") for line in lines)
    assert any(line.startswith("breaks: ") for line in lines)


def test_the_page_shows_the_same_table(printed: tuple[str, str]) -> None:
    page = Cells(printed[1])
    assert page.open == []
    assert set(CHECKS) <= set(page.cells)
    for cell in filter(None, page.cells):
        assert cell in printed[0]


def test_the_two_forms_of_the_randomisation_test_share_their_maps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = zoo.digits("digits")
    x = model.preprocess(image.default())
    lines = {line.check: line for line in islice(judged(model, x, "guided"), 2)}
    expected = {
        "mprt": checks.mprt(model, x, "guided"),
        "mprt_angle": checks.mprt(model, x, "guided", absolute=False, similarity="cosine"),
    }
    for name, result in expected.items():
        np.testing.assert_array_equal(lines[name].result.values, result.values)
        assert lines[name].result.choices == result.choices
    asked = []
    original = tc.visualize
    monkeypatch.setattr(
        "tinycnn.checks.asking.visualize", lambda *args: asked.append(args) or original(*args)
    )
    list(islice(judged(model, x, "guided"), 2))
    assert len(asked) == 1 + len(expected["mprt"].rows)


def test_a_method_is_judged_by_what_can_judge_it(tinycnn: Callable) -> None:
    done = tinycnn("sanity", "grad-cam", "--image", "chelsea")
    assert done.status == 0
    line = next(line for line in done.out if line.startswith("csc "))
    assert "not run: grad-cam is a method around a rule" in line
    assert done.out[-1].startswith("grad-cam has no card")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["guidd"], "did you mean guided"),
        (["guided", "--image", "no.png"], "no such file"),
        (["guided", "--model", "digit"], "did you mean digits"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(tinycnn: Callable, words: list[str], says: str) -> None:
    done = tinycnn("sanity", *words)
    assert done.status == 1
    assert len(done.err) == 1
    assert says in done.err[0]


def test_the_angle_is_predicted_layer_by_layer_for_a_random_net() -> None:
    """Twenty nets, each with weights of its own drawn anew; within four standard errors and 1 %."""
    found = []
    for seed in range(20):
        model = zoo.three_layer_cnn(64, 3, image=(24, 24), seed=seed)
        x = model.preprocess(image.default())
        measured = checks.mprt(model, x, "guided", absolute=False, similarity="cosine", seed=5000 + seed)
        found.append(measured.means)
        expected = mprt_predicted(model, x, "guided")
    assert expected is not None
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(np.mean(found, axis=0) - expected) < 4 * error + 0.01)
    assert mprt_predicted(model, x, "saliency") == [0.0, 0.0]
    assert mprt_predicted(model, x, "deconvnet") is None


def test_of_a_net_with_norms_nothing_is_predicted() -> None:
    rng = np.random.default_rng(0)
    conv = tc.Conv2D(rng.standard_normal((2, 1, 3, 3)), name="conv")
    norm = tc.BatchNorm2D(*rng.random((4, 2)), name="norm")
    dense = tc.Dense(rng.standard_normal((3, 2 * 6 * 6)), name="logits")
    model = tc.Model("normed", (conv, norm, tc.ReLU(), tc.Flatten(), dense), (1, 8, 8))
    x = rng.standard_normal((1, 1, 8, 8))
    assert mprt_predicted(model, x, "guided") is None
    [line] = [line for line in judged(model, x, "guided") if line.check == "mprt_angle"]
    assert [cells[1] for cells in line.cells()] == ["logits", "conv"]
