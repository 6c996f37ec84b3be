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
# # Depth
#
# Does guided backprop still show the image when it has to pass through many random layers? It does, and
# *better* than through one, up to about five. This notebook follows the signal down, layer by layer, with one number per layer.
# The same number says how many paths are open, and how far the map is from its limit.
#
# After this notebook you can
#
# 1. say what a signal knows about the unit that it arrives at, and derive how this grows from layer to layer;
# 2. predict how well a deep random network recovers the image, and measure it;
# 3. say why no more than a few layers help;
# 4. say what becomes of DeconvNet in deep networks: flat colour;
# 5. say why depth makes guided maps of different logits alike.
#
# You need notebooks 04 and 05. Everything runs offline, in less than a minute.

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
from tinycnn.theory import depth, sensitivity
from tinycnn.theory.limit import limit_map
from tinycnn.theory.recovery import expected_cosine

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})  # keeps this file small
plt.rcParams["figure.dpi"] = 80


def compare(label, predicted, values):
    """Print a prediction beside the mean of independent measurements and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    print(f"{label:40}predicted {predicted:8.4f}   measured {np.mean(values):8.4f} ± {error:.4f}")


def relu(z):
    return np.maximum(z, 0)


# %% [markdown]
# ## 1. What a signal knows
#
# Think of one ReLU in the middle of a network. Its input is $z$. On the way back a signal $R$ arrives. Guided
# backprop lets it through if both are positive. In notebook 04 the ReLU was the last one, and the signal came
# from the logit's weights. It knew nothing of $z$. Further down this is not so. The signal has come back
# through filters that were chosen because they were *on*, and they were on because of what the layers below
# told them. So the signal carries a copy of the activations.
#
# In a wide random network $z$ and the rest of the signal are normal. Scale them to variance 1, and write
#
# $$R = \kappa\,z + \tau\,g,$$
#
# with $g$ normal, of mean 0 and variance 1, and independent of $z$. Only the ratio $r = \kappa/\tau$ matters.
# It says how much of the signal is a copy of the unit's own input. At the top $r = 0$.
#
# How probable is it that the signal passes, given that the unit is on? $(z, R)$ is a random direction in a
# plane. The condition $z > 0$ leaves half of the circle. The line $R = 0$ is turned by the angle $\arctan r$.
# So
#
# $$P(R > 0 \mid z > 0) = \frac12 + \frac{\arctan r}{\pi}.$$

# %%
rng = np.random.default_rng(0)
z, g = rng.standard_normal((2, 400_000))
for r in (0.0, 0.5, 1.0):
    compare(f"passes if on, r = {r}", depth.active_fraction(r), (r * z + g > 0)[z > 0])

# %% [markdown]
# Two more averages are needed. E is the average over random networks, and $[\ldots]$ is 1 if the condition
# holds, and 0 if not.
#
# - $q(r) = \mathrm{E}\big[\max(rz+g, 0)^2\,[z>0]\big]$ is the energy that passes;
# - $m(r) = \mathrm{E}\big[z\,\max(rz+g, 0)\,[z>0]\big]$ is how much of it is a copy of $z$.
#
# In polar coordinates both are integrals over an angle:
#
# $$q(r) = \frac{(1+r^2)(\frac\pi2 + \arctan r) + r}{2\pi},
# \qquad m(r) = \frac{1 + r\,(\frac\pi2 + \arctan r)}{2\pi}.$$

# %%
for r in (0.0, 0.5, 1.0):
    passed = relu(r * z + g) * (z > 0)
    compare(f"q({r})", depth.kept_energy(r), passed**2)
    compare(f"m({r})", depth.kept_signal(r), z * passed)

# %% [markdown]
# ## 2. One layer down
#
# A layer has $M$ units $i$ with filters $w_i$. Let $c$ be the standard deviation of their entries. The layer
# below has $M'$ units; its activations, after the ReLU, are the vector $h$. The inputs are $z_i = \langle
# w_i, h\rangle$. Let $a_i$ be the signals that have passed. Back through the filters they give the signal
# $\sum_i a_i w_i$. Split each filter, as in notebook 04, into the part along $h$ and the rest:
#
# $$\sum_i a_i w_i = \frac{\sum_i a_i z_i}{|h|^2}\,h + \sum_i a_i w_{i\perp}.$$
#
# The first part is a copy of $h$, which is the unit's own input where the unit below is on. The second is
# noise. Now count, with $\sigma$ for the standard deviation of the inputs of this layer, $\sigma'$ for that
# of the layer below, and with signals in units of $\tau$:
#
# - $\sum_i a_i z_i \approx M\,\sigma\,m(r)$, by the definition of $m$;
# - the noise has variance $c^2 \sum_i a_i^2 \approx c^2 M\,q(r)$;
# - $|h|^2 \approx M'\sigma'^2/2$, because half of the units below are off; and $\sigma = c\,|h|$.
#
# Divide the copy by the noise. All scales cancel:
#
# $$r' = \sqrt{\frac{2M}{M'}}\;\frac{m(r)}{\sqrt{q(r)}}.$$
#
# We draw such a layer, and measure $r'$ by a straight-line fit of the signal on the input.


# %%
def one_layer_down(r, M, below, rng):
    """Draw a layer of M units above `below` units; return the ratio r' that is found there."""
    z_below = rng.standard_normal(below)
    h = relu(z_below)
    w = rng.standard_normal((M, below))
    z = w @ h / np.linalg.norm(h)
    a = relu(r * z + rng.standard_normal(M)) * (z > 0)
    on = z_below > 0
    signal, own = (a @ w)[on], z_below[on]
    copy = np.sum(signal * own) / np.sum(own**2)
    return copy / np.std(signal - copy * own)


