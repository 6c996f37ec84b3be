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
# # How to read, and how not to read, a saliency map
#
# Somebody shows you a heat map and says: this is what the network looked at. What can you ask? This notebook
# collects the mistakes that are made most often with such pictures. Each is made once, on purpose, and measured.
#
# After this notebook you can
#
# 1. say what the display has done to a map before you see it;
# 2. compare a map with what it must beat: random weights, an edge detector, another class;
# 3. test whether a map points at what matters, by taking it away;
# 4. go through a checklist before you believe a picture, or print one.
#
# You need notebooks 01 and 10. Everything runs offline, in less than a minute, on the small digits net that
# comes with tinycnn.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures import maps as show
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.metrics import centred_cosine, high_pass, l2_distance, spearman
from tinycnn.pictures.slider import slide

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80
RULES = ["saliency", "deconvnet", "guided"]


def look(pictures, **options):
    """Draw pictures side by side, as they are."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(1.9 * len(pictures), 2.2))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(picture, cmap="gray", **options)
        panel.set_title(title, fontsize=8)
        panel.set_axis_off()
    plt.show()


def said(values):
    """A mean with its standard error."""
    return f"{np.mean(values):6.3f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.3f}"


trained, before = tc.zoo.digits("digits"), tc.zoo.digits("digits-initial")
pictures, labels = digit_pictures(40, seed=1)
x = np.concatenate([trained.preprocess(picture) for picture in pictures])
right = tc.predict(trained, x).argmax(axis=1) == labels
x, labels = x[right], labels[right]
print(f"{right.sum()} of {len(right)} drawn digits are read rightly; we go on with these")

# %% [markdown]
# ## 1. The display
#
# A map has positive and negative numbers, of any size. A picture has grey values from 0 to 255. Whatever lies
# between is a choice, and the choice is part of the claim. Here is *one* map, four times.

# %%
five = x[labels == 5][:1]
map = tc.visualize(trained, five, ["saliency"], "max")["saliency"][0]
look(
    {
        "input": five[0, 0],
        "min to max": show.minmax(map),
        "signed": show.signed(map),
        "size": show.absolute(map),
        "positive part": np.maximum(map[0], 0),
    }
)
zero = -map.min() / (map.max() - map.min())
print(
    f"smallest {map.min():.3f}, largest {map.max():.3f}: min to max draws zero as grey {255 * zero:.0f} of 255"
)

# %% [markdown]
# - **Min to max**: zero becomes some grey. Which one depends on the largest value, so two maps cannot be compared.
# - **Signed**: zero is white, the sign is a colour, red or blue. Nothing is hidden. (But printed in grey, red and
#   blue are both dark.)
# - **Size**: the sign is lost. Evidence for and against look alike.
# - **Positive part**: half of the map is thrown away. It is *not* guided backprop (notebook 01).
#
# DeconvNet without pooling has a constant per channel (notebook 05), which min to max removes without a word.
# And a map that is zero everywhere can be stretched to a picture, too. tinycnn refuses:

# %%
for name, nothing in {"all zero": np.zeros((1, 4, 4)), "not a number": np.full((1, 4, 4), np.nan)}.items():
    print(f"{name}: {show.describe(nothing)}")

# %% [markdown]
# ## 2. The baseline
#
# A map that shows the digit looks convincing. But what would a *network that has learned nothing* show? And what
# would an **edge detector**, which knows no network at all? We count how much the maps of the trained net are
# like the input, like its edges, and like the maps before training.

# %%
edges = high_pass(x)
found = {rule: {"input": [], "edges": [], "untrained": []} for rule in RULES}
for picture, edge in zip(x, edges, strict=True):
    one, other = (tc.visualize(net, picture[None], RULES, "max") for net in (trained, before))
    for rule in RULES:
        found[rule]["input"].append(centred_cosine(one[rule][0], picture))
        found[rule]["edges"].append(centred_cosine(one[rule][0], edge))
        found[rule]["untrained"].append(abs(centred_cosine(one[rule][0], other[rule][0])))
print(f"{'cosine with':14}{'the input':>17}{'its edges':>17}{'the map before':>17}")
for rule, numbers in found.items():
    print(f"{rule:14}" + "".join(f"{said(values):>17}" for values in numbers.values()))
maps = tc.visualize(trained, five, RULES, "max"), tc.visualize(before, five, RULES, "max")
look(
    {"edges": edges[labels == 5][0, 0]}
    | {f"{rule}, trained": maps[0][rule][0, 0] for rule in RULES}
    | {f"{rule}, before": maps[1][rule][0, 0] for rule in RULES[1:]}
)

# %% [markdown]
# Guided backprop is like the input and its edges, before training as after. This is what the theory says. Its
# beauty is no evidence.
#
# ## 3. The weights
#
# A sharper question: *which part* of what was learned does the map depend on? Adebayo and others (2018) draw
# the layers anew, one after another, from the last one down, and compare each map with that of the trained net.
# The target stays the same logit. As it is published, the test compares sizes $|s|$ by their ranks: are the same
# pixels marked?

# %%
for rule, mark in zip(RULES, "o^s", strict=True):
    found = tc.checks.mprt(trained, x[:12], rule, draws="each")
    plt.plot(["none", *found.rows], [1, *found.means], mark + "-", ms=5, label=rule)
    kept = "".join(f"   {layer} {said(row)}" for layer, row in zip(found.rows, found.values, strict=True))
    print(f"{rule:10}{kept}")
plt.xlabel("layers drawn anew, down to this one")
plt.ylabel("rank correlation of sizes")
plt.ylim(0, 1.05)
plt.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.gcf().set_size_inches(7.5, 3.2)
plt.show()

# %% [markdown]
# With the logits' weights drawn anew, the network's answers mean nothing. Guided backprop marks nearly the same
# pixels as before. But look at the saliency map as well: it keeps something, too. All of these maps are large where
# the ink is, and two maps that follow the same ink are alike. So a verdict is worth as much as the choices behind
# it. Notebook 12 turns them one by one, predicts what the test finds, and lets noise pass it.
#
# ## 4. The other class
#
# Ask for another class. If the map is nearly the same, it does not explain the choice between the two. Notebook
# 10 measures this. A single pair is quickly tried: the class that is seen, and the runner-up.

# %%
order = np.argsort(-tc.predict(trained, x), axis=1)
for rule in RULES:
    distances = []
    for picture, (best, second, *_) in zip(x, order, strict=True):
        pair = tc.targets.several([tc.targets.logit(int(best)), tc.targets.logit(int(second))])
        two = tc.visualize(trained, picture[None], [rule], pair)[rule]
        distances.append(l2_distance(two[0], two[1]))
    print(
        f"{rule:10} distance of the maps of the best and the second class {said(distances)} (unrelated: 1.414)"
    )

# %% [markdown]
# ## 5. The deletion test
#
# If a map points at what the decision rests on, then *taking these pixels away* should hurt. We delete the pixels
# where the map is largest in size, a few at a time, and watch the logit of the class. Deleting in random order
# is the baseline, and the brightest pixels first another one. For deletion, a pixel is set to the background.


# %%
def deleted(picture, strength, share):
    """The picture (c, h, w) without its strongest pixels; strength (h, w)."""
    count = round(share * strength.size)
    gone = np.argsort(-strength.ravel(), kind="stable")[:count]
    found = picture.copy()
    found.reshape(len(picture), -1)[:, gone] = picture.min()
    return found


def orders(picture, rng):
    """Rankings of the pixels, by name."""
    maps = tc.visualize(trained, picture[None], RULES, "max")
    named = {rule: np.abs(map[0]).sum(axis=0) for rule, map in maps.items()}
    named["gradient x input"] = np.abs(maps["saliency"][0] * (picture - picture.min())).sum(axis=0)
    named["brightest"] = picture.sum(axis=0)
    named["random"] = rng.random(picture.shape[1:])
    return named


shares = np.array([0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
rng, curves = np.random.default_rng(0), {}
for picture, label in zip(x, labels, strict=True):
    for name, strength in orders(picture, rng).items():
        stack = np.stack([deleted(picture, strength, share) for share in shares])
        curves.setdefault(name, []).append(tc.predict(trained, stack)[:, label])
for (name, curve), mark in zip(curves.items(), ["o-", "^-", "s-", "x--", "d:", "k-."], strict=True):
    mean = np.mean(curve, axis=0)
    plt.plot(100 * shares, mean / mean[0], mark, ms=5, label=name)
plt.xlabel("% of the pixels deleted")
plt.ylabel("logit of the class, over its start")
plt.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.gcf().set_size_inches(7.5, 3.2)
plt.show()
at = int(np.flatnonzero(shares == 0.1)[0])
for name, curve in curves.items():
    print(f"{name:18} after 10 % the logit is {said([one[at] / one[0] for one in curve])} of what it was")

# %% [markdown]
# Guided backprop does better here than saliency, although its maps depend less on the class (section 4). So
# passing one test does not mean passing the other. Three warnings, before a method is called the winner:
#
# - **Brightest first** uses no network, and does about as well as saliency: for digits, the ink is what matters,
#   and guided backprop marks the ink. A map must beat this baseline, not only the random order.
# - A picture with holes is unlike any that the net was trained on. Part of the drop comes from this, not from what
#   was deleted (Hooker and others 2019).
# - **Gradient times input** is good here because the background is 0: it cannot point at the background at all.
#   What this map is in other respects says notebook 13, and what becomes of it where black is another number, 14.
#
# The slider shows what is left.


# %%
def draw(share):
    eight = x[labels == 8][0]
    named = orders(eight, np.random.default_rng(1))
    look({name: deleted(eight, strength, share)[0] for name, strength in named.items()})


slide(draw, "share", [0.02, 0.05, 0.1, 0.2])

# %% [markdown]
# ## 6. A checklist
#
# Before you believe a map, or print one:
#
# 1. **Which** model, weights, layer, target, rule, and which version of the software? (Every figure of
#    `tinycnn visualize` says so.)
# 2. **How was it drawn?** Signed or in size, and do pictures side by side share one scale?
# 3. **Is it more than a baseline?** Random weights; edges; the input itself.
# 4. **Does it depend on the class?** Ask for another one.
# 5. **Does it depend on the weights?** Make layers random, and look again.
# 6. **Does deleting what it marks hurt**, more than deleting what a baseline marks?
# 7. **Which check, with which choices**, and what does a map get from it that knows nothing? `tinycnn sanity guided`
#    puts one rule through all checks, beside their nulls (notebook 12).
# 8. **What exactly is explained?** Any picture can be painted into the maps of single logits (notebook 14).
# 9. **Over how many images**, and with which error bars? One picture is an anecdote.
#
# ## 7. Exercises
#
# **Exercise 1** (10 minutes, easy). To draw the size of a map, large values are capped, so that a single pixel does
# not make all others black. Bring $|s|$ to 0..1, with everything above the 99th percentile at 1.
#
# <details><summary>A first hint</summary>
#
# Sizes first; then the percentile *of the sizes*; then divide, and clip last.
#
# </details>


# %% tags=["exercise"]
def capped(map):
    """A map (h, w) to numbers from 0 to 1."""
    ### BEGIN SOLUTION
    size = np.abs(map)
    return np.clip(size / np.percentile(size, 99), 0, 1)
    ### END SOLUTION


# %% tags=["check"]
def check_capped(capped):
    s = np.random.default_rng().standard_normal((50, 40))
    drawn = np.asarray(capped(s.copy()))
    assert drawn.shape == s.shape, f"a map of {s.shape} becomes one of {drawn.shape}"
    assert np.allclose(drawn, capped(-s)), (
        "evidence for and against has the same size: the map and its negative should look alike, but at one pixel "
        f"you say {drawn[0, 0]:.3f} and {capped(-s)[0, 0]:.3f}"
    )
    assert drawn.min() >= 0, f"nothing is darker than 0, you have {drawn.min():.3f}"
    assert drawn.max() <= 1, f"nothing is brighter than 1, you have {drawn.max():.3f}"
    spike = s.copy()
    spike[3, 4] = 1000
    kept = np.median(capped(spike)) / np.median(drawn) if np.median(drawn) else 0
    assert kept > 0.9, (
        f"one pixel of 1000 made all others {1 / max(kept, 1e-9):.0f} times as dark: cap at the 99th percentile"
    )
    white = np.mean(drawn == 1)
    assert white <= 0.011, (
        f"{white:.1%} of the pixels have the value 1; only the 1 % above the percentile should"
    )
    below = drawn < 1
    ratio = drawn[below] / np.abs(s[below])
    assert np.allclose(ratio, ratio[0]), (
        f"below the cap twice the size is twice as bright: brightness over size is one number, but yours goes from "
        f"{ratio.min():.3f} to {ratio.max():.3f}"
    )
    assert 0.009 <= white, f"the 1 % above the percentile have the value 1; you give it to {white:.1%}"
    print("passed")


check_capped(capped)

# %% [markdown]
# **Exercise 2** (20 minutes, medium). One number for a deletion curve: the share of the pixels that must go until the
# logit is half of what it was. You get the shares, rising from 0, and the logits there; between them the curve is
# straight. What comes after the first such share does not count, and if there is none the answer is infinity.
#
# <details><summary>A first hint</summary>
#
# Divide by the first logit. `np.flatnonzero` lists the places that are low enough; the crossing lies on the straight
# line between the first of them and its neighbour on the left.
#
# </details>


# %% tags=["exercise"]
def share_to_half(shares, logits):
    """Shares (n,) and logits (n,), which begin above 0, to one share."""
    ### BEGIN SOLUTION
    height = logits / logits[0]
    low = np.flatnonzero(height <= 0.5)
    if not len(low):
        return np.inf
    i = low[0]
    part = (height[i - 1] - 0.5) / (height[i - 1] - height[i])
    return shares[i - 1] + part * (shares[i] - shares[i - 1])
    ### END SOLUTION


# %% tags=["check"]
def check_share_to_half(found):
    draw = np.random.default_rng()
    share = np.cumsum(np.concatenate([[0], draw.uniform(0.02, 0.1, 6)]))
    start, end = draw.uniform(2, 9), draw.uniform(0.5, 0.9) * share[-1]
    line = start * (1 - share / end)
    assert np.isclose(found(share, line), end / 2), (
        f"the logit falls along a straight line from {start:.2f} to 0 at the share {end:.3f}: half is left at "
        f"{end / 2:.3f}, between two of the shares {share.round(3)}; you say {found(share, line):.3f}"
    )
    slow = start * (1 - 0.4 * share / share[-1])
    assert found(share, slow) == np.inf, (
        f"a logit that ends at 60 % of its start is never halved: infinity; you say {found(share, slow):.3f}"
    )
    back = start * np.array([1, 0.75, 0.25, 0.75, 1, 0.25, 0])
    first = (share[1] + share[2]) / 2
    assert np.isclose(found(share, back), first), (
        f"a logit that comes back, {back.round(2)}: it is first halved at {first:.3f}, you say {found(share, back):.3f}"
    )
    print("passed")


check_share_to_half(share_to_half)

# %% [markdown]
# **Exercise 3** (10 minutes, easy). A sanity check. You get maps of one image from the trained net, and from the same
# net with random weights. A rule passes if its maps have changed: the rank correlation of their sizes is below 1/2.
#
# <details><summary>A first hint</summary>
#
# Sizes are absolute values, and `spearman` is imported.
#
# </details>


# %% tags=["exercise"]
def depends_on_the_weights(trained_map, random_map):
    """Two maps (c, h, w) to True or False."""
    ### BEGIN SOLUTION
    return bool(spearman(np.abs(trained_map), np.abs(random_map)) < 0.5)
    ### END SOLUTION


# %% tags=["check"]
def check_depends_on_the_weights(depends):
    rng = np.random.default_rng()
    s, t = rng.standard_normal((2, 1, 20, 20))
    assert depends(s, t), "two unrelated maps: the rule depends on the weights"
    assert not depends(s, s**3), (
        "the same order of all pixels: ranks do not care for contrast, and nothing changed"
    )
    assert not depends(s, -s), (
        "the second map is the negative of the first: the same places are marked, so in size nothing changed"
    )
    for low, high in ((0.3, 0.45), (0.55, 0.7)):  # on both sides of the bound
        mixed = (s * share + t * (1 - share) for share in np.linspace(0, 1, 200))
        other = next(m for m in mixed if low < spearman(np.abs(s), np.abs(m)) < high)
        alike = float(spearman(np.abs(s), np.abs(other)))
        assert bool(depends(s, other)) == (alike < 0.5), (
            f"two maps whose sizes have the rank correlation {alike:.2f}: the bound is 1/2, so a rule with these maps "
            f"{'depends' if alike < 0.5 else 'does not depend'} on the weights"
        )
    print("passed")


check_depends_on_the_weights(depends_on_the_weights)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (10 minutes). A report shows one heat map, stretched from its smallest to its largest value, and
# names the method. Ask two questions, and for each say which answer would make you put the map aside.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Two questions that matter: display (sign, scale), baseline (random weights, edges, the input), another class,
#   random layers, deletion, number of images.
# - For each the answer that refutes the map: a *result*, such as "the map of random weights is the same", and not
#   only "they did not do it".
#
# > **1 point.** First: what does the same method show for the same network with random weights? If it is nearly the
# > same picture, it shows the input and no decision. Second: what does it show for the second class? If its distance
# > is small against 1.4, the map does not say why this class and not the other.
#
# > **½ point.** Which layers and which target were used? Was it compared with other methods? If they do not know, I
# > would not trust it.
#
# Fair questions. But ignorance of the authors is no result, and agreement with other methods is none either.
#
# > **0 points.** Which accuracy has the network, and was the picture in its training set?
#
# Questions about the network. They would be the same without a map.

# %% [markdown]
# **Question 2** (5 minutes). By deletion guided backprop beats saliency, though its maps depend less on the class. Is
# that a contradiction? What does "brightest first" add?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - No: deletion asks whether marked pixels matter to the logit, not whether the map belongs to the class. These are
#   different properties, and each needs its own test.
# - Brightest first knows no network and does about as well as saliency: for digits the ink matters, so a map earns
#   credit by marking ink. It is the baseline to beat.
#
# > **1 point.** There is no contradiction. For a digit all logits need the ink, so whoever marks ink does well, and
# > guided backprop marks ink for each class. Brightest first shows this: it does not look at the network. So a good
# > curve is evidence only for what goes beyond this baseline.
#
# > **½ point.** No, the tests measure different things. Deletion is about importance and the other is about classes.
#
# The first criterion; the baseline is not used.
#
# > **0 points.** Yes. One of the two tests must be wrong, and I would trust deletion since it changes the input.
#
# Deletion changes the input to pictures that the net has never seen.

# %% [markdown]
# ## Further reading
#
# - J. Adebayo and others. *Sanity checks for saliency maps.* NeurIPS 2018, arXiv:1810.03292.
# - S. Hooker and others. *A benchmark for interpretability methods in deep neural networks.* NeurIPS 2019,
#   arXiv:1806.10758. Deletion, with the network trained again.
# - P.-J. Kindermans and others. *The (un)reliability of saliency methods.* 2017, arXiv:1711.00867. A constant
#   added to the input, which the network ignores and the map does not.
# - C. Rudin. *Stop explaining black box machine learning models for high stakes decisions and use interpretable
#   models instead.* Nature Machine Intelligence 1 (2019), 206-215.
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039.
