"""The table of choices that turn verdicts: what a flip is, and that the page is of the list that is here."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinycnn as tc
from benchmarks.flips import FLIPS, Answer, line, measured

PAGE = Path(__file__).parents[1] / "notebooks" / "docs" / "explanation" / "flips.md"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ((0.5, 0.1), (-0.5, 0.1), "flips"),
        ((0.5, 0.1), (0.9, 0.1), "stays"),
        ((-0.5, 0.1), (-0.9, 0.1), "stays"),
        ((0.5, 0.1), (-0.1, 0.06), "undecided"),
        ((0.1, 0.1), (0.9, 0.1), "undecided"),
    ],
)
def test_a_verdict_flips_only_between_margins_that_are_sure(
    first: tuple, second: tuple, verdict: str
) -> None:
    assert line(FLIPS[0], Answer(*first), Answer(*second))[3] == verdict


def test_two_flips_are_there_on_few_images() -> None:
    for question, _, _, verdict, command in measured(["rewriting", "what-is-explained"], images=4):
        assert verdict == "flips", question
        assert command.startswith("`python -m benchmarks.flips --only ")


def test_what_is_no_question_is_said() -> None:
    with pytest.raises(tc.UnknownNameError, match="did you mean rewriting"):
        measured(["rewritin"])


def test_the_page_has_every_question() -> None:
    text = PAGE.read_text("utf-8")
    assert [name for name in (flip.name for flip in FLIPS) if f"--only {name}`" not in text] == []
    assert text.count("\n| ") == len(FLIPS) + 1
    assert f"{text.count('| flips |')} of {len(FLIPS)} do." in " ".join(text.split())
