"""Errors that travel between processes arrive as they were."""

from __future__ import annotations

import pickle

import pytest

from tinycnn import errors

MADE = {
    errors.UnknownNameError: ("rule", "guide", ["guided"]),
    errors.WeightFileError: ("w.npz", "npz", "damaged"),
    errors.ModelFileError: ("net.onnx", "a cycle"),
}
"""Arguments of those that make their message themselves."""

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TinycnnError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_whole_through_a_pickle(kind: type[errors.TinycnnError]) -> None:
    error = kind(*MADE.get(kind, ("what is wrong",)))
    error.add_note("a note")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_other_errors_of_ours_do_too() -> None:
    from tinycnn.theory.judge import RepeatedError

    assert str(pickle.loads(pickle.dumps(RepeatedError("twice")))) == "twice"
