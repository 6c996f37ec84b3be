"""Plausible wrong answers to the exercises of notebook 12.

For each exercise function: bodies to put between the solution's markers, each with words of the hint that it
must get.
"""

WRONG = {
    "steps_from_the_top": [
        ("return [set(names[: i + 1]) for i in range(len(names))]", "is the first layer, next to the image"),
        ("return [{name} for name in names[::-1]]", "what is random stays random"),
        ("return [set(names[i:]) for i in range(len(names) - 1, 0, -1)]", "5 layers make 5 steps"),
        ("return [set(names)] * len(names)", "and nothing else"),
        ("return [set(names[i:]) for i in range(len(names))]", "and nothing else"),
        ("return [{'layer4'}, {'layer3', 'layer4'}]", "5 layers make 5 steps"),
    ],
    "area_of_random_orders": [
        (
            "areas = ((scores[:, 1:] + scores[:, :-1]) / 2).sum(axis=1)\n"
            "return areas.mean(), areas.std(ddof=1) / np.sqrt(len(areas))",
            "a step is 1/10 wide",
        ),
        (
            "areas = scores.mean(axis=1)\nreturn areas.mean(), areas.std(ddof=1) / np.sqrt(len(areas))",
            "a trapezoid gives half",
        ),
        (
            "areas = ((scores[:, 1:] + scores[:, :-1]) / 2).mean(axis=1)\n"
            "return areas.mean(), areas.std(ddof=1)",
            "that is the standard deviation",
        ),
        (
            "areas = ((scores[:, 1:] + scores[:, :-1]) / 2).mean(axis=1)\n"
            "return areas.mean(), areas.std() / np.sqrt(len(areas))",
            "ddof=1",
        ),
        ("return 1.5, 0.03", "the area is"),
        ("return scores[:, :-1].mean(), 0.0", "the area is"),
    ],
    "median_likeness": [
        (
            "unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)\n"
            "return np.median((unit @ unit.T)[np.triu_indices(len(unit), 1)])",
            "whatever their signs",
        ),
        (
            "unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)\n"
            "return np.mean(np.abs((unit @ unit.T)[np.triu_indices(len(unit), 1)]))",
            "that is the mean of the pairs",
        ),
        (
            "unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)\n"
            "return np.median(np.abs(unit @ unit.T))",
            "a signal with itself is no pair",
        ),
        ("return np.median(np.abs((signals @ signals.T)[np.triu_indices(len(signals), 1)]))", "on one line"),
        ("return 1.0", "the 15 pairs have the median"),
        (
            "unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)\nreturn abs(unit[0] @ unit[1])",
            "the 15 pairs have the median",
        ),
    ],
}
