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
# # Max-pooling and switches
#
# Without max-pooling, DeconvNet does not contain the image at all. With max-pooling it shows it: Nie, Zhang
# and Patel (2018) observed that it then behaves like guided backprop. This notebook finds out why, and what
# exactly it shows. It is not the image, but its *edges*.
#
# After this notebook you can
#
# 1. derive the mean of the filters that make one patch win over another;
# 2. say what a ReLU before the pool changes, and what a dead window is;
# 3. predict the limits of guided backprop and of DeconvNet behind a pool, and measure them;
# 4. say why switches make a map show edges;
# 5. say why saliency stays noise.
#
# You need notebooks 04 and 05. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, cosine, high_pass, high_pass_cosine
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.theory import patches
from tinycnn.theory.cones import cone_means
from tinycnn.theory.limit import limit_map
from tinycnn.theory.pooled import pooled_limits
from tinycnn.theory.recovery import expected_cosine
from tinycnn.theory.sampled import sampled_limit

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:42}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


def look(pictures):
    """Draw pictures side by side, each stretched from its smallest to its largest value."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(2.4 * len(pictures), 2.8))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(minmax(picture))
        panel.set_title(title, fontsize=9)
        panel.set_axis_off()
    plt.show()


# %% [markdown]
# ## 1. What a switch knows
#
# A max-pool keeps the largest value of each window. On the way back, the signal goes to the place where the
# maximum was. This place is the **switch**. Of equal values, the first one wins.

# %%
row = np.array([[1.0, 4.0, 3.0, 2.0, 5.0, 5.0]]).reshape(1, 1, 1, 6)
largest, switches = tc.ops.max_pool2d(row, (1, 2), (1, 2))
print("values:  ", row.ravel())
print("largest: ", largest.ravel(), " at the places", switches.ravel())
signal = np.array([[10.0, 20.0, 30.0]]).reshape(1, 1, 1, 3)
print("and back:", tc.ops.max_pool2d_vjp(signal, switches, (1, 6)).ravel())

# %% [markdown]
# Take a window of two positions, with patches $y_1$ and $y_2$, and no ReLU yet. A filter $w$ answers $\langle
# w, y_1\rangle$ and $\langle w, y_2\rangle$. Patch 1 wins if
#
# $$\langle w,\; y_1 - y_2\rangle > 0.$$
#
# This is a forward mask like that of a ReLU. But the patch in it is a **difference**. Notebook 04 has derived
# the mean of the filters that pass a mask. With $n_{12} = (y_1 - y_2)/|y_1 - y_2|$, the direction of the
# difference, and E for the average over random filters, whose entries are normal with mean 0 and variance 1,
#
# $$\mathrm{E}\big[w\,[1 \text{ wins}]\big] = \frac{1}{\sqrt{2\pi}}\,n_{12}.$$
#
# Here $[\ldots]$ is 1 if the condition holds, and 0 if not. Where patch 1 was, the map shows the difference.
# Where patch 2 was, it shows its negative. What the two have in common is lost. We measure with two patches
# of an image, a column apart.

# %%
side, k = 32, 3
x = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.default())[0].astype(float)
at = window((side, side), (k, k), padding="same")
y = patches.cut(x, at)
one, two = y[14 * side + 12], y[14 * side + 13]
n = (one - two) / np.linalg.norm(one - two)
w = np.random.default_rng(0).standard_normal((200_000, len(one)))
first = w @ (one - two) > 0
compare("patch 1 wins: mean along n", 1 / np.sqrt(2 * np.pi), (w @ n) * first)
both = one / np.linalg.norm(one) + two / np.linalg.norm(two)
both -= (both @ n) * n
compare("mean along what they have in common", 0, (w @ both) * first)

# %% [markdown]
# ## 2. With a ReLU: half a patch, half a difference
#
# A ReLU before the pool turns all negative answers into 0. It is as if a third patch took part, $y_0 = 0$,
# whose answer is always 0. Patch 1 wins if it beats patch 2 *and* 0. The filters for which it does form a
# **cone**, bounded by two planes. Each face of the cone adds to the mean, in the direction that points away
# from it. The general rule is
#
# $$\mathrm{E}\big[w\,[j \text{ wins}]\big] = \frac{1}{\sqrt{2\pi}} \sum_{l \ne j} P_{jl}\,n_{jl}.$$
#
# $P_{jl}$ is the probability that $j$ beats all others *when it ties with* $l$. (This is the divergence
# theorem: $w$ times the normal density is minus the gradient of the density. So the mean over a region is an
# integral over its faces.) With three candidates there is one other, and it is beaten in half of all cases.
# The direction from 0 to a patch is $u = y/|y|$. So, for windows of two,
#
# $$\mathrm{E}\big[w\,[1 \text{ wins}]\big] = \frac{1}{2\sqrt{2\pi}}\,\big(u_1 + n_{12}\big).$$
#
# Half of it is the patch, as without a pool. Half of it is the difference.

# %%
u = one / np.linalg.norm(one)
wins = first & (w @ one > 0)
predicted = (u + n) / (2 * np.sqrt(2 * np.pi))
compare("patch 1 wins: mean along u", predicted @ u, (w @ u) * wins)
compare("patch 1 wins: mean along n", predicted @ n, (w @ n) * wins)
table = cone_means(np.stack([np.zeros_like(one), one, two])[None])[0]
print(
    "as in the library:",
    np.allclose(table[1], predicted),
    "  all three add up to 0:",
    np.allclose(table.sum(axis=0), 0),
)

# %% [markdown]
# If all answers of a window are negative, 0 wins. This is a **dead window**. After the ReLU, all its values
# are 0, and they tie. The switch points to the first place. Now the rules differ:
#
# - Guided backprop has the forward mask as well. Nothing comes back from a dead window.
# - DeconvNet has no mask. It sends the signal to the first place, with a filter that *dislikes* everything in
#   the window. The mean of these filters is the negative of what the others add up to.
#
# So all filters of one window together send back the mean 0 in DeconvNet. It puts $+$ where patches stood
# out, and $-$ to the first place.
#
# ## 3. The limits of a whole image
#
# For windows of 2x2 there are four patches and 0. Then $P_{jl}$ is the probability that three normal numbers
# are all positive, and there is a closed form: $\frac18 + \frac{1}{4\pi}(\arcsin r_{12} + \arcsin r_{13} +
# \arcsin r_{23})$, with $r$ their correlations. The library puts all windows together:

# %%
pool = window((side, side), (2, 2), 2)
m = limit_map(x, at)
guided_limit, deconvnet_limit = pooled_limits(x, at, pool)
look(
    {
        "image x": x,
        "its edges": high_pass(x),
        "guided, no pool": m,
        "guided, 2x2": guided_limit,
        "DeconvNet, 2x2": deconvnet_limit,
    }
)

print(f"{'limit':18}{'image':>8}{'centred':>10}{'edges':>8}")
for name, limit in {
    "guided, no pool": m,
    "guided, 2x2": guided_limit,
    "DeconvNet, 2x2": deconvnet_limit,
}.items():
    print(
        f"{name:18}{cosine(limit, x):8.3f}{centred_cosine(limit, x):10.3f}{high_pass_cosine(limit, x):8.3f}"
    )

# %% [markdown]
# The table has cosines with the image, with the image after each channel is centred, and with the edges of
# the image. (Edges are what remains when a blurred copy is subtracted.) Behind a pool both maps are more
# alike to the edges than to the image. DeconvNet more so: a flat region sends back nothing at all.
#
# ## 4. Networks of finitely many filters
#
# A map of $N$ filters deviates from its limit. Its cosine with the limit is about $1/\sqrt{1+\rho}$, where
# $\rho$ is the energy of the deviation over that of the limit. The library finds $\rho$ by sampling many
# filters. We let it do so twice, to see how sure it is. Then we build networks, and measure.


# %%
def nets(N, count, pool, rules):
    """Maps of the first logit of independent networks, by several rules: a dict of (count, 3, side, side)."""
    found = {rule: [] for rule in rules}
    for net in range(count):
        model = tc.zoo.three_layer_cnn(N, k, pool=pool, image=(side, side), classes=1, seed=1000 * N + net)
        for rule, map in tc.visualize(model, x[None].astype(np.float32), rules, target=0).items():
            found[rule].append(map[0])
    return {rule: np.array(maps) for rule, maps in found.items()}


rules = ["guided", "deconvnet", "saliency"]
sampled, again = (
    {
        rule: sampled_limit(x, at, (2, 2), rule == "guided", batches=200, seed=seed)
        for rule in ("guided", "deconvnet")
    }
    for seed in (0, 1)
)
for rule in sampled:
    print(
        f"{rule}: N rho = {sampled[rule].rho(1):.1f}, and with other filters sampled {again[rule].rho(1):.1f}"
    )
exact = {"guided": guided_limit, "deconvnet": deconvnet_limit}
for N, count in ((16, 80), (64, 80), (256, 60)):
    maps = nets(N, count, (2, 2), rules)
    for rule in ("guided", "deconvnet"):
        predicted = expected_cosine(sampled[rule].rho(N))
        compare(f"{rule}, N = {N}: cosine with its limit", predicted, cosine(maps[rule], exact[rule]))
        compare("    with the image", predicted * cosine(exact[rule], x), cosine(maps[rule], x))
    compare(f"saliency, N = {N}: cosine with the image", 0, cosine(maps["saliency"], x))

# %% [markdown]
# Saliency stays noise. Its switches know the image as well. But the signal $V$ is as often negative as
# positive, so the mean is 0 whatever the switches do.
#
# The decisive experiment is to take the switches away. `deconvnet+center` sends each signal to the centre of
# its window.

# %%
pooled = tc.zoo.three_layer_cnn(256, k, pool=(2, 2), image=(side, side), classes=1, seed=1)
arms = ["guided", "deconvnet", "deconvnet+center", "saliency"]
cat = x[None].astype(np.float32)
coffee = tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.sample("coffee")).astype(np.float32)
maps, others = (tc.visualize(pooled, image, arms, target=0) for image in (cat, coffee))
look({"image": x} | {f"{rule}: {centred_cosine(map[0], x):+.2f}": map[0] for rule, map in maps.items()})
for rule in arms:
    print(
        f"{rule:18}same map for the cat and for a cup of coffee: {np.array_equal(maps[rule], others[rule])}"
    )

# %% [markdown]
# Without switches and without a mask, DeconvNet is blind again.
#
# ## 5. Larger windows
#
# The paper uses windows of 9x9 that overlap, one at each position. One hidden unit may then win several
# windows. There is no closed form, but the limit can be sampled: draw many filters, and average. In windows
# of 9x9 hardly any is dead, and the winners are strong. So the mask has nothing to do, and DeconvNet is
# nearly guided backprop:

# %%
nine = {
    rule: sampled_limit(x, at, (9, 1), mask=rule == "guided", batches=32) for rule in ("guided", "deconvnet")
}
print(f"limits of guided and DeconvNet behind 2x2: cosine {cosine(guided_limit, deconvnet_limit):.3f}")
print(
    "limits of guided and DeconvNet behind 9x9: cosine "
    f"{cosine(nine['guided'].mean, nine['deconvnet'].mean):.3f}"
)
maps = nets(64, 12, (9, 1), rules)
for rule in ("guided", "deconvnet"):
    predicted = expected_cosine(nine[rule].rho(64)) * expected_cosine(nine[rule].rho(nine[rule].filters, 1.0))
    compare(f"9x9, {rule}, N = 64: with its limit", predicted, cosine(maps[rule], nine[rule].mean))
compare("9x9, saliency, N = 64: with the image", 0, cosine(maps["saliency"], x))

# %% [markdown]
# (The prediction allows for the noise of the sampled limit.) This is the observation of the paper, and its
# reason.
#
# Move the slider over the size of the window. Size 1 is no pool. (With the package ipywidgets there is a
# slider. In print you see one picture.)


# %%
def draw(size):
    limits = {
        rule: sampled_limit(x, at, (size, size), mask=rule == "guided", batches=24).mean
        for rule in ("guided", "deconvnet")
    }
    look({"image": x} | {f"limit of {rule}, pool {size}x{size}": limit for rule, limit in limits.items()})
    for rule, limit in limits.items():
        edges = high_pass_cosine(limit, x)
        print(
            f"{rule:10} cosine with the image {centred_cosine(limit, x):.3f} (centred), with its edges "
            f"{edges:.3f}"
        )


slide(draw, "window", [1, 2, 4, 8])

# %% [markdown]
# ## 6. Exercises
#
# **Exercise 1** (10 minutes, easy). Unpool a row of windows of two. You get the values before the pool, one window in
# each row, and a signal for each window. Of equal values, the first one wins.
#
# <details><summary>A first hint</summary>
#
# `argmax` along each row names the winner, and of equal values it takes the first. `np.arange(n)` names the rows.
#
# </details>


# %% tags=["exercise"]
def unpool(values, signal):
    """Values (n, 2) and signals (n,) to signals (n, 2)."""
    ### BEGIN SOLUTION
    back = np.zeros(values.shape)
    back[np.arange(len(values)), values.argmax(axis=1)] = signal
    return back
    ### END SOLUTION


# %% tags=["check"]
def check_unpool(unpool):
    rng = np.random.default_rng()
    drawn = rng.standard_normal((6, 2)).round(2)
    values = np.concatenate([[[1.0, 4.0], [3.0, 2.0], [5.0, 5.0], [-1.0, -2.0]], drawn])
    signal = np.array([10.0, 20.0, 30.0, -40.0, *(rng.integers(1, 99, 6) * rng.choice([-1.0, 1.0], 6))])
    back = np.asarray(unpool(values.copy(), signal.copy()))
    assert back.shape == values.shape, f"expected signals {values.shape}, not {back.shape}"
    for pair, arrives, leaves in zip(values, signal, back, strict=True):
        assert leaves.sum() == arrives, (
            f"nothing may be lost or added: {arrives} arrived at {pair}, {leaves} left"
        )
        assert np.count_nonzero(leaves) == 1, f"all of a signal goes to one place, but {pair} sends {leaves}"
        assert pair[leaves != 0] == pair.max(), (
            f"the signal goes to the largest value, but {pair} sends {leaves}"
        )
    assert back[2, 0] == 30, f"of equal values the first one wins, but [5. 5.] sends {back[2]}"
    print("passed")


check_unpool(unpool)

# %% [markdown]
# **Exercise 2** (10 minutes, medium). There is no ReLU. Write the mean of the filters for which patch $y_1$ beats
# patch $y_2$.
#
# <details><summary>A first hint</summary>
#
# Patch 1 wins if $\langle w, y_1 - y_2\rangle > 0$. You know the mean of the filters that pass such a mask; only the
# patch is another one.
#
# </details>


# %% tags=["exercise"]
def mean_of_winners(y1, y2):
    """The mean of w [<w, y1> > <w, y2>]; patches (p,) to (p,)."""
    ### BEGIN SOLUTION
    difference = y1 - y2
    return difference / np.linalg.norm(difference) / np.sqrt(2 * np.pi)
    ### END SOLUTION


# %% tags=["check"]
def check_mean_of_winners(mean):
    rng = np.random.default_rng()
    a, b = rng.standard_normal((2, 3)).round(1) + [[2], [0]]
    there, back = mean(a, b), mean(b, a)
    assert np.allclose(there, np.negative(back)), (
        f"a filter lets either one win or the other, and all filters together have mean 0; but for {a} "
        f"against {b} you say "
        f"{np.round(there, 3)}, and for {b} against {a} {np.round(back, 3)}"
    )
    shifted = mean(a + 5, b + 5)
    assert np.allclose(there, shifted), (
        f"what both patches have in common does not decide who wins; but 5 was added to {a} and {b}, and "
        f"{np.round(there, 3)} became {np.round(shifted, 3)}"
    )
    draws = rng.standard_normal((200_000, 3))
    sampled = draws * (draws @ (a - b) > 0)[:, None]
    off = np.abs(there - sampled.mean(axis=0)) / (sampled.std(axis=0) / np.sqrt(len(draws)))
    assert np.all(off < 5), (
        f"for {a} against {b} you say {there}, {len(draws)} filters say {sampled.mean(axis=0)}"
    )
    print("passed")


check_mean_of_winners(mean_of_winners)

# %% [markdown]
# **Exercise 3** (15 minutes, medium). Two patches have the cosine $r$. How probable is it that their window is dead?
# The answers $\langle w, y_1\rangle$ and $\langle w, y_2\rangle$ are normal numbers with correlation $r$. (Draw the
# two directions in a plane: which angle is left for $w$? With $r = 0$ it is a quarter of the circle.)
#
# <details><summary>A first hint</summary>
#
# A negative answer to $y_1$ leaves half of the circle for $w$. By which angle do the half circles of two directions
# overlap, if the directions are $\theta = \arccos r$ apart?
#
# </details>


# %% tags=["exercise"]
def dead_share(r):
    """The probability that both answers are negative."""
    ### BEGIN SOLUTION
    return 1 / 4 + np.arcsin(r) / (2 * np.pi)
    ### END SOLUTION


# %% tags=["check"]
def check_dead_share(dead_share):
    same, opposite = dead_share(1.0), dead_share(-1.0)
    assert np.isclose(same, 0.5), (
        f"for r = 1 the patches are alike, and half of all filters dislike both, but you say {same:.3f}"
    )
    assert np.isclose(opposite, 0), f"for r = -1 one answer is always positive, but you say {opposite:.3f}"
    rng = np.random.default_rng()
    a, b = rng.standard_normal((2, 200_000))
    for r in rng.uniform((0.3, -0.8, 0.7), (0.7, -0.3, 0.95)).round(2):
        dead = (a < 0) & (r * a + np.sqrt(1 - r**2) * b < 0)
        error = dead.std() / np.sqrt(len(dead))
        assert abs(dead_share(r) - dead.mean()) < 5 * error, (
            f"for r = {r} you say {dead_share(r):.4f}, {len(dead)} filters say {dead.mean():.4f} ± "
            f"{error:.4f}: "
            "it is the angle that counts, not its cosine"
        )
    print("passed")


check_dead_share(dead_share)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). Without pooling DeconvNet holds nothing of the image; with max-pooling it shows edges.
# Where does the knowledge come from, and why is it edges?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - A switch depends on the image: it is a mask with a difference of two patches in it.
# - The filters that win point along the difference of the patches on average; what patches have in common is lost, so
#   that flat regions send back nothing.
#
# > **1 point.** The pool remembers where the maximum was, and the signal goes there. Patch 1 wins over patch 2 if
# > ⟨w, y1 - y2⟩ > 0, so it is a forward mask in disguise. The mean of such filters is along y1 - y2. In a flat region
# > the difference is small in all directions and cancels; at an edge it is the edge.
#
# > **½ point.** The switches know the image, since they are recorded on the way forward. Pooling makes the picture
# > coarser, and so only edges are left.
#
# The source is right. Coarseness is not the reason: a pool of stride 1 does the same.
#
# > **0 points.** The max-pool selects the strongest responses, and filters are edge detectors.
#
# These filters are random, and no edge detectors.

# %% [markdown]
# **Question 2** (10 minutes). A new rule shows the image. Describe an experiment that decides whether this comes from
# forward masks or from switches.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - Take one of them away and keep all else: switches replaced by the centre of each window, and (or) the mask
#   removed, on the same network, image and logit.
# - Says beforehand which outcome means what, with a number (a cosine with image or edges) and its error over several
#   networks.
#
# > **1 point.** I run four versions of the rule on 30 random networks: with and without the mask, with switches and
# > with the centre of the window. I measure the centred cosine with the edges. If the picture stays without the mask
# > and goes with centred windows, it came from the switches; the other way round, from masks. If either alone keeps
# > it, from both.
#
# > **½ point.** I would remove the pooling layers from the network and look if the map still shows the image.
#
# Sensible, but it also changes the network, and looking is no measurement.
#
# > **0 points.** I would compare the map with that of guided backprop and that of DeconvNet, and see which it
# > resembles.
#
# Both resemble each other where there is pooling; nothing is isolated.

# %% [markdown]
# ## Further reading
#
# - M. D. Zeiler, R. Fergus. *Visualizing and understanding convolutional networks.* ECCV 2014,
#   arXiv:1311.2901. DeconvNet and its switches, section 2.1.
# - A. Mahendran, A. Vedaldi. *Salient deconvolutional networks.* ECCV 2016. Mask, switch and backward ReLU,
#   in all eight combinations.
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039. The section on max-pooling.
# - J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller. *Striving for simplicity: the all
#   convolutional net.* ICLR workshop 2015, arXiv:1412.6806. A network without pooling, where DeconvNet fails.
# - A. Genz. *Numerical computation of multivariate normal probabilities.* Journal of Computational and
#   Graphical Statistics 1 (1992), 141-149. For windows larger than 2x2.
