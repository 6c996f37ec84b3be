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
# # Local connections? Counting hidden units
#
# Nie, Zhang and Patel (2018) compare two random networks. In a convolutional one with 64 filters, guided
# backprop shows the image. In a fully connected one it does not, not even with 70000 hidden units. Local
# connections, they conclude, are what it takes. This notebook counts again. The convolutional network has far
# more hidden units than that: one for every filter *at every position*. At equal numbers of hidden units, the
# two recover the image equally well.
#
# After this notebook you can
#
# 1. derive how well a fully connected random network recovers the image, exactly;
# 2. draw the map of a network with a million hidden units without drawing its weights;
# 3. state one law for convolutions of any kernel and stride, with shared filters or without, and for no
#    convolution;
# 4. say what local connections do change: the number of weights, and the limit.
#
# You need notebook 04. Everything runs offline, in less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import tinycnn as tc
from tinycnn.experiments import rates
from tinycnn.pictures.maps import minmax
from tinycnn.pictures.metrics import centred_cosine, cosine
from tinycnn.ops.geometry import window
from tinycnn.pictures.slider import slide
from tinycnn.theory import patches, recovery

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:38}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


def relu(V):
    return np.maximum(V, 0)


def photograph(side):
    """The cat, minus the mean colour of ImageNet: (3, side, side)."""
    return tc.preprocess.IMAGENET_MEAN.at((side, side))(tc.image.default())[0].astype(float)


# %% [markdown]
# ## 1. A fully connected network sees one patch
#
# In a fully connected network every hidden unit sees all $d$ numbers of the image. There is only one "patch":
# the image itself. Notebook 04 has derived what happens to a patch. With $M$ hidden units the mean of the
# guided map is
#
# $$\mathrm{E}\,s = \frac{M}{2\pi}\,\frac{x}{|x|}, \qquad \rho = \frac{\pi^2 d - 1}{M}, \qquad
# \cos(s, x) \approx \frac{1}{\sqrt{1+\rho}}.$$
#
# E is the average over random networks, and $\rho$ (rho) is the energy of the deviation from the mean, over
# the energy of the mean. So a fully connected network *does* recover the image, if $M$ is large against
# $\pi^2 d$. Its limit is the image exactly, without the evened-out contrast of a convolution.


# %%
def dense_map(x, M, rng):
    """The guided map of one fully connected random network with M hidden units."""
    w = rng.standard_normal((M, x.size))
    V = rng.standard_normal(M)
    z = w @ x.ravel()
    return ((relu(V) * (z > 0)) @ w).reshape(x.shape)


x = photograph(16)
d = x.size
for M in (500, 2000):
    maps = [dense_map(x, M, np.random.default_rng([M, net])) for net in range(60)]
    mean = M / (2 * np.pi) * x / np.linalg.norm(x)
    rho = (np.pi**2 * d - 1) / M
    compare(f"rho, M = {M}, d = {d}", rho, [np.sum((s - mean) ** 2) / np.sum(mean**2) for s in maps])
    compare("cosine with the image", 1 / np.sqrt(1 + rho), [cosine(s, x) for s in maps])

# %% [markdown]
# ## 2. A million hidden units without their weights
#
# A network with 70000 hidden units on a 64x64 image in colour has $70000 \cdot 64 \cdot 64 \cdot 3$ weights
# in its first layer, nearly a billion. We need not draw them. Let $u = x/|x|$, and split each filter into its
# part along $u$ and the rest:
#
# $$w_i = g_i\,u + w_{i\perp}, \qquad
# s = \underbrace{\sum_i \max(V_i,0)\,\max(g_i,0)}_{a}\;u \;+\; \sum_i \max(V_i,0)\,[g_i>0]\;w_{i\perp}.$$
#
# Here $[\ldots]$ is 1 if the condition is true, and 0 if not. Given all $g_i$ and $V_i$, the second sum is a
# sum of independent normal vectors: normal, orthogonal to $u$, of variance $q^2 = \sum_i
# \max(V_i,0)^2\,[g_i>0]$ in every direction. So draw $2M$ numbers and one picture of noise. No approximation
# is made.


