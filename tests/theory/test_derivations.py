"""Every derivation ends in the number that its claim predicts, in both settings."""

from dataclasses import replace

import numpy as np
import pytest

from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.derivations import DERIVATIONS

READY = [id for id, claim in CLAIMS.items() if not claim.weights]


def values(step, setting):
    return np.atleast_1d(np.asarray(step.value(setting), float))


@pytest.mark.parametrize("id", READY)
def test_the_last_step_is_the_prediction(id):
    setting = CLAIMS[id].quick
    assert values(DERIVATIONS[id][-1], setting) == pytest.approx(CLAIMS[id].predict(setting), rel=1e-9)


@pytest.mark.parametrize("id", READY)
def test_every_step_computes_a_finite_number_and_says_what_it_does(id):
    for step in DERIVATIONS[id]:
        assert np.isfinite(values(step, CLAIMS[id].quick)).all(), step.says
        assert step.says[0].isupper() or step.says.startswith("and "), step.says
        assert step.formula.isprintable()


@pytest.mark.parametrize("id", ["recovery.rho", "recovery.rho_patch", "recovery.law_cnn"])
def test_a_derivation_follows_its_setting(id):
    setting = CLAIMS[id].quick
    few, many = (values(DERIVATIONS[id][-1], replace(setting, filters=n)) for n in (16, 64))
    assert few == pytest.approx(4 * many, rel=1e-9)


def test_every_claim_is_derived():
    assert set(DERIVATIONS) == set(CLAIMS)


def test_numbers_are_counts_in_full_or_four_digits():
    cut, *_, last = DERIVATIONS["recovery.rho"]
    setting = CLAIMS["recovery.rho"].quick
    assert cut.number(setting) == "256, 27"
    assert last.number(setting) == f"{CLAIMS['recovery.rho'].predict(setting):.4g}"


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_says_what_whence_and_under_which_assumptions(id):
    claim = CLAIMS[id]
    assert all((claim.statement, claim.latex, claim.source, claim.assumptions, str(claim.rule)))
