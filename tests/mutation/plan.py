"""Which files faults are planted in, and which checks and tests can see each of them, fastest first."""

from __future__ import annotations

from tests.mutation.sandbox import Command

DEFINITIONS = tuple(
    f"tinycnn/ops/{name}.py"
    for name in ("activation", "conv", "dense", "geometry", "norm", "patches", "pool", "shape", "softmax")
)
KERNELS = tuple(
    f"tinycnn/ops/kernels/{name}.py"
    for name in (
        "activation",
        "conv",
        "dense",
        "direct",
        "im2col",
        "norm",
        "padding",
        "pool",
        "shape",
        "softmax",
    )
)
"""Kernels of registers and tiles are left out: what runs of them without a compiler is not what runs."""

THREADS = "tinycnn/ops/kernels/threads.py"
RULES = tuple(f"tinycnn/rules/{name}.py" for name in ("family", "gate", "gradient", "rule", "stack", "tape"))
TRACE = "tinycnn/trace.py"

GROUPS = {
    "operations, as defined": DEFINITIONS,
    "kernels": KERNELS,
    "threads": (THREADS,),
    "rules": RULES,
    "trace": (TRACE,),
}
FILES = tuple(file for files in GROUPS.values() for file in files)

SHARED = ("tinycnn/ops/geometry.py", "tinycnn/ops/shape.py")
"""Definitions that the kernels use, too."""

TWINS = ("tests/ops/test_vjps.py", "tests/ops/test_twins.py", "tests/ops/test_ranges.py")
ENGINE = ("tests/test_rules.py", "tests/test_trace.py", "tests/test_layers.py")
REPORTS = ("tests/test_stack.py", "tests/test_tape.py", "tests/test_tape_weak_signals.py")
LAWS = ("tests/testing/test_matrices.py", "tests/testing/test_laws.py")


def checks(file: str) -> list[Command]:
    """The checks of `tinycnn.testing`, with their default settings, that can see a file."""
    if file in DEFINITIONS and file not in SHARED:
        return [_selfcheck("definitions", "written_out")]
    if file.endswith("tape.py"):
        return []  # a report: it sends no signal, and no check can see it
    if file in RULES:
        return [_selfcheck("engine", "family" if file.endswith("family.py") else "rules"), _selfcheck("laws")]
    return [_selfcheck("definitions", "kernels"), _selfcheck("engine")]


def suite(file: str) -> list[Command]:
    """The tests that can see a file."""
    if file in DEFINITIONS and file not in SHARED:
        return [_pytest(*TWINS)]
    if file in DEFINITIONS:
        return [_pytest(*TWINS), _pytest(*ENGINE, *LAWS)]
    if file in KERNELS:
        return [
            _pytest(*TWINS, "tests/ops/test_conv_paths.py"),
            _pytest("tests/ops/test_fast_conv.py", *SMALL),
            _pytest(*ENGINE),
        ]
    if file == THREADS:
        return [_pytest("tests/ops/test_threads.py"), _pytest(*TWINS)]
    return [_pytest(*ENGINE, *REPORTS, *LAWS)]


SMALL = ("-k", "dense or depthwise or groups or product")
"""Tests of methods that have faults here; those of large arrays would take minutes without a compiler."""


def _selfcheck(*parts: str) -> Command:
    return ("tests.mutation.selfcheck", *parts)


def _pytest(*arguments: str) -> Command:
    plain = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "tests.mutation.unshrunk")
    return ("pytest", *plain, *arguments)