# %%
def dense_map_quickly(x, M, rng):
    """A map with the same law as `dense_map`, from 2 M + d normal numbers."""
    u = x / np.linalg.norm(x)
    g, V = rng.standard_normal((2, M))
    a = np.sum(relu(V) * relu(g))
    q = np.sqrt(np.sum(relu(V) ** 2 * (g > 0)))
    noise = rng.standard_normal(x.shape)
    return a * u + q * (noise - np.sum(noise * u) * u)


for M in (500, 2000):
    slow = [cosine(dense_map(x, M, np.random.default_rng([M, net])), x) for net in range(60)]
    quick = [cosine(dense_map_quickly(x, M, np.random.default_rng([M, net, 1])), x) for net in range(600)]
    rho = recovery.rho_dense(M, d)
    compare(f"cosine, M = {M}, with all weights", recovery.expected_cosine(rho), slow)
    compare(f"cosine, M = {M}, without", recovery.expected_cosine(rho), quick)

# %% [markdown]
# ## 3. A convolution has more hidden units than filters
#
# A convolution with $N$ filters has a hidden unit for each filter at each of $J$ positions: $M = N J$. At
# stride 1 with padding there is a position for each pixel, and $C$ channels make $d = C J$ numbers. Notebook
# 04 found $\rho \approx \pi^2 C/N$. Put the counts in:
#
# $$\rho \approx \frac{\pi^2 C}{N} = \frac{\pi^2\,d}{M}.$$
#
# This is the law of the fully connected network. Kernel, stride and channels have dropped out. Only the
# number of hidden units per number of the image is left.
#
# Why is that so? Every hidden unit that is on adds a filter of energy $p$ to the map, one unit of energy per
# entry. The signal in it is worth one number, $g$, however long the filter is. So noise over signal is $p$
# for one unit. But a short filter concerns only $p$ of the $d$ pixels. Only $M p/d$ units reach each pixel.
# The $p$ cancels.
#
# We measure five kinds of network on one image.

# %%
side = 24
x = photograph(side)
d = x.size
same3 = window((side, side), (3, 3), padding="same")
same7 = window((side, side), (7, 7), padding="same")
strided = window((side, side), (8, 8), 4)


def shared(at):
    """A convolution: the filters are the same at all positions."""

    def draw(N, rng):
        y = patches.cut(x, at)
        w, V = rng.standard_normal((N, y.shape[1])), rng.standard_normal((len(y), N))
        return patches.paste((relu(V) * (y @ w.T > 0)) @ w, at)

    return draw


def unshared(at):
    """Local connections, but every position has filters of its own."""

    def draw(N, rng):
        y = patches.cut(x, at)
        w, V = rng.standard_normal((len(y), N, y.shape[1])), rng.standard_normal((len(y), N))
        on = np.einsum("jp,jip->ji", y, w) > 0
        return patches.paste(np.einsum("ji,jip->jp", relu(V) * on, w), at)

    return draw


KINDS = {
    "3x3": (same3, shared(same3), "o"),
    "7x7": (same7, shared(same7), "s"),
    "8x8, stride 4": (strided, shared(strided), "^"),
    "3x3, not shared": (same3, unshared(same3), "v"),
    "fully connected": (patches.whole((side, side)), lambda M, rng: dense_map_quickly(x, M, rng), "D"),
}


def the_limit(at):
    """The mean direction of the guided map."""
    return patches.paste(patches.units(patches.cut(x, at)), at)


# %%
figure, panel = plt.subplots(figsize=(6.4, 3.8))
ratio = np.geomspace(0.5, 500, 60)
panel.plot(ratio, 1 / np.sqrt(1 + np.pi**2 / ratio), color="black", lw=1, label="law: 1/sqrt(1 + π² d/M)")
table = {}
for name, (at, draw, mark) in KINDS.items():
    J = at.output[0] * at.output[1]
    goal = the_limit(at)
    found = []
    for per_number in (1, 4, 16, 64):
        N = round(per_number * d / J)
        nets = 120 if per_number < 16 else 12
        cosines = [cosine(draw(N, np.random.default_rng([N, J, net])), goal) for net in range(nets)]
        found.append((N * J / d, np.mean(cosines), np.std(cosines, ddof=1) / np.sqrt(nets)))
    table[name] = found
    at_M, mean, error = np.array(found).T
    panel.errorbar(at_M, mean, error, fmt=mark, ms=5, capsize=3, label=name)
