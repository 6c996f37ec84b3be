"""Plausible wrong answers to the exercises of notebook 13.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "lrp_zero": [
        ("z = w @ a\nreturn a * ((R / z) @ w)", "the bias belongs into the denominator"),
        ("z = w @ a + b\nreturn (R / z) @ w", "the factor a is missing"),
        ("z = w @ a + b\nreturn a * ((R / z) @ w)", "it is to pass nothing"),
        ("z = w @ a + b\nreturn a * ((R / (z + 1e-9)) @ w)", "z = 0 and passes nothing"),
        ("return np.ones(5)", "the formula gives"),
        ("return a * R.sum() / a.sum()", "the formula gives"),
        ("z = w @ a + b\nreturn 2 * a * ((R / z) @ w)", "the formula gives"),
        ("z = w @ a + b\nreturn a[:, None] * w.T * (R / z)", "one number for each of the 5 inputs"),
    ],
    "integrated_gradients": [
        (
            "along = np.arange(steps) / steps\n"
            "return (x - start) * np.mean([gradient(start + t * (x - start)) for t in along], axis=0)",
            "midpoints are at",
        ),
        (
            "along = (np.arange(steps) + 0.5) / steps\n"
            "return (x - start) * np.sum([gradient(start + t * (x - start)) for t in along], axis=0)",
            "their sum",
        ),
        (
            "along = (np.arange(steps) + 0.5) / steps\n"
            "return np.mean([gradient(start + t * (x - start)) for t in along], axis=0)",
            "the change x - start is missing",
        ),
        ("return (x - start) * gradient((x + start) / 2)", "one gradient for each of the 7 steps"),
        ("return x * gradient(x)", "one gradient for each of the 7 steps"),
        (
            "along = (np.arange(steps) + 0.5) / steps\n"
            "return x * np.mean([gradient(start + t * (x - start)) for t in along], axis=0)",
            "it must be x^2 - start^2",
        ),
        (
            "along = (np.arange(steps) + 0.5) / steps\n"
            "return (x - start) * np.mean([gradient(t * x) for t in along], axis=0)",
            "midpoints are at",
        ),
    ],
    "rescale": [
        ("return (z > 0).astype(float)", "that would be the gradient"),
        ("return (np.maximum(z, 0) - np.maximum(z0, 0)) / (z - z0)", "there is no quotient"),
        ("return np.maximum(z, 0) / z", "that would be the gradient"),
        ("return np.full(np.shape(z), 0.75)", "it is"),
        ("return ((z > 0).astype(float) + (z0 > 0)) / 2", "a ReLU rises by 3 of 4"),
        (
            "change = z - z0\nratio = np.maximum(z, 0) - np.maximum(z0, 0)\n"
            "return np.divide(ratio, change, out=np.zeros_like(change), where=change != 0)",
            "the derivative is 1, 0, 0",
        ),
    ],
}
