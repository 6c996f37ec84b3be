"""Plausible wrong answers to the exercises of notebook 14.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "painted_logits": [
        ("g = np.tensordot(x, t, axes=3)\nf[:, 0] += g\nreturn f", "gain the same number"),
        ("return f", "nothing has been painted"),
        ("return f + t.sum()", "multiply t with the image itself"),
        ("return f + 2 * np.tensordot(x, t, axes=3)[:, None]", "the sum of t times the image"),
        ("return f + (x * t).mean(axis=(1, 2, 3))[:, None]", "the sum of t times the image"),
        ("return np.tensordot(x, t, axes=3)[:, None] * np.ones_like(f)", "gain the same number"),
        ("return np.tensordot(x, t, axes=3)", "4 images with 3 logits each"),
    ],
    "seed_of_log_probability": [
        ("return np.eye(len(f))[k]", "It must sum to 0"),
        ("p = np.exp(f)\nseed = -p / p.sum()\nseed[k] += 1\nreturn seed", "logits of 1000 and 0"),
        ("return np.zeros(len(f))", "by finite differences"),
        ("p = np.exp(f - f.max())\nseed = p / p.sum()\nseed[k] -= 1\nreturn seed", "by finite differences"),
        (
            "p = np.exp(f - f.max())\np /= p.sum()\nseed = -p * p[k]\nseed[k] += p[k]\nreturn seed",
            "by finite differences",
        ),
        ("seed = np.full(len(f), -1 / len(f))\nseed[k] += 1\nreturn seed", "by finite differences"),
    ],
    "shifted_bias": [
        ("return b + np.einsum('kcab,c->k', w, m)", "the sign"),
        ("return -np.einsum('kcab,c->k', w, m)", "start from the biases"),
        ("return b - w.sum(axis=(1, 2, 3)) * m.mean()", "each channel has its own m"),
        ("return b - np.einsum('kcab,c->k', w, m) / w[0, 0].size", "the layer sees the shift"),
        ("return b", "the layer sees the shift"),
        ("return b[:, None] - np.einsum('kcab,c->kc', w, m)", "one bias for each of the 4 filters"),
    ],
}
