"""Formulas of docstrings: written to be read in a terminal, drawn as formulas in the book.

``sum_j D_j^T y_j / |y_j|`` between double backticks becomes ``\\sum_j D_j^T y_j / |y_j|`` in TeX. Only what
is understood to the last sign is drawn; a word that is not known is code, and stays code.
"""

import re
from typing import Any

from sphinx.application import Sphinx

GREEK = (
    "Phi", "Sigma", "beta", "chi", "delta", "epsilon", "eta", "kappa", "lambda", "phi", "pi", "rho",
    "tau", "theta",
)  # fmt: skip
FUNCTIONS = ("arccos", "arctan", "cos", "det", "exp", "log", "max", "min", "sin")
ROMAN = (
    "Corr", "Cov", "Var", "bias", "blur", "conv", "cover", "diag", "energy", "gain", "image", "label",
    "low", "mask", "mean", "onehot", "relu", "sd", "send", "sigmoid", "signal", "softmax", "spread",
    "std", "tr", "unpool", "variance", "weight",
)  # fmt: skip
WORDS = {
    **{name: f"\\{name} " for name in (*GREEK, *FUNCTIONS)},
    **{name: f"\\mathrm{{{name}}}" for name in ROMAN},
    **{name: f"\\text{{ {name} }}" for name in ("covering", "covers", "in", "out", "windows", "wins")},
    "acos": "\\arccos ",
    "asin": "\\arcsin ",
    "sum": "\\sum ",
    "int": "\\int ",
    "inf": "\\infty ",
    "prod": "\\prod ",
    "sqrt": "\\sqrt",
}
CODE = ("at", "if", "is", "of", "or", "to")
"""Other words of two letters are two letters."""

SIGNS = {
    **{sign: sign for sign in "+-/=,()[]|<>"},
    "*": "\\cdot ",
    "->": "\\to ",
    "!=": "\\ne ",
    "<=": "\\le ",
    ">=": "\\ge ",
    "~": "\\sim ",
    "\u27e8": "\\langle ",
    "\u27e9": "\\rangle ",
    "+-": "\\pm ",
    "{": "\\{",
    "}": "\\}",
}
TOKEN = re.compile(
    r"\s+|(?<=_)\d[a-z]'*|\b[a-z]\d+\b|[A-Za-z]+'*|\d*\.?\d+|->|!=|<=|>=|\+-|[_^]-?|.", re.DOTALL
)
LITERAL = re.compile(r"(?<![`\w])``([^`]+)``")
FORMULA = re.compile(r"[_^=<>+*/|]|\b(?:sqrt|pi|eta|rho)\b|\w\(")
ANGLES = re.compile(r"<([^<>=]+, [^<>=]+)>")
TWICE = re.compile(r"_\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\}_\{")
POWER = re.compile(r"\^\(([^()]*)\)")
BLOCK = re.compile(r"(?<=\n\n)((?: {4}.*\n(?: *\n(?= {4}))?)+)")


def tex(formula: str) -> str | None:
    """A formula in TeX, or None for what is none."""
    if not FORMULA.search(formula):
        return None
    plain = POWER.sub(r"^{\1}", ANGLES.sub("\u27e8\\1\u27e9", " ".join(formula.split())))
    tokens = ["", *TOKEN.findall(plain), ""]
    drawn, depth = [], 0
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        script = before[:1] in ("_", "^") and before != ""
        if (token == "{" and (script or depth)) or (token == "}" and depth):
            drawn, depth = [*drawn, token], depth + (1 if token == "{" else -1)
            continue
        found = sign(before, token, after)
        if found is None:
            return None
        if script:
            found = f"{{{'-' * (len(before) - 1)}{found.replace('{ ', '{').replace(' }', '}')}}}"
        drawn.append(found)
    text = rooted("".join(drawn))
    return None if TWICE.search(text) else text.strip()


def sign(before: str, token: str, after: str) -> str | None:
    """One word, number or sign in TeX, between its neighbours."""
    if token.isspace():
        return "\\, " if before in ROMAN or after in ROMAN else " "
    if token == ".":
        return "\\cdot " if after[:1].isalpha() else None
    if token[0] in "_^":
        return token[0]
    if not token[0].isalpha():
        return SIGNS.get(token, " ".join(token) if token[-1] == "'" or token[-1].isalpha() else number(token))
    word = token.rstrip("'")
    if re.fullmatch(r"[a-z]\d+", word):
        return f"{word[0]}_{{{word[1:]}}}"
    found = WORDS.get(word, " ".join(word) if len(word) <= 2 and word not in CODE else None)
    return found and found + token[len(word) :]


def number(token: str) -> str | None:
    return token if token[-1].isdigit() else None


def rooted(text: str) -> str:
    """What stands in the parentheses of a root, under its bar."""
    while (start := text.find("\\sqrt(")) >= 0:
        end, depth = start + 6, 1
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = f"{text[:start]}\\sqrt{{{text[start + 6 : end - 1]}}}{text[end:]}"
    return text


def draw(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Draw the formulas of a docstring, and keep what stands indented as it stands."""
    text = "\n".join(lines)
    if what == "module":
        text = BLOCK.sub(block, f"{text}\n")
    lines[:] = LITERAL.sub(inline, text).split("\n")


def inline(literal: re.Match) -> str:
    found = tex(literal[1])
    return literal[0] if found is None else f":math:`{found}`"


def block(indented: re.Match) -> str:
    found = tex(indented[1])
    return f"::\n\n{indented[1]}" if found is None else f".. math:: {found}\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", draw, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
