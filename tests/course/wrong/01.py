"""Plausible wrong answers to the exercises of notebook 01.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "guided_row": [
        (
            "return signal * (step.input > 0)",
            "input 3, signal -2: your row sends [-2.], not 0; the signal is negative",
        ),
        (
            "return np.maximum(signal, 0)",
            "input -1, signal 5: your row sends [5.], not 0; the input was not positive",
        ),
        ("return np.maximum(signal, 0) * (step.input >= 0)", "input 0, signal 5"),
        ("return np.ones_like(signal)", "input 3, signal 5"),
        (
            "return 2 * signal * (signal > 0) * (step.input > 0)",
            "input 3, signal 5: your row sends [10.], not 5",
        ),
        ("return (signal > 0) * (step.input > 0) * signal.max()", "the map is not that of guided backprop"),
    ],
    "missing_row": [
        ("return signal * (step.input <= 0)", "input -1, signal -2"),
        ("return np.maximum(signal, 0) * (step.input < 0)", "input 0, signal 5"),
        ("return np.zeros_like(signal)", "input -1, signal 5"),
        ("return 2 * np.maximum(signal, 0) * (step.input <= 0)", "together they should send DeconvNet's 5"),
        (
            "return np.full_like(signal, 5) * (signal > 0) * (step.input <= 0)",
            "the sum of the maps differs from DeconvNet's",
        ),
    ],
    "follow_switches": [
        ("return np.kron(signal, [[1, 0], [0, 0]])", "the switch says"),
        ("return np.kron(signal, np.ones((2, 2)))", "48 pixels are not 0, and there are 12 signals"),
        ("return np.full(shape, signal.mean())", "the switch says"),
        ("image = np.zeros(shape)\nimage.ravel()[switches] = signal / 4\nreturn image", "not the signal"),
        (
            "image = np.zeros((6, 8))\nimage.ravel()[switches] = signal\nreturn image",
            "the shape is (6, 8), not that of the image, (4, 10)",
        ),
    ],
}
