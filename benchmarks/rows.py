"""``python -m benchmarks.rows``: what it costs to check what the rows of a rule return.

One map of guided backprop is made step by step; the checks of its rows are repeated without the rows. Both
are measured in processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tinycnn import Model, backward, forward, image, zoo
from tinycnn.rules import GUIDED
from tinycnn.targets import max_logit
from tinycnn.trace import passed

MAPS, CHECKS = 3, 500
"""How often each is repeated."""


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Processor time of one call."""
    start = time.process_time()
    for _ in range(repeats):
        function()
    return (time.process_time() - start) / repeats


def costs(model: Model) -> tuple[float, float]:
    """Seconds of a map, and of the checks in it."""
    x, target = model.preprocess(image.default()), max_logit()
    trace = forward(model, x)
    signals = backward(trace, target(trace), GUIDED)
    found = list(zip(trace, signals[1:], signals[:-1], strict=True))

    def draw() -> None:
        again = forward(model, x)
        backward(again, target(again), GUIDED)

    def check() -> None:
        for step, signal, back in found:
            passed(GUIDED, lambda signal, step, back=back: back, signal, step)

    return seconds(draw, MAPS), seconds(check, CHECKS)


def main() -> None:
    """Print a line for each net."""
    for model in (zoo.three_layer_cnn(filters=64, image=(224, 224), seed=0), zoo.vgg16(seed=0)):
        whole, checks = costs(model)
        share = f"{checks / whole:.1e}"
        print(f"{model.name}: a map {1e3 * whole:.1f} ms, its checks {1e6 * checks:.1f} us: {share}")


if __name__ == "__main__":
    main()
