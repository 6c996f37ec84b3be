"""Which check would have caught it: rules, and maps that know nothing, put through all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tinycnn.checks import CheckResult, Explainer
from tinycnn.experiments.experiment import Experiment, Inputs, Number, Result, Statement, mean
from tinycnn.experiments.nets import predictions
from tinycnn.experiments.plates import Chart, Plate, averaged
from tinycnn.experiments.sanity import CHECKS, RUNS
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.digit_pictures import digit_pictures, digits_note
from tinycnn.targets import Target
from tinycnn.zoo import digits


def the_image(model: Model, x: Array, target: Target) -> Array:
    """The input itself, whatever the network."""
    return x


def noise() -> Callable[[Model, Array, Target], Array]:
    """Maps of independent numbers, new at each call."""
    rng = np.random.default_rng(0)

    def white(model: Model, x: Array, target: Target) -> Array:
        return rng.standard_normal(x.shape).astype(x.dtype)

    return white


def explainers() -> Mapping[str, Explainer]:
    """Rules and two maps that know nothing, by name."""
    names = ("saliency", "deconvnet", "guided", "gradient-x-input", "lrp-zplus", "ig(steps=10)")
    return MappingProxyType({**{name: name for name in names}, "the image": the_image, "noise": noise()})


ASKED = tuple(name for name in CHECKS if name not in ("emprt", "csc", "smprt", "grid_pointing_game"))
"""Checks of any map that have a null and an optimum, on the images themselves."""


def run(inputs: Inputs) -> Result:
    """Put every rule through every check, on the trained digits net."""
    pictures, labels = digit_pictures(4 if inputs.quick else 20, inputs.seed)
    model = digits("digits")
    x = model.preprocess(list(pictures))
    rules = explainers()
    shares = np.array([_shares(model, x, rule) for rule in rules.values()])
    arrays = {"shares": shares, "rules": np.array(list(rules))}
    note = digits_note(predictions(model, list(pictures)), labels)
    return Result(arrays, _numbers(arrays), _statements(arrays), [note])


def _shares(model: Model, x: Array, rule: Explainer) -> list[Array]:
    """The share of each check that is asked, image by image."""
    found = {
        name: share(result)
        for names, run in RUNS.items()
        if set(names) & set(ASKED)
        for name, result in zip(names, run(model, x, rule), strict=True)
    }
    return [found[name] for name in ASKED]


def share(result: CheckResult) -> Array:
    """How far each image is on the way from null to optimum, as the mean over the rows of a check."""
    null, optimum = (
        np.broadcast_to(np.asarray(end, float), result.values.shape) for end in (result.null, result.optimum)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(((result.values - null) / (optimum - null)).mean(axis=0))


def _numbers(arrays: dict[str, Array]) -> list[Number]:
    return [
        mean(f"{check}, {rule}", arrays["shares"][r, c])
        for c, check in enumerate(ASKED)
        for r, rule in enumerate(arrays["rules"])
    ]


def _statements(arrays: dict[str, Array]) -> list[Statement]:
    means = dict(zip(arrays["rules"].tolist(), arrays["shares"].mean(axis=2), strict=True))
    of = {rule: dict(zip(ASKED, row, strict=True)) for rule, row in means.items()}

    def best(check: str) -> str:
        return max(of, key=lambda rule: of[rule][check])

    return [
        Statement(
            f"of all maps MPRT likes noise best ({of['noise']['mprt']:.2f}; saliency "
            f"{of['saliency']['mprt']:.2f})",
            best("mprt") == "noise",
        ),
        Statement(
            f"MPRT and random_logit catch the image itself ({of['the image']['mprt']:.2f} and "
            f"{of['the image']['random_logit']:.2f}, both below .01)",
            bool(max(abs(of["the image"]["mprt"]), abs(of["the image"]["random_logit"])) < 0.01),
        ),
        Statement(
            f"painting does not: it likes the image itself as well as can be "
            f"({of['the image']['painting']:.2f})",
            bool(of["the image"]["painting"] > 0.99),
        ),
        Statement(
            "random_logit tells guided backprop "
            f"({of['guided']['random_logit']:.2f}) from saliency ({of['saliency']['random_logit']:.2f})",
            bool(of["guided"]["random_logit"] < of["saliency"]["random_logit"]),
        ),
    ]


def draw(result: Result) -> list[Plate]:
    """For each check a chart of all rules."""
    shares, rules = result.arrays["shares"], [str(rule) for rule in result.arrays["rules"]]
    return [
        Chart([averaged(check, rules, shares[:, c])], check, "share of the way from null to optimum")
        for c, check in enumerate(ASKED)
    ]


EXPERIMENT = Experiment(
    name="checks",
    title="Which check would have caught it?",
    claim="No check by itself tells an explanation from a map that knows nothing of the network.",
    paper="No such experiment: the paper was written before the checks. It asks which of them would have "
    "told that guided backprop shows the image.",
    caption="The trained digits net, drawn digits, the largest logit. Each value is the share of the way "
    "from the value of a map that knows nothing of the matter (0) to the best value (1), mean over images "
    "and rows of the check; the choices are the defaults of tinycnn.checks. The image itself and noise are "
    "put through the same checks.",
    run=run,
    draw=draw,
)
