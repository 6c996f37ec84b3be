# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sanity checks: what they test, and what they cannot
#
# A map may show the image whatever the network decides. So the field invented checks that a map must pass: make the
# weights random, delete what is marked, ask for another class. A check is a measurement, and a measurement wants a
# prediction. What value does a *useless* map get? And a perfect one? For random networks most of this can be
# computed before anything is run.
#
# After this notebook you can
#
# 1. run the test of random parameters, and name the choices that its verdict depends on;
# 2. predict its value for guided backprop in a random network;
# 3. give a map that passes it and explains nothing, and one that passes deletion and has never seen the network;
# 4. say which check finds which fault.
#
# You need notebooks 06, 10 and 11. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.ops.geometry import window
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.metrics import cosine, high_pass
from tinycnn.theory.recovery import rho_image

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80
RULES = ["saliency", "deconvnet", "guided", "lrp-zplus"]

trained = tc.zoo.digits("digits")
pictures, labels = digit_pictures(12, seed=5)
x = np.concatenate([trained.preprocess(picture) for picture in pictures])


def said(values):
    """A mean with its standard error."""
    return f"{np.mean(values):7.3f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.3f}"


# %% [markdown]
# ## 1. Random parameters
#
# Notebook 11 has drawn the layers of a network anew, from the logits down, and compared each map with that of the
# trained network (Adebayo and others 2018). A map that stays alike cannot depend on what was learned.
# `tc.checks.mprt` prints every choice that it made.

# %%
print(tc.checks.mprt(trained, x, "guided"))

# %% [markdown]
# Eight choices, and the verdict turns on them. Here is one: compare sizes $|s|$ (the published default), or the maps
# with their signs.

# %%
for absolute in (True, False):
    print("sizes" if absolute else "signs")
    for rule in RULES:
        found = tc.checks.mprt(trained, x, rule, absolute=absolute)
        print(
            f"   {rule:10}"
            + "".join(f"   {layer} {value:6.3f}" for layer, value in zip(found.rows, found.means))
        )

# %% [markdown]
# With sizes, saliency "keeps" a good part of its map when the logits are random, as if it did not depend on them
# much. With signs nothing is left at once. What the sizes share is where the *ink* is. z+ is the extreme case: the sizes
# of its map hardly change at all, while its sign is that of the random network's logit, which it shares out.
#
# ## 2. The prediction
#
# Take a random network with one hidden layer of $N$ filters: notebook 04's. Its guided map is the limit image $m$, the
# same for every network, plus independent noise of energy $\rho|m|^2$. Draw *everything* anew: the two maps share $m$
# and nothing else,
#
# $$\cos = \frac{1}{1 + \rho}.$$
#
# Draw the output layer only: the masks stay, and of the noise a share $1/\pi$ (notebook 10), so $\cos = (1 + \rho/\pi)/
# (1 + \rho)$. The saliency map has the limit 0, so its cosine is 0 from the first layer on. With more filters $\rho$
# falls as $1/N$, and guided backprop keeps *all of its map when every weight is replaced*.

# %%
side, k, nets = 24, 3, 60
photo = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.sample("coffee")).astype(np.float32)
at = window((side, side), (k, k), padding="same")
COUNTS = [8, 16, 32, 64, 128, 256]
curves = {("guided", "all"): [], ("guided", "output"): [], ("saliency", "all"): []}
for N in COUNTS:
    found = {key: [] for key in curves}
    for seed in range(nets):
        one = tc.zoo.three_layer_cnn(N, k, image=(side, side), classes=2, seed=10_000 * N + seed)
        other = tc.zoo.three_layer_cnn(N, k, image=(side, side), classes=2, seed=10_000 * N + seed + nets)
        here = tc.visualize(
            one, photo, ["guided", "saliency"], tc.targets.several([tc.targets.logit(0), tc.targets.logit(1)])
        )
        there = tc.visualize(other, photo, ["guided", "saliency"], 0)
        found["guided", "all"].append(float(cosine(here["guided"][0], there["guided"][0])))
        found["saliency", "all"].append(float(cosine(here["saliency"][0], there["saliency"][0])))
        found["guided", "output"].append(float(cosine(here["guided"][0], here["guided"][1])))
    for key, values in found.items():
        curves[key].append((np.mean(values), np.std(values, ddof=1) / np.sqrt(nets)))
