"""The theory on nets as they come, trained or not, layer by layer: what it assumes and what it predicts.

`stages` cuts a backward pass into convolutions with their activations. For each of them `filtered` predicts
the signal from the filters' second moment, `moments` measures how Gaussian and isotropic the filters are,
`paths` who lets a signal pass, `pictures` what the signal shows. `identity` has what holds for any weights.
`survey` is all of it as a table.

What ``tinycnn survey vgg16`` finds of the 13 trained convolutions, as means over three photographs (centred
cosines): filters have excess kurtosis of .7 to 6.1, and their energy lies in .22 to .55 of the directions of
isotropic ones. Of a constant signal, the limit for isotropic filters foretells .37 to .72, the one with their
second moment .21 to .96, the one with mean, covariance and biases .90 to .96. Of the real signal that last
one foretells .49 to .74, and .72 to .86 once it is told how much signal arrives at each patch: most of
what the formula misses is where signals arrive, not which way they are sent back. With ones in place of
everything above conv4_3, the map keeps a cosine of .92 with the real one; above conv1_1, of .57.
"""

from types import ModuleType

from tinycnn.files import submodule


def __getattr__(name: str) -> ModuleType:
    return submodule(__name__, name)
