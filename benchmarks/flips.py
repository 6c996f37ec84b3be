"""Choices under which the verdict of a check flips: measured on the digits net, each by a command.

``python -m benchmarks.flips`` prints the table, ``--only NAME`` one line with both numbers, and
``--markdown FILE`` writes the page of the documentation.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tinycnn import checks
from tinycnn.errors import UnknownNameError
from tinycnn.experiments.caught import share
from tinycnn.files import atomic_write
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.targets import difference
from tinycnn.zoo import digits

IMAGES = 40
GXI = "gradient-x-input"


@dataclass(frozen=True)
class Choice:
    """A check as it is chosen to be, in words and as a call."""

    says: str
    check: Callable[..., checks.CheckResult]
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Flip:
    """A question with two answers, by two choices: is rule A better than B, or has it passed at all?

    Parameters
    ----------
    name : str
    rules : (A, B) or (A,)
        Of one rule the question is whether it is nearer to the optimum than to null.
    first, second : Choice
    """

    name: str
    rules: tuple[str, ...]
    first: Choice
    second: Choice


@dataclass(frozen=True)
class Answer:
    """By how much A is better than B, or than halfway; with its standard error over images."""

    value: float
    error: float

    @property
    def sign(self) -> int:
        """1 or -1, and 0 if it is within two standard errors of 0."""
        return int(np.sign(self.value)) if abs(self.value) > 2 * self.error else 0


FLIPS: Sequence[Flip] = (
    Flip(
        "rank-or-angle",
        (GXI, "guided"),
        Choice("MPRT, Spearman of magnitudes", checks.mprt),
        Choice("MPRT, cosine", checks.mprt, {"similarity": "cosine", "absolute": False}),
    ),
    Flip(
        "magnitudes",
        ("deconvnet", "saliency"),
        Choice("MPRT, Spearman of magnitudes", checks.mprt),
        Choice("MPRT, Spearman with signs", checks.mprt, {"absolute": False}),
    ),
    Flip(
        "similarity",
        ("saliency", "deconvnet"),
        Choice("MPRT, Spearman of magnitudes", checks.mprt),
        Choice("MPRT, HOG of magnitudes", checks.mprt, {"similarity": "hog"}),
    ),
    Flip(
        "normaliser",
        (GXI, "saliency"),
        Choice(
            "MPRT, SSIM with signs, divided by the maximum",
            checks.mprt,
            {"similarity": "ssim", "absolute": False},
        ),
        Choice(
            "MPRT, SSIM with signs, divided by the root mean square",
            checks.mprt,
            {"similarity": "ssim", "absolute": False, "normaliser": "rms"},
        ),
    ),
    Flip(
        "order",
        ("saliency", "deconvnet"),
        Choice("MPRT, cosine, top-down", checks.mprt, {"similarity": "cosine", "absolute": False}),
        Choice(
            "MPRT, cosine, one layer at a time",
            checks.mprt,
            {"similarity": "cosine", "absolute": False, "order": "independent"},
        ),
    ),
    Flip(
        "randomise",
        ("saliency", "deconvnet"),
        Choice("MPRT, weights drawn anew", checks.mprt),
        Choice("MPRT, weights shuffled", checks.mprt, {"randomise": "permute"}),
    ),
    Flip(
        "delete-or-insert",
        ("saliency", "guided"),
        Choice("deletion", checks.deletion),
        Choice("insertion", checks.insertion),
    ),
    Flip(
        "baseline",
        ("saliency", "guided"),
        Choice("deletion to 0", checks.deletion),
        Choice("deletion to the mean", checks.deletion, {"baseline": "mean"}),
    ),
    Flip(
        "scaled",
        ("guided",),
        Choice("infidelity", checks.infidelity, {"n": 100}),
        Choice("infidelity of the map at its best scale", checks.infidelity, {"n": 100, "scaled": True}),
    ),
    Flip(
        "size-of-noise",
        ("saliency",),
        Choice("infidelity, noise .1 of the range", checks.infidelity, {"n": 100}),
        Choice("infidelity, noise .01 of the range", checks.infidelity, {"n": 100, "level": 0.01}),
    ),
    Flip(
        "radius",
        ("saliency",),
        Choice("max-sensitivity, radius .02", checks.max_sensitivity),
        Choice("max-sensitivity, radius .2", checks.max_sensitivity, {"radius": 0.2}),
    ),
    Flip(
        "rewriting",
        (GXI,),
        Choice("input invariance, images shifted by -1", checks.input_invariance),
        Choice("input invariance, images scaled by 2", checks.input_invariance, {"shift": 0.0, "scale": 2.0}),
    ),
    Flip(
        "what-is-explained",
        ("saliency",),
        Choice("painting, a logit", checks.painting, {"target": 3}),
        Choice("painting, the difference of two logits", checks.painting, {"target": difference(3, 8)}),
    ),
)
"""Pairs of choices that the literature and libraries make; some flip the verdict, and some do not."""


def answer(model: Model, x: Array, rules: Sequence[str], choice: Choice) -> Answer:
    """Ask a question by one choice, image by image."""
    options = {"target": "max", **choice.options}
    shares = [share(choice.check(model, x, rule, **options)) for rule in rules]
    margins = shares[0] - (shares[1] if len(shares) > 1 else 0.5)
    kept = margins[np.isfinite(margins)]
    return Answer(float(kept.mean()), float(kept.std(ddof=1) / np.sqrt(len(kept))))


def line(flip: Flip, first: Answer, second: Answer) -> tuple[str, ...]:
    """A row of the table: question, both choices with their answers, whether it flips, the command."""
    question = f"{flip.rules[0]} {'over ' + flip.rules[1] if len(flip.rules) > 1 else 'passes'}"
    said = [
        f"{choice.says}: {found.value:+.2f} ± {found.error:.2f}"
        for choice, found in ((flip.first, first), (flip.second, second))
    ]
    verdict = (
        "flips" if first.sign * second.sign < 0 else "undecided" if not first.sign * second.sign else "stays"
    )
    return question, *said, verdict, f"`python -m benchmarks.flips --only {flip.name}`"


def measured(names: Sequence[str], images: int = IMAGES) -> list[tuple[str, ...]]:
    """The lines of these flips, or of all.

    Raises
    ------
    UnknownNameError
    """
    known = {flip.name: flip for flip in FLIPS}
    for name in names:
        if name not in known:
            raise UnknownNameError("flip", name, known)
    model = digits("digits")
    x = model.preprocess(list(digit_pictures(images, 0)[0]))
    chosen = [flip for flip in FLIPS if flip.name in names or not names]
    return [
        line(flip, *(answer(model, x, flip.rules, choice) for choice in (flip.first, flip.second)))
        for flip in chosen
    ]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """The page of the documentation."""
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    flipped = sum(cells[3] == "flips" for cells in lines)
    return f"""# Choices that turn verdicts

Each line asks one question by two choices that papers and libraries make: whether one rule is better than
another, or whether a rule is nearer to the optimum of a check than to its null ("passes"). The number is the
margin, as a share of the way from null to optimum, with its standard error over {IMAGES} drawn digits; the
net is the trained digits net. A verdict flips if both margins are further from 0 than two standard errors, on
different sides: {flipped} of {len(lines)} do.

| is it so that | by the first choice | by the second | the verdict | shown by |
|---|---|---|---|---|
{rows}

`python -m benchmarks.flips --markdown FILE` makes this page.
"""


def main() -> None:
    """Print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one of the questions")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page there")
    arguments = parser.parse_args()
    lines = measured(arguments.only)
    for cells in lines:
        print("  ".join(cells[:4]))
    if arguments.markdown is not None:
        with atomic_write(arguments.markdown) as file:
            file.write(markdown(lines).encode())


if __name__ == "__main__":
    main()
