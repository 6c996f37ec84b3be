"""The studies of checks write down what the functions of `tinycnn.checks` find."""

from __future__ import annotations

import numpy as np
import pytest

import tinycnn as tc
from tinycnn import checks
from tinycnn.experiments import studies
from tinycnn.pictures.digit_pictures import digit_pictures

RULES = ("saliency", "guided")


@pytest.fixture(scope="module")
def model() -> tc.Model:
    return tc.zoo.build("digits", "digits")


def rows(
    study: str, model: tc.Model, rules: tuple[str, ...] = RULES
) -> tuple[list[studies.StudyRow], np.ndarray]:
    x = model.preprocess(digit_pictures(1, 0)[0][0])
    setting = studies.StudySetting(study, "digits", "digits", "", rules, 2, 5, ())
    return list(studies.get(study).measure(studies.StudyBench(setting, model), x, "ab")), x


def test_mprt_has_a_row_for_each_layer_and_draw(model: tc.Model) -> None:
    found, x = rows("mprt", model)
    assert {row.seed for row in found} == {6, 7}
    for way, at in (("redraw", 0), ("permute", 1)):
        expected = checks.mprt(model, x, "guided", randomise=way, seed=7)
        mine = sorted(
            (row for row in found if (row.rule, row.seed) == ("guided", 7)), key=lambda row: row.depth
        )
        assert tuple(row.layer for row in mine) == expected.rows
        assert [row.values[at] for row in mine] == expected.values[:, 0].tolist()


def test_csc_has_the_signals_and_what_independent_ones_would_have(model: tc.Model) -> None:
    found, x = rows("csc", model)
    expected = checks.csc(model, x, "saliency", seed=6)
    mine = [row for row in found if (row.rule, row.seed) == ("saliency", 6)]
    assert [row.values[0] for row in mine] == expected.values[:, 0].tolist()
    assert [row.values[1] for row in mine] == np.ravel(expected.optimum).tolist()
    assert [row.depth for row in mine] == [1, 2, 3, 4, 5]


def test_faithfulness_has_scores_beside_their_nulls(model: tc.Model) -> None:
    found, x = rows("faithfulness", model)
    assert len(found) == 4
    [mine] = [row for row in found if (row.rule, row.seed) == ("guided", 6)]
    of = dict(zip(studies.get("faithfulness").measures, mine.values, strict=True))
    deletion, infidelity = (
        check(model, x, "guided", seed=6) for check in (checks.deletion, checks.infidelity)
    )
    assert of["deletion"] == deletion.values[0, 0]
    assert of["random_deletion"] == deletion.null[0, 0]
    assert of["infidelity"] == infidelity.values[0, 0] / infidelity.null[0, 0]


def test_a_blank_image_can_be_tried_and_a_method_has_no_signals(model: tc.Model) -> None:
    for study in ("mprt", "csc", "faithfulness"):
        setting, built = studies.describe(study, "digits", "digits", RULES)
        studies.check(setting, built)
    setting, built = studies.describe("csc", "digits", "digits", ["grad-cam"])
    with pytest.raises(tc.TinycnnError, match="grad-cam is a method around a rule"):
        studies.check(setting, built)
