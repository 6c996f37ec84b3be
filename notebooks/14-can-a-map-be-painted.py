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
# # Can a map be painted?
#
# Somebody hands you a network and a heat map that shows exactly what you hoped to see. Could they have chosen the
# picture, and kept every decision of the network? This notebook does it, in five lines. Then it asks which maps
# are safe, and finds that this is a question about the *target*, not about the rule.
#
# After this notebook you can
#
# 1. paint any picture into the maps of any classifier, and prove that no probability has changed;
# 2. say which targets cannot be painted, and why;
# 3. move the input and the first bias together, and predict which maps notice;
# 4. tell "safe against painting" from "explains the decision".
#
# You need notebooks 01, 10 and 13. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.digit_pictures import digit_pictures
from tinycnn.pictures.maps import signed
from tinycnn.pictures.metrics import cosine
from tinycnn.targets import difference, log_probability, logit

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def look(rows):
    """Draw rows of pictures."""
    width = max(len(row) for row in rows)
    figure, panels = plt.subplots(len(rows), width, figsize=(1.7 * width, 1.9 * len(rows)), squeeze=False)
    for panel in panels.ravel():
        panel.set_axis_off()
    for row, line in zip(rows, panels, strict=True):
        for (title, picture), panel in zip(row.items(), line, strict=False):
            panel.imshow(picture, cmap="gray")
            panel.set_title(title, fontsize=8)
    plt.show()


honest = tc.zoo.digits("digits").astype(np.float64)
pictures, labels = digit_pictures(40, seed=4)
x = np.concatenate([honest.preprocess(picture) for picture in pictures]).astype(np.float64)

# %% [markdown]
# ## 1. Five lines
#
# A classifier turns logits $f_k$ into probabilities $p_k = e^{f_k} / \sum_l e^{f_l}$. Add one and the same number
# $g(x)$ to *all* logits: numerator and denominator gain the factor $e^{g(x)}$, and nothing changes. But
#
# $$\nabla (f_k + g) = \nabla f_k + \nabla g .$$
#
# So take $g(x) = \langle t, x \rangle$ with a picture $t$ of your choice. Its gradient is $t$, everywhere. As layers:
# a branch beside the network that multiplies the image with $t$, and adds the one number to every logit.

# %%
cat = tc.image.sample("chelsea")
painted = tc.zoo.painted(honest, cat)
t = honest.preprocess(cat)[0]
t = t - t.mean()
before, after = (np.exp(tc.predict(net, x)) for net in (honest, painted))
before, after = (values / values.sum(axis=1, keepdims=True) for values in (before, after))
print(f"{len(x)} images: the largest change of any probability is {np.abs(before - after).max():.1e}")
RULES = ["saliency", "guided", "deconvnet"]
rows = []
for net, title in ((honest, "honest"), (painted, "painted")):
    maps = tc.visualize(net, x[:1], RULES, "max")
    rows.append({f"input ({title})": x[0, 0]} | {rule: signed(map[0]) for rule, map in maps.items()})
look(rows)
for rule in RULES:
    maps = tc.visualize(painted, x, [rule], "max")[rule]
    likeness = [float(cosine(map, t)) for map in maps]
    print(
        f"{rule:10} of the painted net: cosine with the cat {np.mean(likeness):.4f}, smallest {np.min(likeness):.4f}"
    )

# %% [markdown]
# Every probability is the same up to rounding, and every map shows a cat. The rule does not
# matter: the branch has no ReLU, so saliency, guided backprop and DeconvNet all send the signal through it unchanged.
#
# How strong the cat is, the painter decides: the map is $\nabla f_k + \lambda t$, and the cosine with $t$ follows
# from the lengths. With $c$ the cosine of the honest map and $t$, and $r = \lambda|t|/|\nabla f_k|$:
#
# $$\cos = \frac{r + c}{\sqrt{r^2 + 2 r c + 1}} .$$