rho = np.array([rho_image(photo[0], at, N) for N in COUNTS])
PREDICTED = {
    ("guided", "all"): 1 / (1 + rho),
    ("guided", "output"): (1 + rho / np.pi) / (1 + rho),
    ("saliency", "all"): 0 * rho,
}
for (key, line), mark in zip(curves.items(), "os^", strict=True):
    mean, error = np.transpose(line)
    label = f"{key[0]}, {key[1]} drawn anew"
    (drawn,) = plt.semilogx(COUNTS, PREDICTED[key], "-", lw=1)
    plt.errorbar(COUNTS, mean, 2 * error, fmt=mark, ms=5, color=drawn.get_color(), label=label)
    pairs = "".join(f"{p:8.3f}/{m:.3f}" for p, m in zip(PREDICTED[key], mean, strict=True))
    print(f"{label:30} predicted/measured, N = 8 to 256:{pairs}")
plt.xlabel("filters N")
plt.ylabel("cosine with the map before")
plt.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.gcf().set_size_inches(7.5, 3)
plt.show()

# %% [markdown]
# (Lines are predicted, marks measured with two standard errors. The formulas divide two means; for few filters the
# mean of the cosine lies a little off.) In a random network the test of random parameters measures one number, $\rho$.
# A wide network and a narrow one get different verdicts for the same rule.
#
# Why does top-down randomisation leave so much? If a random layer adds up $\sum_k w_k a_k$, the louder of two channels
# contributes more with the probability $\frac{2}{\pi}\arctan(a_1/a_2)$. Loud channels stay loud under any weights:

# %%
w = np.random.default_rng(0).standard_normal((2, 400_000))
for ratio in (1, 2, 5, 10):
    wins = np.mean(np.abs(w[0]) * ratio > np.abs(w[1]))
    error = np.sqrt(wins * (1 - wins) / w.shape[1])
    print(
        f"a1/a2 = {ratio:2}: predicted {2 / np.pi * np.arctan(ratio):.4f}, measured {wins:.4f} ± {error:.4f}"
    )

# %% [markdown]
# ## 3. A map that passes and explains nothing
#
# The best value of the test is 0: nothing alike. Noise has it. Here are two "methods": one draws noise that depends on
# the weights, the other returns the gradient's map with its pixels in random order.


# %%
def noise(model, x, target):
    """Noise whose seed is made of the weights."""
    seed = abs(int(1e6 * float(model.layers[-1].weight.sum()))) + abs(
        int(1e6 * float(model.layers[0].weight.sum()))
    )
    return np.random.default_rng(seed).standard_normal(x.shape)


for rule in (noise, "saliency", "guided"):
    found = tc.checks.mprt(trained, x, rule, absolute=False)
    name = rule if isinstance(rule, str) else "noise"
    print(f"{name:10}" + "".join(f"   {layer} {value:6.3f}" for layer, value in zip(found.rows, found.means)))
print(
    f"noise has a rank correlation of 0 with standard deviation {1 / np.sqrt(x[0].size - 1):.3f} for {x[0].size} pixels"
)

# %% [markdown]
# So a good value says: the map depends on the weights. It does not say: the map shows what the weights do. Passing is
# necessary and cheap.
#
# ## 4. Do signals forget where they came from?
#
# Another check needs no second network. Sixt and others (2020) send two *unrelated* signals back from a layer and ask
# how alike they are further down. If the rule makes everything alike, the map cannot depend on the class.


# %%
def line(name, layers, values):
    print(
        f"{name:10}"
        + "".join(f"   {layer} {value:6.3f}" for layer, value in zip(layers, values, strict=True))
    )


for rule in RULES:
    found = tc.checks.csc(trained, x, rule)
    line(rule, found.rows, found.means)
line("unrelated", found.rows, np.broadcast_to(found.optimum, found.values.shape).mean(axis=1))

# %% [markdown]
# The last row is what unrelated directions have, and the last column says nothing: with one channel, all signals are
# alike. z+ multiplies with non-negative matrices, and their products tend to rank one: all signals become one signal.
# The gradient's matrices have both signs, and directions stay further apart.
#
# ## 5. Deletion, and an opponent that has never seen the network
#
# Remove the pixels that a map marks: the answer should collapse. In notebook 11 "brightest first" did as well as
# saliency. The opponents below make such pictures into maps, the image itself and its edges, so that all checks can
# judge them. They know no network.


# %%
def ink(model, x, target):
    """The image itself."""
    return x


def edges(model, x, target):
    """The strength of the image's edges."""
    return np.abs(high_pass(x))


table = {}
for rule in (*RULES, "gradient-x-input", ink, edges):
    name = rule if isinstance(rule, str) else rule.__name__
    table[name] = [
        float(tc.checks.deletion(trained, x, rule).means[0]),
        float(tc.checks.insertion(trained, x, rule).means[0]),
        float(tc.checks.mprt(trained, x, rule).means[-1]),
        float(tc.checks.random_logit(trained, x, rule).means[0]),
    ]
