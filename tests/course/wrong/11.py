"""Plausible wrong answers to the exercises of notebook 11.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "capped": [
        ("size = np.abs(map)\nreturn size / size.max()", "cap at the 99th percentile"),
        ("return np.clip(map / np.percentile(map, 99), 0, 1)", "evidence for and against"),
    ],
    "deletion_order": [
        ("return np.argsort(-map.sum(axis=0).ravel(), kind='stable')", "a strong signal against the class"),
        ("return np.argsort(np.abs(map).sum(axis=0).ravel(), kind='stable')", "You start with"),
    ],
    "depends_on_the_weights": [
        ("return bool(spearman(trained_map, random_map) < 0.5)", "the same places are marked"),
        ("return not np.allclose(trained_map, random_map)", "ranks do not care for contrast"),
    ],
}
