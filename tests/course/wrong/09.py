"""Plausible wrong answers to the exercises of notebook 09.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "filtered_patch": [
        ("return W.T @ (W @ y) / len(W)", "direction, not its contrast"),
        ("z = W @ y\nreturn W.T @ z / np.linalg.norm(z)", "Sigma is a mean over filters"),
        ("return np.ones(len(y))", "expected"),
        ("z = W @ y\nreturn 2 * W.T @ z / np.linalg.norm(z) / np.sqrt(len(W))", "expected"),
        ("return y / np.linalg.norm(y)", "expected"),
    ],
    "share_open": [
        ("return norm.cdf(-mean / sd)", "a negative mean closes units"),
        ("return norm.cdf(mean)", "are positive; you say"),
        ("return 0.5", "a negative mean closes units"),
        ("return 2 * norm.cdf(mean / sd)", "centred pre-activations open half"),
        ("return norm.cdf(mean / 2)", "are positive; you say"),
    ],
    "product_with_the_image": [
        ("return (a * z).sum()", "the image meets the filter, not the bias"),
        ("return (a * (z + b[:, None])).sum()", "the image meets the filter, not the bias"),
        ("return 0.0", "without biases it is the sum of a z"),
        ("return 2 * (a * (z - b[:, None])).sum()", "without biases it is the sum of a z"),
        ("return (a * (z - b.mean())).sum()", "the image meets the filter, not the bias"),
    ],
}