reference = tc.checks.deletion(trained, x, "saliency")
HEADS = ["deletion", "insertion", "mprt, all", "other logit"]
print(f"{'':18}" + "".join(f"{head:>13}" for head in HEADS))
for name, row in table.items():
    print(f"{name:18}" + "".join(f"{value:13.3f}" for value in row))
print(f"deletion in random order: {np.mean(reference.null):.3f}")

# %% [markdown]
# Read the table by columns. **Deletion** (small is good): the image itself, which knows no network, does as well as
# guided backprop, and better than DeconvNet. **Random parameters** catches the two opponents; and, with sizes,
# all that multiplies with the ink. **Another logit** asks for the class: here too the opponents, which give the same
# map for each, have the worst value there is, 1. No column orders the rules as another one does. Each check finds
# one kind of fault:
#
# | fault | found by | not found by |
# |---|---|---|
# | ignores the weights | random parameters | deletion |
# | ignores the class | another logit, convergence | random parameters |
# | depends on what number black is | the shift of notebook 14 | all of these |
# | says nothing | deletion | random parameters |
#
# ## 6. Exercises
#
# **Exercise 1** (10 minutes, easy). Top-down randomisation: from the names of the layers with weights, first layer
# first, give for each step the *set* of layers that are random. The last layer is the first to go, and what is random
# stays random.
#
# <details><summary>A first hint</summary>
#
# The last set holds all names, the first one only the last name. Which slices of the list are these, and in which
# order?
#
# </details>


# %% tags=["exercise"]
def steps_from_the_top(names):
    """Names to a list of sets."""
    ### BEGIN SOLUTION
    return [set(names[i:]) for i in range(len(names) - 1, -1, -1)]
    ### END SOLUTION


# %% tags=["check"]
def check_steps_from_the_top(steps):
    names = [f"layer{i}" for i in np.random.default_rng().permutation(9)[:5]]
    found = [set(step) for step in steps(list(names))]
    assert len(found) == 5, f"5 layers make 5 steps, you have {len(found)}"
    assert found[0] != {names[0]}, (
        f"{names[0]} is the first layer, next to the image; begin with the last, {names[-1]}"
    )
    assert found[0] == {names[-1]}, (
        f"step 1 makes {names[-1]} random and nothing else, you have {sorted(found[0])}"
    )
    assert all(one < other for one, other in zip(found, found[1:])), (
        f"what is random stays random: step 2 has {names[-1]} and {names[-2]}, you have {sorted(found[1])}"
    )
    assert found[-2] == set(names[1:]), f"the layer next to the image, {names[0]}, is the last to go"
    print("passed")


check_steps_from_the_top(steps_from_the_top)

# %% [markdown]
# **Exercise 2** (15 minutes, medium). The null of a deletion curve. You get an array of scores (orders, steps + 1):
# for some *random* orders of the pixels, the answer before deletion and after each step. Steps are equally large.
# Give the area under the mean curve by the trapezoid rule, with shares of pixels from 0 to 1 on the axis, and its
# standard error over the orders.
#
# <details><summary>A first hint</summary>
#
# An area for each order first: orders are independent, the points of one curve are not. The standard error is the
# deviation of the areas over the root of their number.
#
# </details>


# %% tags=["exercise"]
def area_of_random_orders(scores):
    """Scores (orders, steps + 1) to the mean area and its standard error."""
    ### BEGIN SOLUTION
    areas = ((scores[:, 1:] + scores[:, :-1]) / 2).mean(axis=1)
    return areas.mean(), areas.std(ddof=1) / np.sqrt(len(areas))
    ### END SOLUTION


# %% tags=["check"]
def check_area_of_random_orders(area):
    rng = np.random.default_rng()
    scores = 1 + rng.random((7, 11))
    mean, error = map(float, area(scores))
    areas = [sum((s[i] + s[i + 1]) / 2 for i in range(10)) / 10 for s in scores]
    right = np.mean(areas)
    if not np.isclose(mean, right):
        assert not np.isclose(mean, 10 * right), "shares go from 0 to 1: a step is 1/10 wide, not 1"
        assert not np.isclose(mean, scores.mean()), (
            "the mean of all scores gives the ends full weight; a trapezoid gives half"
        )
    assert np.isclose(mean, right), f"the area is {right:.4f}, you have {mean:.4f}"
    spread = np.std(areas, ddof=1)
    assert not np.isclose(error, spread), (
        "that is the standard deviation; the error of a mean is smaller by the root of n"
    )
    assert not np.isclose(error, np.std(areas) / np.sqrt(7)), (
        "7 orders were drawn, so divide the squares by 6 (ddof=1)"
    )
    assert np.isclose(error, spread / np.sqrt(7)), (
        f"the standard error is {spread / np.sqrt(7):.5f}, you have {error:.5f}"
    )
    print("passed")


