"""Formulas as text: what a terminal shows instead of LaTeX."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.derivations import steps_of
from tinycnn.theory.letters import OWN, legend
from tinycnn.theory.symbols import named, plain, words


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
        (r"\lambda \, t", "λ t"),
        (r"E |\cos| = 1 \text{ (left)}, 4 \text{ (right)}", "E |cos| = 1 (left), 4 (right)"),
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
    assert named("λ Λ", "ascii") == "lambda Lambda"


def test_words_are_letters_with_what_is_below_them_but_not_above() -> None:
    assert words("ρ = (π η p² - 1) / m₁ᵀ") == {"ρ", "π", "η", "p", "m₁"}
    assert words("cos(s, s̃_j)") == {"cos", "s", "j"}


def test_the_legend_has_the_letters_that_occur_and_no_others() -> None:
    assert list(legend(CLAIMS["averaged.deconvnet"])) == ["E", "s", "x", "w"]


@pytest.mark.parametrize(
    ("id", "letter", "word"),
    [
        ("complete.ig_left_10", "m", "nodes"),
        ("mprt.ranks", "c", "correlation"),
        ("csc.positive", "c", "cosine"),
        ("csc.guided_1", "g", "noise"),
        ("invariance.painted_saliency", "g", "logits"),
        ("invariance.shift_product", "m", "constant"),
        ("smoothgrad.fit", "N", "normal"),
        ("smoothgrad.lipschitz", "y", "image"),
        ("limit.mean", "m", "tends"),
    ],
)
def test_letters_mean_what_they_mean_in_their_claim(id: str, letter: str, word: str) -> None:
    assert word in legend(CLAIMS[id])[letter]


INDICES = set("abijklo") | {"e", "π", "Σ", "Π", "Δ", "∑"}
"""What needs no word: indices, and letters that stand for one thing in all mathematics."""


@pytest.mark.parametrize("id", CLAIMS)
def test_every_letter_is_in_the_legend_or_in_the_text(id: str) -> None:
    claim, steps = CLAIMS[id], steps_of(id)
    said = words(claim.statement, claim.assumptions, *(step.says for step in steps))
    occur = {
        word
        for word in words(plain(claim.latex), *(step.formula for step in steps))
        if len(word) == 1 and word.isalpha()
    }
    assert occur - INDICES - said <= set(legend(claim))


def test_every_pattern_of_letters_of_their_own_is_of_some_claim() -> None:
    for pattern, letters in OWN.items():
        matching = [claim for id, claim in CLAIMS.items() if fnmatchcase(id, pattern)]
        assert matching, pattern
        assert set(letters) & set().union(*map(legend, matching)), pattern
