"""Which files faults are planted in, and which checks and tests can see each of them, fastest first."""

from __future__ import annotations

from pathlib import Path

from tests.mutation.child import Command

DEFINITIONS = tuple(
    f"tinycnn/ops/{name}.py"
    for name in (
        "activation",
        "conv",
        "dense",
        "geometry",
        "norm",
        "patches",
        "pool",
        "shape",
        "softmax",
    )
)
MOVES = tuple(f"tinycnn/ops/{name}.py" for name in ("normalise", "product", "rearrange", "resample"))
"""Definitions that are their own kernels."""

KERNELS = tuple(
    f"tinycnn/ops/kernels/{name}.py"
    for name in (
        "conv",
        "machine/scratch",
        "planes/activation",
        "planes/dense",
        "planes/im2col",
        "planes/norm",
        "planes/padding",
        "planes/pool",
        "planes/shape",
    )
)
"""Kernels of registers and tiles, and what spreads them over threads, are left out: without a compiler, other
code runs in their place."""

RULES = tuple(
    f"tinycnn/rules/{name}.py"
    for name in (
        "averages",
        "composites",
        "family",
        "fold",
        "gate",
        "gradient",
        "lrp",
        "others",
        "patterns",
        "products",
        "recorder",
        "rule",
        "stack",
        "tape",
    )
)
TRACE = "tinycnn/trace.py"
WEIGHING = tuple(f"tinycnn/rules/{name}.py" for name in ("composites", "fold", "lrp", "others"))
"""Rules that read weights or activations, and have checks of their own."""

METHODS = ("averages", "patterns", "products")
"""Files of methods, which are around rules."""

LAW_FILES = tuple(
    f"tinycnn/testing/laws/{name}.py" for name in ("algebra", "contract", "meaning", "rewriting", "symmetry")
)

GROUPS = {
    "operations, as defined": DEFINITIONS + MOVES,
    "kernels": KERNELS,
    "rules": RULES,
    "trace": (TRACE,),
    "laws": LAW_FILES,
}
FILES = tuple(file for files in GROUPS.values() for file in files)

SHARED = ("tinycnn/ops/geometry.py", "tinycnn/ops/shape.py")
"""Definitions that the kernels use, too."""

NAMES = {
    "activation": "activation or mask or sigmoid",
    "conv": "conv2d or path or layers",
    "dense": "dense",
    "geometry": "geometry or conv2d or pool or average",
    "im2col": "conv2d or path or band",
    "norm": "norm",
    "normalise": "norm",
    "padding": "conv2d",
    "patches": "conv2d",
    "pool": "pool or average or center",
    "product": "product or multiply or scale",
    "rearrange": "take or transpose or pad or rearrange",
    "resample": "resample",
    "scratch": "scratch",
    "shape": "shape or sum",
    "softmax": "softmax",
}
"""From what a file of operations is called to the tests that are about it, as pytest selects them."""

OPERATIONS = tuple(
    f"tests/ops/test_{name}.py"
    for name in ("scratch", "geometry", "twins", "conv_paths", "ranges", "vjps", "moves_and_products")
)
ENGINE = tuple(
    f"tests/test_{name}.py"
    for name in (
        "rules",
        "layers",
        "trace",
        "relevance",
        "methods",
        "patterns",
        "rectgrad",
        "rows_that_misfit",
    )
)
OWN = {
    "averages": "methods",
    "composites": "relevance",
    "fold": "relevance",
    "gradient": "gradient",
    "lrp": "relevance",
    "others": "rectgrad",
    "patterns": "patterns",
    "products": "methods",
}
"""From what a file of rules is called to the tests that are about it, which come first."""

REPORTS = tuple(f"tests/test_{name}.py" for name in ("tape", "tape_weak_signals", "stack", "rule_names"))
LAWS = ("tests/testing/test_matrices.py", "tests/testing/test_oracle.py", "tests/testing/test_laws.py")

FAST = ("tests/ops/test_fast_conv.py", "-k", "dense or depthwise or groups or product or band")
"""Tests of methods that have faults here; those of large arrays would take minutes without a compiler."""


def checks(file: str) -> list[Command]:
    """The checks of `tinycnn.testing`, with their default settings, that can see a file."""
    if file in MOVES:
        return [_selfcheck("moves")]
    if file in DEFINITIONS and file not in SHARED:
        return [_selfcheck("definitions"), _selfcheck("written_out")]
    reports = {"recorder": "recorded", "tape": "taped"}
    if Path(file).stem in reports:
        return [_selfcheck(reports[Path(file).stem])]
    if Path(file).stem in METHODS:
        return [_selfcheck("methods", "patterns")]
    if file in LAW_FILES:
        return [_selfcheck("mistakes"), _selfcheck("laws")]
    if file in WEIGHING:
        return [
            _selfcheck("formulas"),
            _selfcheck("composites", "options"),
            _selfcheck("folded", "methods", "taped"),
        ]
    if file in RULES:
        first = {"family": "family", "gradient": "rows", "stack": "stacked"}.get(Path(file).stem, "rules")
        return [
            _selfcheck(part)
            for part in dict.fromkeys((first, "rows", "engine", "stacked", "laws", "methods", "composites"))
        ]
    if file == TRACE:
        return [_selfcheck("engine"), _selfcheck("laws"), _selfcheck("methods")]
    return [_selfcheck("definitions", "kernels"), _selfcheck("engine")]


def suite(file: str) -> list[Command]:
    """The tests that can see a file."""
    if file in LAW_FILES:
        return [_pytest("tests/testing/test_gallery.py"), _pytest(LAWS[-1])]
    if file == TRACE or file in RULES:
        own = [_pytest(f"tests/test_{OWN[Path(file).stem]}.py")] if Path(file).stem in OWN else []
        return [*own, _pytest(*ENGINE, *REPORTS), _pytest(*LAWS)]
    operations = [_pytest(*OPERATIONS, "-k", NAMES[Path(file).stem]), _pytest(*OPERATIONS)]
    if file in DEFINITIONS + MOVES and file not in SHARED:
        return operations
    return [*operations, _pytest(*ENGINE), _pytest(*(FAST if file in KERNELS else LAWS))]


def _selfcheck(*parts: str) -> Command:
    return ("tests.mutation.selfcheck", *parts)


def _pytest(*arguments: str) -> Command:
    plain = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "tests.mutation.unshrunk")
    return ("pytest", *plain, *arguments)
