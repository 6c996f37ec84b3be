"""Formulas as text: what a terminal shows instead of LaTeX."""

from __future__ import annotations

import pytest

from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.derivations import steps_of
from tinycnn.theory.symbols import legend, named, plain


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (
            r"\rho = \frac{\pi \eta T + 2\pi X}{N |m|^2} - \frac1N",
            "ρ = ((π η T + 2π X) / (N |m|²)) - (1 / N)",
        ),
        (r"\frac{y_j}{|y_j|} \rho_{7 \times 7}", "(y_j / |y_j|) ρ_(7 × 7)"),
        (r"E \langle s, x \rangle = \cos^2(m, x)", "E ⟨s, x⟩ = cos²(m, x)"),
        (r"\sum_{j \ni a} D_j^T \tilde s", "∑_(j ∋ a) D_jᵀ s̃"),
        (r"(1 + \rho)^{-1/2} \sqrt{E |s|^2} \sqrt 2", "(1 + ρ)^(-1/2) √(E |s|²) √2"),
        (r"\arcsin \beta \max_k \nabla f, \exists \varepsilon", "arcsin β max_k ∇ f, ∃ ε"),
        (r"\mathrm{Var}\, s_a \text{ at any lag}", "Var s_a at any lag"),
    ],
)
def test_latex_is_read_as_symbols(latex: str, text: str) -> None:
    assert plain(latex) == text


def test_no_command_of_any_claim_is_left_over() -> None:
    for claim in CLAIMS.values():
        text = plain(claim.latex)
        assert not set("\\{}") & set(text), text
        assert text.count("(") == text.count(")")


def test_every_formula_has_names_in_ascii() -> None:
    for claim in CLAIMS.values():
        for text in (plain(claim.latex), *(step.formula for step in steps_of(claim.id))):
            assert named(text, "ascii").isascii()
            assert "\\" not in named(text, "ascii")
            assert named(text, "utf-8") == text


def test_names_are_words_of_their_own() -> None:
    assert named("2πη T ≥ √ρ²", "ascii") == "2 pi eta T >= sqrt rho^2"


def test_the_legend_has_the_letters_that_occur() -> None:
    assert list(legend("ρ = (π η p - 1) / N")) == ["N", "ρ", "η"]
    assert list(legend("cos(s, s̃_j)")) == ["s"]
