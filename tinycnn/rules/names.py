"""Every rule and method that is known by a name, and the function that finds them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tinycnn.errors import TinycnnError, UnknownNameError
from tinycnn.rules import averages, composites, grammar, others, patterns, products
from tinycnn.rules.family import RULES
from tinycnn.rules.method import AnyRule, Method
from tinycnn.rules.rule import Rule

TABLES: Mapping[str, Callable[..., Rule]] = MappingProxyType(
    {
        "lrp-0": composites.lrp_0,
        "lrp-epsilon": composites.lrp_epsilon,
        "lrp-gamma": composites.lrp_gamma,
        "lrp-gamma-plus": composites.lrp_gamma_plus,
        "lrp-alpha-beta": composites.lrp_alpha_beta,
        "lrp-alpha2-beta1": composites.lrp_alpha2_beta1,
        "lrp-zplus": composites.lrp_zplus,
        "lrp-wsquare": composites.lrp_wsquare,
        "lrp-flat": composites.lrp_flat,
        "lrp-zbox": composites.lrp_zbox,
        "epsilon-plus": composites.epsilon_plus,
        "epsilon-plus-flat": composites.epsilon_plus_flat,
        "epsilon-alpha2-beta1": composites.epsilon_alpha2_beta1,
        "epsilon-alpha2-beta1-flat": composites.epsilon_alpha2_beta1_flat,
        "epsilon-gamma-box": composites.epsilon_gamma_box,
        "excitation": composites.excitation,
        "contrastive-excitation": composites.contrastive_excitation,
        "rectgrad": others.rectgrad,
        "beta-smooth": others.beta_smooth,
    }
)
"""Rules with options, each from its name to the function that makes it; `RULES` are those without."""

METHODS: Mapping[str, Callable[..., Method]] = MappingProxyType(
    {
        "gradient-x-input": products.gradient_x_input,
        "grad-cam": products.grad_cam,
        "hires-cam": products.hires_cam,
        "xgrad-cam": products.xgrad_cam,
        "grad-cam-plus-plus": products.grad_cam_plus_plus,
        "layer-cam": products.layer_cam,
        "guided-grad-cam": products.guided_grad_cam,
        "smoothgrad": averages.smoothgrad,
        "smoothgrad-squared": averages.smoothgrad_squared,
        "vargrad": averages.vargrad,
        "ig": averages.ig,
        "expected-gradients": averages.expected_gradients,
        "deeplift": others.deeplift,
        "patternnet": patterns.patternnet,
        "pattern-attribution": patterns.pattern_attribution,
    }
)
"""Methods, each from its name to the function that makes it."""


def get(name: str) -> AnyRule:
    """The rule or method of that name.

    Parameters
    ----------
    name : str
        Such as ``"guided"``, ``"lrp-epsilon(epsilon=0.1)"`` or ``"smoothgrad(guided, n=20)"``; see
        `tinycnn.rules.grammar`. What is returned has this very name.

    Raises
    ------
    UnknownNameError
        There is none; the message names the nearest.
    TinycnnError
        An option cannot be read, or is out of its range.
    """
    wanted = grammar.read(name)
    if wanted.name in RULES:
        if wanted.positional or wanted.named:
            raise TinycnnError(f"rule {wanted.name} has no options, got {name!r}")
        return RULES[wanted.name]
    makers: Mapping[str, Callable[..., AnyRule]] = {**TABLES, **METHODS}
    if "::" in wanted.name:
        raise TinycnnError(
            f"{wanted.name[:60]!r} is no name of a rule; one in a file is imported: "
            "tinycnn.visualize(model, x, rules=[rule])"
        )
    if wanted.name not in makers:
        raise UnknownNameError("rule", wanted.name, [*RULES, *makers])
    made = grammar.call(makers[wanted.name], wanted, _KINDS)
    return dataclasses.replace(made, name=name.strip())


def table(name: str) -> Rule:
    """The rule of that name, for what needs a signal at every layer.

    Raises
    ------
    UnknownNameError, TinycnnError
        As `get` raises them, or it is a method, which is no table.
    """
    found = get(name)
    if not isinstance(found, Rule):
        raise TinycnnError(f"{name} is a method around a rule; here a rule with a table is needed")
    return found


def _layer(text: str) -> str | int:
    """A layer by position or by name."""
    return int(text) if re.fullmatch("[+-]?[0-9]{1,18}", text) else text


def _baseline(text: str) -> str | float:
    if text in averages.BASELINES:
        return text
    try:
        return grammar.number(text)
    except ValueError as error:
        raise ValueError(f"{error}, and neither {' nor '.join(averages.BASELINES)}") from None


_KINDS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "float": grammar.number,
        "float | None": grammar.number,
        "int": grammar.whole,
        "bool": grammar.truth,
        "str | int": _layer,
        "Baseline": _baseline,
        "References": str,
        "Patterns": patterns.stored,
        "AnyRule": get,
    }
)
"""What reads an option, by the annotation of the parameter that it is for."""