for r, M, below in ((0.0, 1000, 1000), (0.45, 1000, 1000), (0.0, 2000, 500), (0.0, 500, 2000)):
    found = [one_layer_down(r, M, below, np.random.default_rng([1, net, M])) for net in range(40)]
    compare(f"r = {r:.2f}, {M} units above {below}", depth.next_ratio(r, M / below), found)

# %% [markdown]
# From layer to layer, at equal widths:

# %%
ratios = depth.ratios([1] * 8)[::-1]
print("layers from the top   " + "".join(f"{layer:8}" for layer in range(1, 9)))
print("ratio r               " + "".join(f"{r:8.3f}" for r in ratios))
print("open paths P(R>0|z>0) " + "".join(f"{depth.active_fraction(r):8.3f}" for r in ratios))

# %% [markdown]
# The ratio grows quickly, and stops. The layer that is added at the top is forgotten further down: a fixed
# point.
#
# ## 3. At the image
#
# The last step is that of notebook 04, with a signal that knows more. The limit is the same picture $m_x$
# (the image with its contrast evened out), and the energy of the deviation over that of the limit is
#
# $$\rho = \frac{d}{M_1}\,\frac{q(r_1)}{m(r_1)^2}.$$
#
# $d$ is the number of pixels times channels, $M_1$ the number of hidden units of the first layer, and $r_1$
# its ratio. With one hidden layer $r_1 = 0$, and the fraction is $\pi^2$. With more, it is less:

# %%
for layers in (1, 2, 3, 5, 8):
    r = depth.ratios([1] * layers)[0]
    print(f"{layers} hidden layers: q / m² = {depth.kept_energy(r) / depth.kept_signal(r) ** 2:.3f}")
print(f"pi²: {np.pi**2:.3f}")

# %% [markdown]
# So two hidden layers need half as many filters as one, for the same map. Now real networks: 3x3 convolutions
# with $N$ filters each, and weights of He's scale. Rows and columns of padding are copied from the opposite
# side, so that all positions are alike.

# %%
side = 24
at = window((side, side), (3, 3), padding=1, circular=True)
image = tc.preprocess.IMAGENET_MEAN.at((side, side))
x = image(tc.image.default()).astype(np.float32)
m_x = limit_map(x[0], at)
d = x.size


def network(N, layers, seed, pools=(), classes=2):
    return tc.zoo.deep_cnn(
        [N] * layers, 3, pools, (side, side), circular=True, classes=classes, seed=1000 * N + seed
    )


def predicted_rho(N, layers):
    return depth.rho_deep(d, [N * side * side] * layers)


LAYERS, NETS = (1, 2, 3, 5, 8), 40
found = {}
for N in (16, 64):
    for layers in LAYERS:
        found[N, layers] = [
            tc.visualize(network(N, layers, net), x, ["guided"], target=0)["guided"][0] for net in range(NETS)
        ]

