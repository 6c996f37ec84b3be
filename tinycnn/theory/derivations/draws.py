"""Why weights of two layers, or of two widths, must have nothing in common."""

from __future__ import annotations

from scipy.stats import norm

from tinycnn.theory.claim import Setting
from tinycnn.theory.claims.draws import COMPARED
from tinycnn.theory.derivations.step import Step, Steps


def _fourth(setting: Setting) -> float:
    return float(norm.moment(4))


FRESH: Steps = (
    Step(
        "Weights that are drawn from one stream may differ in sign and still share their size, so compare "
        "squares. How "
        "many of each layer.",
        "w_i, w_i'",
        lambda setting: COMPARED,
    ),
    Step("A square has the variance", "E w⁴ - 1 = 2", lambda setting: _fourth(setting) - 1),
    Step(
        "Independent ones have no covariance: the product of two means of 0.",
        "E[(w² - 1)(w'² - 1)] / 2 = [E w² - 1]² / 2",
        lambda setting: (float(norm.var()) - 1) ** 2 / (_fourth(setting) - 1),
    ),
)

STEPS = {"draws.widths": FRESH, "draws.layers": FRESH}
