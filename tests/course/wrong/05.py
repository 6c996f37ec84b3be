"""Plausible wrong answers to the exercises of notebook 05.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "saliency_variance": [
        ("return N * cover", "how many of the filters are on"),
        ("return np.full(cover.shape, N * cover.max() / 2)", "fewer patches cover it"),
    ],
    "far_correlation": [
        ("return np.var(h) / np.mean(h**2)", "sends no flat colour"),
        ("return np.mean(h) / np.sqrt(np.mean(h**2))", "makes the negative map"),
    ],
    "without_flat_colour": [
        ("return map - map.mean()", "each channel has a constant of its own"),
        ("return map - map.mean(axis=0)", "must stay as it is"),
    ],
}
