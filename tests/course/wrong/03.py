"""Plausible wrong answers to the exercises of notebook 03.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "row_back": [
        (
            "s = np.zeros(length)\n"
            "for t in range(len(u)):\n"
            "    s[t * stride : t * stride + len(g)] += g[::-1] * u[t]\n"
            "return s",
            "not the transpose",
        ),
        (
            "s = np.zeros(length)\nfor t in range(len(u)):\n    s[t : t + len(g)] += g * u[t]\nreturn s",
            "output 1 has seen the pixels [2 3 4]",
        ),
        ("return np.ones(length)", "its signal went to"),
        (
            "s = np.zeros(length)\n"
            "for t in range(len(u)):\n"
            "    s[t * stride : t * stride + len(g)] += 2 * g * u[t]\n"
            "return s",
            "not the transpose",
        ),
        (
            "s = np.zeros(length)\n"
            "for t in range(len(u)):\n"
            "    s[t * stride : t * stride + 3] += np.array([1, 2, -1]) * u[t]\n"
            "return s",
            "not the transpose",
        ),
    ],
    "padding_back": [
        ("return padding", "kernel 3, padding 0, dilation 1"),
        ("return kernel - 1 - padding", "kernel 3, padding 1, dilation 2"),
        ("return dilation * (kernel - 1 - padding)", "kernel 3, padding 1, dilation 2"),
        ("return dilation * kernel - padding", "they come back as"),
        ("return 1", "kernel 3, padding 0, dilation 1"),
        ("return 2 * (dilation * (kernel - 1) - padding)", "kernel 3, padding 1, dilation 1"),
        ("return {3: 2, 5: 4}.get(kernel, 6) * dilation - padding", "kernel 4"),
    ],
    "filter_to_points": [
        (
            "return np.array([g[0], g[0] + g[1] + g[2], g[0] - g[1] + g[2], g[2]])",
            "for the filter [1. 0. 0.]",
        ),
        (
            "return np.array([g[0], (g[0] + g[1] + g[2]) / 2, (g[0] + g[1] - g[2]) / 2, g[2]])",
            "for the filter [0. 1. 0.]",
        ),
        ("return np.ones(4)", "for the filter [1. 0. 0.]"),
        (
            "return 2 * np.array([g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]])",
            "for the filter [1. 0. 0.]",
        ),
        ("return np.array([g[0], abs(g).sum() / 2, (g[0] - g[1] + g[2]) / 2, g[2]])", "yours give"),
    ],
}