figure, panel = plt.subplots(figsize=(6, 3.5))
for N, mark in ((16, "o"), (64, "s")):
    cosines = np.array([[cosine(s, m_x) for s in found[N, layers]] for layers in LAYERS])
    panel.plot(LAYERS, [expected_cosine(predicted_rho(N, layers)) for layers in LAYERS], color="black", lw=1)
    error = cosines.std(axis=1, ddof=1) / np.sqrt(NETS)
    panel.errorbar(LAYERS, cosines.mean(axis=1), error, fmt=mark, capsize=3, label=f"N = {N}")
    for layers, each in zip(LAYERS, cosines, strict=True):
        compare(f"N = {N}, {layers} hidden layers", expected_cosine(predicted_rho(N, layers)), each)
panel.set(xlabel="hidden layers", ylabel="cosine of guided map and limit", ylim=(0.4, 1))
panel.legend(loc="lower right")
panel.grid(alpha=0.3)
plt.show()

# %% [markdown]
# Lines are predicted, points measured. Two layers are much better than one; after three, little is gained.
# The theory is for wide layers. In networks of many layers the measured cosines lie a little below the lines:
# each layer hands on the accidents of a finite width, and they add up.
#
# The share of open paths, layer by layer, in networks of five hidden layers with 64 filters. Where a unit is
# on, how often does a positive signal arrive?

# %%
shares = []
for net in range(12):
    model = network(64, 5, net)
    trace = tc.forward(model, x)
    signals = tc.backward(trace, tc.targets.logit(0)(trace), tc.rules.GUIDED)
    at_relu = [index for index, step in enumerate(trace) if isinstance(step.layer, tc.ReLU)]
    shares.append([np.mean(signals[index + 1][trace[index].input > 0] > 0) for index in at_relu])
for number, (r, share) in enumerate(zip(depth.ratios([1] * 5), np.transpose(shares), strict=True), start=1):
    compare(f"open paths at ReLU {number}", depth.active_fraction(r), share)


# %% [markdown]
# Look at the maps. The slider moves the depth. (Without the package ipywidgets, and in print, you see one
# picture.)


# %%
def look(pictures):
    """Draw pictures side by side, each stretched from its smallest to its largest value."""
    figure, panels = plt.subplots(1, len(pictures), figsize=(2.4 * len(pictures), 2.8))
    for panel, (title, picture) in zip(panels, pictures.items(), strict=True):
        panel.imshow(minmax(picture))
        panel.set_title(title, fontsize=9)
        panel.set_axis_off()
    plt.show()


RULES = ["guided", "deconvnet", "saliency"]


def draw(layers):
    maps = tc.visualize(network(64, layers, 0), x, RULES, target=0)
    look({"image": x[0]} | {f"{rule}, {layers} layers": map[0] for rule, map in maps.items()})
    print("   ".join(f"{rule}: {centred_cosine(map, x)[0]:+.3f}" for rule, map in maps.items()))


slide(draw, "hidden layers", [1, 2, 3, 5, 8])

# %% [markdown]
# (The numbers are cosines with the image, each channel centred.)
#
# How fast does the noise fall? With the width of all layers as it does with one layer, with slope $-1$. With depth
# it falls to a bound, and no further: on logarithmic axes the curve is no line. What the points of the deepest
# networks lie above the curve is what the recursion leaves out at this width.


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
        for at, predicted, measured, error in zip(*vars(swept).values(), strict=True):
            print(f"{rates.SWEEPS[name].axis} = {at:g}: ρ predicted {predicted:.3f}, {measured:.3f} ± {error:.3f}")
        if name == "width":
            measured, predicted = rates.rates(swept)
            print(f"slope {measured.slope:.3f} ± {measured.slope_error:.3f}, predicted {predicted.slope:.3f}")
    plt.show()


draw_rates(["width", "depth"])

