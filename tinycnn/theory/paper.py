"""What the paper states, as its readers report it, and the claims that judge each statement.

W. Nie, Y. Zhang, A. Patel, *A theoretical explanation for perplexing behaviors of backpropagation-based
visualizations*, ICML 2018; arXiv:1805.07039, version 4 of February 2020, whose proofs of both theorems are
revised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from tinycnn.theory.claim import Claim

CITATION = "Nie, Zhang and Patel, ICML 2018; arXiv:1805.07039v4, whose proofs of both theorems are revised"


@dataclass(frozen=True)
class Statement:
    """One statement of the paper.

    Parameters
    ----------
    name : str
        What it is called there.
    says : str
        In plain words, as its readers report it.
    found : str
        What holds, exactly.
    claims : tuple of str
        Ids of claims; * is allowed.
    """

    name: str
    says: str
    found: str
    claims: tuple[str, ...]

    def judged_by(self, claims: Mapping[str, Claim]) -> Iterator[Claim]:
        """The claims, in their own order."""
        return (claim for id, claim in claims.items() if any(fnmatch(id, pattern) for pattern in self.claims))


STATEMENTS = (
    Statement(
        "Theorem 1",
        "In a random three-layer CNN with enough filters, guided backprop of any logit is proportional to "
        "the image.",
        "It is the image times a local gain, which evens out contrast; proportional to it only without local "
        "connections.",
        ("limit.*", "recovery.dense_paper"),
    ),
    Statement(
        "Theorem 2, saliency",
        "The saliency map is white Gaussian noise.",
        "It is, given the filters exactly; that of the largest logit leans towards the image.",
        ("noise.saliency*", "noise.largest_logit"),
    ),
    Statement(
        "Theorem 2, DeconvNet",
        "The DeconvNet map is white Gaussian noise.",
        "It holds nothing of the image, but a third of it is one constant per channel.",
        ("noise.deconvnet*",),
    ),
    Statement(
        "Sample complexity",
        "It takes of the order of p / eps^2 filters of p taps: a thousand 3x3x3 filters for an error under "
        ".1.",
        "True of one patch up to a constant, pi^2. Of the map, channels over filters: whatever the size. A "
        "thousand are "
        "enough for the energy of the error and for the cosine, not for its length, and not for a patch.",
        ("recovery.rho*", "thousand.*", "any_head.bound", "enough.filters*"),
    ),
    Statement(
        "Locality",
        "Without local connections guided backprop fails: 70000 hidden units are worse than 64 filters.",
        "They are, by .20: 64 filters have 262144 hidden units. Equally many recover equally well.",
        ("recovery.locality", "recovery.law*", "recovery.dense_wide", "recovery.dense_cnn"),
    ),
    Statement(
        "Max-pooling, DeconvNet",
        "With max-pooling DeconvNet behaves like guided backprop.",
        "It shows the image through the switches, as differences; its limit is another one.",
        ("pooling.deconvnet*",),
    ),
    Statement(
        "Max-pooling, the others",
        "Saliency and guided backprop are unaffected by max-pooling.",
        "Saliency is. Guided backprop becomes high-pass.",
        ("pooling.guided*", "pooling.saliency", "averaged.*"),
    ),
    Statement(
        "Proposition 1",
        "The signal that comes back to the first layer of a deep random net may be taken as independent "
        "Gaussian noise.",
        "It has a part along every unit's own input, which grows from layer to layer: so deep nets make less "
        "noise.",
        ("depth.proposition*", "depth.active*"),
    ),
    Statement(
        "Depth",
        "The statements carry over to deep random nets.",
        "They do, and up to about five layers depth improves the recovery. DeconvNet tends to flat colour. "
        "Residual nets "
        "recover more.",
        ("depth.cosine*", "depth.turn", "depth.constant*", "residual.*"),
    ),
    Statement(
        "Random VGG",
        "They carry over to VGG-16 with random weights.",
        "The image shows, but with another limit than without pools; DeconvNet shows half as much.",
        ("vgg.*",),
    ),
    Statement(
        "Trained weights",
        "With trained weights the image is partially recovered.",
        "Exactly so under a random head: open filters where they opened. A trained head sends less evenly.",
        ("head.*", "bank.*"),
    ),
    Statement(
        "Active paths",
        "Trained weights filter which patches have an active path to a logit, and that is not class "
        "sensitive.",
        "True of a net with a global average pool; not of the digits net, whose logits look at different "
        "patches.",
        ("paths.*",),
    ),
    Statement(
        "Class sensitivity",
        "Maps of two logits differ much under saliency, little under guided backprop and DeconvNet.",
        "By known numbers: the root of two, 6.35 over the root of the filters, and 1.19.",
        ("sensitivity.*",),
    ),
    Statement(
        "Adversarial changes",
        "A small change of the image moves the saliency map, and hardly the others.",
        "Guided backprop moves by a share of what saliency does, the root of rho / (1 + rho): .56 for 64 "
        "filters.",
        ("perturbed.*",),
    ),
)