panel.set(xscale="log", xlabel="hidden units M over numbers in the image d", ylabel="cosine with the limit")
panel.legend(fontsize=8)
panel.grid(alpha=0.3)
plt.show()

print(f"{'M / d':18}" + "".join(f"{per:16.0f}" for per, _, _ in table["3x3"]))
print(f"{'law':18}" + "".join(f"{1 / np.sqrt(1 + np.pi**2 / per):16.3f}" for per, _, _ in table["3x3"]))
for name, found in table.items():
    print(f"{name:18}" + "".join(f"{mean:8.3f} ± {error:.3f}" for _, mean, error in found))

# %% [markdown]
# One curve for all. Local or not, shared or not: it is the number of hidden units that counts.
#
# Networks that share filters scatter more. Their hidden units are not independent, and a convolution of
# stride 1 has only $C$ filters at $M = d$. There the mean cosine is a little below the law, which is the
# first term of an expansion.
#
# One kind does a little better than the law. The 8x8 convolution has no padding, so it covers the border less
# than the middle. Where the cover is uneven, $\rho$ is smaller by the factor $(\text{mean of cover})^2 /
# \text{mean of cover}^2$: where many patches meet, signals add up and noises do not. (It has a price: the
# border of the image is recovered less.) The library knows $\rho$ exactly, with overlaps and borders:

# %%
print(f"{'':16}{'exactly':>9}{'law':>9}{'law, with uneven cover':>24}")
for name in ("3x3", "7x7", "8x8, stride 4"):
    at = KINDS[name][0]
    J = at.output[0] * at.output[1]
    N, cover = round(16 * d / J), patches.cover(at)
    law = np.pi**2 * d / (N * J)
    uneven = law * cover.mean() ** 2 / np.mean(cover**2)
    print(f"{name:16}{recovery.rho_image(x, at, N):9.4f}{law:9.4f}{uneven:24.4f}")

# %% [markdown]
# The law is a *rate*: four times the filters, a quarter of the noise. On two logarithmic axes a rate is a straight
# line, and its exponent is the slope. We fit a line to the measurements, each weighted by its error, and another
# to the predictions. Of one patch of $p$ numbers $\rho = (\pi^2 p - 1)/M$ grows with slope 1. This is the $p$ of
# the paper's $\tilde O(p/\epsilon^2)$, where $\epsilon^2$ is $\rho$. In the map of an image it is gone.


# %%
def draw_rates(names):
    """Draw rho over one number of a network, on logarithmic axes; the bars are standard errors."""
    figure, panels = plt.subplots(1, len(names), figsize=(4 * len(names), 3.2), layout="constrained")
    for panel, name in zip(panels, names, strict=True):
        swept = rates.measure(rates.SWEEPS[name], tc.image.default(), range(60))
        panel.plot(swept.x, swept.predicted, color="black", lw=1, label="predicted")
        panel.errorbar(swept.x, swept.measured, swept.error, fmt="o", ms=4, capsize=3, label="measured")
        panel.set(xscale="log", yscale="log", xlabel=rates.SWEEPS[name].axis, ylabel="ρ")
        panel.legend(fontsize=8)
        measured, predicted = rates.rates(swept)
        print(
            f"over {rates.SWEEPS[name].axis}: slope {measured.slope:.3f} ± {measured.slope_error:.3f}, "
            f"predicted {predicted.slope:.3f}"
        )
    plt.show()


draw_rates(["filters", "patch", "kernel"])

# %% [markdown]
# ## 4. The comparison in the paper, recounted
#
# Images of 64x64 pixels and 3 channels; 64 filters; against 5000 or 70000 hidden units.

