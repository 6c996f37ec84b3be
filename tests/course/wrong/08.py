"""Plausible wrong answers to the exercises of notebook 08.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "open_share": [
        ("return 0.5 + r / np.pi", "with large r the signal is a copy"),
        ("return 0.5 + r / (2 * np.sqrt(1 + r**2))", "which part of a half-circle"),
        ("return 0.5", "with large r the signal is a copy"),
        ("return 1 + 2 * np.arctan(r) / np.pi", "half of it passes"),
        ("return 0.5 + np.clip(r, -1, 1) / 4 if abs(r) < 100 else 1.0", "which part of a half-circle"),
    ],
    "ratio_below": [
        ("return np.sqrt(M / below) * m / np.sqrt(q)", "only half of the units below are on"),
        ("return np.sqrt(2) * (M / below) * m / np.sqrt(q)", "four times the copy, and twice the noise"),
        ("return 0.5", "layers say"),
        ("return 2 * np.sqrt(2 * M / below) * m / np.sqrt(q)", "only half of the units below are on"),
        ("return np.sqrt(2) * m / np.sqrt(q)", "four times the units above"),
    ],
    "filters_for_depth": [
        ("return np.pi**2 * channels * target**2 / (1 - target**2)", "deeper networks need fewer filters"),
        (
            "r = depth.ratios([1] * layers)[0]\n"
            "ratio = depth.kept_energy(r) / depth.kept_signal(r) ** 2\n"
            "return channels * ratio * target / (1 - target)",
            "the squared cosine is 1 / (1 + rho)",
        ),
        ("return 80", "the cosine is"),
        (
            "r = depth.ratios([1] * layers)[0]\n"
            "return 2 * channels * depth.kept_energy(r) / depth.kept_signal(r) ** 2 / (1 / "
            "target**2 - 1)",
            "the cosine is",
        ),
        (
            "r = depth.ratios([1])[0]\n"
            "return channels * depth.kept_energy(r) / depth.kept_signal(r) ** 2 / (1 / target**2 "
            "- 1)",
            "deeper networks need fewer filters",
        ),
    ],
}
