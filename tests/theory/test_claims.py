"""Verdicts on correct code are as recorded; planted faults turn them."""

import json
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
from faults import FAULTS
from scipy.stats import t as student

from tinycnn import UnknownNameError
from tinycnn.theory.claim import Agrees, AtLeast, AtMost, Setting, standard_error, straightened
from tinycnn.theory.claims import CLAIMS, dense, get
from tinycnn.theory.claims.nets import all_maps, geometry, hidden_units, photograph
from tinycnn.theory.claims.recovery import MATCHED
from tinycnn.theory.judge import OWN, RepeatedError, judge, judge_all, together

CATCHES = {
    "a factor of 1.15": "limit.mean",
    "the input leaks": "noise.saliency_image",
    "the input leaks through a dense layer": "recovery.rho_patch",
    "no mask and no backward ReLU": "limit.mean",
    "a constant signal": "noise.saliency_variance",
    "the gradient for every rule": "noise.deconvnet_constant",
    "guided backprop for every rule": "noise.saliency_white",
    "the constant arm for every rule": "recovery.rho",
    "ties to the last": "pooling.deconvnet_four",
    "neighbours smeared": "noise.saliency_white",
    "channels mixed": "limit.nothing_else",
    "the opposite sign": "noise.completeness",
    "weights with a mean": "noise.saliency_channels",
    "weights too wide": "noise.saliency_variance",
    "heavy tails": "limit.cosine",
}
"""A fault, and a quick claim that it turns."""

READY = [id for id, claim in CLAIMS.items() if not claim.weights]
"""The others are measured in tests/pretrained, where weights are."""

HOLDING = [id for id in READY if CLAIMS[id].recorded == "holds"]


@pytest.mark.parametrize("id", sorted(set(CATCHES.values())))
def test_a_verdict_on_correct_code_is_as_recorded(id):
    finding = judge(CLAIMS[id])
    assert finding.as_recorded, finding


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_a_verdict(fault):
    assert judge(CLAIMS[CATCHES[fault]], bench=FAULTS[fault]()).verdict == "fails"


@pytest.mark.slow
@pytest.mark.parametrize("id", READY)
def test_every_verdict_is_as_recorded(id):
    finding = judge(CLAIMS[id])
    assert finding.as_recorded, finding


@pytest.mark.slow
@pytest.mark.parametrize("id", HOLDING)
def test_every_claim_that_holds_is_turned_by_some_fault(id):
    def fails(plant):
        try:
            with np.errstate(all="ignore"):  # a fault may send nothing back, which has no direction
                finding = judge(CLAIMS[id], bench=plant())
        except RepeatedError:  # all nets alike: nothing was judged, so another fault must turn it
            return False
        return finding.verdict == "fails" and np.isfinite(finding.measured)

    assert any(map(fails, FAULTS.values()))


@pytest.mark.parametrize("id", ["limit.is_the_image", "noise.deconvnet_white", "pooling.deconvnet_is_guided"])
def test_published_statements_that_are_not_exact_are_refuted(id):
    finding = judge(CLAIMS[id])
    assert finding.verdict == "fails"
    assert abs(finding.measured - finding.predicted) > 5 * finding.error


def test_the_same_seed_gives_the_same_finding():
    first, second = (judge(CLAIMS["noise.completeness"], seed=3) for _ in range(2))
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)


def test_another_seed_means_other_nets():
    claim = CLAIMS["noise.completeness"]
    assert judge(claim, seed=0).measured != judge(claim, seed=1).measured


@pytest.mark.parametrize("values", [[1.0, np.nan], [np.nan] * 9, [np.nan] * 8 + [1.0], [0.0] * 9])
def test_nets_without_anything_to_measure_fail_their_claim_in_words(values):
    claim = replace(CLAIMS["limit.mean"], measure=lambda bench, setting, seed: np.array(values))
    finding = judge(claim)
    assert finding.verdict == "fails"
    assert finding.in_words == "nothing to measure, as in nets that are closed all over"
    assert finding.in_words in str(finding)
    assert "nan" not in str(finding)
    assert finding.smallest == "-"


def test_bounds_and_counts_of_zero_are_measured():
    zeros = replace(
        CLAIMS["limit.mean"], measure=lambda bench, setting, seed: np.zeros(9), predict=lambda s: 0.0
    )
    for claim in (replace(zeros, rule=AtMost()), replace(zeros, counts=True)):
        assert judge(claim).in_words == "0 ± 0"
        assert judge(claim).verdict == "holds"


def test_a_picture_on_which_nets_are_closed_all_over_leaves_nothing_to_measure():
    claim = CLAIMS["limit.bias"]
    finding = judge(replace(claim, quick=replace(claim.quick, image="brick", nets=20)))
    assert finding.in_words.startswith("nothing to measure")


def test_a_finding_is_written_as_json_and_reads_well():
    (finding,) = judge_all([CLAIMS["noise.completeness"]])
    assert json.loads(json.dumps(asdict(finding)))["claim"] == "noise.completeness"
    assert str(finding).startswith("noise.completeness: predicted 0, measured")