# %%
big = photograph(64)
d_big = big.size
print(f"hidden units of 64 filters at 64 x 64 positions: {64 * 64 * 64}")
for M in (5000, 70000, 64 * 64 * 64):
    found = [cosine(dense_map_quickly(big, M, np.random.default_rng([M, net])), big) for net in range(20)]
    compare(f"fully connected, M = {M}", recovery.expected_cosine(recovery.rho_dense(M, d_big)), found)

at_big = window((64, 64), (3, 3), padding="same")
y_big = patches.cut(big, at_big)
m_big = patches.paste(patches.units(y_big), at_big)
convolutional = []
for net in range(12):
    rng = np.random.default_rng([64, net])
    w, V = rng.standard_normal((64, 27)), rng.standard_normal((len(y_big), 64))
    convolutional.append(patches.paste((relu(V) * (y_big @ w.T > 0)) @ w, at_big))
towards_limit = recovery.expected_cosine(recovery.rho_image(big, at_big, 64))
compare("3x3, N = 64: cosine with the limit", towards_limit, [cosine(s, m_big) for s in convolutional])
expected = towards_limit * cosine(m_big, big)
compare("3x3, N = 64: cosine with the image", expected, [cosine(s, big) for s in convolutional])

# %% [markdown]
# 70000 hidden units are indeed worse than 64 filters. But 64 filters are 262144 hidden units, and as many
# without local connections are *better*: they need not go through the limit of a convolution, which is not
# quite the image.