check_area_of_random_orders(area_of_random_orders)

# %% [markdown]
# **Exercise 3** (10 minutes, easy). Do signals converge? You get signals (s, n) at one layer. Give the median of the
# *magnitudes* of the cosines of all pairs of different signals.
#
# <details><summary>A first hint</summary>
#
# Rows of norm 1, times their own transpose, make the table of all cosines. `np.triu_indices(s, 1)` names each pair
# once.
#
# </details>


# %% tags=["exercise"]
def median_likeness(signals):
    """Signals (s, n) to one number."""
    ### BEGIN SOLUTION
    unit = signals / np.linalg.norm(signals, axis=1, keepdims=True)
    return np.median(np.abs((unit @ unit.T)[np.triu_indices(len(unit), 1)]))
    ### END SOLUTION


# %% tags=["check"]
def check_median_likeness(likeness):
    rng = np.random.default_rng()
    one = rng.standard_normal(30)
    same = float(likeness(np.stack([one, -2 * one, 3 * one])))
    assert np.isclose(same, 1), (
        f"three signals on one line have converged, whatever their signs and sizes: 1, you have {same:.3f}"
    )
    signals = rng.standard_normal((6, 30)) * rng.random((6, 1))
    found = float(likeness(signals))
    unit = [signal / np.sqrt(signal @ signal) for signal in signals]
    pairs = [abs(unit[i] @ unit[j]) for i in range(6) for j in range(i)]
    right = np.median(pairs)
    assert np.isclose(found, right) or not np.isclose(found, np.mean(pairs)), (
        "that is the mean of the pairs; the median is asked for"
    )
    assert np.isclose(found, right), (
        f"the 15 pairs have the median {right:.4f}, you have {found:.4f} (a signal with itself is no pair)"
    )
    print("passed")


check_median_likeness(median_likeness)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). Describe a method that passes the test of random parameters as well as anything can, and
# explains nothing. What may one conclude from a pass?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - A method that works: noise that is drawn from a seed made of the weights, or the gradient's map with its pixels in
#   random order.
# - A pass is necessary and not sufficient: the map depends on the weights, but it need not show what they do.
#
# > **1 point.** Compute a number from all weights and use it as the seed of a random picture. New weights, new
# > picture: the likeness is 0, the best value there is. So a pass says that the map is not independent of the
# > weights. It does not say that it shows anything of the decision. A fail is informative, a pass is not.
#
# > **½ point.** White noise. It is different every time, so it passes. So the test is useless.
#
# Works in the table, but does not depend on the weights, and noise drawn anew is caught by repeating it. "Useless" is
# too much: fails are informative.
#
# > **0 points.** Saliency, since it is noise in random networks and passes the test.
#
# Saliency does depend on what the network computes; that is not "nothing".

# %% [markdown]
# **Question 2** (10 minutes). Two papers test the same rule with random parameters and come to opposite verdicts,
# without a mistake. Name two choices that can do this, one of them with its mechanism.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - Two of: sizes or signs; from the top down or single layers; which target; how maps are scaled; the width of the
#   network; the similarity.
# - A mechanism: sizes follow the ink of the input, which no weight changes; or: the likeness is 1/(1 + rho), and rho
#   falls as 1/N, so that wide networks fail and narrow ones pass.
#
# > **1 point.** One compares sizes, the other signed maps. Sizes of both maps follow the ink of the picture, so they
# > are alike for any weights; signs are lost at once. And the width: for guided backprop in a random net the cosine
# > is 1/(1 + rho) with rho about pi^2 C / N, so the same rule keeps its map in a wide net, and loses it in a narrow
# > one.
#
# > **½ point.** They could use different networks and different data sets, which give different numbers.
#
# Possible, but which property of the network, and how does it act?
#
# > **0 points.** One of them must have chosen a bad random seed; with more seeds they would agree.
#
# More seeds shrink the error bars around two different values.

# %% [markdown]
# ## Further reading
#
# - J. Adebayo and others. *Sanity checks for saliency maps.* NeurIPS 2018, arXiv:1810.03292.
# - L. Sixt, M. Granz, T. Landgraf. *When explanations lie: why many modified BP attributions fail.* ICML 2020,
#   arXiv:1912.09818.
# - A. Binder and others. *Shortcomings of top-down randomization-based sanity checks for evaluations of deep neural
#   network explanations.* CVPR 2023, arXiv:2211.12486.
# - G. Yona, D. Greenfeld. *Revisiting sanity checks for saliency maps.* 2021, arXiv:2110.14297.
# - A. Hedström and others. *Sanity checks revisited: an exploration to repair the model parameter randomisation test.*
#   2024, arXiv:2401.06465.
