"""Formulas of docstrings become TeX, and code stays code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the book needs the extra: pip install 'tinycnn[docs]'")
sys.path.append(str(Path(__file__).parents[2] / "notebooks" / "docs"))

from extensions.formulas import tex

DRAWN = {
    "sum_j D_j^T y_j / |y_j|": r"\sum_{j} D_{j}^{T} y_{j} / |y_{j}|",
    "1 / sqrt(2 pi)": r"1 / \sqrt{2 \pi}",
    "(1 + rho)^(-1/2)": r"(1 + \rho)^{-1/2}",
    "<L v, u> = <v, L^T u>": r"\langle L v, u\rangle = \langle v, L^{T} u\rangle",
    "E[w_o w_o' 1(w.y > 0)]": r"E[w_{o} w_{o'} 1(w\cdot y > 0)]",
    "int_-inf^t F^n": r"\int_{-\infty}^{t} F^{n}",
    "m1(r_l) / sqrt(q(r_l))": r"m_{1}(r_{l}) / \sqrt{q(r_{l})}",
    "signal * 1[x > 0]": r"\mathrm{signal}\, \cdot 1[x > 0]",
}
CODE = (
    "trace[i].output is trace[i + 1].input",
    "model.preprocess(image)",
    "rho_image(x, at, 1)",
    "y_signal_j = W",
    "(n, c, h, w)",
    "NUMBA_DISABLE_JIT=1",
    "saliency",
)


@pytest.mark.parametrize("formula", DRAWN)
def test_a_formula_is_drawn(formula: str) -> None:
    found = tex(formula)
    assert found is not None
    assert found.replace(" ", "") == DRAWN[formula].replace(" ", "")


@pytest.mark.parametrize("text", CODE)
def test_code_stays_code(text: str) -> None:
    assert tex(text) is None