# %%
reference = tc.visualize(honest, x[:1], ["saliency"], "max")["saliency"][0]
c = float(cosine(reference, t))
strengths = np.array([0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20])
measured, sizes = [], []
for strength in strengths:
    map = tc.visualize(tc.zoo.painted(honest, cat, float(strength)), x[:1], ["saliency"], "max")["saliency"][
        0
    ]
    measured.append(float(cosine(map, t)))
    sizes.append(np.linalg.norm(map - reference) / np.linalg.norm(reference))
r = np.array(sizes)
predicted = (r + c) / np.sqrt(r**2 + 2 * r * c + 1)
plt.semilogx(r, measured, "o", ms=6, label="measured")
plt.semilogx(r, predicted, "-", lw=1, label="predicted")
plt.xlabel("how strong the paint is, over the honest map")
plt.ylabel("cosine with the cat")
plt.legend()
plt.gcf().set_size_inches(5, 2.5)
plt.show()
print(f"largest difference of measured and predicted: {np.abs(predicted - measured).max():.1e}")

# %% [markdown]
# ## 2. What went wrong?
#
# No rule failed. The gradient of $f_k + g$ *is* $\nabla f_k + \nabla g$. What failed is the question. A single logit
# is not what decides. Decisions are made by *differences* of logits, and a logit can have any amount of what all
# logits share. So ask about what decides:
#
# - the difference of two logits, $f_k - f_l$: the paint cancels;
# - the log-probability $\log p_k = f_k - \log\sum_l e^{f_l}$. Its gradient is $\nabla f_k - \sum_l p_l \nabla f_l$, and
#   since $\sum_l p_l = 1$, the paint cancels as well.

# %%
order = np.argsort(-tc.predict(honest, x), axis=1)
TARGETS = {
    "logit": lambda k, l: logit(k),
    "difference": lambda k, l: difference(k, l),
    "log-probability": lambda k, l: log_probability(k),
}
change = {(name, rule): [] for name in TARGETS for rule in RULES}
for picture, (k, l, *_) in zip(x, order, strict=True):
    for name, target in TARGETS.items():
        chosen = target(int(k), int(l))
        one, other = (tc.visualize(net, picture[None], RULES, chosen) for net in (honest, painted))
        for rule in RULES:
            size = np.linalg.norm(one[rule])
            change[name, rule].append(np.linalg.norm(one[rule] - other[rule]) / size)
print(f"{'change of the map':18}" + "".join(f"{rule:>12}" for rule in RULES))
for name in TARGETS:
    print(f"{name:18}" + "".join(f"{np.max(change[name, rule]):12.1e}" for rule in RULES))

# %% [markdown]
# For the last two targets the painted map is the honest map up to rounding, by every rule. (Where $p_k$ is nearly 1,
# maps of $\log p_k$ are tiny, so rounding is a larger part of them.) Why also by guided backprop, which is
# not linear? The signal on the painter's branch is the *sum* of the seed over all classes, before any ReLU: $1 - 1 =
# 0$ for a difference, and $1 - \sum_l p_l = 0$ for a log-probability. What is zero stays zero.
#
# ## 3. Gradients of log-probabilities keep a balance
#
# Weighted by the probabilities, they cancel: $\sum_k p_k \nabla \log p_k = \nabla \sum_k p_k = 0$. The evidence "for"
# one class is evidence against others. It is a check that every implementation must pass, and it holds for the
# gradient only.

# %%
every = tc.targets.several([log_probability(k) for k in range(10)])
maps = tc.visualize(honest, x[:1], RULES, every)
for rule in RULES:
    weighted = np.tensordot(before[0], maps[rule], axes=1)
    scale = np.sqrt(np.sum(before[0] * np.sum(maps[rule] ** 2, axis=(1, 2, 3))))
    print(
        f"{rule:10} size of the weighted sum over the size of the maps {np.linalg.norm(weighted) / scale:.1e}"
    )

# %% [markdown]
# ## 4. A shift that the network does not see
#
# Here is another way to change maps and no decision. Move every image by a constant, $x \to x + m$, and take it back
# in the first bias, $b \to b - W m$. All hidden units, all logits stay as they are. What do maps say, which see the
# moved image? Rules that read only masks, switches and weights *cannot* notice. Those that multiply by the input must.

