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
        ("return np.zeros(values.shape)", "nothing may be lost or added"),
        (
            "back = np.zeros(values.shape)\n"
            "back[np.arange(len(values)), values.argmax(axis=1)] = 2 * signal\n"
            "return back",
            "nothing may be lost or added",
        ),
        (
            "back = np.zeros(values.shape)\nback[:4] = [[0, 10], [20, 0], [30, 0], [-40, 0]]\nreturn back",
            "nothing may be lost or added",
        ),
        ("return np.repeat(signal[:, None] / 2, 2, axis=1)", "all of a signal goes to one place"),
    ],
    "mean_of_winners": [
        ("return y1 / np.linalg.norm(y1) / np.sqrt(2 * np.pi)", "all filters together have mean 0"),
        (
            "return (y1 / np.linalg.norm(y1) - y2 / np.linalg.norm(y2)) / np.sqrt(2 * np.pi)",
            "what both patches have in common",
        ),
        ("return np.zeros_like(y1)", "filters say"),
        ("return (y1 - y2) / np.linalg.norm(y1 - y2)", "filters say"),
        ("return (y1 - y2) / 3 / np.sqrt(2 * np.pi)", "filters say"),
    ],
    "dead_share": [
        ("return 0.25", "half of all filters dislike both"),
        ("return (1 + r) / 4", "it is the angle that counts"),
        ("return 1 / 4", "half of all filters dislike both"),
        ("return 1 / 2 + np.arcsin(r) / np.pi", "half of all filters dislike both"),
        ("return {1.0: 0.5, -1.0: 0.0, 0.5: 1 / 3}.get(r, 0.25)", "it is the angle that counts"),
    ],
}
