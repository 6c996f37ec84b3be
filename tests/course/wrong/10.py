"""Plausible wrong answers to the exercises of notebook 10.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "map_distance": [
        ("return np.linalg.norm(a - b)", "only directions count"),
        ("return 1 - (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)", "sqrt(2 - 2 cos)"),
    ],
    "shared_noise": [
        ("return np.mean(h) ** 2", "three times as strong"),
        ("return np.mean(h) ** 2 / np.var(h)", "of their noise"),
    ],
    "attack_step": [
        ("return np.clip(x - size * np.sign(gradient), 0, 255)", "should follow the gradient"),
        ("return np.clip(x + size * gradient, 0, 255)", "every pixel moves by the same"),
    ],
}
