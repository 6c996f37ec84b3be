"""False alarms are counted per claim, against the level that it states."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from benchmarks.alarm_report import markdown
from benchmarks.alarms import (
    Rate,
    Trial,
    excess,
    lean,
    level,
    measure,
    offset,
    rate,
    recall,
    to_do,
)
from benchmarks.false_alarms import main
from benchmarks.kept import remember
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
    found = list(measure(to_do([claim], 1000, [])))
    low, high = rate(found).interval
    assert low < 0.05 < high
    assert abs(np.mean([trial.t for trial in found])) < 4 / 1000**0.5


def test_a_wrong_formula_raises_an_alarm_every_time():
    found = list(measure(to_do([synthetic("wrong", mean=2.0)], 20, [])))
    assert rate(found) == Rate(20, 20)


def test_a_refuted_statement_raises_an_alarm_when_it_holds():
    found = list(measure(to_do([synthetic("refuted", recorded="fails")], 1, [])))
    assert [trial.alarm for trial in found] == [True]


def test_only_what_states_a_level_is_repeated():
    claims = [CLAIMS["limit.mean"], CLAIMS["noise.completeness"], CLAIMS["limit.is_the_image"]]
    assert [level(claim) for claim in claims] == [1e-3, None, None]
    left = [(claim.id, seed) for claim, seed in to_do(claims, 3, [])]
    assert left[:3] == [(id, 1) for id in ("limit.mean", "limit.is_the_image", "noise.completeness")]
    assert left[3:] == [("limit.mean", 2), ("limit.mean", 3)]


def test_a_run_that_was_stopped_is_taken_up_again(tmp_path):
    claim, path = synthetic("exact"), tmp_path / "trials.jsonl"
    first = list(remember(path, measure(to_do([claim], 3, []))))
    path.write_text(path.read_text("utf-8")[:-20], encoding="utf-8")
    known = recall(path, {"exact": claim})
    assert known == first[:2]
    rest = list(remember(path, measure(to_do([claim], 5, known))))
    assert [trial.seed for trial in rest] == [3, 4, 5]
    assert recall(path, {"exact": claim}) == known + rest


def test_trials_of_another_setting_or_prediction_are_forgotten(tmp_path):
    path, claim = tmp_path / "trials.jsonl", synthetic("exact")
    list(remember(path, measure(to_do([claim], 2, []))))
    changed = replace(claim, quick=replace(claim.quick, nets=21))
    assert recall(path, {"exact": changed}) == []
    assert recall(path, {"exact": replace(claim, predict=lambda setting: 1e-3)}) == []
    assert recall(tmp_path / "missing.jsonl", {"exact": claim}) == []


@pytest.mark.parametrize(("alarms", "trials"), [(0, 200), (1, 200), (7, 50)])
def test_the_interval_is_that_of_clopper_and_pearson(alarms, trials):
    low, high = Rate(alarms, trials).interval
    assert low == pytest.approx(beta.ppf(0.025, alarms, trials - alarms + 1) if alarms else 0)
    assert high == pytest.approx(beta.ppf(0.975, alarms + 1, trials - alarms))


def test_a_rate_says_count_and_interval_in_percent():
    found = [Trial("claim", "setting", seed, seed == 1, 0.0, 0.0, 1.0) for seed in range(1, 201)]
    assert str(rate(found)) == "1 of 200 [0.013 %, 2.8 %]"


def trials(id="limit.mean", alarms=0, gaps=(0.1, -0.1) * 50):
    """A trial for each gap of measurement and prediction, which is 2; the first ones with an alarm."""
    return [
        Trial(id, "setting", seed, seed < alarms, 2.0, 2.0 + gap, abs(gap)) for seed, gap in enumerate(gaps)
    ]


def test_an_excess_is_judged_by_the_exact_binomial_test():
    assert excess(Rate(0, 200), 1e-3) == 1.0
    assert excess(Rate(1, 200), 1e-3) == pytest.approx(1 - 0.999**200)
    assert excess(Rate(200, 200), 0.5) == pytest.approx(0.5**200)


def test_a_formula_leans_if_it_is_missed_on_one_side():
    assert lean(trials()) == 1.0
    assert lean(trials(gaps=(0.1,) * 20)) == pytest.approx(2 * 0.5**20)
    assert lean(trials(gaps=(-0.1,) * 20)) == pytest.approx(2 * 0.5**20)
    assert lean(trials(gaps=(0.0,) * 20)) == 1.0


def test_an_offset_is_the_mean_gap_over_seeds_with_its_error():
    gap, error = offset(trials(gaps=(0.1, 0.3)))
    assert gap == pytest.approx(0.2)
    assert error == pytest.approx(0.1)


def test_the_page_names_claims_above_their_level_and_formulas_that_lean():
    claims = {
        id: CLAIMS[id] for id in ("limit.mean", "limit.bias", "recovery.cosine_each", "limit.is_the_image")
    }
    claims["recovery.cosine_each"] = replace(claims["recovery.cosine_each"], rule=Agrees(slack=0.005))
    found = [
        *trials("limit.mean", alarms=4),
        *trials("limit.bias", alarms=1),
        *trials("recovery.cosine_each", gaps=(0.1,) * 99 + (-0.1,)),
        *trials("limit.is_the_image", gaps=(0.1,)),
    ]
    page = markdown(claims, found, "the command")
    assert "Made by `the command`" in page
    assert "of 3 claims that state a level was judged on 100 seeds" in page
    assert "; there are no others. " in page
    assert "; 1 more have not been yet. " in markdown({**claims, "new": claims["limit.mean"]}, found, "")
    assert "1 of both were judged once. Not as recorded: none." in page
    assert "Claims above their level: `limit.mean`.**" in page
    assert "All claims together: 5 of 300" in page
    assert "Those without slack, where the level is meant as the rate itself: 5 of 200" in page
    leaning, _, table = page.partition("## Formulas that lean")[2].partition("## Claim by claim")
    assert "1 of 3 claims" in leaning
    assert "| `recovery.cosine_each` | 0.5 % | +1.00 | 2 | +4.9 ± 0.1 % | three layers" in leaning
    assert r"fluctuation of \|s\| |" in leaning
    assert "Formulas among them that state no slack: none.**" in leaning
    assert "| `limit.bias` | 0.1 % | 0 | 1 of 100 | 0.025 to 5.4 % | +0.00 |" in table
    assert "limit.is_the_image" not in table


def test_the_command_measures_what_is_missing_and_writes_the_page(tmp_path, capsys):
    file, page = tmp_path / "trials.jsonl", tmp_path / "page.md"
    command = ["recovery.rho_patch_sixteen", "--seeds", "2", "--file", str(file), "--markdown", str(page)]
    main(command)
    assert capsys.readouterr().out == page.read_text("utf-8") + "\n"
    assert "| `recovery.rho_patch_sixteen` | 0.1 % | 0 | 0 of 2 |" in page.read_text("utf-8")
    lines = file.read_text("utf-8")
    main(command)
    assert file.read_text("utf-8") == lines
