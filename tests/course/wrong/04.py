"""Plausible wrong answers to the exercises of notebook 04.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "directions": [
        ("return y / np.linalg.norm(y, axis=1, keepdims=True)", "zero patch"),
        ("return y / np.linalg.norm(y)", "each row has its own length"),
    ],
    "mean_of_filters_on": [
        ("return np.exp(-0.5 * b**2) / np.sqrt(2 * np.pi) * y / np.linalg.norm(y)", "in units of |y|"),
        (
            "length = np.linalg.norm(y)\nreturn (1 + b / length) / np.sqrt(2 * np.pi) * y / length",
            "the same for b and -b",
        ),
    ],
    "filters_needed": [
        ("return np.pi**2 * target**2 / (1 - target**2)", "rho grows with the channels"),
        ("return np.pi**2 * channels * target / (1 - target)", "the squared cosine is 1 / (1 + rho)"),
    ],
}
