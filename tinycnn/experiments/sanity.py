"""One rule put through all checks: what each finds, beside null, optimum and what theory predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import chain
from types import MappingProxyType

import numpy as np

from tinycnn import checks
from tinycnn.checks.result import number
from tinycnn.errors import TinycnnError
from tinycnn.experiments.two_digits import LEFT, RIGHT, side_by_side
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import draw_digit
from tinycnn.rules import RULES, Rule
from tinycnn.theory.predictions import FORMULAS, predicted, units_and_pools
from tinycnn.trace import forward

Check = Callable[[Model, Array, checks.Explainer], checks.CheckResult]
Checks = Callable[[Model, Array, checks.Explainer], Sequence[checks.CheckResult]]

CANVASES = 8


def two_digits(model: Model, x: Array, rule: checks.Explainer) -> checks.CheckResult:
    """The grid pointing game on drawn pairs of digits, for the digits net; the images are not used.

    Raises
    ------
    TinycnnError
        The model is another one.
    """
    if model.name != "digits":
        raise TinycnnError("pairs of digits are for the digits net")
    wide, rng = side_by_side(model), np.random.default_rng(0)
    canvases = [np.hstack([draw_digit(digit, rng) for digit in (LEFT, RIGHT)]) for _ in range(CANVASES)]
    pairs = wide.preprocess(canvases)
    return checks.grid_pointing_game(wide, pairs, rule, [LEFT, RIGHT], cells=(1, 2))


def _csc(model: Model, x: Array, rule: checks.Explainer) -> checks.CheckResult:
    if not isinstance(rule, str | Rule):
        raise TinycnnError("csc needs a rule with a table")
    return checks.csc(model, x, rule)


def _alone(check: Check) -> Checks:
    return lambda model, x, rule: [check(model, x, rule)]


MEASURES = {"mprt": checks.Likeness(), "mprt_angle": checks.Likeness("cosine", absolute=False)}
"""MPRT by ranks of magnitudes, as published, and by the angle of the maps, as it is predicted."""

SINGLE: Mapping[str, Check] = MappingProxyType(
    {
        "smprt": partial(checks.smprt, n=10),
        "emprt": checks.emprt,
        "csc": _csc,
        "random_logit": checks.random_logit,
        "input_invariance": checks.input_invariance,
        "painting": checks.painting,
        "infidelity": partial(checks.infidelity, n=100),
        "max_sensitivity": checks.max_sensitivity,
        "sensitivity_n": checks.sensitivity_n,
        "deletion": checks.deletion,
        "insertion": checks.insertion,
        "grid_pointing_game": two_digits,
    }
)
"""Checks of one rule, with their published defaults but for the number of samples of two."""

RUNS: Mapping[tuple[str, ...], Checks] = MappingProxyType(
    {
        tuple(MEASURES): partial(checks.mprt_by, [*MEASURES.values()]),
        **{(name,): _alone(check) for name, check in SINGLE.items()},
    }
)
"""All checks, by name; those of one entry share their maps."""

CHECKS = tuple(chain.from_iterable(RUNS))


def mprt_predicted(model: Model, x: Array, rule: str) -> list[float] | None:
    """The angle in a random net with as many units and pools, where theory has one; by saliency or guided."""
    if f"mprt {rule}" not in FORMULAS or (found := units_and_pools(forward(model, x[:1]))) is None:
        return None
    units, pools = found
    return [each.value for each in predicted("mprt", rule, x[0].size, units[:-1], pools)]


PREDICTIONS: Mapping[str, Callable[[Model, Array, str], list[float] | None]] = MappingProxyType(
    {
        "mprt_angle": mprt_predicted,
        "input_invariance": lambda model, x, rule: [1.0] if rule in RULES else None,
    }
)
"""What theory says of a check, for each of its rows; None where it is silent.

