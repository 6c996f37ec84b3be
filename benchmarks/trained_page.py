"""The page on checks in trained nets: means with intervals, and where training moves a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from benchmarks.trained import CROPS, NETS, PICTURES, Net, Unit
from tinycnn.visualize import DEFAULT_RULES

CHECKS = {
    "angle": ("MPRT, by the cosine", "random down to", "redrawn"),
    "ranks": ("MPRT, by ranks of magnitudes", "random down to", "redrawn"),
    "csc": ("CSC", "at the input of", "inputs"),
}
"""Of each check its name, what a layer is, and which of a net's layers are shown."""


class Mean(NamedTuple):
    """A mean over pictures, and half of its 95 % interval."""

    value: float
    half: float

    def __str__(self) -> str:
        return "-" if np.isnan(self.value) else f"{self.value:.3f} ± {self.half:.3f}"


def mean(values: Sequence[float]) -> Mean:
    """By Student's t: pictures are independent, but crops of one are not."""
    kept = np.array(values)[np.isfinite(values)]
    if len(kept) < 2:
        return Mean(float("nan"), float("nan"))
    half = float(stdtrit(len(kept) - 1, 0.975)) * kept.std(ddof=1) / np.sqrt(len(kept))
    return Mean(float(kept.mean()), float(half))


def markdown(units: Iterable[Unit], theory: Mapping[str, Mapping[str, float]]) -> str:
    """The page, of whatever has been measured.

    Parameters
    ----------
    units : iterable of Unit
    theory : mapping
        From a net's name to what is predicted of a random one.
    """
    of = {(unit.net, unit.weights, unit.picture): unit.values for unit in units}
    parts = [HEAD.format(pictures=len(PICTURES), images=len(PICTURES) * CROPS["trained"], **CROPS)]
    parts += ["## Where training moves a check, and by how much", READING, MOVES, *_moves(of)]
    for net in NETS:
        for check, (title, layer, which) in CHECKS.items():
            parts.append(f"## {title}: {net.name}")
            parts.append(_table(of, net, check, layer, getattr(net, which), theory.get(net.name, {})))
    parts.append("`python -m benchmarks.trained_checks --markdown FILE` makes this page.")
    return "\n\n".join(parts) + "\n"


Found = Mapping[tuple[str, str, str], Mapping[str, float]]
"""From net, weights and picture to what was measured."""


def _over_pictures(of: Found, net: str, weights: str, key: str) -> list[float]:
    """A value of each picture, NaN where there is none."""
    return [of.get((net, weights, picture), {}).get(key, float("nan")) for picture in PICTURES]


def _table(
    of: Found, net: Net, check: str, layer: str, layers: Sequence[str], theory: Mapping[str, float]
) -> str:
    lines = [f"| rule | {layer} | trained | random | random, predicted |", "|---|---|--:|--:|--:|"]
    for rule in DEFAULT_RULES:
        for name in layers:
            key = f"{check}/{rule}/{name}"
            both = [mean(_over_pictures(of, net.name, weights, key)) for weights in CROPS]
            said = f"{theory[key]:.3f}" if key in theory else ""
            lines.append(f"| {rule} | {name} | {both[0]} | {both[1]} | {said} |")
    return "\n".join(lines)


def _moves(of: Found) -> Iterator[str]:
    """For each net, check and rule, the layer at which trained and random net differ most."""
    lines = ["| net | check | rule | most at | trained less random |", "|---|---|---|---|--:|"]
    for net in NETS:
        for check, (title, _, which) in CHECKS.items():
            for rule in DEFAULT_RULES:
                moved = {}
                for name in getattr(net, which):
                    key = f"{check}/{rule}/{name}"
                    both = (np.array(_over_pictures(of, net.name, weights, key)) for weights in CROPS)
                    trained, random = both
                    moved[name] = mean(trained - random)
                layer, most = max(moved.items(), key=lambda each: np.nan_to_num(abs(each[1].value)))
                lines.append(f"| {net.name} | {title} | {rule} | {layer} | {_signed(most)} |")
    yield "\n".join(lines)


def _signed(move: Mean) -> str:
    return f"{'+' if move.value > 0 else ''}{move}"


HEAD = """# Checks in trained nets

Theory predicts the checks of random nets. This page holds trained nets against it: the model parameter
randomisation test (MPRT) and cosine similarity convergence (CSC), in VGG-16 and in EfficientNet-Lite0,
and in the same nets with random weights.

- **Images.** {trained} crops of each of {pictures} photographs of scikit-image, {images} in all: squares of a
  third to all of the shorter side. In random nets, {random} crops of each: there the weights make more of a
  difference than the crop.
- **Intervals.** Crops of one photograph are not independent. So each photograph counts as one value, the mean
  of its crops, with weights of its own draw; numbers are means of {pictures} values ± half of a 95 % interval
  by Student's t.
- **VGG-16** has its trained convolutions, and dense layers that are random in all nets; its images are 96x96.
  EfficientNet-Lite0 is trained as a whole, and sees 224x224.
- **MPRT.** Weights are drawn anew from the output down to a layer, by He's law, with norms that do nothing
  and biases of 0; the target stays the largest logit of the net before. Compared are the maps, by their
  cosine (which is predicted) and by the rank correlation of their magnitudes (as it is published). Small
  values pass.
- **CSC.** Five independent signals are sent down, from the last pool of VGG-16 and from the logits of
  EfficientNet-Lite0: the median magnitude of cosines over channels. 1 is a rule that has forgotten the
  signal.
- **Predicted** is a random net with as many units and pools, by `theory.predictions.predicted`. Theory is
  silent of branches and norms, thus of EfficientNet-Lite0; of ranks; and of the magnitudes of cosines of the
  gradient, which depend on channels and positions."""

READING = """Random nets do what theory says. Training moves guided backprop towards passing MPRT, and the
more the further down weights are drawn anew: its picture is made low down, and of other filters there it is
another picture. New weights in the upper layers alone change the maps of guided backprop and DeconvNet next
to nothing, trained or not, so a cascade from the top that is stopped early says little of them. By CSC
training makes every rule forget its signal sooner, the gradient as well; DeconvNet and guided backprop have
all but forgotten it a few trained layers down. And the measure matters: by ranks of magnitudes saliency keeps
something, by the cosine nothing."""

MOVES = """Of each check and rule the layer at which the trained net differs most from the random one, as the
mean over photographs of the difference."""
