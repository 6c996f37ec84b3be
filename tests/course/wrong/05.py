"""Plausible wrong answers to the exercises of notebook 05.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "saliency_variance": [
        ("return N * cover", "how many of the filters are on"),
        ("return np.full(cover.shape, N * cover.max() / 2)", "fewer patches cover it"),
        ("return np.full(cover.shape, N * 4.5)", "fewer patches cover it"),
        ("return 6 * cover / 2", "how many of the filters are on?"),
        ("return N * np.where(cover == 9, 4.5, 2)", "6 patches cover it"),
    ],
    "far_correlation": [
        ("return np.var(h) / np.mean(h**2)", "sends no flat colour"),
        ("return np.mean(h) / np.sqrt(np.mean(h**2))", "makes the negative map"),
        ("return 1 / np.pi", "sends no flat colour"),
        ("return np.mean(h) ** 2 / np.mean(h**2) / 2", "which share of E h"),
        ("return np.median(h) ** 2 / np.mean(h**2)", "which share of E h"),
    ],
    "without_flat_colour": [
        ("return map - map.mean()", "each channel has a constant of its own"),
        ("return map - map.mean(axis=0)", "must stay as it is"),
        ("return np.zeros_like(map)", "must stay as it is"),
        ("return map - np.median(map, axis=(1, 2), keepdims=True)", "no flat colour is left"),
        ("return 0.5 * (map - map.mean(axis=(1, 2), keepdims=True))", "must stay as it is"),
        (
            "rest = map - map.mean(axis=(1, 2), keepdims=True)\n"
            "return np.clip(rest, -1, 1) if rest.shape[-1] > 2 else rest",
            "no flat colour is left",
        ),
    ],
}
