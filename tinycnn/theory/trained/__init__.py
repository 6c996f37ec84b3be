"""The theory on nets as they come, trained or not, layer by layer: what it assumes and what it predicts.

`stages` cuts a backward pass into convolutions with their activations. For each of them `filtered` predicts
the signal from the filters' second moment, `moments` measures how Gaussian and isotropic the filters are,
`paths` who lets a signal pass, `pictures` what the signal shows. `identity` has what holds for any weights.
`survey` is all of it as a table.
"""
