"""Plausible wrong answers to the exercises of notebook 02.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "deconvnet_row": [
        ("return np.maximum(signal, 0) * (step.input > 0)", "like deconvnet is broken"),
        ("return np.abs(signal)", "like deconvnet is broken"),
        ("return np.ones_like(signal)", "like deconvnet is broken"),
        ("return 2 * np.maximum(signal, 0)", "like deconvnet is broken"),
        ("return signal", "like deconvnet is broken"),
    ],
    "riddle_row": [
        ("return np.maximum(signal, 0)", "it commutes with the backward ReLU"),
        ("return signal * (step.input > 0)", "non-negativity is broken"),
        ("return signal**2 * (step.input > 0)", "homogeneity is broken"),
        ("return np.zeros_like(signal)", "it commutes with the backward ReLU"),
        ("return np.ones_like(signal) * (step.input > 0)", "is broken"),
        ("return 2 * np.abs(signal) * (step.input > 0)", "idempotence is broken"),
    ],
    "leaky_vjp": [
        ("return signal * (z > 0)", "worst at index (1,)"),
        ("return np.where(z > 0, signal, signal * z / 10)", "not the transposed Jacobian"),
        ("return np.full(z.shape, 0.1)", "not the transposed Jacobian"),
        ("return 10 * signal * np.where(z > 0, 1, 0.1)", "not the transposed Jacobian"),
        ("return signal * np.array([1, 0.1, 1, 1])", "worst at index (3,)"),
    ],
}