# %%
def look(pictures):
    """Draw pictures side by side, each stretched from its smallest to its largest value."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(2.4 * len(pictures), 2.8))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(minmax(picture))
        panel.set_title(title, fontsize=9)
        panel.set_axis_off()
    plt.show()


def draw(M):
    N = M // 4096
    rng = np.random.default_rng([M, 0])
    w, V = rng.standard_normal((N, 27)), rng.standard_normal((len(y_big), N))
    local = patches.paste((relu(V) * (y_big @ w.T > 0)) @ w, at_big)
    dense = dense_map_quickly(big, M, np.random.default_rng([M, 1]))
    look({"image": big, f"3x3, N = {N}: M = {M}": local, f"fully connected, M = {M}": dense})
    for name, s in {"3x3": local, "fully connected": dense}.items():
        print(
            f"{name:16} cosine with the image {cosine(s, big):.3f}, each channel centred "
            f"{centred_cosine(s, big):.3f}"
        )


slide(draw, "hidden units M", [4096 * N for N in (1, 4, 16, 64, 256, 512, 1024)])

# %% [markdown]
# (With the package ipywidgets there is a slider. In print you see one picture.)
#
# ## 5. What local connections do buy
#
# They buy hidden units with few weights. For a cosine of 0.9 with the limit, on a 64x64 image:

# %%
rho_goal = 1 / 0.9**2 - 1
J = 64 * 64
M = recovery.filters_for_cosine(0.9, recovery.rho_dense(1, d_big))
N = recovery.filters_for_cosine(0.9, recovery.rho_image(big, at_big, 1))
unshared_N = recovery.filters_for_cosine(0.9, recovery.rho_image(big, at_big, 1, shared=False))
print(f"{'':18}{'hidden units':>14}{'weights of the first layer':>30}")
print(f"{'3x3':18}{N * J:14,.0f}{N * 27:30,.0f}")
print(f"{'3x3, not shared':18}{unshared_N * J:14,.0f}{unshared_N * J * 27:30,.0f}")
print(f"{'fully connected':18}{M:14,.0f}{M * d_big:30,.0f}")
print(
    f"fully connected over 3x3: {M / (N * J):.2f} times the units, {M * d_big / (N * 27):,.0f} times the "
    "weights"
)

# %% [markdown]
# The same number of hidden units, and far fewer weights. That is a good reason to use convolutions, and a
# good reason why nobody sees a fully connected network recover an image. It is not a law about locality.
#
# And the limits differ. The local limit evens out contrast; the fully connected one is the image.

# %%
for name, (at, _, _) in KINDS.items():
    goal = the_limit(at)
    print(
        f"{name:18} limit and image: cosine {cosine(goal, x):.3f}, each channel centred "
        f"{centred_cosine(goal, x):.3f}"
    )

# %% [markdown]
# ## 6. Exercises
#
# **Exercise 1** (5 minutes, easy). How many hidden units has a convolution with "same" padding? It pads so that there
# is a position for every `stride`-th pixel, beginning with the first. The check builds the network, and counts.
#
# <details><summary>A first hint</summary>
#
# Count the positions along one side first. Which pixels of a row of five are visited with stride 2? And of six?
#
# </details>


# %% tags=["exercise"]
def hidden_units(height, width, stride, filters):
    """The number of hidden units, a whole number."""
    ### BEGIN SOLUTION
    rows = -(-height // stride)
    columns = -(-width // stride)
    return filters * rows * columns
    ### END SOLUTION


# %% tags=["check"]
def check_hidden_units(hidden_units):
    rng = np.random.default_rng()
    drawn = rng.integers((6, 6, 2, 2), (12, 12, 4, 6), (4, 4)).tolist()
    for height, width, stride, filters in ((8, 6, 1, 4), (8, 6, 2, 4), (7, 9, 2, 3), *drawn):
        net = tc.zoo.three_layer_cnn(filters, 3, stride, image=(height, width), classes=1)
        hidden = tc.forward(net, np.ones((1, 3, height, width), np.float32))[1].output
        count = hidden_units(height, width, stride, filters)
        _, _, rows, columns = hidden.shape
        assert count == hidden.size, (
            f"{height}x{width}, stride {stride}, {filters} filters: you say {count}, the network has "
            f"{hidden.size}: "
            f"{filters} filters at {rows} x {columns} positions"
            + ("; a last window that is not full counts too" if height % stride or width % stride else "")
        )
    print("passed")


check_hidden_units(hidden_units)

# %% [markdown]
# **Exercise 2** (20 minutes, hard). Draw a *saliency* map of a fully connected network quickly. The rule sends $V$
# instead of $\max(V,0)$. Split the filters as in section 2. What becomes of $a$, and of $q$?
#
# <details><summary>A first hint</summary>
#
# Put $V$ in the place of $\max(V, 0)$ in both sums of section 2. One of them has signs that cancel, the other one has
# squares.
#
# </details>


# %% tags=["exercise"]
def quick_saliency(x, M, rng):
    """A map with the law of the saliency map of a fully connected network; x and map (d,)."""
    ### BEGIN SOLUTION
    u = x / np.linalg.norm(x)
    g, V = rng.standard_normal((2, M))
    a = np.sum(V * relu(g))
    q = np.sqrt(np.sum(V**2 * (g > 0)))
    noise = rng.standard_normal(x.shape)
    return a * u + q * (noise - (noise @ u) * u)
    ### END SOLUTION


# %% tags=["check"]
def check_quick_saliency(quick):
    rng = np.random.default_rng()
    few = np.array([quick(np.array([3.0, 0.0, 4.0]), 1, rng) for _ in range(2000)])
    nothing = np.mean(np.all(few == 0, axis=1))
    M, point = 40, rng.standard_normal(4)
    u = point / np.linalg.norm(point)
    across = rng.standard_normal(4)
    across -= (across @ u) * u
    across /= np.linalg.norm(across)
    maps = np.array([quick(point, M, rng) for _ in range(20_000)])
    for name, direction in {"along x": u, "across x": across}.items():
        values = maps @ direction
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean()) <= 5 * error, (
            f"the mean {name} is {values.mean():.3f} ± {error:.3f}, not 0: the signs of V cancel in a "
            "saliency map"
        )
        square, spread = np.mean(values**2), np.std(values**2) / np.sqrt(len(values))
        assert abs(square - M / 2) <= 5 * spread, (
            f"the variance {name} is {square:.2f} ± {spread:.2f}, not M/2 = {M / 2}: half of the {M} units "
            "are on, "
            f"and E V² = 1; the noise has a part only across x"
        )
    assert abs(nothing - 0.5) < 5 * np.sqrt(0.25 / len(few)), (
        f"with a single hidden unit half of all maps are 0, as it is on or off; of yours {nothing:.1%} are. How much noise "
        "there is depends on the units that are on, and on their V"
    )
    print("passed")


check_quick_saliency(quick_saliency)

# %% [markdown]
# **Exercise 3** (5 minutes, easy). A convolution of stride 1 has `filters` filters. We give it the stride `stride`.
# How many filters does it need now for the same recovery error?
#
# <details><summary>A first hint</summary>
#
# Section 3: what must stay the same is the number of hidden units. How many positions are left along each side?
#
# </details>


# %% tags=["exercise"]
def filters_at_stride(filters, stride):
    """The number of filters for the same rho."""
    ### BEGIN SOLUTION
    return filters * stride**2
    ### END SOLUTION


# %% tags=["check"]
def check_filters_at_stride(filters_at_stride):
    dense_grid = window((side, side), (8, 8), padding="same")
    for stride, filters in zip((2, 4, 3), np.random.default_rng().integers(10, 40, 3).tolist(), strict=True):
        goal = recovery.rho_image(x, dense_grid, filters)
        at = window((side, side), (8, 8), stride, padding="same")
        N = filters_at_stride(filters, stride)
        rho = recovery.rho_image(x, at, N)
        assert abs(rho / goal - 1) < 0.1, (
            f"stride {stride}: with {N} filters rho is {rho:.3f}, but {filters} filters at stride 1 have "
            f"{goal:.3f}: "
            f"there are {at.output[0]} x {at.output[1]} positions instead of {side} x {side}; keep the "
            "hidden units"
        )
    print("passed")


check_filters_at_stride(filters_at_stride)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (5 minutes). The paper sets 64 filters against 70000 fully connected hidden units. What is wrong with
# this comparison? Which one is fair, and what does it show?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - A filter is a hidden unit at every position: 64 filters on 64x64 positions are 262144 units, more than 70000.
# - At equal numbers of hidden units the recovery is equal (about pi^2 d / M); the fully connected net is even a
#   little nearer to the image, as its limit is the image itself.
#
# > **1 point.** It counts filters on one side and units on the other. With same padding each filter has 4096 units,
# > so there are 262144, nearly four times as many. If we compare at equal M, both have rho of about pi^2 d / M, and
# > locality makes no difference; measured by the image itself, the fully connected net is slightly better.
#
# > **½ point.** The convolution has more hidden units than it seems, since every filter is used at many positions. So
# > it is not fair.
#
# What is wrong, without the number and without the outcome of the fair comparison.
#
# > **0 points.** It is unfair because the fully connected network has more parameters and is harder to train.
#
# Nothing is trained here, and parameters are not what the law counts.

# %% [markdown]
# **Question 2** (5 minutes). What do local connections buy, then? Give one thing that they do change in the maps, and
# one that they do not.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - They buy many hidden units with few weights (and little time).
# - They change the limit, which is the image with its contrast evened out; they do not change the rate, rho of about
#   pi^2 d / M.
#
# > **1 point.** They give the same number of hidden units for far fewer weights: kernels are short, and shared. The
# > limit changes: a fully connected net tends to x, a convolution to x times a gain that evens out contrast. How fast
# > the noise falls with the number of units does not change.
#
# > **½ point.** They save weights, since filters are shared over the image. The maps are the same.
#
# The first criterion. The limits are not the same.
#
# > **0 points.** They keep neighbouring pixels together, so the map is sharper.
#
# A fully connected network of as many units is as sharp.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039v4. The comparison with fully connected networks.
# - A. Saxe and others. *On random weights and unsupervised feature learning.* ICML 2011. What the
#   architecture does before any learning.
# - D. Ulyanov, A. Vedaldi, V. Lempitsky. *Deep image prior.* CVPR 2018, arXiv:1711.10925. A case in which
#   local connections do matter.
# - R. Giryes, G. Sapiro, A. Bronstein. *Deep neural networks with random Gaussian weights: a universal
#   classification strategy?* IEEE Transactions on Signal Processing 64 (2016), arXiv:1504.08291. How much of
#   the input random layers keep.
# - R. Vershynin. *High-dimensional probability.* Cambridge 2018. Why noise is orthogonal to everything.
