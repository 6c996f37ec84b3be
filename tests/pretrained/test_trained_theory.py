"""The theory on real trained weights: claims as recorded, and what a survey measures of VGG-16."""

from __future__ import annotations

import numpy as np
import pytest
from pretrained.files import trained

import tinycnn as tc
from tinycnn import zoo
from tinycnn.theory.claim import Bench
from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.derivations import DERIVATIONS
from tinycnn.theory.judge import judge
from tinycnn.theory.trained.survey import LayerSurvey, survey

NEED_WEIGHTS = [id for id, claim in CLAIMS.items() if claim.weights]


@pytest.mark.parametrize("id", NEED_WEIGHTS)
def test_a_verdict_on_real_weights_is_as_recorded(id: str) -> None:
    trained(CLAIMS[id].weights)
    finding = judge(CLAIMS[id])
    assert finding.as_recorded, finding


@pytest.mark.parametrize("id", NEED_WEIGHTS)
def test_a_derivation_on_real_weights_ends_in_the_prediction(id: str) -> None:
    trained(CLAIMS[id].weights)
    setting = CLAIMS[id].quick
    *steps, last = DERIVATIONS[id]
    assert last.value(setting) == pytest.approx(CLAIMS[id].predict(setting), rel=1e-9)
    assert all(np.isfinite(step.value(setting)).all() for step in steps)


@pytest.mark.parametrize(
    ("id", "rule"),
    [
        ("identity.open_alexnet", "saliency"),
        ("identity.complete_alexnet", "guided"),
        ("bank.real_alexnet", "deconvnet"),
        ("bank.shifted_alexnet", "deconvnet"),
    ],
)
def test_another_rule_in_its_place_turns_a_verdict_on_real_weights(id: str, rule: str) -> None:
    trained(CLAIMS[id].weights)
    bench = Bench(rules=dict.fromkeys(tc.rules.RULES, tc.rules.RULES[rule]))
    assert judge(CLAIMS[id], bench=bench).verdict == "fails"


@pytest.fixture(scope="module")
def rows() -> list[LayerSurvey]:
    """VGG-16's convolutions on a photograph, at half the size: what is said below holds at 224, too."""
    trained("vgg16-features")
    model = zoo.vgg16("vgg16-features", image=(112, 112), classes=10)
    return survey(model, model.preprocess(tc.image.default()))


def test_trained_filters_are_neither_gaussian_nor_isotropic_nor_independent(rows: list[LayerSurvey]) -> None:
    assert len(rows) == 13
    for row in rows:
        assert row.kurtosis > 0.5
        assert row.rank < 0.6
        assert row.correlation > 1.5


def test_filters_that_are_gaussian_about_their_mean_foretell_every_layer_of_vgg16(
    rows: list[LayerSurvey],
) -> None:
    """With a constant signal; the real one must be known patch by patch, too. Bounds leave some room."""
    for row in rows:
        assert row.ones_shifted > max(0.8, row.ones_isotropic + 0.1)
        assert row.ones_shifted > row.ones_bank - 0.01
        assert row.real_strength > row.real_isotropic + 0.25
    assert rows[-1].ones_bank < 0.5
    assert (
        np.mean([row.real_shifted for row in rows[:6]])
        < np.mean([row.real_strength for row in rows[:6]]) - 0.2
    )


def test_the_map_of_vgg16_hardly_depends_on_its_upper_half(rows: list[LayerSurvey]) -> None:
    here = {row.layer: row.map_here for row in rows}
    assert here["conv1_1"] < 0.75
    assert here["conv4_3"] > 0.85
    assert here["conv1_1"] < here["conv3_1"] < here["conv5_1"]
