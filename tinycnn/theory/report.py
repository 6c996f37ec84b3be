"""Findings as a folder: a figure per claim, and one page that holds them all and needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path

from tinycnn import __version__
from tinycnn.files import atomic_write
from tinycnn.theory.claim import Claim, Setting
from tinycnn.theory.curves import CURVES, points
from tinycnn.theory.derivations import steps_of
from tinycnn.theory.figures import alternative, figure_along, figure_of, svg
from tinycnn.theory.judge import Finding

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 60rem; margin: auto; padding: 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1rem .1rem 0 }
img { max-width: 100%; display: block } dt { color: #555 } dd { margin: 0 0 .3rem 1.5rem }
code { font: .9em ui-monospace, monospace } article { border-top: 1px solid #ccc; margin-top: 2rem }
.surprise { color: #b3261e; font-weight: bold }
"""


def write(
    folder: Path, claims: Mapping[str, Claim], findings: Iterable[Finding], quick: bool
) -> Iterator[str]:
    """Write ``<claim>.svg`` for each finding, and ``index.html``; every file whole or not at all.

    Parameters
    ----------
    folder : path
        Made if need be.
    claims : mapping from id to Claim
    findings : iterable of Finding
    quick : bool
        Which setting was measured.

    Yields
    ------
    str
        The claim whose figure was written, as a progress bar wants it. The page comes last.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    found, articles = list(findings), []
    for finding in found:
        claim = claims[finding.claim]
        picture, words = _picture(claim, finding)
        with atomic_write(folder / f"{claim.id}.svg") as file:
            file.write(picture)
        articles.append(_article(claim, finding, claim.quick if quick else claim.full, picture, words))
        yield claim.id
    with atomic_write(folder / "index.html") as file:
        file.write(_page(found, articles, quick).encode())


def _picture(claim: Claim, finding: Finding) -> tuple[bytes, str]:
    """The figure of a claim, a curve if it has one, and its words."""
    if claim.id not in CURVES:
        return svg(figure_of(finding), claim.id), alternative(finding)
    curve = CURVES[claim.id]
    along = list(points(claim, curve, finding.seed))
    return svg(figure_along(along, curve.axis), claim.id), alternative(finding, along, curve.axis)


def _page(findings: list[Finding], articles: list[str], quick: bool) -> str:
    surprises = sum(not finding.as_recorded for finding in findings)
    rows = "".join(_rows(findings))
    verdicts = f"{surprises} not as recorded" if surprises else "every verdict as recorded"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>tinycnn: claims</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>Predicted, measured, judged</h1><p>{len(findings)} claim{'s' * (len(findings) != 1)}, "
        f"{verdicts}. tinycnn {__version__}, "
        f"{'quick' if quick else 'full'} settings, seed {findings[0].seed if findings else 0}.</p>"
        f"<table><tr><th>claim<th>predicted<th>measured<th>verdict</tr>{rows}</table>{''.join(articles)}</html>\n"
    )


def _rows(findings: list[Finding]) -> Iterator[str]:
    """Table rows, a heading above each section."""
    for section, group in groupby(findings, lambda finding: finding.claim.partition(".")[0]):
        yield f'<tr><th colspan="4">{escape(section)}</tr>'
        for finding in group:
            id = escape(finding.claim)
            yield (
                f'<tr><td><a href="#{id}">{id}</a><td>{finding.predicted:.4g}'
                f"<td>{finding.in_words}<td>{_verdict(finding)}</tr>"
            )


def _article(claim: Claim, finding: Finding, setting: Setting, picture: bytes, words: str) -> str:
    facts = {
        "formula": f"<code>{escape(claim.latex)}</code>",
        "assumes": escape(claim.assumptions),
        "source": escape(claim.source),
        "setting": escape(str(setting)),
        "note": escape(claim.note),
        "predicted": f"{finding.predicted:.4g}",
        "measured": finding.in_words,
        "rule": escape(finding.rule),
        "notices": f"an error of {finding.smallest}, 9 times in 10",
        "verdict": _verdict(finding),
    }
    terms = "".join(f"<dt>{name}<dd>{fact}" for name, fact in facts.items() if fact)
    data = b64encode(picture).decode()
    return (
        f'<article id="{escape(claim.id)}"><h2>{escape(claim.id)}</h2><p>{escape(claim.statement)}</p>'
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(words)}"><dl>{terms}</dl>'
        f"{_derivation(claim, setting)}</article>"
    )


def _derivation(claim: Claim, setting: Setting) -> str:
    """The steps with their numbers, folded up."""
    steps = "".join(
        f"<li>{escape(step.says)}<br><code>{escape(step.formula)} = {escape(step.number(setting))}</code>"
        for step in steps_of(claim.id)
    )
    if not steps:
        return "<p>No derivation is on record for this claim.</p>"
    return f"<details><summary>derivation</summary><ol>{steps}</ol></details>"


def _verdict(finding: Finding) -> str:
    if finding.as_recorded:
        return f"{finding.verdict}, as recorded"
    return f'<span class="surprise">{finding.verdict}, but recorded: {finding.recorded}</span>'