def test_agreement_allows_for_the_level_and_the_approximation():
    values = np.array([0.9, 1.0, 1.1, 1.0])
    room = 12.924 * standard_error(values)  # Student's t with 3 degrees of freedom at 1e-3, two-sided
    assert Agrees()(1.0 + 0.99 * room, values)
    assert not Agrees()(1.0 + 1.01 * room, values)
    assert Agrees(slack=0.5)(1.0 + 1.01 * room, values)


def test_bounds_hold_for_every_net():
    values = np.array([0.0, 1.0])
    assert AtLeast()(0.0, values)
    assert not AtLeast()(0.1, values)
    assert AtMost()(1.0, values)
    assert not AtMost(0.05)(0.9, values)


def test_an_exact_claim_is_rejected_as_often_as_its_level_says():
    rng = np.random.default_rng(0)
    level, runs = 0.05, 2000
    rejected = [not Agrees(level=level)(0.0, rng.standard_normal(20)) for _ in range(runs)]
    assert abs(np.mean(rejected) - level) < 3 * np.sqrt(level * (1 - level) / runs)


def test_skewed_values_are_rejected_hardly_more_often_than_the_level_says():
    rng = np.random.default_rng(1)
    level, runs, size = 0.01, 4000, 60
    samples = rng.standard_exponential((runs, size))
    errors = samples.std(axis=1, ddof=1) / np.sqrt(size)
    by_t = np.abs(samples.mean(axis=1) - 1) / errors > student.isf(level / 2, size - 1)
    rejected = [not Agrees(level=level)(1.0, sample) for sample in samples]
    assert np.mean(by_t) > 2 * level
    assert np.mean(rejected) < 1.5 * level


def test_straightening_leaves_symmetric_values_alone_and_keeps_the_order():
    symmetric, skewed = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 0.0, 9.0])
    grid = np.linspace(-8, 8, 101)
    assert [straightened(t, symmetric) for t in grid] == pytest.approx(grid)
    assert np.all(np.diff([straightened(t, skewed) for t in grid]) >= 0)
    s = 4 / 3**0.5 / 2 / 2  # skewness 2 / sqrt(3) of one in four, over the root of 4
    assert straightened(1.0, skewed) == pytest.approx(1 + s / 3 + s**2 / 27 + s / 6)
    assert straightened(1.0, -skewed) == pytest.approx(1 - s / 3 + s**2 / 27 - s / 6)


def test_five_values_are_rejected_no_more_often_than_the_level_says():
    """Normal ones; by the straightened t alone it would be 50 of 20000 at a level of 20."""
    rng = np.random.default_rng(5)
    rejected = sum(not Agrees()(0.0, rng.standard_normal(5)) for _ in range(20_000))
    assert rejected <= 20 + 3 * 20**0.5


def test_a_sample_without_spread_agrees_only_with_itself():
    assert Agrees()(1.0, np.ones(5))
    assert Agrees(slack=0.1)(1.05, np.ones(5))
    assert not Agrees(slack=0.01)(1.05, np.ones(5))


def test_nets_of_the_law_have_equally_many_hidden_units():
    assert {sum(hidden_units(setting)) for setting in MATCHED.values()} == {16384}
    assert {photograph(setting).size for setting in MATCHED.values()} == {3072}


def test_measured_nets_have_the_geometry_that_is_predicted():
    for id in ("recovery.law_strided", "depth.cosine_2", "noise.saliency_white"):
        setting = replace(CLAIMS[id].quick, nets=1)
        maps = all_maps(OWN, setting, 0, "guided")
        assert maps.shape == (1, setting.classes, 3, *geometry(setting).image)


def test_ids_name_their_section():
    for id, claim in CLAIMS.items():
        assert get(id) is claim
        assert claim.id == id
        assert "." in id


def test_an_unknown_claim_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"limit\.mean"):
        get("limit.men")


@pytest.mark.parametrize("quick", [True, False])
def test_claims_on_the_same_nets_follow_each_other(quick):
    groups = together(CLAIMS.values(), quick)
    ordered = [claim for group in groups for claim in group]
    settings = [claim.quick if quick else claim.full for claim in ordered]
    changes = sum(one != two for one, two in pairwise(settings))
    assert changes == len(set(settings)) - 1
    assert sorted(claim.id for claim in ordered) == sorted(CLAIMS)
    weights = [group[0].weights for group in groups if group[0].weights]
    assert sorted(weights) == sorted({claim.weights for claim in ordered} - {""})


def test_a_wide_dense_net_is_a_sum_of_narrow_ones(monkeypatch):
    claim, setting = CLAIMS["recovery.dense_cnn"], Setting(nets=40, size=4, filters=96, kernel=0)
    whole = claim.measure(OWN, setting, 1)
    monkeypatch.setattr(dense, "PART", 12 * 3 * 16)
    parts = claim.measure(OWN, replace(setting, nets=41), 1)
    assert len(whole) == 40
    assert abs(parts.mean() - whole.mean()) < 4 * np.hypot(standard_error(whole), standard_error(parts))
    assert not np.isclose(whole, parts[:40]).any()
