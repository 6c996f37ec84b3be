"""The mathematics that tinycnn verifies, one formula per function, and the claims that measure it.

`patches` is the operator D of the derivations. `limit` and `recovery` treat guided backprop, `noise`
saliency and DeconvNet, `pooled` and `sampled` max-pools, `depth` deep nets, `sensitivity` two logits,
`bank` filters that are not isotropic, `family` all rules at once. `randomised`, `convergence`,
`completeness`, `smoothing` and `gradients` treat the checks that maps are put to, and what other methods
equal; `predictions` says what a check will find. `claims` holds what is measured, `judge`
measures it.
"""

from types import ModuleType

from tinycnn.files import submodule


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
