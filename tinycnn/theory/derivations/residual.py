"""Guided backprop, residual block by residual block."""

from __future__ import annotations

import math

from tinycnn.rules import identity
from tinycnn.theory import sending
from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.nets import photograph
from tinycnn.theory.claims.residual import CASES, RECTIFIED, ResidualSetting
from tinycnn.theory.depth import kept_energy, kept_signal
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.theory.residual import Sent, rectified_cosine, residual_cosine, sent_to_sum


def _strength(setting: Setting) -> float:
    assert isinstance(setting, ResidualSetting)
    return setting.strength


def _sizes(setting: Setting) -> tuple[int, int]:
    return photograph(setting).size, setting.filters


def _cosine(depth: int, setting: Setting) -> float:
    return residual_cosine(*_sizes(setting), depth, _strength(setting))


def _along(setting: Setting) -> float:
    """How much of the input the last block adds to the signal, over the signal's length."""
    size, hidden = _sizes(setting)
    return _strength(setting) * math.sqrt(2 * hidden / size) * kept_signal(0)


def _noise(setting: Setting) -> float:
    return _strength(setting) * math.sqrt(2 * kept_energy(0))


RECURSION: Steps = (
    Step(
        "Numbers of the input and of every sum, units of a block, blocks.",
        "d, M, L",
        lambda setting: [*_sizes(setting), setting.depth],
    ),
    Step(
        "A block's output is so long, over its input, and independent of it in direction.",
        "Δ_l = B relu(A x_(l-1)): |Δ_l| / |x_(l-1)| = α",
        _strength,
    ),
    Step(
        "Given the forward pass, B is fixed on what it saw, h, and free across it: B = Δ_l hᵀ/|h|² + rest. "
        "So the block's "
        "units receive a part along their own z, from the signal's product with Δ_l, beside independent "
        "noise. At the "
        "last block the signal knows nothing of Δ_L.",
        "r = √(2d/M) cos(S, Δ_l), r_L",
        lambda setting: sending.mean(identity),
    ),
    Step(
        "What passes mask and backward ReLU comes back through A: given z, its rows are fixed along x_(l-1) "
        "and free "
        "across it. What the last block adds along x_(L-1), over |S|.",
        "α √(2M/d) m₁(r)",
        _along,
    ),
    Step("and how much noise.", "α √(2 q(r))", _noise),
    Step(
        "The shortcut keeps all that was there. So the signal's products with every earlier Δ_k grow from "
        "block to block; "
        "the input is Δ_0: the cosine after the last block alone.",
        "S ← S + |S| α [√(2M/d) m₁(r) x̂ + √(2 q(r)) ξ]: cos(S, x) for L = 1",
        lambda setting: _cosine(1, setting),
    ),
    Step("After all blocks.", "cos(s, x)", lambda setting: _cosine(setting.depth, setting)),
)

RECTIFIED_BLOCK: Steps = (
    Step(
        "What a wide block adds to an entry of its input is normal, with this deviation over |x|.",
        "σ / |x| = α / √d",
        lambda setting: _strength(setting) / math.sqrt(photograph(setting).size),
    ),
    Step(
        "So the ReLU behind the sum is open at entry i with the probability Φ(x_i/σ), and lets half of V "
        "pass: the energy of the signal there.",
        "E|S|² = Σ_i Φ(x_i/σ) / 2",
        lambda setting: _sent(setting).square,
    ),
    Step(
        "The shortcut sends the image squashed, on grey: what of it lies along the image.",
        "E⟨S, x⟩ / |x| = Σ_i Φ(x_i/σ) x_i / (√(2π) |x|)",
        lambda setting: _sent(setting).along,
    ),
    Step(
        "An entry is open where the block added much, so the signal knows what was added.",
        "E⟨S, Δ⟩ / |Δ| = Σ_i φ(x_i/σ) / √(2π d)",
        lambda setting: _sent(setting).branch,
    ),
    Step(
        "Down the branch as without that ReLU, with the r that belongs to this product.",
        "S ← S + |S| α [√(2M/d) m₁(r) x̂ + √(2 q(r)) ξ], r = √(2d/M) cos(S, Δ): cos(s, x)",
        lambda setting: rectified_cosine(photograph(setting), setting.filters, _strength(setting)),
    ),
)


def _sent(setting: Setting) -> Sent:
    return sent_to_sum(photograph(setting), _strength(setting))


STEPS = {
    **{f"residual.rectified_{round(100 * strength)}": RECTIFIED_BLOCK for strength in RECTIFIED},
    **{f"residual.{depth}_{round(100 * strength)}": RECURSION for depth, strength in CASES},
    "residual.saliency": (
        Step(
            "By symmetry: with -V for V the map is its negative, and as likely, whatever shortcuts do.",
            "E cos(s, x) ∝ E V = 0",
            lambda setting: sending.mean(identity),
        ),
    ),
}
