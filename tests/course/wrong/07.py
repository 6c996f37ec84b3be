"""Plausible wrong answers to the exercises of notebook 07.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "unpool": [
        (
            "return signal[:, None] * (values == values.max(axis=1, keepdims=True))",
            "nothing may be lost or added",
        ),
        (
            "back = np.zeros(values.shape)\n"
            "back[np.arange(len(values)), (values[:, 1] >= values[:, 0]).astype(int)] = signal\n"
            "return back",
            "the first one wins",
        ),
    ],
    "mean_of_winners": [
        ("return y1 / np.linalg.norm(y1) / np.sqrt(2 * np.pi)", "all filters together have mean 0"),
        (
            "return (y1 / np.linalg.norm(y1) - y2 / np.linalg.norm(y2)) / np.sqrt(2 * np.pi)",
            "what both patches have in common",
        ),
    ],
    "dead_share": [
        ("return 0.25", "half of all filters dislike both"),
        ("return (1 + r) / 4", "it is the angle that counts"),
    ],
}