Of MPRT see `tinycnn.theory.predictions`. A rule that looks at masks and switches alone does not see how the
input is written.
"""


def foretold(rule: str) -> str:
    """The checks of which theory says beforehand what they find of a rule, with the claims that verify it."""
    checked = (name.removesuffix(f" {rule}") for name in FORMULAS if name.endswith(f" {rule}"))
    claims = {check: {said.claim: None for said in predicted(check, rule, 3, (1, 1))} for check in checked}
    if rule in RULES:
        claims["input_invariance"] = {"invariance.shift_masks": None}
    said = "; ".join(f"{check} ({', '.join(found)})" for check, found in claims.items())
    return f"checks that theory predicts: {said or 'none'}; 'tinycnn sanity' runs all"


@dataclass(frozen=True)
class Line:
    """One check on the page.

    Parameters
    ----------
    check : str
    result : CheckResult or None
    predicted : list of float
        For each row, or for all of them; empty where theory is silent.
    verdict : str
        In words; why the check was not run, if there is no result.
    """

    check: str
    result: checks.CheckResult | None
    predicted: list[float]
    verdict: str

    def cells(self) -> list[tuple[str, ...]]:
        """The rows of a table: check, row, value, sd, null, optimum, predicted, verdict."""
        if self.result is None:
            return [(self.check, *[""] * 6, self.verdict)]
        rows = self.result.table()
        said = [number(value) for value in self.predicted] or [""]
        if len(said) < len(rows):
            said *= len(rows)
        (first, one), *rest = zip(rows, said, strict=True)
        return [(self.check, *first, one, self.verdict), *(("", *row, each, "") for row, each in rest)]


HEADS = ("check", "of", "value", "sd", "null", "optimum", "random net, predicted", "verdict")


def judged(model: Model, x: Array, rule: str) -> Iterator[Line]:
    """Put a rule through all checks, one after the other.

    Parameters
    ----------
    model : Model
    x : (n, c, h, w)
    rule : str
        As `tinycnn.rules.get` takes it.

    Yields
    ------
    Line
    """
    for names, run in RUNS.items():
        try:
            results = run(model, x, rule)
        except TinycnnError as error:
            yield from (Line(name, None, [], f"not run: {error}") for name in names)
            continue
        for name, result in zip(names, results, strict=True):
            said = PREDICTIONS[name](model, x, rule) if name in PREDICTIONS else None
            yield Line(name, result, said or [], verdict(result))


def verdict(result: checks.CheckResult) -> str:
    """Where a result lies between null and optimum, in words: the mean over its rows."""
    better = result.is_better_than_null[np.isfinite(result.means)]
    if not better.size:
        return "not defined"
    if not better.any():
        return "no better than null"
    shares = result.shares[np.isfinite(result.shares)]
    if not shares.size:
        return "better than null" if better.all() else "in part better than null"
    share = float(shares.mean())
    return f"{share:.0%} of the way from null to optimum"


def page(title: str, lines: Sequence[Line], card: str) -> str:
    """The checks of a rule as an HTML page that needs no other file."""
    body = []
    for line in lines:
        for cells in line.cells():
            body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    said = []
    for result in (line.result for line in lines if line.result is not None):
        choices = ", ".join(f"{name}={value}" for name, value in result.choices.items())
        said.append(
            f"<dt>{escape(result.check)} ({escape(result.source)})</dt>"
            f"<dd>null: {escape(result.null_is)}. {escape(choices)}</dd>"
        )
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{STYLE}'
        f"</head><body><h1>{escape(title)}</h1><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table><h2>Choices</h2><dl>{''.join(said)}</dl>"
        f"<h2>The rule's card</h2><pre>{escape(card)}</pre></body></html>\n"
    )


STYLE = (
    "<style>body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;font-size:14px}th,td{text-align:left;padding:.2rem .6rem;"
    "border-bottom:1px solid #ddd}dt{font-weight:bold}pre{overflow:auto;background:#f6f6f6;padding:1rem}"
    "</style>"
)
