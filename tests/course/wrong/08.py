"""Plausible wrong answers to the exercises of notebook 08.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "open_share": [
        ("return 0.5 + r / np.pi", "with large r the signal is a copy"),
        ("return 0.5 + r / (2 * np.sqrt(1 + r**2))", "which part of a half-circle"),
    ],
    "ratio_below": [
        ("return np.sqrt(M / below) * m / np.sqrt(q)", "only half of the units below are on"),
        ("return np.sqrt(2) * (M / below) * m / np.sqrt(q)", "four times the copy, and twice the noise"),
    ],
    "filters_for_depth": [
        ("return np.pi**2 * channels * target**2 / (1 - target**2)", "deeper networks need fewer filters"),
        (
            "r = depth.ratios([1] * layers)[0]\n"
            "ratio = depth.kept_energy(r) / depth.kept_signal(r) ** 2\n"
            "return channels * ratio * target / (1 - target)",
            "the squared cosine is 1 / (1 + rho)",
        ),
    ],
}
