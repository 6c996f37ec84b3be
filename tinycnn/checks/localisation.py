"""Whether a map lies where the thing is that it explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tinycnn.checks.asking import AnyTarget, Explainer, as_rule, map_of
from tinycnn.checks.result import CheckResult
from tinycnn.errors import ShapeError, UnknownNameError
from tinycnn.model import Model
from tinycnn.ops.types import Array

ANYWHERE = "a map that is the same everywhere"

PARTS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"positive": lambda map: np.maximum(map, 0), "absolute": np.abs, "square": np.square}
)
"""What is counted of a map, once it is summed over its channels."""


def grid_pointing_game(
    model: Model,
    x: Array,
    rule: Explainer,
    targets: Sequence[AnyTarget],
    *,
    cells: tuple[int, int] = (2, 2),
    part: str = "positive",
) -> CheckResult:
    """The share of the map of each cell's class that lies in this cell.

    Parameters
    ----------
    model : Model
        It takes whole grids: see `tinycnn.experiments.two_digits.side_by_side`.
    x : (n, c, h, w)
        Grids of images, each of another class; h and w are multiples of the numbers of cells.
    rule : Explainer
    targets : sequence
        One for each cell, row by row.
    cells : (rows, columns)
    part : {"positive", "absolute", "square"}

    Returns
    -------
    CheckResult
        A row for each cell; NaN where nothing of the map is counted.

    Raises
    ------
    ShapeError
        The cells do not fit the targets, or the image.

    Notes
    -----
    Böhle et al. (2021), GridPG. Null is 1 / cells.

    Examples
    --------
    >>> net = tc.experiments.two_digits.side_by_side(tc.zoo.digits("digits"))
    >>> x = net.preprocess(np.hstack(tc.digit_pictures.digit_pictures(2, seed=0)[0]))
    >>> game = tc.checks.grid_pointing_game(net, x, "lrp-zplus", [0, 1], cells=(1, 2))
    >>> game.rows, game.means.round(1)
    (('cell 0,0', 'cell 0,1'), array([0.7, 0.5]))
    """
    down, across = cells
    h, w = x.shape[2:]
    if min(cells) < 1 or len(targets) != down * across or h % down or w % across:
        raise ShapeError(f"{len(targets)} targets and images of {h}x{w} do not make {down}x{across} cells")
    rows = []
    for at, target in enumerate(targets):
        top, left = at // across * (h // down), at % across * (w // across)
        mask = np.zeros((h, w), bool)
        mask[top : top + h // down, left : left + w // across] = True
        rows.append(_mass(_counted(model, x, rule, target, part), np.broadcast_to(mask, (len(x), h, w))))
    names = tuple(f"cell {at // across},{at % across}" for at in range(len(targets)))
    choices = {"rule": as_rule(rule).name, "cells": cells, "part": part}
    return CheckResult(
        "grid_pointing_game", names, np.array(rows), 1 / len(targets), ANYWHERE, 1.0, choices,
        "Böhle et al. 2021",
    )  # fmt: skip


def relevance_mass(
    model: Model, x: Array, rule: Explainer, target: AnyTarget, mask: Array, *, part: str = "positive"
) -> CheckResult:
    """The share of a map that lies inside a mask.

    Parameters
    ----------
    model, x, rule, target
        As of `tinycnn.checks.mprt`.
    mask : (h, w) or (n, h, w) bool
        Where the thing is, neither nowhere nor everywhere.
    part : {"positive", "absolute", "square"}

    Returns
    -------
    CheckResult
        One row; NaN where nothing of the map is counted. Null is the share of pixels in the mask.

    Notes
    -----
    Arras et al. (2022), relevance mass accuracy.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> bright = x[0, 0] > 0.5
    >>> result = tc.checks.relevance_mass(model, x, "gradient-x-input", 3, bright)
    >>> result.means.round(2), result.null.round(2)
    (array([0.57]), array([[0.39]]))
    """
    masks = _checked(mask, x)
    found = _mass(_counted(model, x, rule, target, part), masks)
    return _located("relevance_mass", found, masks, rule, part)


def relevance_rank(
    model: Model, x: Array, rule: Explainer, target: AnyTarget, mask: Array, *, part: str = "positive"
) -> CheckResult:
    """Of as many pixels as a mask has, those with the largest values: the share that lies inside it.

    Parameters
    ----------
    model, x, rule, target, mask, part
        As of `relevance_mass`.

    Returns
    -------
    CheckResult
        One row. Of pixels that tie for the last places as large a share counts as lies inside, which is the
        mean over all orders. Null is the share of pixels in the mask.

    Notes
    -----
    Arras et al. (2022), relevance rank accuracy.

    Examples
    --------
    >>> model = tc.zoo.digits("digits")
    >>> x = model.preprocess(tc.image.default())
    >>> bright = x[0, 0] > 0.5
    >>> result = tc.checks.relevance_rank(model, x, "gradient-x-input", 3, bright)
    >>> result.means.round(2)
    array([0.47])
    """
    masks = _checked(mask, x)
    found = [
        _rank(map, inside) for map, inside in zip(_counted(model, x, rule, target, part), masks, strict=True)
    ]
    return _located("relevance_rank", np.array(found), masks, rule, part)


def _located(check: str, found: Array, masks: Array, rule: Explainer, part: str) -> CheckResult:
    area = masks.mean(axis=(1, 2))
    choices = {"rule": as_rule(rule).name, "part": part}
    return CheckResult(
        check, ("inside",), found[None], area[None], ANYWHERE, 1.0, choices, "Arras et al. 2022"
    )


def _counted(model: Model, x: Array, rule: Explainer, target: AnyTarget, part: str) -> Array:
    """What is counted at each pixel, (n, h, w) float64."""
    if part not in PARTS:
        raise UnknownNameError("part of a map", part, PARTS)
    return PARTS[part](map_of(model, x, rule, target).astype(np.float64).sum(axis=1))


def _mass(counted: Array, masks: Array) -> Array:
    whole = counted.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(masks, counted, 0).sum(axis=(1, 2)) / whole


def _rank(counted: Array, inside: Array) -> float:
    places = int(inside.sum())
    last = np.sort(counted, axis=None)[-places]
    above, tied = counted > last, counted == last
    left = places - int(above.sum())
    return float((above & inside).sum() + left * (tied & inside).sum() / tied.sum()) / places


def _checked(mask: Array, x: Array) -> Array:
    masks = np.asarray(mask)
    if masks.dtype != bool or masks.shape not in (x.shape[2:], (len(x), *x.shape[2:])):
        raise ShapeError(
            f"a mask must be bool {x.shape[2:]}, or one for each image, not {masks.dtype} {masks.shape}"
        )
    masks = np.broadcast_to(masks, (len(x), *x.shape[2:]))
    if not (masks.any(axis=(1, 2)) & ~masks.all(axis=(1, 2))).all():
        raise ShapeError("a mask must have some pixels, and not all")
    return masks
