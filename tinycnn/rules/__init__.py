"""Backward rules as tables, and methods that make maps around them."""

from tinycnn.rules.averages import expected_gradients
from tinycnn.rules.family import DECONVNET, DESALINET, GUIDED, RULES, center_unpool2d
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
    row_text,
)
from tinycnn.rules.gradient import GRADIENT
from tinycnn.rules.lrp import Relevance
from tinycnn.rules.method import Answer, AnyRule, Method, Question
from tinycnn.rules.names import METHODS, TABLES, get, table
from tinycnn.rules.rule import Rule, passing, through_branches
from tinycnn.rules.stack import Stack
from tinycnn.rules.tape import Entry, Tape, tape

__all__ = [
    "DECONVNET",
    "DESALINET",
    "GRADIENT",
    "GUIDED",
    "METHODS",
    "RULES",
    "TABLES",
    "Answer",
    "AnyRule",
    "Entry",
    "Gate",
    "Method",
    "Question",
    "Relevance",
    "Rule",
    "Stack",
    "Tape",
    "activation",
    "center_unpool2d",
    "constant",
    "derivative",
    "everywhere",
    "expected_gradients",
    "get",
    "identity",
    "magnitude",
    "negative",
    "passing",
    "positive",
    "reversed_derivative",
    "row_text",
    "table",
    "tape",
    "through_branches",
]
