"""Faults that no general recipe makes: the mistakes that people make in backward passes, and races."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.mutation.faults import Fault, planted

GATE, GRADIENT, RULE = (f"tinycnn/rules/{name}.py" for name in ("gate", "gradient", "rule"))
TRACE, STACK = "tinycnn/trace.py", "tinycnn/rules/stack.py"
SHAPE, DENSE, POOL, CONV, IM2COL, PADDING = (
    f"tinycnn/ops/kernels/{name}.py"
    for name in (
        "planes/shape",
        "planes/dense",
        "planes/pool",
        "conv",
        "planes/im2col",
        "planes/padding",
    )
)

PLANTED = (
    (
        "wrong mask",
        GATE,
        "step.layer.vjp(signal, step.input)",
        "step.layer.vjp(step.input, signal)",
    ),
    ("wrong mask", GATE, "signal * step.output", "signal * (step.output > 0)"),
    ("wrong mask", GATE, "self.mask(self.send(signal), step)", "self.send(self.mask(signal, step)) * 1"),
    ("wrong mask", GATE, "self.mask(self.send(signal), step)", "self.send(signal)"),
    ("wrong mask", GATE, "return np.ones_like(signal)", "return np.sign(signal)"),
    ("wrong mask", GATE, "return np.abs(signal)", "return engine.relu(signal)"),
    ("write to an input", GATE, "return engine.relu(signal)", "return np.maximum(signal, 0, out=signal)"),
    (
        "write to an input",
        GATE,
        "return engine.relu(-signal)",
        "return engine.relu(np.negative(signal, signal))",
    ),
    ("write to an input", TRACE, "x = np.array(x)", "x = np.asarray(x)"),
    ("write to an input", SHAPE, 'np.array(xs[0], order="C")', "xs[0]"),
    (
        "write to an input",
        DENSE,
        "y = empty((len(signal), weight.shape[1]), signal.dtype)",
        "y = weight[:1]",
    ),
    (
        "kernel not turned",
        GRADIENT,
        "step.layer.weight, step.input.shape[2:], **",
        ("step.layer.weight[:, :, ::-1, ::-1], step.input.shape[2:], **"),
    ),
    ("wrong switches", GRADIENT, "step.saved, step.input", "np.maximum(step.saved - 1, 0), step.input"),
    ("wrong switches", GRADIENT, "step.saved, step.input", "step.saved[:, ::-1], step.input"),
    ("wrong switches", POOL, "at = switches[p % len(switches)]", "at = switches[0]"),
    (
        "wrong part",
        GRADIENT,
        "[part.shape[1] for part in step.input]",
        "[p.shape[1] for p in step.input[::-1]]",
    ),
    ("wrong part", RULE, "[backward(trace, part, rule)[0]", "[backward(trace, parts[0], rule)[0]"),
    ("wrong part", RULE, "engine.add([backward(", "engine.add([parts[0]] + [backward("),
    ("wrong part", STACK, "np.concatenate([seed] * len(self.rules))", "np.repeat(seed, len(self.rules), 0)"),
    ("transposed weights", DENSE, "frozen(weight), used, y", "frozen(weight[::-1]), used, y"),
    (
        "wrong stride",
        CONV,
        "return few.conv2d_vjp_input(signal, weight, at, groups)",
        (
            "at = window(image, _size(weight), 1, padding, dilation, circular)\n"
            "        return few.conv2d_vjp_input(signal, weight, at, groups)"
        ),
    ),
    (
        "wrong stride",
        IM2COL,
        "first, y[image], at.stride, at.dilation",
        "first, y[image], at.dilation, at.stride",
    ),
    (
        "padding one off",
        PADDING,
        "u, out = i - top, y[p, i]",
        "u, out = i - top + 1, y[p, i]",
    ),
    (
        "state left over",
        GATE,
        "return self.mask(self.send(signal), step)",
        ("step = self.__dict__.setdefault('step', step)\n        return self.mask(self.send(signal), step)"),
    ),
)
"""Kind, file, what stands there, what would."""


def planted_faults(root: Path) -> Iterator[Fault]:
    """All of them."""
    for kind, file, old, new in PLANTED:
        yield planted(root, file, kind, old, new)