# %%
rng = np.random.default_rng(0)
first = tc.Conv2D(rng.standard_normal((6, 1, 5, 5)) / 5, rng.standard_normal(6) / 5)
rest = (
    tc.ReLU(),
    tc.MaxPool2D(2, 2),
    tc.Conv2D(rng.standard_normal((8, 6, 3, 3)) / 7, rng.standard_normal(8) / 5),
    tc.ReLU(),
    tc.Flatten(),
    tc.Dense(rng.standard_normal((10, 8 * 10 * 10)) / 28, rng.standard_normal(10)),
)
m = 0.7
moved_first = tc.Conv2D(first.weight, first.bias - m * first.weight.sum(axis=(1, 2, 3)))
net = tc.Model("as it was", (first, *rest), (1, 28, 28))
moved = tc.Model("moved", (moved_first, *rest), (1, 28, 28))
print(f"the largest change of a logit: {np.abs(tc.predict(net, x) - tc.predict(moved, x + m)).max():.1e}")
NAMES = [
    "saliency",
    "guided",
    "deconvnet",
    "gradient-x-input",
    "lrp-0",
    "lrp-zplus",
    "lrp-wsquare",
    "lrp-flat",
    "ig(steps=20)",
]
one, other = tc.visualize(net, x[:5], NAMES, "max"), tc.visualize(moved, x[:5] + m, NAMES, "max")
for name in NAMES:
    difference_of_maps = np.linalg.norm(one[name] - other[name]) / np.linalg.norm(one[name])
    print(f"{name:18} changes by {difference_of_maps:.1e}")

# %% [markdown]
# Gradient x input changes by exactly $m \nabla f$, which has nothing to do with the picture. Integrated gradients with
# a black baseline change, too: the baseline did not move. Moved along, to $x' = m$, they stay:

# %%
still = tc.visualize(moved, x[:5] + m, [f"ig(steps=20, baseline={m})"], "max").popitem()[1]
gap = np.linalg.norm(still - one["ig(steps=20)"]) / np.linalg.norm(one["ig(steps=20)"])
gradient = tc.visualize(net, x[:5], ["saliency"], "max")["saliency"]
left = other["gradient-x-input"] - one["gradient-x-input"] - m * gradient
print(
    f"integrated gradients, baseline moved along: {gap:.1e}; gradient x input less m times the gradient: {np.abs(left).max():.1e}"
)

# %% [markdown]
# Kindermans and others (2017) called this *unreliability* of the maps that change. One can also say: a black pixel
# means "nothing" for these methods, and after the shift black is another grey. A method that compares with a baseline
# is as good as its baseline; the shift shows that there is one.
#
# ## 5. Safe is not the same as right
#
# Guided backprop of a log-probability cannot be painted, and mask rules do not see the shift. Are they good
# explanations, then? Notebook 10 asked whether a map depends on the class. We ask again, with a target that is
# safe.

# %%
print(f"{'cosine of the maps of two classes':36}{'trained':>16}")
for rule in RULES:
    likeness = []
    for picture, (k, l, *_) in zip(x, order, strict=True):
        pair = tc.targets.several([log_probability(int(k)), log_probability(int(l))])
        two = tc.visualize(honest, picture[None], [rule], pair)[rule]
        likeness.append(float(cosine(two[0], two[1])))
    error = np.std(likeness, ddof=1) / np.sqrt(len(likeness))
    print(f"{rule + ', log-probability':36}{np.mean(likeness):8.3f} ± {error:.3f}")

# %% [markdown]
# The saliency maps of the two best classes now point in nearly opposite directions: what speaks for one speaks
# against the other. The guided maps stay alike. A backward ReLU throws away every "against", so they cannot be
# opposite. Painting and shifting find *one* kind of fault each, and a map can pass both without explaining anything.
# What a list of checks together can tell, and what not, is the subject of notebook 12.
#
# ## 6. Exercises
#
# **Exercise 1** (10 minutes, easy). Paint: from logits `f` (n, k), images `x` (n, c, h, w) and a picture `t` (c, h,
# w), give the logits (n, k) of the painted network.
#
# <details><summary>A first hint</summary>
#
# Each image has one number $\langle t, x\rangle$, the same for all of its logits. Which shape must it have to be
# added to (n, k)?
#
# </details>


