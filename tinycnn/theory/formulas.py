"""From formulas as people type them, with Greek letters and raised digits, to LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import partial

SYMBOLS = {
    "α": r"\alpha ", "β": r"\beta ", "Γ": r"\Gamma ", "∇": r"\nabla ",
    "δ": r"\delta ", "ε": r"\varepsilon ", "η": r"\eta ", "θ": r"\theta ", "κ": r"\kappa ",
    "λ": r"\lambda ", "μ": r"\mu ", "ξ": r"\xi ", "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ",
    "τ": r"\tau ", "φ": r"\varphi ", "χ": r"\chi ", "Δ": r"\Delta ", "Φ": r"\Phi ", "Σ": r"\Sigma ",
    "Π": r"\prod ", "⟨": r"\langle ", "⟩": r"\rangle ", "·": r"\cdot ", "≈": r"\approx ", "≠": r"\ne ",
    "≤": r"\leq ", "≥": r"\geq ", "∋": r"\ni ", "∝": r"\propto ", "∠": r"\angle ", "∫": r"\int ",
    "∞": r"\infty ", "∂": r"\partial ", "⊙": r"\odot ", "⊥": r"\perp ", "±": r"\pm ", "→": r"\to ",
    "←": r"\leftarrow ", "…": r"\ldots ", "∈": r"\in ", "~": r"\sim ", "*": r"\ast ", "%": r"\%",
    "#": r"\#", "&": r"\&", "−": "-", "–": "-", "×": r"\times ", "√": r"\surd ",
}  # fmt: skip
"""Letters and signs, but for those that are raised, lowered, or above another one."""

RAISED = {"¹": "1", "²": "2", "³": "3", "⁴": "4", "ᵀ": "T", "⁻": "-", "⁺": "+"}
LOWERED = {**{chr(0x2080 + digit): str(digit) for digit in range(10)}, "₊": "+", "₋": "-"}
ACCENTS = {"\u0304": r"\bar", "\u0302": r"\hat", "\u0303": r"\tilde"}
FUNCTIONS = ("arccos", "arctan", "asin", "cos", "exp", "log", "max", "min", "sin", "tan")
SETS = {"Σ_": r"\sum_", "Σ ": r"\sum "}
"""A capital sigma with an index is a sum; alone it is a matrix."""


def math(text: str) -> str:
    """A formula in LaTeX's math mode.

    Parameters
    ----------
    text : str
        Such as ``"ρ = (π η T + 2π X) / (N |m|²) - 1/N"``. Words of two letters and more are set as text.

    Returns
    -------
    str
        ASCII.
    """
    text = _roots(unicodedata.normalize("NFD", text).replace("=\u0338", "≠"))
    text = re.sub(r"(?<![_^t])\{([^{}]*)\}", r"\\{\1\\}", text)
    text = re.sub(r"([_^])\(([^()]*)\)", r"\1{\2}", text)
    text = re.sub(r"([_^])(?!\{)([A-Za-z0-9⊥][A-Za-z0-9]*'*(?:-[A-Za-z0-9]+)?)", r"\1{\2}", text)
    for signs, mark in ((RAISED, "^"), (LOWERED, "_")):
        text = re.sub(f"[{''.join(signs)}]+", partial(_script, signs, mark), text)
    for accent, command in ACCENTS.items():
        text = re.sub(f"(.){accent}", rf"\{command}{{\1}}", text)
    for sign, command in (*SETS.items(), *SYMBOLS.items()):
        text = text.replace(sign, command)
    return _words(text)


def prose(text: str) -> str:
    """A sentence in LaTeX's text mode: whatever looks like a formula is set as one."""
    return " ".join(_word(word) for word in text.split(" "))


def _word(word: str) -> str:
    core = word.rstrip(".,;:")
    if re.search(r"[^\x00-\x7f]|[_^|<>=~]", core):
        return f"${math(core)}${word[len(core) :]}"
    return re.sub(r"([%#&{}$])", r"\\\1", word)


def _roots(text: str) -> str:
    """``√(...)`` and ``√x`` with a bar over all that they cover."""
    while "√" in text:
        before, _, after = text.partition("√")
        length = _covered(after)
        inside = after[1 : length - 1] if after.startswith("(") else after[:length]
        text = f"{before}\\sqrt{{{inside}}}{after[length:]}"
    return text


def _covered(text: str) -> int:
    """How many characters a root covers: a bracket, or all up to the next gap outside of one."""
    depth = 0
    for place, sign in enumerate(text):
        if depth == 0 and sign in " ,/):;]":
            return place
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and sign == ")" and text.startswith("("):
            return place + 1
    return len(text)


def _script(meaning: Mapping[str, str], mark: str, found: re.Match[str]) -> str:
    return f"{mark}{{{''.join(meaning[sign] for sign in found.group())}}}"


def _words(text: str) -> str:
    """Words of two letters and more as text, functions as operators; commands stay."""

    def change(found: re.Match[str]) -> str:
        word = found.group()
        if word.startswith("\\"):
            return word
        name = word.strip()
        if name in FUNCTIONS:
            return rf"\{'arcsin' if name == 'asin' else name} "
        return rf"\text{{{word}}}"

    return re.sub(
        r"\\[a-zA-Z]+ ?|(?: |(?<![{_^A-Za-z\\]))(?:[A-Za-z]{2,}(?![A-Za-z_^'])(?: [A-Za-z]{2,}\b)* ?)",
        change,
        text,
    )
