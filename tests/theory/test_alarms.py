"""False alarms are counted per claim, against the level that it states."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from tinycnn.theory.alarms import Rate, Trial, level, measure, rate, recall, remember, to_do
from tinycnn.theory.claim import Agrees
from tinycnn.theory.claims import CLAIMS


def synthetic(id, mean=0.0, **rest):
    """A claim that predicts 0 of Gaussian numbers."""

    def values(bench, setting, seed):
        return mean + np.random.default_rng([seed, 7]).standard_normal(setting.nets)

    quick = replace(CLAIMS["limit.mean"].quick, nets=20)
    return replace(
        CLAIMS["limit.mean"], id=id, quick=quick, predict=lambda setting: 0.0, measure=values, **rest
    )


def test_an_exact_claim_raises_alarms_at_its_level_and_its_t_is_centred():
    claim = synthetic("exact", rule=Agrees(level=0.05))
    trials = list(measure(to_do([claim], 1000, [])))
    low, high = rate(trials).interval
    assert low < 0.05 < high
    assert abs(np.mean([trial.t for trial in trials])) < 4 / 1000**0.5


def test_a_wrong_formula_raises_an_alarm_every_time():
    trials = list(measure(to_do([synthetic("wrong", mean=2.0)], 20, [])))
    assert rate(trials) == Rate(20, 20)


def test_a_refuted_statement_raises_an_alarm_when_it_holds():
    trials = list(measure(to_do([synthetic("refuted", recorded="fails")], 1, [])))
    assert [trial.alarm for trial in trials] == [True]


def test_only_what_states_a_level_is_repeated():
    claims = [CLAIMS["limit.mean"], CLAIMS["noise.completeness"], CLAIMS["limit.is_the_image"]]
    assert [level(claim) for claim in claims] == [1e-3, None, None]
    left = [(claim.id, seed) for claim, seed in to_do(claims, 3, [])]
    assert left[:3] == [(id, 1) for id in ("limit.mean", "limit.is_the_image", "noise.completeness")]
    assert left[3:] == [("limit.mean", 2), ("limit.mean", 3)]


def test_a_run_that_was_stopped_is_taken_up_again(tmp_path):
    claim, path = synthetic("exact"), tmp_path / "trials.jsonl"
    first = list(remember(path, measure(to_do([claim], 3, []))))
    path.write_text(path.read_text()[:-20])
    known = recall(path, {"exact": claim})
    assert known == first[:2]
    rest = list(remember(path, measure(to_do([claim], 5, known))))
    assert [trial.seed for trial in rest] == [3, 4, 5]
    assert recall(path, {"exact": claim}) == known + rest


def test_trials_of_another_setting_are_forgotten(tmp_path):
    path, claim = tmp_path / "trials.jsonl", synthetic("exact")
    list(remember(path, measure(to_do([claim], 2, []))))
    changed = replace(claim, quick=replace(claim.quick, nets=21))
    assert recall(path, {"exact": changed}) == []
    assert recall(tmp_path / "missing.jsonl", {"exact": claim}) == []


@pytest.mark.parametrize(("alarms", "trials"), [(0, 200), (1, 200), (7, 50)])
def test_the_interval_is_that_of_clopper_and_pearson(alarms, trials):
    low, high = Rate(alarms, trials).interval
    assert low == pytest.approx(beta.ppf(0.025, alarms, trials - alarms + 1) if alarms else 0)
    assert high == pytest.approx(beta.ppf(0.975, alarms + 1, trials - alarms))


def test_a_rate_says_count_and_interval_in_percent():
    trials = [Trial("claim", "setting", seed, seed == 1, 0.0) for seed in range(1, 201)]
    assert str(rate(trials)) == "1 of 200 [0.013 %, 2.8 %]"
