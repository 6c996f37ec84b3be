"""What letters mean in the formulas of a claim and of its derivation."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from tinycnn.theory.claim import Claim
from tinycnn.theory.derivations import steps_of
from tinycnn.theory.symbols import plain, words

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "E": "mean over random networks",
        "s": "the map",
        "x": "the image",
        "m": "what the map tends to: the sum of D_j^T y_j / |y_j|",
        "D": "D_j cuts patch j out of the image, D_j^T puts it back",
        "y": "y_j = D_j x, a patch",
        "u": "u_j = y_j / |y_j|, a patch's direction",
        "v": "direction of another patch",
        "p": "numbers in a patch",
        "J": "number of patches",
        "w": "a filter",
        "z": "z_ij = <w_i, y_j>, what a unit receives",
        "V": "V_ij, the weight of a unit in the logit",
        "h": "what the rule does to a signal, as max(V, 0)",
        "g": "the rule's forward mask, as 1(z > 0)",
        "N": "number of filters",
        "M": "number of hidden units",
        "d": "numbers in the image",
        "c": "deviation of the filters' entries",
        "f": "a logit",
        "C": "number of channels",
        "G": "G_a, local gain at pixel a",
        "I": "identity matrix",
        "P": "probability",
        "T": "entries of all patches that lie on the image",
        "X": "what pairs of patches that overlap add to the noise",
        "θ": "angle between two patches",
        "ρ": "energy of the noise over that of the mean map",
        "η": "E h(V)^2 / (E h(V))^2",
        "Γ": "gamma function",
        "Φ": "distribution function of a standard normal number",
        "φ": "density of a standard normal number",
    }
)
"""What they mean wherever nothing else is said. i is a filter, j a patch, k and l logits, a and b pixels."""

_RECURSION = {
    "z": "what a unit receives, in units of its deviation",
    "h": "what a layer reads: its inputs",
    "g": "noise of a signal, standard normal; g₁ and g₂ of two signals",
    "w": "weights of a unit",
    "a": "what a unit sends down",
    "r": "a signal's part along the unit's own input, over its noise",
    "κ": "of a signal R = κ z + τ g, the part along the unit's own input",
    "τ": "of a signal R = κ z + τ g, the deviation of the noise",
    "R": "the signal that comes back to a unit",
    "q": "q(r): energy that a layer lets pass; q_l: correlation of the noise of two signals below layer l",
    "m₁": "what a layer lets pass of z",
    "M": "M_l, hidden units of layer l, the first above the image",
    "n": "numbers that a layer reads",
    "l": "a layer",
    "L": "number of hidden layers",
}
_SIMILARITY = {
    **_RECURSION,
    "c": "c_l, cosine of two signals at layer l",
    "e": "mean square of what a layer reads, in units of the deviation of a unit",
    "κ₁": "arc-cosine map, of the cosine of two signals to that behind ReLUs",
    "n": "numbers of a signal",
    "l": "layers that signals have passed",
}
_CAM = {
    "f": "the logit",
    "b": "its bias",
    "g": "gradient of the logit by the activations",
    "A": "activations of a channel, at Z positions",
    "Z": "number of positions",
    "k": "a channel",
    "a": "a position",
}
_NOISY = {
    "σ": "deviation of the noise on every number of the image",
    "I": "the noise, N(0, σ²) in every number",
    "ξ": "a standard normal number",
    "ε": "noise, standard normal in every number",
    "N": "normal law of that mean and variance",
    "E": "mean over the noise",
    "f": "the logit",
    "z": "what a unit receives from the image without noise",
    "w": "weights of a unit",
    "V": "V_k, the weight of a unit in the logit",
    "p": "numbers in the patch",
}
_RULES = {
    "f": "the logit",
    "R": "relevance",
    "a": "what a unit reads",
    "b": "bias of a unit",
    "w": "weights of a unit",
    "z": "what a unit receives",
    "m": "multiplier of a unit",
    "t": "place on the line from the baseline, 0, to the image, 1",
    "x": "the image; x' the baseline",
}

OWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "depth.*": {
            **_RECURSION,
            "h": "what a layer reads; in h w, the image's height",
            "κ₁": _SIMILARITY["κ₁"],
        },
        "vgg.*": _RECURSION,
        "sensitivity.guided_deep": _RECURSION,
        "mprt.cascade*": _RECURSION,
        "mprt.loud": {
            "a₁": "how loud the louder channel is",
            "a₂": "and the other",
            "w₁": "its weight in a unit",
        },
        "mprt.ranks": {
            "c": "correlation of the two maps' pixels",
        },
        "csc.*": _SIMILARITY,
        "csc.[pmz]*": {
            "E": "mean over the law of a weight",
            "n": "numbers of a signal",
            "k": "squared sum of a signal's numbers over the sum of their squares",
            "u": "a signal",
            "μ": "mean of a weight",
            "s": "s², variance of a weight",
        },
        "residual.*": {
            **_RECURSION,
            "S": "signal at a sum, on its way down",
            "α": "length of what a block adds, over that of its input",
            "Δ": "what a block adds",
            "A": "first weights of a block",
            "B": "last weights of a block",
            "L": "number of blocks",
            "M": "units of a block",
            "ξ": "noise of length 1",
            "σ": "deviation of what a block adds to one number",
        },
        "perturbed.*": {
            "x": "the image; x' the changed one",
            "p": "p_j, numbers of patch j that lie on the image",
        },
        "perturbed.saliency*": {
            "θ": "θ_j, angle between patch j of x and of x'",
        },
        "perturbed.guided*": {
            "θ": "θ_j, angle between patch j of x and of x'",
        },
        "perturbed.deep*": {
            "θ": "θ_l, angle between what layer l reads of the two images",
            "l": "a layer",
        },
        "gradient.*": {
            "f": "a logit",
            "n": "units of a layer",
            "L": "number of hidden layers",
            "v": "a random direction",
            "θ": "θ_l, angle between what layer l reads of two images",
            "s": "the map of one image, s' of another",
            "l": "a layer",
        },
        "complete.*": {
            **_RULES,
            "P": "share of an input in R",
            "α": "weight of positive contributions",
            "β": "weight of negative ones",
            "ε": "what keeps denominators from 0",
        },
        "complete.ig_[mtlrg]*_[0-9]*": {
            "m": "number of nodes",
            "V": "the weight of a unit in the logit",
            "g": "distance of two nodes",
            "e": "e(t), by how much the quadrature misses a step at t, as a share of the line",
            "C": "mean square of that, in units of 1 / (12 m²)",
            "R": "length of (z, z')",
            "a": "direction of (|z|, |z'|)",
            "P": "probability",
        },
        "complete.ig_[hb]*": {
            "w": "w_i, weights of the quadrature",
            "t": "t_i, its nodes; 0 is the baseline",
        },
        "complete.blind": {
            "p": "slope of f below x - δ",
            "q": "what the slope changes by at x - δ",
        },
        "complete.deeplift_ig*": {
            "V": "V_k, the weight of a unit in the logit",
        },
        "smooth.*": {
            "g": "derivative of the activation",
            "s": "the map; in s t and the closed forms, c |y|",
            "t": "part of a filter along the patch, standard normal",
            "a": "the slope for z < 0",
        },
        "smoothgrad.*": _NOISY,
        "smoothgrad.contrast": {
            "E": "mean over random filters",
            "v": "a coordinate of a random direction",
        },
        "smoothgrad.softplus": {
            "t": "the noise along w",
            "β": "how steep the softplus is",
        },
        "smoothgrad.infidelity": {
            "φ": "any map",
            "Δ": "Δf, what the noise changes the logit by",
        },
        "smoothgrad.fit": {
            "φ": "slopes of a line",
        },
        "smoothgrad.ball*": {
            "r": "the ball's radius",
            "δ": "a change of the image",
        },
        "smoothgrad.lipschitz": {
            "y": "another image",
            "u": "a direction",
            "L": "largest slope of f",
        },
        "invariance.painted*": {
            "f": "f_k, a logit",
            "g": "what is added to all logits",
            "p": "p_k, a probability",
            "t": "the picture that is painted",
            "λ": "how strongly",
        },
        "invariance.shift*": {
            "m": "the constant that is added to all images",
            "w": "weights of a unit",
            "W": "weights of the first layer",
            "b": "its biases",
            "z": "what a unit receives",
        },
        "invariance.cam*": _CAM,
        "any_head.*": {
            "a": "the signal that comes back to a unit",
            "w": "weights of a unit",
            "ξ": "noise, N(0, I)",
            "N": "normal law of that mean and variance",
            "z": "z_i = w_i x, what a unit receives",
        },
        "any_head.bound": {
            "δ": "the risk",
            "L": "log(3/δ)",
            "p": "numbers in the patch, the d of the input",
        },
        "pooling.*": {
            "A": "A_j, filters for which patch j wins its window",
            "P": "P_jl, chance that patch j beats all others where it ties with l",
            "n": "candidates of a window",
        },
        "pooling.*_nine*": {
            "n": "n_j, windows that patch j wins",
        },
        "averaged.*": {
            "k": "width of the pool's windows",
        },
        "noise.largest_logit": {
            "K": "number of logits",
            "g": "g_k, standard normal numbers",
        },
        "noise.completeness*": {
            "b": "b_l, biases of layer l",
            "t": "a factor",
        },
        "identity.*": {
            "b": "biases",
            "t": "a factor",
            "a": "a_ij, what a unit sends down",
            "R": "signal above it",
        },
        "sensitivity.never_negative": {
            "b": "biases",
            "a": "a_ij, what a unit sends down",
            "R": "signal above it",
        },
        "sensitivity.deconvnet*": {
            "X": "χ² of C degrees of freedom, over C",
            "χ": "χ²_C, sum of C squared standard normal numbers",
        },
        "sensitivity.deconvnet_centred": {
            "h": "height of the image",
            "k": "width of a filter",
            "O": "of the order of",
            "A": "sum of all D_j^T",
            "P": "takes the mean away",
            "n": "counts of pixels",
        },
        "recovery.cosine_each": {
            "c": "covariance of A and B, over their means",
            "p": "ρ' / (1 + ρ')",
            "A": "share of m in a map",
            "B": "energy beside it",
            "v": "variance of A, over E A²",
            "b": "variance of B, over its squared mean",
        },
        "recovery.dense_*": {
            "A": "ρ / (1 + ρ)",
        },
        "limit.bias*": {
            "b": "bias of every filter",
        },
        "thousand.*": {
            "ε": "the error that the statement allows",
        },
        "noise.saliency*": {
            "δ": "1 if its two indices are equal, else 0",
            "W": "given the filters",
        },
        "family.linear_white": {
            "δ": "1 if its two indices are equal, else 0",
        },
        "mprt.noise_passes": {
            "r": "rank correlation of two maps",
        },
        "bank.*": {
            "λ": "an eigenvalue of Σ",
            "Σ": "before y, covariance of the filters",
            "μ": "mean filter",
            "σ": "deviation of z at a patch",
            "t": "a standard normal number; t_j, mean of z over its deviation",
        },
        "bank.shifted": {
            "a": "a_j, mean of z over its deviation",
        },
        "bank.*_*": {
            "C": "covariance of the filters",
            "b": "biases",
            "h": "what the layer reads",
        },
        "head.*": {
            "W": "given the filters",
            "C": "open filters, put where they opened",
            "b": "biases",
        },
        "paths.*": {
            "e": "energy of what a patch's units send, for one logit; ẽ under a shuffled head",
            "a": "what a unit sends down",
            "K": "number of logits",
        },
    }
)
"""From a pattern of ids to the letters that mean something else there; later ones count."""


def legend(claim: Claim) -> dict[str, str]:
    """The letters that occur in a claim's formula and in those of its derivation, and what they mean."""
    occur = words(plain(claim.latex), *(step.formula for step in steps_of(claim.id)))
    meanings = dict(LETTERS)
    for pattern, own in OWN.items():
        if fnmatchcase(claim.id, pattern):
            meanings |= own
    return {letter: meaning for letter, meaning in meanings.items() if letter in occur}
