"""Checks of rules: every choice an argument, every result beside what a map that knows nothing gets."""

from tinycnn.checks.asking import Explainer
from tinycnn.checks.cascade import cascade, randomised
from tinycnn.checks.classes import random_logit
from tinycnn.checks.csc import csc
from tinycnn.checks.faithfulness import deletion, infidelity, insertion, sensitivity_n
from tinycnn.checks.invariance import input_invariance, painting, rewritten
from tinycnn.checks.localisation import grid_pointing_game, relevance_mass, relevance_rank
from tinycnn.checks.mprt import emprt, mprt, mprt_by, smprt
from tinycnn.checks.result import CheckResult
from tinycnn.checks.robustness import max_sensitivity
from tinycnn.checks.similarity import NORMALISERS, SIMILARITIES, Likeness

__all__ = [
    "NORMALISERS",
    "SIMILARITIES",
    "CheckResult",
    "Explainer",
    "Likeness",
    "cascade",
    "csc",
    "deletion",
    "emprt",
    "grid_pointing_game",
    "infidelity",
    "input_invariance",
    "insertion",
    "max_sensitivity",
    "mprt",
    "mprt_by",
    "painting",
    "random_logit",
    "randomised",
    "relevance_mass",
    "relevance_rank",
    "rewritten",
    "sensitivity_n",
    "smprt",
]
