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
    "share_to_half": [
        ("return 0.05", "the logit falls along a straight line"),
        ("return shares[np.argmax(logits <= logits[0] / 2)]", "between two of the shares"),
        (
            "low = np.flatnonzero(logits <= logits[0] / 2)\ni = low[0] if len(low) else -1\n"
            "return shares[i - 1] + (logits[i - 1] - logits[0] / 2) / (logits[i - 1] - logits[i])"
            " * (shares[i] - shares[i - 1])",
            "is never halved",
        ),
        ("return np.interp(0.5, (logits / logits[0])[::-1], shares[::-1])", "is never halved"),
        (
            "return np.interp(0.5, (logits / logits[0])[::-1], shares[::-1], left=np.inf)",
            "a logit that comes back",
        ),
        ("return np.interp(0.25, (logits / logits[0])[::-1], shares[::-1])", "half is left at"),
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