# %% tags=["exercise"]
def painted_logits(f, x, t):
    """Logits with <t, x> added to each."""
    ### BEGIN SOLUTION
    return f + np.tensordot(x, t, axes=3)[:, None]
    ### END SOLUTION


# %% tags=["check"]
def check_painted_logits(paint):
    rng = np.random.default_rng()
    f, x, t = rng.standard_normal((4, 3)), rng.standard_normal((4, 2, 5, 5)), rng.standard_normal((2, 5, 5))
    found = np.asarray(paint(f.copy(), x, t), float)
    assert found.shape == (4, 3), f"4 images with 3 logits each, got shape {found.shape}"
    shared = found - f
    assert np.allclose(shared, shared[:, :1]), (
        "all logits of an image gain the same number, or probabilities change"
    )
    assert not np.allclose(shared, 0), "nothing has been painted: the logits are as they were"
    assert not np.allclose(shared, shared[:1]), (
        "every image gains the same number, so the gradient is 0: multiply t with the image itself"
    )
    wanted = [float(np.sum(t * picture)) for picture in x]
    assert np.allclose(shared[:, 0], wanted), (
        f"image 0 gains {shared[0, 0]:.3f}; the sum of t times the image is {wanted[0]:.3f}"
    )
    print("passed")


check_painted_logits(painted_logits)

# %% [markdown]
# **Exercise 2** (15 minutes, medium). The seed of $\log p_k$: what the backward pass begins with at the logits, that
# is the derivative of $\log p_k$ by every logit. You get logits `f` (l,) and the class `k`.
#
# <details><summary>A first hint</summary>
#
# $\log p_k = f_k - \log\sum_l e^{f_l}$: differentiate both terms by $f_l$. Take the largest logit off before you
# exponentiate.
#
# </details>


# %% tags=["exercise"]
def seed_of_log_probability(f, k):
    """The derivative of log p_k by each logit."""
    ### BEGIN SOLUTION
    p = np.exp(f - f.max())
    seed = -p / p.sum()
    seed[k] += 1
    return seed
    ### END SOLUTION


# %% tags=["check"]
def check_seed_of_log_probability(seed):
    rng = np.random.default_rng()
    f = rng.standard_normal(6)
    k = int(rng.integers(6))
    found = np.asarray(seed(f.copy(), k), float)
    assert found.shape == (6,), f"one number for each of the 6 logits, got shape {found.shape}"
    assert abs(found.sum()) < 1e-9, (
        f"your seed sums to {found.sum():.3f}. It must sum to 0, or what all logits share is painted into the map"
    )
    step = 1e-6 * np.eye(6)

    def log_p(f):
        return f[k] - np.log(np.exp(f).sum())

    right = np.array([(log_p(f + e) - log_p(f - e)) / 2e-6 for e in step])
    assert np.allclose(found, right, atol=1e-6), (
        f"by finite differences the derivatives are {right.round(3)}, you have {found.round(3)}"
    )
    with np.errstate(all="ignore"):
        large = np.asarray(seed(np.array([1000.0, 0.0]), 0), float)
    assert np.allclose(large, 0), f"logits of 1000 and 0: p is 1 and 0, so the seed is 0; you have {large}"
    print("passed")


check_seed_of_log_probability(seed_of_log_probability)

# %% [markdown]
# **Exercise 3** (10 minutes, medium). The shift for a convolution without padding: from weights `w` (k, c, a, b),
# biases `b` (k,) and a shift `m` (c,), one number per channel, give the biases with which the layer does not see that
# `m` was added to its input.
#
# <details><summary>A first hint</summary>
#
# What does a filter answer to an image that has the value $m_c$ everywhere in channel $c$? That must be taken off
# again.
#
# </details>


