"""Tests for backward rules, to be used in any test runner or notebook. Needs the extra ``[testing]``."""

from types import ModuleType

from tinycnn.files import submodule
from tinycnn.testing.case import Case
from tinycnn.testing.checks import check_adjoint, check_vjp, check_weight_vjp
from tinycnn.testing.files import load, load_rule
from tinycnn.testing.law import Law
from tinycnn.testing.laws import LAWS
from tinycnn.testing.network import on_network
from tinycnn.testing.rule import REQUIRED, as_rule, check_rule, from_function, same_as, verdicts
from tinycnn.testing.search import Verdict, search

__all__ = [
    "LAWS",
    "REQUIRED",
    "Case",
    "Law",
    "Verdict",
    "as_rule",
    "check_adjoint",
    "check_rule",
    "check_vjp",
    "check_weight_vjp",
    "from_function",
    "load",
    "load_rule",
    "on_network",
    "same_as",
    "search",
    "verdicts",
]


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
