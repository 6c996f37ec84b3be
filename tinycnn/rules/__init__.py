"""Backward rules. A rule is a table; every rule here is the gradient with a few rows replaced."""

from tinycnn.rules.family import DECONVNET, DESALINET, GUIDED, RULES, center_unpool2d, get
from tinycnn.rules.gate import (
    Gate,
    activation,
    constant,
    derivative,
    everywhere,
    identity,
    magnitude,
    negative,
    positive,
    reversed_derivative,
)
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.rule import Rule, through_branches
from tinycnn.rules.stack import Stack
from tinycnn.rules.tape import Entry, Tape, tape

__all__ = [
    "DECONVNET",
    "DESALINET",
    "GRADIENT",
    "GUIDED",
    "RULES",
    "Entry",
    "Gate",
    "Rule",
    "Stack",
    "Tape",
    "activation",
    "center_unpool2d",
    "constant",
    "derivative",
    "everywhere",
    "get",
    "identity",
    "magnitude",
    "negative",
    "positive",
    "reversed_derivative",
    "tape",
    "through_branches",
]
