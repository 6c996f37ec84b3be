"""Formulas as text: LaTeX in symbols, and symbols by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

SIGNS = {
    "approx": "≈", "cdot": "·", "exists": "∃", "ge": "≥", "in": "∈", "langle": "⟨", "le": "≤", "nabla": "∇",
    "leftarrow": "←", "ne": "≠", "ni": "∋", "odot": "⊙", "partial": "∂", "perp": "⊥", "prod": "∏", "to": "→",
    "propto": "∝", "rangle": "⟩", "sim": "~", "sum": "∑", "times": "×", "left": "", "right": "", ",": " ",
    ";": " ", "quad": " ", "varepsilon": "ε", "varphi": "φ",
}  # fmt: skip
"""Commands without arguments, as text; beside them there are Greek letters, and functions such as cos."""

ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}
FRACTIONS = ("frac", "tfrac")
RAISED = dict(zip("0123456789+-T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ", strict=True))
LOWERED = dict(zip("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋", strict=True))

UNICODE = {"LAMBDA": "LAMDA"}
"""Greek letters that Unicode spells otherwise."""

TOKEN = re.compile(r"\\([a-zA-Z]+|.)|(\s+)|(.)")


def plain(latex: str) -> str:
    """A formula in LaTeX as text in symbols, such as ``ρ = ((π η T + 2π X) / (N |m|²))``."""
    return re.sub(
        r"(?<=⟨) | (?=[⟩⁰¹²³⁴⁵⁶⁷⁸⁹_^,)])|(?<=[a-z]{2}) (?=\|)", "", " ".join(_text(_tokens(latex)).split())
    )


def named(text: str, encoding: str) -> str:
    """A text with what an encoding does not have by its name, such as ``rho`` and ``^2``."""
    parts: list[str] = []
    for letter in text:
        part = letter if _has(encoding, letter) else _name(letter)
        apart = len(part) > 1 or (parts and len(parts[-1]) > 1)  # a name beside a letter is no longer word
        if apart and parts and parts[-1][-1].isalnum() and part[0].isalnum():
            parts.append(" ")
        parts.append(part)
    return "".join(parts)


def words(*formulas: str) -> set[str]:
    """The letters, with what is written below them, and the names that occur in formulas in symbols."""
    raised = str.maketrans(dict.fromkeys(RAISED.values(), " "))
    return {
        word
        for formula in formulas
        for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFD", formula.translate(raised)))
    }


def _tokens(latex: str) -> list[str]:
    """Commands with their backslash, and single letters, last one first."""
    return [match[0] for match in TOKEN.finditer(latex) if not match[2] or match[2] == " "][::-1]


def _text(tokens: list[str]) -> str:
    """What is left up to the end or a closing brace, which is taken away."""
    parts: list[str] = []
    while tokens and (token := tokens.pop()) != "}":
        parts.append(_one(token, tokens))
    return "".join(parts)


def _argument(tokens: list[str]) -> str:
    """The next group or letter."""
    while tokens and tokens[-1] == " ":
        tokens.pop()
    return _one(tokens.pop(), tokens).strip() if tokens else ""


def _one(token: str, tokens: list[str]) -> str:
    """The text of a token, with the arguments that it takes."""
    name = token.removeprefix("\\")
    match token:
        case "{":
            return _text(tokens)
        case "^" | "_":
            return _script(token, _argument(tokens))
        case _ if not token.startswith("\\"):
            return token
    if name in FRACTIONS:
        above, below = _argument(tokens), _argument(tokens)
        return f"({f'({above})' if set('+-') & set(above) else above} / {_group(below)})"
    if name == "sqrt":
        return f"√{_group(_argument(tokens))}"
    if name in ACCENTS:
        return unicodedata.normalize("NFC", _argument(tokens) + ACCENTS[name])
    if name in ("mathrm", "text"):
        return f"{_argument(tokens)} " if name == "text" else _argument(tokens)
    return SIGNS[name] if name in SIGNS else _greek(name)


def _greek(name: str) -> str:
    """A Greek letter by its name; what is none is a function, whose argument stands apart."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {UNICODE.get(name.upper(), name.upper())}")
    except KeyError:
        return f"{name} "


def _script(mark: str, text: str) -> str:
    small = RAISED if mark == "^" else LOWERED
    if all(letter in small for letter in text):
        return "".join(small[letter] for letter in text)
    return f"{mark}{text}" if text.isalnum() else f"{mark}({text})"


def _group(text: str) -> str:
    """A text in brackets, unless it is one thing."""
    return text if re.fullmatch(r"\w+|\(.*\)|\|\w*\|", text) and text.count("(") < 2 else f"({text})"


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _name(letter: str) -> str:
    """A symbol in ASCII; of one that has no name for it, its number as Python writes it."""
    return "".join(_names(letter)) or letter.encode("unicode_escape").decode()


WRITTEN = {
    "√": "sqrt", "⟨": "<", "⟩": ">", "≈": "~", "·": "*", "≥": ">=", "≤": "<=", "≠": "!=", "→": "->",
    "←": "<-", "×": "x", "∂": "d", "±": "+-", "∋": "has", "∈": "in", "⊙": "o", "∝": "~", "∠": "angle",
    "∞": "inf", "∇": "nabla", "∃": "there is",
    "∫": "int", "…": "...", "∑": "sum", "∏": "prod", "⁻": "^-", "⊥": "_perp", "\u0304": "_bar",
    "\u0302": "_hat", "\u0303": "_tilde",
}  # fmt: skip
"""Symbols in ASCII that Unicode calls by other names."""


def _names(letter: str) -> Iterator[str]:
    if letter in WRITTEN:
        yield WRITTEN[letter]
        return
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if marks:
        yield base + "".join(WRITTEN.get(mark, "") for mark in marks)
        return
    parts = unicodedata.name(letter, "").split()
    if parts[:1] == ["GREEK"]:
        letter = next((tex for tex, word in UNICODE.items() if word == parts[-1]), parts[-1])
        yield letter.capitalize() if parts[1] == "CAPITAL" else letter.lower()
    kept = unicodedata.normalize("NFKC", letter)
    if kept != letter and kept.isascii():
        yield ("_" if parts[:1] == ["SUBSCRIPT"] else "^") + kept
