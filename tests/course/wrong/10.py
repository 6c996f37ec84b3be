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
    "shared_noise": [
        ("return np.mean(h) ** 2", "three times as strong"),
        ("return np.mean(h) ** 2 / np.var(h)", "of their noise"),
        ("return 1 / np.pi", "abs: two logits share"),
        ("return np.median(h) ** 2 / np.mean(h**2)", "of their noise"),
        (
            "return 1 / np.pi if h.min() == 0 == np.median(h) else 2 / np.pi if h.min() >= 0 else 0.0",
            "of their noise",
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