# %% [markdown]
# ## 4. DeconvNet: flat colour
#
# Without pooling, DeconvNet holds nothing of the image, at any depth: no mask, no image. But its flat colour
# grows. Notebook 05 found that a third of its variance, $1/\pi$, is one constant for each channel. The reason
# was that the backward ReLU has a mean. With every further layer the signals at two places have something in
# common to begin with, and the ReLU makes more of it. If their correlation is $\varrho$ before the ReLU, it
# is
#
# $$k(\varrho) = \frac{\sqrt{1-\varrho^2} + \varrho\,(\pi - \arccos\varrho)}{\pi}$$
#
# after it (Cho and Saul 2009; the mean counts as common). Convolutions hand this on to the next layer. Begin
# with 0, and apply it once for each layer:

# %%
share = 0.0
for layers in range(1, 9):
    share = (np.sqrt(1 - share**2) + share * (np.pi - np.arccos(share))) / np.pi
    print(f"{layers} hidden layers: {share:.3f}, in the library {depth.constant_share_deep(layers):.3f}")

# %% [markdown]
# To measure it, we take the energy of the channels' means, over the energy that a pixel has on average,
# $(9N/2)^L$ for $L$ layers of weights of variance 1.

# %%
for layers in (1, 2, 3, 5):
    flat = []
    for net in range(60):
        model = tc.zoo.deep_cnn(
            [64] * layers, 3, (), (side, side), circular=True, classes=1, init=tc.init.normal(1.0), seed=net
        )
        map = tc.visualize(model, x, ["deconvnet"], target=0)["deconvnet"][0].astype(float)
        flat.append(np.mean(map.mean(axis=(1, 2)) ** 2) / (64 * 9 / 2) ** layers)
    compare(f"flat share, {layers} hidden layers", depth.constant_share_deep(layers), flat)

# %% [markdown]
# The errors are large, as each network has only three such constants.
#
# ## 5. Two logits
#
# Guided maps of two logits share the limit. Depth makes them share the noise as well: both signals pass the
# same masks, and carry copies of the same activations. If $\varrho_1$ is the correlation of their noise, the
# cosine of the two maps is $(1 + \rho\,\varrho_1)/(1 + \rho)$.

# %%
for N, layers, nets in ((64, 1, 30), (64, 2, 30), (64, 5, 30), (256, 2, 10), (256, 5, 10)):
    cosines = []
    for net in range(nets):
        trace = tc.forward(network(N, layers, 100 + net), x)
        both = tc.backward(trace, np.eye(2, dtype=np.float32), tc.rules.GUIDED)[0]
        cosines.append(cosine(both[0], both[1]))
    predicted = sensitivity.logit_cosine_deep(d, [N * side * side] * layers)
    compare(f"N = {N}, {layers} hidden layers", predicted, cosines)

# %% [markdown]
# Again the measured values are a little lower than those of infinitely wide layers, and closer for more
# filters.
#
# A deep random network gives nearly the same guided map whatever one asks. This is what people mean when they
# say that guided backprop is *not class sensitive*. Training has to work against it.
#
# ## 6. With pooling
#
# Real networks have pools between the layers. Then DeconvNet has switches, and shows edges, as in notebook
# 07. There is no closed form for this case here; we measure. The network is a small relative of VGG: two
# convolutions, a pool, two convolutions, a pool, one convolution. (Look at the numbers: of DeconvNet's edges
# the eye sees little in so small a map.)

# %%
scores = {rule: [] for rule in RULES}
for net in range(12):
    maps = tc.visualize(network(64, 5, 200 + net, pools=(2, 4)), x, RULES, target=0)
    for rule, map in maps.items():
        scores[rule].append(centred_cosine(map, x)[0])
look({"image": x[0]} | {f"{rule}, two pools": map[0] for rule, map in maps.items()})
for rule, values in scores.items():
    print(
        f"{rule:10} centred cosine with the image {np.mean(values):+.3f} ± "
        f"{np.std(values) / np.sqrt(len(values)):.3f}"
    )

# %% [markdown]
# ## 7. Exercises
#
# **Exercise 1** (10 minutes, medium). Write $P(R > 0 \mid z > 0)$ for $R = rz + g$ yourself, without the library.
# Draw the half-plane $z > 0$, and the line $rz + g = 0$ in it.
#
# <details><summary>A first hint</summary>
#
# A pair of normal numbers has no preferred direction in the plane, so a probability is an angle over the whole angle.
# At which angle does the line $rz + g = 0$ cut the half-plane $z > 0$?
#
# </details>


