"""Plausible wrong answers to the exercises of notebook 06.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "hidden_units": [
        ("return filters * height * width", "4 filters at 4 x 3 positions"),
        ("return filters * (height // stride) * (width // stride)", "a last window that is not full"),
        ("return 192", "the network has"),
        ("return 2 * filters * -(-height // stride) * -(-width // stride)", "the network has"),
        (
            "return {(8, 6, 1): 192, (8, 6, 2): 48, (7, 9, 2): 60}.get((height, width, stride), "
            "filters * height * width)",
            "the network has",
        ),
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
        ("return np.zeros_like(x)", "not M/2"),
        (
            "return np.sqrt(M / 2) * rng.standard_normal(x.shape)",
            "with a single hidden unit half of all maps are 0",
        ),
        ("return np.sqrt(M) * rng.standard_normal(x.shape)", "half of the 40 units are on"),
    ],
    "filters_at_stride": [
        ("return filters * stride", "keep the hidden units"),
        ("return filters", "instead of 24 x 24"),
        ("return 64", "instead of 24 x 24"),
        ("return {2: 64, 4: 256}.get(stride, 144)", "instead of 24 x 24"),
        ("return 2 * filters * stride**2", "keep the hidden units"),
    ],
}
