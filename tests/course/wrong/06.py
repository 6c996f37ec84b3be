"""Plausible wrong answers to the exercises of notebook 06.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "hidden_units": [
        ("return filters * height * width", "4 filters at 4 x 3 positions"),
        ("return filters * (height // stride) * (width // stride)", "a last window that is not full"),
    ],
    "quick_saliency": [
        (
            "u = x / np.linalg.norm(x)\n"
            "g, V = rng.standard_normal((2, M))\n"
            "noise = rng.standard_normal(x.shape)\n"
            "return np.sum(relu(V) * relu(g)) * u + np.sqrt(M / 2) * (noise - (noise @ u) * u)",
            "the signs of V cancel",
        ),
        (
            "u = x / np.linalg.norm(x)\n"
            "g, V = rng.standard_normal((2, M))\n"
            "q = np.sqrt(np.sum(V**2 * (g > 0)))\n"
            "return np.sum(V * relu(g)) * u + q * rng.standard_normal(x.shape)",
            "the noise has a part only across x",
        ),
    ],
    "filters_at_stride": [
        ("return filters * stride", "keep the hidden units"),
        ("return filters", "instead of 24 x 24"),
    ],
}