# %% tags=["exercise"]
def open_share(r):
    """The probability that r z + g > 0 if z > 0, for normal z and g."""
    ### BEGIN SOLUTION
    return 0.5 + np.arctan(r) / np.pi
    ### END SOLUTION


# %% tags=["check"]
def check_open_share(open_share):
    none, whole = open_share(0.0), open_share(1e6)
    assert np.isclose(none, 0.5), (
        f"with r = 0 the signal knows nothing of z, and half of it passes, but you say {none:.3f}"
    )
    assert np.isclose(whole, 1, atol=1e-5), (
        f"with large r the signal is a copy of z > 0, and all of it passes, but you say {whole:.3g}"
    )
    rng = np.random.default_rng()
    z, g = rng.standard_normal((2, 400_000))
    for r in rng.uniform((0.3, 0.8, -2.5), (0.7, 1.5, -1)).round(2):
        passes = (r * z + g > 0)[z > 0]
        error = passes.std() / np.sqrt(len(passes))
        assert abs(open_share(r) - passes.mean()) < 5 * error, (
            f"for r = {r} you say {open_share(r):.4f}, {len(passes)} draws say {passes.mean():.4f} ± "
            f"{error:.4f}: "
            "which part of a half-circle is it?"
        )
    print("passed")


check_open_share(open_share)

# %% [markdown]
# **Exercise 2** (15 minutes, medium). Write the step of section 2, from the ratio $r$ of a layer to that of the layer
# below. `q` and `m` are the two averages at $r$; `M` and `below` are the numbers of units. The check draws such
# layers.
#
# <details><summary>A first hint</summary>
#
# Say in words what is above and what is below: the copy is summed over the $M$ units above, and divided by an energy
# $|h|^2$ that is summed over those below.
#
# </details>


# %% tags=["exercise"]
def ratio_below(q, m, M, below):
    """The ratio r' one layer down."""
    ### BEGIN SOLUTION
    return np.sqrt(2 * M / below) * m / np.sqrt(q)
    ### END SOLUTION


# %% tags=["check"]
def check_ratio_below(ratio_below):
    rng = np.random.default_rng()
    r, many = rng.uniform(0.3, 0.6), int(rng.integers(900, 1800))
    q, m = depth.kept_energy(r), depth.kept_signal(r)
    hints = {
        (400, 400): "only half of the units below are on, and |h|² counts those",
        (many, 400): "four times the units above send four times the copy, and twice the noise",
    }
    for (M, below), hint in hints.items():
        found = [one_layer_down(r, M, below, rng) for _ in range(60)]
        error = np.std(found) / np.sqrt(len(found))
        yours = ratio_below(q, m, M, below)
        assert abs(yours - np.mean(found)) < 0.02 + 4 * error, (
            f"{M} units above {below}, r = {r:.2f}: you say {yours:.3f}, {len(found)} layers say "
            f"{np.mean(found):.3f} ± {error:.3f}; {hint}"
        )
    print("passed")


check_ratio_below(ratio_below)

# %% [markdown]
# **Exercise 3** (20 minutes, hard). How many filters does each layer of a network of `layers` hidden layers need, for
# a cosine of `target` with the limit? The image has `channels` channels, all layers have stride 1 and the same number
# of filters. `depth.ratios`, `depth.kept_energy` and `depth.kept_signal` may be used.
#
# <details><summary>A first hint</summary>
#
# Section 3 has $\rho$ for given widths; $d/M_1$ is the number of channels over the number of filters. From the cosine
# to $\rho$ it is as in notebook 04. Which entry of `depth.ratios` belongs to the lowest layer?
#
# </details>


# %% tags=["exercise"]
def filters_for_depth(target, layers, channels):
    """The number of filters; it need not be whole."""
    ### BEGIN SOLUTION
    r = depth.ratios([1] * layers)[0]
    rho = 1 / target**2 - 1
    return channels * depth.kept_energy(r) / depth.kept_signal(r) ** 2 / rho
    ### END SOLUTION


