"""Plausible wrong answers to the exercises of notebook 04.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "directions": [
        ("return y / np.linalg.norm(y, axis=1, keepdims=True)", "zero patch"),
        ("return y / np.linalg.norm(y)", "each row has its own length"),
        ("return np.ones_like(y) / np.sqrt(y.shape[1])", "the zero patch sends nothing back"),
        (
            "length = np.linalg.norm(y, axis=1, keepdims=True)\n"
            "return np.divide(y, 2 * length, out=np.zeros_like(y), where=length > 0)",
            "a direction has length 1",
        ),
        (
            "length = np.linalg.norm(y, axis=1, keepdims=True)\n"
            "return np.divide(-y, length, out=np.zeros_like(y), where=length > 0)",
            "does not point along",
        ),
    ],
    "mean_of_filters_on": [
        ("return np.exp(-0.5 * b**2) / np.sqrt(2 * np.pi) * y / np.linalg.norm(y)", "in units of |y|"),
        (
            "length = np.linalg.norm(y)\nreturn (1 + b / length) / np.sqrt(2 * np.pi) * y / length",
            "the same for b and -b",
        ),
        ("return np.zeros_like(y)", "standard errors away"),
        (
            "length = np.linalg.norm(y)\nreturn np.exp(-0.5 * (b / length) ** 2) / 2 * y / length",
            "standard errors away",
        ),
        (
            "return np.exp(-0.5 * (b / np.linalg.norm(y)) ** 2) / np.sqrt(2 * np.pi) * "
            "np.array([1.0, -2.0, 2.0]) / 3",
            "standard errors away",
        ),
    ],
    "filters_needed": [
        ("return np.pi**2 * target**2 / (1 - target**2)", "rho grows with the channels"),
        ("return np.pi**2 * channels * target / (1 - target)", "the squared cosine is 1 / (1 + rho)"),
        ("return 17", "the cosine is"),
        ("return np.pi**2 * channels / (1 / target**2 - 1) / 2", "the cosine is"),
        ("return {0.8: 17.5, 0.6: 5.6}.get(target, 17.5) * channels", "the cosine is"),
    ],
}
