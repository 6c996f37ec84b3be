"""Whether a logit chooses the patches whose active paths reach it: shown on the first picture."""

from __future__ import annotations

from functools import lru_cache

from tinycnn.rules import identity
from tinycnn.theory import sending
from tinycnn.theory.claim import Bench, Setting
from tinycnn.theory.claims.paths import LOGITS, agreements, pictures
from tinycnn.theory.claims.trained import TrainedSetting, trained
from tinycnn.theory.derivations.step import Step, Steps
from tinycnn.trace import forward


@lru_cache(maxsize=4)
def _agreements(setting: Setting) -> list[float]:
    """Of the trained head and of a shuffled one, on the first picture."""
    assert isinstance(setting, TrainedSetting)
    model = trained(setting.model, setting.weights)
    return list(agreements(Bench(), forward(model, model.preprocess(pictures(setting)[0])), 0))


PATHS: Steps = (
    Step(
        "A patch has an active path to logit k if units above it send: their energy is e_j^k. Of how many "
        "logits.",
        "e_j^k = Σ_i (a_ij^k)²: k = 1..K",
        lambda setting: LOGITS,
    ),
    Step(
        "If the choice of patches does not depend on the logit, two logits' energies agree over patches. On "
        "the first "
        "picture they agree so well, under the trained head and under a shuffled one.",
        "mean_{k<l} Corr_j(e_j^k, e_j^l)",
        _agreements,
    ),
    Step(
        "A shuffled head knows no classes. If the trained one is no more class sensitive, the difference is, "
        "on average "
        "over pictures,",
        "Corr(e) - Corr(ẽ)",
        lambda setting: sending.mean(identity),
    ),
)

STEPS = {f"paths.{model}": PATHS for model in ("digits", "efficientnet_lite0")}
