"""Stochastic gradient descent with momentum: seeded, and resumable at every epoch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinycnn.errors import NonFiniteError, TinycnnError
from tinycnn.files import atomic_write
from tinycnn.layers import flat
from tinycnn.model import Model
from tinycnn.ops import engine
from tinycnn.ops.types import Array
from tinycnn.trace import forward
from tinycnn.visualize import predict
from tinycnn.zoo.train.gradients import gradients


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Parameters
    ----------
    epochs, batch : int
        Passes over all images, and images per step.
    rate : float
        Learning rate at the start; it falls to 0 along a half cosine.
    momentum : float
    decay : float
        Weight decay, on weights and not on biases.
    shift : int
        Every image is moved by up to this many pixels each way, anew in every epoch.
    seed : int
        Seed of the order of the images, and of the shifts.
    """

    epochs: int = 12
    batch: int = 64
    rate: float = 0.05
    momentum: float = 0.9
    decay: float = 5e-4
    shift: int = 2
    seed: int = 0


@dataclass
class State:
    """Where a training run stands: parameters, their velocities, and the mean cost of every epoch so far."""

    parameters: dict[str, Array]
    velocities: dict[str, Array]
    costs: list[float] = field(default_factory=list)


def train(
    model: Model, x: Array, labels: Array, recipe: Recipe, checkpoint: Path | None = None
) -> Iterator[tuple[Model, list[float]]]:
    """Minimise the cross-entropy, one epoch at a time.

    Parameters
    ----------
    model : Model
        Where to start.
    x : (n, c, h, w)
    labels : (n,) int
    recipe : Recipe
    checkpoint : path, optional
        Written whole after every epoch. If it is there at the start, training goes on from it; the result is
        the same as without the interruption, because all that is random depends on (seed, epoch) alone.

    Yields
    ------
    model, costs
        The model after each epoch that remained to be done, and the mean cost of every epoch so far.

    Raises
    ------
    NonFiniteError
        The cost is no longer finite; the rate is too high.
    TinycnnError
        The checkpoint belongs to another recipe.
    """
    state = _start(model, recipe, checkpoint)
    steps = -(-len(x) // recipe.batch)
    for epoch in range(len(state.costs), recipe.epochs):
        rng = np.random.default_rng([recipe.seed, epoch])
        order = rng.permutation(len(x))
        total = 0.0
        for step in range(steps):
            batch = order[step * recipe.batch : (step + 1) * recipe.batch]
            images = shifted(x[batch], rng.integers(-recipe.shift, recipe.shift + 1, (len(batch), 2)))
            progress = (epoch + step / steps) / recipe.epochs
            total += len(batch) * _descend(model, state, images, labels[batch], recipe, progress)
        state.costs.append(total / len(x))
        if checkpoint is not None:
            _save(state, recipe, checkpoint)
        yield model.with_weights(state.parameters, model.weights), list(state.costs)


def accuracy(model: Model, x: Array, labels: Array, batch: int = 250) -> float:
    """Fraction of the images whose largest logit is their label's."""
    parts = [predict(model, x[i : i + batch]).argmax(axis=1) for i in range(0, len(x), batch)]
    return float(np.mean(np.concatenate(parts) == labels))


def shifted(x: Array, by: Array) -> Array:
    """Move each image by its own (rows, columns); what comes in from outside is 0."""
    moved = np.zeros_like(x)
    h, w = x.shape[2:]
    for image, target, (down, right) in zip(x, moved, by, strict=True):
        rows, columns = slice(max(down, 0), h + min(down, 0)), slice(max(right, 0), w + min(right, 0))
        from_rows = slice(max(-down, 0), h + min(-down, 0))
        from_columns = slice(max(-right, 0), w + min(-right, 0))
        target[:, rows, columns] = image[:, from_rows, from_columns]
    return moved


def parameters_of(model: Model) -> dict[str, Array]:
    """Everything learnt, under the names that `Model.with_weights` takes."""
    return {f"{layer.name}.{key}": array for layer in flat(model.layers) for key, array in layer.parameters()}


def _descend(
    model: Model, state: State, images: Array, labels: Array, recipe: Recipe, progress: float
) -> float:
    """One step of the descent; returns the mean cost before it."""
    trace = forward(model.with_weights(state.parameters, model.weights), images)
    cost = float(engine.cross_entropy(trace.output, labels).mean())
    if not np.isfinite(cost):
        raise NonFiniteError("the cost is no longer finite; try a lower rate")
    share = np.full(len(labels), 1 / len(labels), trace.output.dtype)
    found = gradients(trace, engine.cross_entropy_vjp(share, trace.output, labels))
    rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * progress))
    for name, gradient in found.items():
        decay = 0.0 if name.endswith(".bias") else recipe.decay
        slope = gradient + decay * state.parameters[name]
        state.velocities[name] = recipe.momentum * state.velocities[name] - rate * slope
        state.parameters[name] = (state.parameters[name] + state.velocities[name]).astype(gradient.dtype)
    return cost


def _start(model: Model, recipe: Recipe, checkpoint: Path | None) -> State:
    if checkpoint is None or not checkpoint.exists():
        parameters = parameters_of(model)
        return State(parameters, {name: np.zeros_like(array) for name, array in parameters.items()})
    with np.load(checkpoint, allow_pickle=False) as file:
        if str(file["recipe"]) != str(asdict(recipe)):
            raise TinycnnError(f"{os.fspath(checkpoint)} is of another recipe; remove it, or train elsewhere")
        return State(_under(file, "parameter/"), _under(file, "velocity/"), file["costs"].tolist())


def _under(file: Any, prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): file[name] for name in file if name.startswith(prefix)}


def _save(state: State, recipe: Recipe, checkpoint: Path) -> None:
    arrays: dict[str, Any] = {f"parameter/{name}": array for name, array in state.parameters.items()}
    arrays |= {f"velocity/{name}": array for name, array in state.velocities.items()}
    with atomic_write(checkpoint) as file:
        np.savez(file, recipe=str(asdict(recipe)), costs=np.array(state.costs), **arrays)
