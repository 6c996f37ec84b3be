"""All derivations as one LaTeX document: every claim a theorem, its derivation a proof with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from tinycnn import __version__
from tinycnn.theory.claim import Claim
from tinycnn.theory.derivations import Steps, steps_of
from tinycnn.theory.formulas import math, prose

HEAD = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath,amssymb,amsthm,microtype}
\usepackage[margin=25mm]{geometry}
\usepackage[colorlinks,allcolors=blue]{hyperref}
\newtheorem{claim}{Claim}[section]
\newtheorem{refuted}[claim]{Refuted statement}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
"""

PAPER = "Nie, Zhang and Patel (2018)"
REFERENCES = {
    PAPER: (
        "nie",
        "W. Nie, Y. Zhang, A. Patel. A theoretical explanation for perplexing behaviors of "
        "backpropagation-based "
        "visualizations. ICML 2018, PMLR 80:3809--3818; arXiv:1805.07039, version 4 (2020), with revised "
        "proofs.",
    ),
    "Cho and Saul 2009": ("cho", "Y. Cho, L. Saul. Kernel methods for deep learning. NeurIPS 2009."),
    "Hall": ("hall", "P. Hall. On the removal of skewness by transformation. JRSS B 54, 1992."),
    "Laurent and Massart": (
        "laurent",
        "B. Laurent, P. Massart. Adaptive estimation of a quadratic functional by model selection. Annals of "
        "Statistics "
        "28, 2000.",
    ),
    "Maurer": (
        "maurer",
        "A. Maurer. A bound on the deviation probability for sums of non-negative variables. JIPAM 4, 2003.",
    ),
}
"""From the words of a claim's source to the key and the text of a reference."""


def document(claims: Iterable[Claim]) -> str:
    """The document, with the numbers of every claim's quick setting.

    Parameters
    ----------
    claims : iterable of Claim
        Whose weights, if they need any, are there.

    Returns
    -------
    str
        LaTeX in ASCII. Claims of one derivation follow each other's steps, with numbers of their own.
    """
    parts = [
        HEAD,
        r"\title{Predicted, measured, judged}",
        rf"\author{{tinycnn {__version__}}}",
        r"\begin{document}\maketitle",
        r"\noindent Every number was computed for the setting that is named with it. "
        r"$E$ is the mean over random weights, $y_j = D_j x$ the patches of the image $x$, $u_j = y_j / "
        r"|y_j|$.",
        *_sections(list(claims)),
        r"\begin{thebibliography}{9}",
        *(rf"\bibitem{{{key}}} {text}" for key, text in REFERENCES.values()),
        r"\end{thebibliography}",
        r"\end{document}",
    ]
    return "\n".join(parts) + "\n"


def _sections(claims: list[Claim]) -> Iterator[str]:
    known: dict[Steps, str] = {}
    for name, group in groupby(claims, key=lambda claim: claim.id.partition(".")[0]):
        yield rf"\section{{{name.replace('_', ' ').capitalize()}}}"
        for claim in group:
            yield _theorem(claim)
            yield _proof(claim, known)


def _theorem(claim: Claim) -> str:
    kind = "claim" if claim.recorded == "holds" else "refuted"
    cited = "".join(rf"~\cite{{{key}}}" for words, (key, _) in REFERENCES.items() if words in claim.source)
    name = claim.id.replace("_", r"\_")
    return "\n".join(
        (
            rf"\begin{{{kind}}}[\texttt{{{name}}}]\label{{{claim.id}}}",
            f"{prose(claim.statement)}",
            rf"\[ {claim.latex} \]",
            rf"\emph{{Assumes:}} {prose(claim.assumptions)}. \emph{{Source:}} {prose(claim.source)}{cited}.",
            rf"\end{{{kind}}}",
        )
    )


def _proof(claim: Claim, known: dict[Steps, str]) -> str:
    steps = steps_of(claim.id)
    setting = f"Numbers for {prose(str(claim.quick))}."
    if not steps:
        return r"\noindent No derivation is on record."
    first = known.setdefault(steps, claim.id)
    if first != claim.id:
        numbers = "; ".join(
            rf"({place}) {step.number(claim.quick)}" for place, step in enumerate(steps, start=1)
        )
        return "\n".join(
            (r"\begin{proof}", rf"As for Claim~\ref{{{first}}}. {setting} {numbers}.", r"\end{proof}")
        )
    items = (
        rf"\item {prose(step.says)}"
        + "\n"
        + rf"\[ {math(step.formula)} \quad = \quad {step.number(claim.quick)} \]"
        for step in steps
    )
    return "\n".join(
        (r"\begin{proof}", setting, r"\begin{enumerate}", *items, r"\end{enumerate}", r"\end{proof}")
    )