# %% tags=["check"]
def check_filters_for_depth(filters_for_depth):
    goals = np.random.default_rng().uniform(0.75, 0.88, 2).round(2).tolist()
    for layers, channels, target in ((1, 3, goals[0]), (3, 3, goals[1])):
        N = round(filters_for_depth(target, layers, channels))
        assert 1 <= N <= 500, f"{N} filters for a cosine of {target}?"
        maps = [
            tc.visualize(network(N, layers, 300 + net), x, ["guided"], target=0)["guided"][0]
            for net in range(30)
        ]
        cosines = [cosine(s, m_x) for s in maps]
        error = np.std(cosines) / np.sqrt(len(cosines))
        assert abs(np.mean(cosines) - target) < 0.025 + 3 * error, (
            f"{layers} hidden layers of {N} filters: the cosine is {np.mean(cosines):.3f} ± {error:.3f}, "
            f"not {target}; "
            + (
                "the squared cosine is 1 / (1 + rho)"
                if layers == 1
                else "deeper networks need fewer filters: which r counts?"
            )
        )
    print("passed")


check_filters_for_depth(filters_for_depth)

# %% [markdown]
# ## Questions in words
#
# Answer in three to six sentences; a formula or a sketch may help. No program reads them.
#
# **Question 1** (10 minutes). Two hidden layers recover the image much better than one, but six hardly better than
# five. Explain both halves.

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 1.** Half a point for each:
#
# - A signal that has come down through a layer carries a copy of the activations below; so it is positive more often
#   where a unit is on, and what it adds points along the image.
# - The ratio of copy to noise tends to a fixed point within a few layers: the layer that is added at the top is
#   forgotten further down.
#
# > **1 point.** The signal from the logit knows nothing of the unit. After one layer down it is kappa z + tau g: part
# > of it is the unit's own input. So more of the energy goes into the limit, and rho falls. The map from r to r' has
# > a fixed point that is reached after about three layers. A further layer starts at r = 0 at the top, but at the
# > bottom r is the same as before.
#
# > **½ point.** In deeper networks the signal contains a copy of the activations, so more paths are open. Later there
# > is noise from the random weights that limits it.
#
# The first half. The second needs the fixed point: the noise does not grow, the ratio stops changing.
#
# > **0 points.** More layers have more parameters and can represent the image better, until they overfit.
#
# No weight here has been fitted to anything.

# %% [markdown]
# **Question 2** (5 minutes). In a deep random network the guided maps of two logits are nearly the same map. Why?
# What does this say about trained networks?

# %% [markdown] tags=["answer", "remove-cell"]
# **For teachers: question 2.** Half a point for each:
#
# - They share the limit, and depth makes them share the noise as well: both pass the same masks, and carry copies of
#   the same activations.
# - Nothing directly: the theory is for random weights. Training can work against it, so measure, and compare with the
#   values before training.
#
# > **1 point.** Both maps tend to the same limit, and their deviations become correlated, since the two signals pass
# > the same open units. So the cosine goes to 1 with depth. For trained weights it is no theorem. It tells me what
# > the baseline is: I have to show that the maps of two classes differ by more than in an untrained net.
#
# > **½ point.** Because guided backprop shows the image and both maps are the image. In trained networks it will be
# > the same.
#
# Half of the first criterion; the conclusion is not derived.
#
# > **0 points.** Because random logits are all about 0, so their gradients are the same.
#
# The saliency maps of the same logits are unrelated.

# %% [markdown]
# ## Further reading
#
# - W. Nie, Y. Zhang, A. Patel. *A theoretical explanation for perplexing behaviors of backpropagation-based
#   visualizations.* ICML 2018, arXiv:1805.07039v4. The statements for deep networks.
# - Y. Cho, L. Saul. *Kernel methods for deep learning.* NIPS 2009. The function $k$ of section 4.
# - B. Poole and others. *Exponential expressivity in deep neural networks through transient chaos.* NIPS
#   2016, arXiv:1606.05340. Recursions of one number per layer.
# - K. He, X. Zhang, S. Ren, J. Sun. *Delving deep into rectifiers.* ICCV 2015, arXiv:1502.01852. The scale of
#   the weights.
# - B. Hanin, M. Nica. *Products of many large random matrices and gradients in deep neural networks.*
#   Communications in Mathematical Physics 376 (2020), arXiv:1812.05994. What happens in deep *narrow*
#   networks.
# - L. Sixt, M. Granz, T. Landgraf. *When explanations lie: why many modified BP attributions fail.* ICML
#   2020, arXiv:1912.09818. Why maps of deep networks stop depending on the upper layers.
