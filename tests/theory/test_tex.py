"""All derivations as LaTeX: every formula in math mode, every environment closed, every reference known."""

import re
import shutil
from collections import Counter

import pytest

from tinycnn.theory.claims import CLAIMS
from tinycnn.theory.derivations import DERIVATIONS
from tinycnn.theory.formulas import math, prose
from tinycnn.theory.tex import document

SOME = ("limit.mean", "recovery.rho", "recovery.rho_wide", "recovery.law_cnn", "depth.proposition_2")

KNOWN = """
    alpha beta delta varepsilon eta theta kappa lambda mu xi pi rho sigma tau varphi chi Gamma Delta Phi Sigma
    sum prod int partial nabla exists infty frac tfrac sqrt bar hat tilde text mathrm left right langle rangle
    arccos arcsin arctan cos exp log max min sin tan angle perp surd
    cdot times ast odot pm approx sim ne le leq ge geq ni in propto to leftarrow ldots quad , ; { } % # & $
"""
"""Commands of LaTeX and amsmath; of others none is defined."""


@pytest.mark.parametrize(
    ("typed", "latex"),
    [
        ("ρ = (π η T + 2π X) / (N |m|²) - 1/N", r"\rho = (\pi \eta T + 2\pi X) / (N |m|^{2}) - 1/N"),
        ("m = Σ_j D_jᵀ y_j / |y_j|", r"m = \sum_{j} D_{j}^{T} y_{j} / |y_{j}|"),
        ("E⟨s, m⟩ / (|m| √E|s|²)", r"E\langle s, m\rangle / (|m| \sqrt{E|s|^{2}})"),
        ("(1 + ρ)^(-1/2)", r"(1 + \rho )^{-1/2}"),
        ("r_(l-1) = √(2 M_l / M_(l-1)) m₁(r_l)", r"r_{l-1} = \sqrt{2 M_{l} / M_{l-1}} m_{1}(r_{l})"),
        ("cos(m - m̄, x)", r"\cos (m - \bar{m}, x)"),
        ("Σ_{j≠j'∋a} M", r"\sum_{j\ne j'\ni a} M"),
    ],
)
def test_a_typed_formula_becomes_latex(typed, latex):
    assert re.sub(r"\s+", " ", math(typed)) == re.sub(r"\s+", " ", latex)


def test_every_formula_and_sentence_becomes_ascii_with_closed_braces():
    for id, steps in DERIVATIONS.items():
        for step in steps:
            for text in (math(step.formula), prose(step.says)):
                assert text.isascii(), (id, text)
                plain = text.replace(r"\{", "").replace(r"\}", "")
                assert plain.count("{") == plain.count("}"), (id, text)


def _texts():
    """All that a document is made of: formulas, typed and written, and sentences."""
    for id, claim in CLAIMS.items():
        yield id, claim.latex
        for text in (claim.statement, claim.assumptions, claim.source, str(claim.quick)):
            yield id, prose(text)
    for id, steps in DERIVATIONS.items():
        for step in steps:
            yield id, math(step.formula)
            yield id, prose(step.says)


def test_every_macro_is_one_of_latex_or_amsmath_and_all_that_opens_is_closed():
    for id, text in _texts():
        used = re.findall(r"\\([a-zA-Z]+|.)", text)
        assert set(used) <= set(KNOWN.split()), (id, text)
        assert used.count("left") == used.count("right"), (id, text)
        assert text.count("$") % 2 == 0, (id, text)


def test_no_formula_has_two_exponents_or_two_indices_in_a_row():
    script = r"(?:\{[^{}]*\}|\w)\s*"
    twice = re.compile(rf"\^{script}\^|_{script}_")
    for id, text in _texts():
        assert not twice.search(text), (id, text)


def test_what_tex_would_read_as_a_command_in_a_sentence_stands_in_a_formula():
    for id, steps in DERIVATIONS.items():
        for step in steps:
            outside = re.sub(r"\$[^$]*\$", "", prose(step.says))
            assert not re.search(r"(?<!\\)[_^#%&~]", outside), (id, outside)


def test_a_document_closes_what_it_opens_and_refers_to_what_is_there():
    text = document(CLAIMS[id] for id in SOME)
    opened, closed = (Counter(re.findall(rf"\\{word}{{(\w+)}}", text)) for word in ("begin", "end"))
    assert opened == closed
    assert opened["claim"] == 4
    assert opened["refuted"] == 1
    labels, keys = re.findall(r"\\label{([^}]+)}", text), re.findall(r"\\bibitem{(\w+)}", text)
    assert labels == list(SOME)
    assert set(re.findall(r"\\ref{([^}]+)}", text)) == {"recovery.rho"}
    assert set(re.findall(r"\\cite{(\w+)}", text)) <= set(keys)
    assert text.isascii()


def test_the_command_writes_it(tinycnn_cache, tmp_path, capsys, monkeypatch):
    from tinycnn.cli import main
    from tinycnn.theory import claims

    monkeypatch.setattr(claims, "CLAIMS", {id: CLAIMS[id] for id in (*SOME, "head.mean_vgg16")})
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["explain", "--tex", str(tmp_path / "all.tex")]) == 0
    said = capsys.readouterr().out
    assert "1 of 6 claims are left out: their weights have not been fetched" in said
    assert "no PDF: none of tectonic, pdflatex is installed" in said
    assert (tmp_path / "all.tex").read_text("utf-8") == document(CLAIMS[id] for id in SOME)


def test_the_command_writes_one_claim_that_is_named(tmp_path, capsys, monkeypatch):
    from tinycnn.cli import main

    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["explain", SOME[0], "--tex", str(tmp_path / "one.tex")]) == 0
    assert "left out" not in capsys.readouterr().out
    assert (tmp_path / "one.tex").read_text("utf-8") == document([CLAIMS[SOME[0]]])
    assert main(["explain", "limit.nothing", "--tex", str(tmp_path / "none.tex")]) == 1
    assert not (tmp_path / "none.tex").exists()


@pytest.fixture
def tinycnn_cache(tmp_path, monkeypatch):
    """A cache of weights that holds none."""
    monkeypatch.setenv("TINYCNN_CACHE", str(tmp_path / "cache"))
