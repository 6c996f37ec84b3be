"""Plausible wrong answers to the exercises of notebook 11.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "capped": [
        ("size = np.abs(map)\nreturn size / size.max()", "cap at the 99th percentile"),
        ("return np.clip(map / np.percentile(map, 99), 0, 1)", "evidence for and against"),
        ("return np.ones(map.shape)", "of the pixels have the value 1"),
        ("return np.full(map.shape, 0.5)", "below the cap twice the size is twice as bright"),
        (
            "size = np.abs(map)\nreturn np.clip(size / np.percentile(size, 90), 0, 1)",
            "of the pixels have the value 1",
        ),
        (
            "size = np.abs(map)\nreturn np.clip(size / np.percentile(size, 99.9), 0, 1)",
            "cap at the 99th percentile",
        ),
        (
            "size = np.abs(map)\nreturn 0.5 * np.clip(size / np.percentile(size, 99), 0, 1)",
            "twice the size is twice as bright",
        ),
        (
            "size = np.abs(map)\nreturn np.sqrt(np.clip(size / np.percentile(size, 99), 0, 1))",
            "twice the size is twice as bright",
        ),
    ],
    "deletion_order": [
        ("return np.argsort(-map.sum(axis=0).ravel(), kind='stable')", "a strong signal against the class"),
        ("return np.argsort(np.abs(map).sum(axis=0).ravel(), kind='stable')", "You start with"),
        ("return np.arange(map.shape[1] * map.shape[2])", "You start with"),
        ("return [5, 3, 1, 0, 2, 4]", "a map of 4x5 has 20 positions"),
        ("return np.argsort(-np.abs(map).max(axis=0).ravel(), kind='stable')", "You start with 3"),
        ("return np.argsort(-(map**2).sum(axis=0).ravel(), kind='stable')", "You start with 3"),
    ],
    "depends_on_the_weights": [
        ("return bool(spearman(trained_map, random_map) < 0.5)", "the same places are marked"),
        ("return not np.allclose(trained_map, random_map)", "ranks do not care for contrast"),
        ("return True", "the same order of all pixels"),
        ("return False", "two unrelated maps"),
        ("return bool(spearman(np.abs(trained_map), np.abs(random_map)) < 0.99)", "the bound is 1/2"),
        ("return bool(spearman(np.abs(trained_map), np.abs(random_map)) < 0.25)", "the bound is 1/2"),
    ],
}
