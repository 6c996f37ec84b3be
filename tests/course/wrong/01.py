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
    ],
    "missing_row": [
        ("return signal * (step.input <= 0)", "input -1, signal -2"),
        ("return np.maximum(signal, 0) * (step.input < 0)", "input 0, signal 5"),
    ],
    "follow_switches": [
        ("return np.kron(signal, [[1, 0], [0, 0]])", "the switch says"),
        ("return np.kron(signal, np.ones((2, 2)))", "48 pixels are not 0, and there are 12 signals"),
    ],
}
