"""Independent random three-layer nets in plain NumPy, written from the definition of a map.

s(x) = sum_j D_j^T sum_i h(V_ij) g(w_i.y_j) w_i
"""

import numpy as np

from tinycnn.ops.geometry import window
from tinycnn.ops.patches import patches_vjp
from tinycnn.theory.patches import cut

MASKS = {
    "on": lambda z: z > 0,
    "off": np.ones_like,
    "reversed": lambda z: z < 0,
    "activation": lambda z: np.maximum(z, 0),
}


def same(image, size, stride=1):
    return window(image, (size, size), stride, "same")


def small_image(seed=0, shape=(2, 6, 5)):
    """Smooth enough that neighbouring patches point in similar directions, and nowhere zero."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).cumsum(axis=1).cumsum(axis=2) + 0.5


def maps(x, at, filters, nets, seed, mask="on", send=lambda v: np.maximum(v, 0), shared=True, bias=0.0):
    """Maps of independent nets with c = 1: (nets, c, h, w)."""
    return np.concatenate(
        [
            _maps(cut(x, at), at, filters, 500, (seed, part), mask, send, shared, bias)
            for part in range(nets // 500)
        ]
    )


def _maps(y, at, filters, nets, seed, mask, send, shared, bias):
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((nets, 1 if shared else len(y), filters, y.shape[1]))
    v = rng.standard_normal((nets, len(y), filters))
    z = np.einsum("njip,jp->nji", np.broadcast_to(w, (nets, len(y), *w.shape[2:])), y) + bias
    rows = np.einsum("nji,njip->njp", send(v) * MASKS[mask](z), np.broadcast_to(w, (*z.shape, y.shape[1])))
    cut_up = rows.reshape(nets, *at.output, -1, *at.size).transpose(0, 3, 1, 2, 4, 5)
    return patches_vjp(cut_up, at)


def mean_and_error(samples):
    """Mean over the first axis, and its standard error."""
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def measured_rho(samples, mean):
    """rho with its standard error, around a mean that is known."""
    ratio = np.square(samples - mean).sum(axis=(1, 2, 3)) / np.square(mean).sum()
    return mean_and_error(ratio)


def assert_agrees(samples, predicted, width=4.5):
    """Every entry's sample mean lies within `width` standard errors of the prediction.

    4.5 standard errors: under 1 % for a test of a thousand independent entries.
    """
    mean, error = mean_and_error(samples)
    known = error == 0
    np.testing.assert_allclose(mean[known], np.broadcast_to(predicted, mean.shape)[known], atol=1e-8)
    worst = np.max(np.abs(mean - predicted)[~known] / error[~known])
    assert worst < width, f"off by {worst:.1f} standard errors"
