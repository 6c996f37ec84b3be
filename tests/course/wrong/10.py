"""Plausible wrong answers to the exercises of notebook 10.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "map_distance": [
        ("return np.linalg.norm(a - b)", "only directions count"),
        ("return 1 - (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)", "sqrt(2 - 2 cos)"),
        ("return 1.0", "at distance 0 from itself"),
        (
            "return 2 * np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b))",
            "opposite maps are at distance 2",
        ),
        (
            "a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)\nreturn np.linalg.norm(a - b) ** 2 / 2",
            "sqrt(2 - 2 cos)",
        ),
    ],
    "cosine_with_filters": [
        ("return cosine", "with ever more filters"),
        ("return 1 / np.pi", "at as many filters"),
        ("return 1 - (1 - cosine) * filters / other", "with ever fewer filters"),
        ("rho = (1 / cosine - 1) * filters / other\nreturn 1 / (1 + rho)", "with ever fewer filters"),
        (
            "rho = (1 - cosine) / (cosine - q) * other / filters\nreturn (1 + rho * q) / (1 + rho)",
            "with ever more filters",
        ),
        (
            "rho = (1 - cosine) / (cosine - q) * (filters / other) ** 2\nreturn (1 + rho * q) / (1 + rho)",
            "times less of it",
        ),
        (
            "q = 1 / np.pi\nrho = (1 - cosine) / (cosine - q) * filters / other\n"
            "return (1 + rho * q) / (1 + rho)",
            "of which two share",
        ),
    ],
    "attack_step": [
        ("return np.clip(x - size * np.sign(gradient), 0, 255)", "should follow the gradient"),
        ("return np.clip(x + size * gradient, 0, 255)", "every pixel moves by the same"),
        ("return x", "should follow the gradient"),
        ("return np.clip(x + 2 * np.sign(gradient), 0, 255)", "whatever the size of its gradient"),
        ("return x + size * np.sign(gradient)", "pixels stay in 0..255"),
    ],
}