# %% tags=["exercise"]
def shifted_bias(w, b, m):
    """Biases (k,) that take the shift back."""
    ### BEGIN SOLUTION
    return b - np.einsum("kcab,c->k", w, m)
    ### END SOLUTION


# %% tags=["check"]
def check_shifted_bias(shifted):
    rng = np.random.default_rng()
    w, b, m = rng.standard_normal((4, 3, 2, 2)), rng.standard_normal(4), rng.standard_normal(3)
    x = rng.standard_normal((1, 3, 6, 6))
    found = np.asarray(shifted(w.copy(), b.copy(), m.copy()), float)
    assert found.shape == (4,), f"one bias for each of the 4 filters, got shape {found.shape}"
    right = np.array([b[k] - sum(m[c] * w[k, c].sum() for c in range(3)) for k in range(4)])
    assert not np.allclose(found, 2 * b - right), "the sign: what the shift adds must be taken away"
    assert not np.allclose(found, right - b), "start from the biases that are there"
    before = tc.Conv2D(w, b).forward(x)[0]
    after = tc.Conv2D(w, found).forward(x + m[None, :, None, None])[0]
    off = np.abs(before - after).max()
    assert off < 1e-9, (
        f"the layer sees the shift: an output changes by {off:.3f} (each channel has its own m)"
    )
    print("passed")


check_shifted_bias(shifted_bias)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (10 minutes). A vendor shows you maps of single logits. How could they have painted them without
# changing any probability? What do you ask for?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - Add one and the same ⟨t, x⟩ to all logits: the softmax does not change, and every gradient of a logit gains t.
# - Ask for a target in which the paint cancels: a difference of logits, or a log-probability (or for the network, to
#   compute the maps yourself with such a target).
#
# > **1 point.** They add a branch that computes the inner product of the input with the picture they want, and adds
# > it to every logit. Probabilities are ratios of exponentials, so the common term cancels, but the gradient of each
# > logit now contains the picture. I ask for maps of the log-probability, or of the difference to the runner-up, in
# > which the sum of the seed is 0.
#
# > **½ point.** They could retrain the network so that the gradient has the picture in it. I would ask for maps of
# > other methods.
#
# It can be done, but the probabilities change; and the branch paints other rules as well.
#
# > **0 points.** They cannot, because the gradient is determined by the network's function, and the function is the
# > same.
#
# The probabilities are the same; the logits are not.

# %% [markdown]
# **Question 2** (5 minutes). A map cannot be painted, and does not notice the shift of section 4. Is it an
# explanation?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - No: each check finds one kind of fault, and a map can pass both and not depend on the class.
# - An example: guided backprop of a log-probability passes both, but the maps of the two best classes are nearly
#   alike; or the further check that one would do.
#
# > **1 point.** Not yet. The two checks say that nobody has added something to the map, and that it does not depend
# > on which number black is. Guided backprop of a log-probability passes both. But its maps of the two best classes
# > are alike, although what speaks for one speaks against the other: the backward ReLU has dropped the "against".
#
# > **½ point.** No, one should do more checks, such as those of notebook 12.
#
# The right instinct, but no fault is named that these two checks miss.
#
# > **0 points.** Yes, since it is robust against manipulation and against changes that do not matter.
#
# Robust is not the same as right: a constant map is both.

# %% [markdown]
# ## Further reading
#
# - S. Srinivas, F. Fleuret. *Rethinking the role of gradient-based attribution methods for model interpretability.*
#   ICLR 2021, arXiv:2006.09128. Logit maps are arbitrary.
# - J. Heo, S. Joo, T. Moon. *Fooling neural network interpretations via adversarial model manipulation.* NeurIPS 2019,
#   arXiv:1902.02041. Other maps by training on.
# - A.-K. Dombrowski and others. *Explanations can be manipulated and geometry is to blame.* NeurIPS 2019,
#   arXiv:1906.07983. Other maps by changing the image.
# - P.-J. Kindermans and others. *The (un)reliability of saliency methods.* 2017, arXiv:1711.00867. The shift.
