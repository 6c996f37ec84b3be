"""A net, surveyed layer by layer: what the theory assumes and predicts of it, as one row of numbers each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from tinycnn.errors import TinycnnError
from tinycnn.model import Model
from tinycnn.ops.types import Array
from tinycnn.pictures.metrics import centred_cosine
from tinycnn.rules import GRADIENT, GUIDED
from tinycnn.targets import Target, max_logit
from tinycnn.theory.trained.filtered import (
    bank_prediction,
    constant_signal,
    isotropic_prediction,
    shifted_prediction,
)
from tinycnn.theory.trained.identity import products
from tinycnn.theory.trained.moments import effective_rank, excess_kurtosis, filter_correlation, isotropic_rank
from tinycnn.theory.trained.paths import active_share, mask_correlation, open_share
from tinycnn.theory.trained.pictures import (
    brightness_likeness,
    detector_likeness,
    edge_detectors,
    edge_likeness,
    map_from,
)
from tinycnn.theory.trained.stages import Stage, stages
from tinycnn.trace import Trace, forward
from tinycnn.zoo.fold import fold_batch_norm


@dataclass(frozen=True)
class LayerSurvey:
    """What was measured at one convolution.

    Cosines are `metrics.centred_cosine`; signals are guided backprop's unless told.

    Parameters
    ----------
    layer : str
    filters, taps : int
        N, and p of each filter.
    kurtosis : float
        Excess, of the weights.
    rank : float
        Effective rank of Sigma over that of isotropic Gaussian filters; 1 if they are isotropic.
    correlation : float
        Root mean square cosine between filters, times sqrt(p); 1 if they are independent.
    signal_kurtosis : float
        Excess, of the arriving signal where it is not 0.
    open : float
        ``P(z > 0)``.
    active, active_saliency : float
        ``P(R > 0 | z > 0)`` by guided backprop and by the gradient.
    dependence : float
        Correlation of the forward mask with the positive part of the signal.
    ones_isotropic, ones_bank, ones_shifted : float
        Cosine of what a constant signal sends back with three predictions: Sigma = I, the filters' second
        moment, and their mean and covariance with biases.
    real_isotropic, real_bank, real_shifted : float
        The same of what the real signal sends back.
    real_strength : float
        With `shifted`, each patch weighted by the signal that really arrives there: no prediction of the
        whole, but of the directions.
    brightness, edges : float
        Correlation of the leaving signal's magnitude with the input, and with its high-pass's magnitude.
    sobel, laplacian, canny : float
        The same with what edge detectors see in the input, see `pictures.edge_detectors`: a baseline without
        a net.
    map_here, image_here : float
        If ones replace everything above: cosine of the map with the real map, and with the input.
    product, open_product : float
        ``<s, h>`` and ``<s, h> + sum a b`` over ``|s| |h|``, h being the layer's input.
    """

    layer: str
    filters: int
    taps: int
    kurtosis: float
    rank: float
    correlation: float
    signal_kurtosis: float
    open: float
    active: float
    active_saliency: float
    dependence: float
    ones_isotropic: float
    ones_bank: float
    ones_shifted: float
    real_isotropic: float
    real_bank: float
    real_shifted: float
    real_strength: float
    brightness: float
    edges: float
    sobel: float
    laplacian: float
    canny: float
    map_here: float
    image_here: float
    product: float
    open_product: float


def survey(model: Model, x: Array, target: Target | None = None) -> list[LayerSurvey]:
    """Measure every convolution of a net that an activation follows, on one image.

    Parameters
    ----------
    model : Model
        Batch norms are folded into the convolutions before them.
    x : (1, c, h, w)
    target : Target, optional
        The largest logit unless given.

    Returns
    -------
    list of LayerSurvey
        The input's layer first. What is not defined is NaN.

    Raises
    ------
    TinycnnError
        The net has no such convolution.
    """
    trace = forward(fold_batch_norm(model), x)
    seed = (target or max_logit())(trace)
    saliency = [active_share(stage) for stage in stages(trace, seed, GRADIENT)]
    guided = stages(trace, seed, GUIDED)
    if not guided:
        raise TinycnnError(
            f"{model.name}: a survey needs a convolution that a ReLU or ReLU6 follows directly"
        )
    return [
        _row(trace, stage, share, guided[0].leaving) for stage, share in zip(guided, saliency, strict=True)
    ]


def averaged(surveys: Sequence[Sequence[LayerSurvey]]) -> list[LayerSurvey]:
    """The means of several images' surveys of one net, layer by layer."""
    return [_mean(rows) for rows in zip(*surveys, strict=True)]


def _row(trace: Trace, stage: Stage, active_saliency: float, map: Array) -> LayerSurvey:
    layer, h, x = stage.layer, stage.step.input, trace.input
    taps = layer.weight[0].size
    ones, here = constant_signal(stage), map_from(trace, stage, GUIDED)
    predicted = [predict(h, layer) for predict in (isotropic_prediction, bank_prediction, shifted_prediction)]
    strength = stage.gated.mean(axis=1, keepdims=True)
    (found,) = products(stage)
    return LayerSurvey(
        layer=stage.name,
        filters=len(layer.weight),
        taps=taps,
        kurtosis=excess_kurtosis(layer.weight),
        rank=effective_rank(layer.weight) / isotropic_rank(len(layer.weight), taps),
        correlation=filter_correlation(layer.weight) * float(np.sqrt(taps)),
        signal_kurtosis=excess_kurtosis(stage.arriving[stage.arriving != 0]),
        open=open_share(stage),
        active=active_share(stage),
        active_saliency=active_saliency,
        dependence=mask_correlation(stage),
        ones_isotropic=_cosine(ones, predicted[0]),
        ones_bank=_cosine(ones, predicted[1]),
        ones_shifted=_cosine(ones, predicted[2]),
        real_isotropic=_cosine(stage.leaving, predicted[0]),
        real_bank=_cosine(stage.leaving, predicted[1]),
        real_shifted=_cosine(stage.leaving, predicted[2]),
        real_strength=_cosine(stage.leaving, shifted_prediction(h, layer, strength)),
        brightness=brightness_likeness(stage.leaving, x),
        edges=edge_likeness(stage.leaving, x),
        **{name: detector_likeness(stage.leaving, seen) for name, seen in edge_detectors(x).items()},
        map_here=np.nan if here is None else _cosine(here, map),
        image_here=np.nan if here is None else _cosine(here, x),
        product=found.product,
        open_product=found.open,
    )


def _cosine(a: Array, b: Array) -> float:
    return float(centred_cosine(a, b)[0])


def _mean(rows: Sequence[LayerSurvey]) -> LayerSurvey:
    numbers = {
        field.name: float(np.mean([getattr(row, field.name) for row in rows]))
        for field in fields(LayerSurvey)[3:]
    }
    return LayerSurvey(rows[0].layer, rows[0].filters, rows[0].taps, **numbers)
