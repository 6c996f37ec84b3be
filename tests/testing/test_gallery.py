"""Typical mistakes are caught, each with a counterexample that a person can follow."""

from __future__ import annotations

import pytest
from testing.gallery import GALLERY, Planted, in_place

from tinycnn.errors import CheckError, TinycnnError
from tinycnn.testing import REQUIRED, Verdict, check_rule, same_as, verdicts


def first_breach(wrong: Planted, seed: int) -> Verdict:
    claims = [same_as(wrong.like)] if wrong.like else wrong.laws or REQUIRED
    return next(verdict for verdict in verdicts(wrong.rule, claims, seed=seed) if not verdict.holds)


@pytest.mark.parametrize("wrong", GALLERY, ids=lambda wrong: wrong.mistake)
def test_mistakes_are_caught_by_a_case_of_at_most_16_numbers_that_can_be_pasted(
    wrong: Planted, search_seed: int
) -> None:
    verdict = first_breach(wrong, search_seed)
    assert verdict.case is not None
    assert verdict.case.size <= 16
    assert not verdict.reason.startswith("it raised TypeError"), "the mistake is one of numbers"
    names: dict[str, object] = {"rule": wrong.rule}
    with pytest.raises(Exception):  # noqa: B017 - a rule may fail by any error
        exec("\n".join([str(verdict.case), *verdict.law.lines]), names)


def test_a_pasted_case_takes_a_row_as_it_is(search_seed: int) -> None:
    (verdict,) = verdicts(in_place, ["untouched"], seed=search_seed)
    assert not verdict.holds
    with pytest.raises(TinycnnError, match="writes to its arguments"):
        exec("\n".join([str(verdict.case), *verdict.law.lines]), {"rule": in_place})


def test_the_error_says_what_is_broken_and_how_to_see_it() -> None:
    wrong = next(wrong for wrong in GALLERY if wrong.mistake == "absolute value instead of ReLU")
    with pytest.raises(CheckError) as caught:
        check_rule(wrong.rule, laws=[], like=wrong.like)
    message = str(caught.value)
    assert message.startswith("like guided is broken: The map is that of guided.\nHere the map is")
    assert "case = Case(\n    (ReLU(),),\n" in message
